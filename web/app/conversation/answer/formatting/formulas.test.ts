import fc from 'fast-check';
import { expect, test } from 'vitest';
import { withFormulas } from './formulas.ts';
import { piecesOf, withoutMarks } from './marks.ts';

/** The formulas in the text. Formulas that stand apart are between chevrons. */
function formulasOf(text: string, writing = false): string[] {
  return piecesOf(withFormulas(text, writing)).flatMap((piece) => {
    if (typeof piece === 'string' || piece.kind === 'verbatim') return [];
    return piece.kind === 'formula' ? [piece.raw] : [`«${piece.raw}»`];
  });
}

test.each([
  ['in the line', 'So \\(x_1^2\\) is', ['\\(x_1^2\\)']],
  ['in single dollars', 'So $x_1^2$, $n$, $f(x)$ and $2n$.', ['$x_1^2$', '$n$', '$f(x)$', '$2n$']],
  ['in tight dollars', '$ab$, $(3, 4)$, $xy$ and $\\pi$', ['$ab$', '$(3, 4)$', '$xy$', '$\\pi$']],
  ['before the end of a word', 'the $n$th and $k$-th of $2n$ths', ['$n$', '$k$', '$2n$']],
  ['beside letters of other scripts', '函数$f(x)$的值是$y_1$。', ['$f(x)$', '$y_1$']],
  ['next to each other', '\\(a\\)\\(b\\) $x$$y$ \\(p\\)$q$', ['\\(a\\)', '\\(b\\)', '$x$', '$y$', '\\(p\\)', '$q$']],
  ['in double dollars next to each other', '$$a$$$$b$$ and $c$$$d$$', ['$$a$$', '$$b$$', '$c$', '$$d$$']],
  ['that stands apart', 'So\n\n\\[\nE = mc^2\n\\]\n\nis', ['«\\[\nE = mc^2\n\\]»']],
  ['on a line of its own', '\\[ E = mc^2 \\]', ['«\\[ E = mc^2 \\]»']],
  ['in double dollars on a line of its own', '$$E = mc^2$$', ['«$$E = mc^2$$»']],
  ['in double dollars on several', '$$\n\\frac{a}{b}\n$$', ['«$$\n\\frac{a}{b}\n$$»']],
  ['apart within the text', 'So \\[ E = mc^2 \\]. Then', ['«\\[ E = mc^2 \\]»']],
  ['in a list', '1. So\n   \\[ a \\]\n2. b', ['«\\[ a \\]»']],
  ['with lines that would be a list', '\\[\na\n- b\n\n- c\n\\]', ['«\\[\na\n- b\n\n- c\n\\]»']],
  ['in a table', '| \\(|x|\\) | $|y|$ | $$y^2$$ |', ['\\(|x|\\)', '$|y|$', '$$y^2$$']],
  ['of a half-open range', 'in $[0, 1)$', ['$[0, 1)$']],
  ['with words as text', '$$v = \\text{the way over the time}$$', ['«$$v = \\text{the way over the time}$$»']],
  [
    'of an environment',
    'So\n\\begin{align}\na &= b \\\\\n\nc &= d\n\\end{align}\n',
    ['«\\begin{align}\na &= b \\\\\n\nc &= d\n\\end{align}»'],
  ],
  ['of one in a sentence', 'Then \\begin{equation} x \\end{equation} holds', ['«\\begin{equation} x \\end{equation}»']],
  [
    'of one in another',
    '\\begin{cases}\\begin{cases}a\\end{cases}\\end{cases}',
    ['«\\begin{cases}\\begin{cases}a\\end{cases}\\end{cases}»'],
  ],
  ['of chemistry', 'It is $\\ce{H2O + CO2 -> H2CO3}$.', ['$\\ce{H2O + CO2 -> H2CO3}$']],
  ['after a price', 'It costs $5, and $x$ is 3; $1.50 for $y$', ['$x$', '$y$']],
])('a formula %s is found', (_, text, expected) => {
  expect(formulasOf(text)).toEqual(expected);
});

test.each([
  ['prices', 'It costs $5 and $10, or $1,000 a year; US$5 to US$6, from $5_000 to 6$ more.'],
  [
    'prices of other kinds',
    'From $1.50 to $2bn, R$ 12,29 or R$ 5, and $100-$200, $5/$10, $5–$6, $20,$30 or 5$ and 6$.',
  ],
  ['a price and a formula’s sign', 'Pay $5 if a_1 = b, and $6 if not.'],
  ['names', 'Look at $AAPL/$TSLA, $AAPL and $TSLA, ($AAPL)($TSLA), $FOO_BAR/$, $FOO_BAR$.'],
  ['shell variables', 'Set $HOME and $PATH, or $FOO_A/$B, $HOME:$PATH, $(a)$(b), $a$b, $1$2.'],
  [
    'signs of dearness',
    '**Bistro Due** ($$) is dearer than Uno ($), not than Tre ($$).\n\n- $$ – middling\n- $$ – too',
  ],
  ['signs of dearness in a legend', '$ = cheap, $$ = middling, $$$ = dear; and $$ = middling, $$ = so too'],
  ['signs of dearness in a table', '| a | $ |\n|---|---|\n| b | $$ |\n| c | $$$ |\n| d | $$ | $$ |\n|$|$$|$$|\n'],
  ['signs of dearness on lines of their own', 'Uno\n$$\n\nDue\n$$\n'],
  ['escaped dollars', 'From \\$x_1 to \\$x_2.'],
  ['code', '`\\(x\\)` and ``a ` $x_1$ \\[b\\]`` and\n\n```sh\necho $a_1$ \\[x\\] $$\n```\n\n~~~\n\\(x\\)\n~~~'],
  ['code in a list', '- so\n  ```tex\n  \\[ x \\]\n  ```\n- b'],
  ['code that is still open', 'So\n\n```tex\n\\[ x \\]'],
  ['escaped brackets', 'He said \\[sic\\] and \\[1\\], \\[ \\] and \\[x\\], \\[text\\](here).'],
  ['patterns', 'In grep, \\( and \\) group, \\([a-z]*\\) and \\(.*\\) too; \\[^abc\\].'],
  ['paths', 'C:\\(x86)\\[data]\\file and C:\\(x86)\\b'],
  ['a log', '\\[ERROR\\] user_id = 5 and \\[user_id\\] \\[WARN\\] a = \\[key=value\\]'],
  ['words of LaTeX', 'Use \\begin{itemize} and \\end{itemize}.'],
])('%s are no formulas', (_, text) => {
  expect(formulasOf(text)).toEqual([]);
});

