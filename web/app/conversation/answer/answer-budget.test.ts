import fc from 'fast-check';
import { expect, test } from 'vitest';
import { answerBudget, excessOf } from './answer-budget.ts';

test.each([
  ['quotations in each other', `${'> '.repeat(4000)}deep`, /nested too deep/],
  ['lists in each other', `${'- '.repeat(300)}deep`, /nested too deep/],
  [
    'lists ever further in',
    Array.from({ length: 200 }, (_, n) => `${'  '.repeat(n)}- a`).join('\n'),
    /nested too deep/,
  ],
  ['quotations and lists in turn', `${'> 1. '.repeat(100)}deep`, /nested too deep/],
  ['emphasis without an end', '*a_ '.repeat(4000), /signs/],
  ['the same on lines of its own', '*a_\n'.repeat(8000), /signs/],
  ['the same in quotations', '> *a_\n'.repeat(8000), /signs/],
  ['the same beside bars that make no table', `a\n|-|-|\n${'| *a_ \n'.repeat(8000)}`, /signs/],
  ['the same where lists look like beginning', `x\n${'      - *a_ \n'.repeat(8000)}`, /signs/],
  ['brackets', '['.repeat(2000) + ']'.repeat(2000), /signs/],
  ['code spans of ever more signs', Array.from({ length: 150 }, (_, n) => '`'.repeat(n + 1)).join('a'), /signs/],
  ['tags without an end', '<a '.repeat(2000), /signs/],
  ['addresses', 'a@b '.repeat(2000), /signs/],
  ['a table of 5,000 rows', `| a | b |\n|---|---|\n${'| 1 | 2 |\n'.repeat(5000)}`, /table/],
  [
    'a table of 500 columns',
    `${'|a'.repeat(500)}|\n${'|-'.repeat(500)}|\n${`${'|1'.repeat(500)}|\n`.repeat(8)}`,
    /table/,
  ],
  ['a list of 5,000 items', '- a\n'.repeat(5000), /tables, lists/],
  ['the same with a blank line between each two', '- a\n\n'.repeat(5000), /tables, lists/],
  ['a line of 200,000 letters', 'a'.repeat(200_000), /lines is too long/],
  ['lines without a blank one', 'a\n'.repeat(5000), /paragraph/],
  ['20,000 paragraphs', 'a\n\n'.repeat(20_000), /too many parts/],
  ['formulas', '$x_1$\n\n'.repeat(2000), /formulas/],
  ['more than can be', 'word and word\n\n'.repeat(30_000), /too long/],
])('%s are beyond the budget', (_, text, reason) => {
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
])('an answer %s is within it', (_, text) => {
  expect(excessOf(text)).toBeNull();
});

test('what comes after a code block is counted again', () => {
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

test('once an answer is beyond the budget, it stays so however it goes on', () => {
  fc.assert(
    fc.property(hostile, hostile, (begun, rest) => {
      if (excessOf(begun) !== null && !begun.endsWith('`') && !begun.endsWith('~'))
        expect(excessOf(begun + rest)).not.toBeNull();
    }),
    { numRuns: 300 },
  );
});

test('no line outside of code that is within the budget begins more quotations than that', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 200 }), fc.constantFrom('>', '> ', '>  '), (depth, sign) => {
      expect(excessOf(`${sign.repeat(depth)}a`) === null).toBe(depth <= answerBudget.depth);
    }),
  );
});

test('an empty answer, and one of line ends only, is within it', () => {
  expect(excessOf('')).toBeNull();
  expect(excessOf('\r\n\n \n')).toBeNull();
});
