import fc from 'fast-check';
import { expect, test } from 'vitest';
import { withClosedFolds, withFolds } from './folds.ts';

test('the end of a fold after a list gets its own lines', () => {
  expect(withFolds('<details>\n<summary>A</summary>\n- a\n- b\n</details>\nand')).toBe(
    '<details>\n<summary>A</summary>\n- a\n- b\n\n</details>\n\nand',
  );
});

test('a fold in a code block stays unchanged', () => {
  const text = '```html\na\n</details>\nb\n```\n';
  expect(withFolds(text)).toBe(text);
});

test('an unfinished fold is shown closed, and so is the code in it', () => {
  expect(withClosedFolds('<details>\n\nA')).toBe('<details>\n\nA\n\n</details>');
  expect(withClosedFolds('<details>\n\n```js\n1')).toBe('<details>\n\n```js\n1\n```\n\n</details>');
  expect(withClosedFolds('<details>\n\nA\n\n</details>\n\nB')).toBe('<details>\n\nA\n\n</details>\n\nB');
});

test('only blank lines are added to a text', () => {
  const line = fc.constantFrom(
    '<details>',
    '</details>',
    '> <details open>',
    '  </details>',
    '- a',
    'text',
    '',
    '```',
    '> b',
    '>',
  );
  const blankless = (text: string) =>
    text
      .split('\n')
      .filter((one) => /[^ >]/.test(one))
      .join('\n');
  fc.assert(
    fc.property(fc.array(line, { maxLength: 20 }), (lines) => {
      const text = lines.join('\n');
      expect(blankless(withFolds(text))).toBe(blankless(text));
    }),
    { numRuns: 1000 },
  );
});