test('a backslash before a bracket that is no formula is shown', () => {
  const shown = piecesOf(withFormulas('In grep, \\( and \\) group', false));
  expect(shown).toEqual([
    'In grep, ',
    { kind: 'verbatim', raw: '\\(' },
    ' and ',
    { kind: 'verbatim', raw: '\\)' },
    ' group',
  ]);
});

test('a formula that is being written is held back until it is whole', () => {
  expect(withFormulas('So \\(x_1', true)).toBe('So ');
  expect(withFormulas('So\n\n\\[\nE = m', true)).toBe('So\n\n');
  expect(withFormulas('So\n\n$$\nE = m', true)).toBe('So\n\n');
  expect(withFormulas('So\n\n\\begin{align}\nE = m', true)).toBe('So\n\n');
  expect(withFormulas('So \\', true)).toBe('So ');
});

test('what can no longer become a formula is shown while it is written', () => {
  const shown = (text: string) => withoutMarks(withFormulas(text, true));
  for (const text of [
    '**Bistro Due** ($$) is',
    'It is $$ and dear too',
    'In grep, \\( begins a new group',
    'C:\\(x86)\\[data]\\fil',
    'It costs $5 and',
    'So \\(x_1\n\nand',
    `\\[ERROR\n\nOne ${'and so on '.repeat(500)}`,
  ]) {
    expect(shown(text)).toBe(text);
  }
});

test('a formula that never ends is shown as it was written', () => {
  expect(withoutMarks(withFormulas('So \\(x_1', false))).toBe('So \\(x_1');
  expect(formulasOf('So \\(x_1', false)).toEqual([]);
});

const fragment = fc.constantFrom(
  ...[
    '$',
    '$$',
    '$$$',
    '\\(',
    '\\)',
    '\\[',
    '\\]',
    '\\',
    '\\$',
    '`',
    '``',
    '```\n',
    '```md\n',
    '\n',
    '\n\n',
    '> ',
    '- ',
  ],
  ...[
    '| ',
    ' |',
    '|---|\n',
    'x',
    'x_1',
    '5',
    ' ',
    'word ',
    'und',
    '(',
    ')',
    '{',
    '}',
    '=',
    '^2',
    '重点',
    '\uFDD0',
    '\uFDD3',
  ],
  ...['\uE041', '\\begin{align}', '\\end{align}', '\\frac{a}{b}', '\\text{so so}', '%', '~~~\n', '.', ', '],
);
const answer = fc.array(fragment, { maxLength: 40 }).map((pieces) => pieces.join(''));

test('without its marks a text is what it was, and one that is being written is the beginning of it', () => {
  fc.assert(
    fc.property(answer, (text) => {
      expect(withoutMarks(withFormulas(text, false))).toBe(text);
      expect(text.startsWith(withoutMarks(withFormulas(text, true)))).toBe(true);
    }),
    { numRuns: 2000 },
  );
});

test('what is shown of complete paragraphs stays as it is, however the answer goes on', () => {
  const paragraph = fc
    .array(
      fragment.filter((piece) => !/\n|\\\[|\$\$|begin|`|~/.test(piece)),
      { maxLength: 20 },
    )
    .map((pieces) => `${pieces.join('')}\n\n`);
  fc.assert(
    fc.property(paragraph, answer, (begun, rest) => {
      expect(withFormulas(begun + rest, false).startsWith(withFormulas(begun, true))).toBe(true);
    }),
    { numRuns: 1000 },
  );
});

test('a formula between words is found wherever it stands, and the words stay', () => {
  const source = fc.constantFrom('x', 'x_1', 'a+b', '\\frac{a}{b}', 'f(x)', '2n');
  const [open, close] = [fc.constantFrom('\\(', '$'), { '\\(': '\\)', $: '$' } as Record<string, string>];
  const word = fc.constantFrom('so ', 'it costs $5 and ', '**重点**', 'a | b ', '20~25 ', '- ');
  fc.assert(
    fc.property(fc.array(fc.tuple(word, open, source), { minLength: 1, maxLength: 6 }), (parts) => {
      const raws = parts.map(([, sign, inner]) => `${sign}${inner}${close[sign]}`);
      expect(formulasOf(`${parts.map(([before], at) => before + raws[at]).join(' ')} end`)).toEqual(raws);
    }),
  );
});
