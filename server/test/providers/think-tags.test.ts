import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ThinkTags } from '../../src/providers/openai/think-tags.ts';

function read(pieces: readonly string[]) {
  const read = { text: '', reasoning: '' };
  const tags = new ThinkTags({
    onText(text) {
      expect(text).not.toBe('');
      read.text += text;
    },
    onReasoning(text) {
      expect(text).not.toBe('');
      read.reasoning += text;
    },
  });
  for (const piece of pieces) {
    // An adapter does the same: after the beginning the text is no longer pushed.
    if (tags.passed) read.text += piece;
    else tags.push(piece);
  }
  tags.end();
  return read;
}

const bits = fc.constantFrom(
  '<think>',
  '</think>',
  '<th',
  'ink>',
  '</',
  '<',
  'a',
  ' ',
  '\n',
  '\n\n',
  '👩‍🚀',
  'x'.repeat(40),
);
const texts = fc.array(bits, { maxLength: 14 }).map((all) => all.join(''));

describe('the tags of a thinking model', () => {
  it.each([
    ['<think>\nHm.\n</think>\n\nYes.', 'Yes.', 'Hm.\n'],
    ['\n <think>Hm.</think>Yes.', 'Yes.', 'Hm.'],
    ['<think>\n\n</think>\n\nYes.', 'Yes.', ''],
    ['<think>never closed </thin', '', 'never closed </thin'],
    ['<think>Hm.</think>\n\n    code', '    code', 'Hm.'],
    ['Say <think>this</think>.', 'Say <think>this</think>.', ''],
    ['<think>a</think>b<think>c</think>', 'b<think>c</think>', 'a'],
    ['<thinking>this', '<thinking>this', ''],
    ['  <thi', '  <thi', ''],
    ['', '', ''],
  ])('are removed from %j', (whole, text, reasoning) => {
    expect(read([whole])).toEqual({ text, reasoning });
  });

  it('are found wherever the answer is cut', () => {
    fc.assert(
      fc.property(texts, fc.array(fc.nat(60), { maxLength: 20 }), (whole, cuts) => {
        const places = [...new Set([0, ...cuts.filter((cut) => cut < whole.length), whole.length])].sort(
          (a, b) => a - b,
        );
        const pieces = places.slice(1).map((end, index) => whole.slice(places[index], end));
        expect(read(pieces)).toEqual(read([whole]));
        expect(read([...whole])).toEqual(read([whole]));
      }),
      { numRuns: 2000 },
    );
  });

  it('lose nothing but themselves and the white space around them', () => {
    const bare = (text: string) => text.replace(/\s/g, '');
    fc.assert(
      fc.property(texts, (whole) => {
        const { text, reasoning } = read([whole]);
        if (!/^\s*<think>/.test(whole)) {
          expect({ text, reasoning }).toEqual({ text: whole, reasoning: '' });
          return;
        }
        const closes = whole.includes('</think>');
        expect(bare(whole)).toBe(`<think>${bare(reasoning)}${closes ? '</think>' : ''}${bare(text)}`);
      }),
      { numRuns: 2000 },
    );
  });
});
