import fc from 'fast-check';
import { expect, test } from 'vitest';
import { segmentsOf, withNestedFences } from './fences.ts';

const [three, four] = ['```', '````'];

test.each([
  [
    'blocks with a language',
    `So:\n\n${three}markdown\n# A\n${three}js\n1\n${three}\nB\n${three}sh\n2\n${three}\n${three}\n\nand`,
    `So:\n\n${four}markdown\n# A\n${three}js\n1\n${three}\nB\n${three}sh\n2\n${three}\n${four}\n\nand`,
  ],
  [
    'a block without one, after a blank line',
    `${three}md\nA\n\n${three}\n1\n${three}\n\nB\n${three}\n\nand`,
    `${four}md\nA\n\n${three}\n1\n${three}\n\nB\n${four}\n\nand`,
  ],
  [
    'a longer block',
    `${three}md\n${four}js\n1\n${four}\nB\n${three}\nand`,
    `\`\`\`\`\`md\n${four}js\n1\n${four}\nB\n\`\`\`\`\`\nand`,
  ],
  [
    'a block of Markdown with a block inside',
    `${three}md\n${three}md\n${three}js\n1\n${three}\n${three}\n${three}\nand`,
    `${four}md\n${three}md\n${three}js\n1\n${three}\n${three}\n${four}\nand`,
  ],
  [
    'blocks in an item',
    `- A\n  ${three}markdown\n  ${three}js\n  1\n  ${three}\n  ${three}\n- B`,
    `- A\n  ${four}markdown\n  ${three}js\n  1\n  ${three}\n  ${four}\n- B`,
  ],
])('a block of Markdown that holds %s ends at its own fence', (_, text, expected) => {
  expect(withNestedFences(text, false)).toBe(expected);
});

test.each([
  ['holds no other block', `${three}markdown\n# A\n${three}\n\nand\n\n${three}js\n1\n${three}`],
  ['is followed by text right away', `${three}markdown\n# A\n${three}\nand\n\n${three}\n1\n${three}`],
  ['holds an unclosed block', `${three}markdown\n${three}js\n1\n${three}\n\nand so on`],
  ['has a long enough fence', `${four}markdown\n${three}js\n1\n${three}\n${four}\nand`],
  ['is of another language', `${three}text\n${three}js\n1\n${three}\n`],
])('a block that %s stays unchanged', (_, text) => {
  expect(withNestedFences(text, false)).toBe(text);
});

const line = fc.constantFrom(
  ...[
    '```',
    '```js',
    '```markdown',
    '````md',
    '````',
    '~~~',
    '~~~md',
    '> ```md',
    '> ```',
    'text',
    '',
    '  ```',
    '- ```md',
    '`',
    '`` x',
  ],
);
const answer = fc.array(line, { maxLength: 24 }).map((lines) => lines.join('\n'));

test('only the length of fences changes', () => {
  const short = (text: string) => text.replaceAll(/`{3,}/g, '```').replaceAll(/~{3,}/g, '~~~');
  fc.assert(
    fc.property(answer, fc.boolean(), (text, writing) => {
      expect(short(withNestedFences(text, writing))).toBe(short(text));
    }),
    { numRuns: 1000 },
  );
});

test('the segments of a text add up to the text', () => {
  fc.assert(
    fc.property(answer, (text) => {
      expect(
        segmentsOf(text)
          .map((segment) => segment.text)
          .join(''),
      ).toBe(text);
    }),
  );
});
