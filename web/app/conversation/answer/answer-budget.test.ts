import fc from 'fast-check';
import { expect, test } from 'vitest';
import { answerBudget, excessOf } from './answer-budget.ts';

test.each([
  ['nested quotations', `${'> '.repeat(4000)}deep`, /nested too deep/],
  ['nested lists', `${'- '.repeat(300)}deep`, /nested too deep/],
  ['ever deeper lists', Array.from({ length: 200 }, (_, n) => `${'  '.repeat(n)}- a`).join('\n'), /nested too deep/],
  ['alternating quotations and lists', `${'> 1. '.repeat(100)}deep`, /nested too deep/],
  ['unclosed emphases', '*a_ '.repeat(4000), /signs/],
  ['unclosed emphases on many lines', '*a_\n'.repeat(8000), /signs/],
  ['unclosed emphases in quotations', '> *a_\n'.repeat(8000), /signs/],
  ['unclosed emphases beside bars that make no table', `a\n|-|-|\n${'| *a_ \n'.repeat(8000)}`, /signs/],
  ['unclosed emphases after dashes that begin no list', `x\n${'      - *a_ \n'.repeat(8000)}`, /signs/],
  ['brackets', '['.repeat(2000) + ']'.repeat(2000), /signs/],
  ['code spans with ever more backticks', Array.from({ length: 150 }, (_, n) => '`'.repeat(n + 1)).join('a'), /signs/],
  ['unclosed tags', '<a '.repeat(2000), /signs/],
  ['addresses', 'a@b '.repeat(2000), /signs/],
  ['a table of 5,000 rows', `| a | b |\n|---|---|\n${'| 1 | 2 |\n'.repeat(5000)}`, /table/],
  [
    'a table of 500 columns',
    `${'|a'.repeat(500)}|\n${'|-'.repeat(500)}|\n${`${'|1'.repeat(500)}|\n`.repeat(8)}`,
    /table/,
  ],
  ['a list of 5,000 items', '- a\n'.repeat(5000), /tables, lists/],
  ['a list of 5,000 items with blank lines between them', '- a\n\n'.repeat(5000), /tables, lists/],
  ['a line of 200,000 letters', 'a'.repeat(200_000), /lines is too long/],
  ['5,000 lines without a blank line', 'a\n'.repeat(5000), /paragraph/],
  ['20,000 paragraphs', 'a\n\n'.repeat(20_000), /too many parts/],
  ['formulas', '$x_1$\n\n'.repeat(2000), /formulas/],
  ['480,000 characters', 'word and word\n\n'.repeat(30_000), /too long/],
])('the budget does not allow %s', (_, text, reason) => {
  expect(excessOf(text)).toMatch(reason);
});

const section = `## A heading

Some **bold**, some \`code\`, a [link](https://example.org) and a formula $x_1^2$; 20~25 °C.

1. One
   - Two
     - Three

| Place | Range | Note |
|---|---:|---|
| **Brest** | 3.4 | \`open\` |

> Said
> > before

\`\`\`ts
const a = [[[[1]]]]; // * _ * _ > > > >
\`\`\`

`;

test.each([
  ['of 120 KB', section.repeat(400)],
  [
    'with a table of 200 rows, each with emphasis and code',
    `| a | b | c |\n|---|---|---|\n${'| **1** | `2` | 3 |\n'.repeat(200)}`,
  ],
  ['with a list of 300 items', '- **One** is `two`\n'.repeat(300)],
  ['with a deep outline', Array.from({ length: 12 }, (_, n) => `${'  '.repeat(n)}- a`).join('\n')],
  ['with a long line of code', `\`\`\`json\n${'{"a":[1,2,3]},'.repeat(5000)}\n\`\`\`\n\nAnd *more*.`],
  ['with 3,000 lines of code', `\`\`\`\n${'> > > *a_ [x](y)\n'.repeat(3000)}\`\`\``],
  ['with 300 formulas', 'So \\(x_1\\) and $y$.\n\n'.repeat(200)],
])('an answer %s is within the budget', (_, text) => {
  expect(excessOf(text)).toBeNull();
});

test('the text after a code block counts again', () => {
  expect(excessOf(`\`\`\`\n${'*a_ '.repeat(2000)}\n\`\`\`\nend`)).toBeNull();
  expect(excessOf(`\`\`\`\ncode\n\`\`\`\n${'*a_ '.repeat(2000)}`)).not.toBeNull();
});

const fragment = fc.constantFrom(
  '*a_ ',
  '> ',
  '- ',
  '1. ',
  '\n',
  '\n\n',
  '| a ',
  '|---|---|\n',
  '```\n',
  '~~~\n',
  '[',
  '](',
  '`',
  '$',
  '\\(',
  '<a ',
  '&amp;',
  'word ',
  '\t',
  '    ',
  '!',
  '@',
  '# ',
);
const hostile = fc
  .array(fc.tuple(fc.array(fragment, { minLength: 1, maxLength: 4 }), fc.integer({ min: 1, max: 800 })), {
    maxLength: 6,
  })
  .map((pieces) => pieces.map(([parts, times]) => parts.join('').repeat(times)).join(''));

test('an answer beyond the budget stays beyond it, however it goes on', () => {
  fc.assert(
    fc.property(hostile, hostile, (begun, rest) => {
      if (excessOf(begun) !== null && !begun.endsWith('`') && !begun.endsWith('~'))
        expect(excessOf(begun + rest)).not.toBeNull();
    }),
    { numRuns: 300 },
  );
});

test('a line outside of code is within the budget only up to the allowed depth of quotations', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 200 }), fc.constantFrom('>', '> ', '>  '), (depth, sign) => {
      expect(excessOf(`${sign.repeat(depth)}a`) === null).toBe(depth <= answerBudget.depth);
    }),
  );
});

test('an answer that is empty or has only line ends is within the budget', () => {
  expect(excessOf('')).toBeNull();
  expect(excessOf('\r\n\n \n')).toBeNull();
});
