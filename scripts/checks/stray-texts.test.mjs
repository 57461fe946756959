import ts from 'typescript';
import { expect, test } from 'vitest';
import { strayTexts } from './stray-texts.mjs';

const found = (code) =>
  strayTexts(ts.createSourceFile('a.tsx', code, ts.ScriptTarget.Latest, true, ts.ScriptKind.TSX)).map(
    ({ text }) => text,
  );

test.each([
  ['between tags', '<p>Send it</p>', 'Send it'],
  ['a single word between tags', '<b>of</b>', 'of'],
  ['an expression between tags', "<b>{busy ? 'Sending …' : label}</b>", 'Sending …'],
  ['a readable attribute', '<button aria-label="Stop" />', 'Stop'],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: this is code that is looked at
  ['a readable attribute that is made up', '<img alt={`Page ${n}`} />', 'Page …'],
  ['a label of a list', "const tabs = [{ label: 'Models' }];", 'Models'],
  ['a sentence anywhere', "function why() { return 'Nothing was charged.'; }", 'Nothing was charged.'],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: this is code that is looked at
  ['a sentence with values', 'const why = `At most ${n} are allowed.`;', 'At most … are allowed.'],
])('is found: %s', (_, code, text) => expect(found(code)).toEqual([text]));

test.each([
  ['classes', '<p className="flex items-center Gap">{texts.send}</p>'],
  ['a choice of classes', "<p className={classes('Ab cd', on ? 'Ef gh' : 'Ij kl')} />"],
  ['what is compared', "<p>{state === 'Done now' ? texts.done : null}</p>"],
  ['keys and types', "if (event.key === 'Enter' || node.__typename === 'OutOfCreditsError') send();"],
  ['figures and signs', '<p>{count} · 3 %</p>'],
  ['the name of the product', '<h1>Polylogue</h1>'],
  ['a line of the log', "log.error({ err }, 'A page failed.');"],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: this is code that is looked at
  ['a title with the name of the product', '<title>{`${title} · Polylogue`}</title>'],
  ['a type', "type Kind = 'A sentence.';"],
  ['what is excused', "// not read by people: the database's own words\nconst words = 'It is so.';"],
])('is none: %s', (_, code) => expect(found(code)).toEqual([]));
