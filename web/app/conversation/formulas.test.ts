import { expect, test } from 'vitest';
import { withFormulas } from './formulas.ts';

test.each([
  ['a formula in the line', 'So \\(x_1^2\\) is', 'So $$x_1^2$$ is'],
  ['a formula in single dollars', 'So $x_1^2$, $n$, $f(x)$ and $2n$.', 'So $$x_1^2$$, $$n$$, $$f(x)$$ and $$2n$$.'],
  ['a formula that stands apart', 'So\n\n\\[\nE = mc^2\n\\]\n\nis', 'So\n\n$$\n    E = mc^2\n$$\n\nis'],
  ['one on a line of its own', '\\[ E = mc^2 \\]', '$$\n    E = mc^2\n$$'],
  ['one in double dollars on a line of its own', '$$E = mc^2$$', '$$\n    E = mc^2\n$$'],
  ['one within the text', 'So \\[ E = mc^2 \\]. Then', 'So\n$$\n    E = mc^2 .\n$$\nThen'],
  ['one in a list', '1. So\n   \\[ a \\]\n2. b', '1. So\n   $$\n       a\n   $$\n2. b'],
  ['one that begins an item', '- \\[ a \\]', '- $$\n      a\n  $$'],
  ['lines that would be a list', '\\[\na\n- b\n\n- c\n\\]', '$$\n    a - b - c\n$$'],
  ['a remark in it', '\\[\na % first\n+ 5\\% b\n\\]', '$$\n    a + 5\\% b\n$$'],
  ['one in a table', '| \\(|x|\\) | \\[ y^2 \\] |', '| $$\\vert x\\vert$$ | $$y^2$$ |'],
])('%s is made what the renderer takes for one', (_, text, expected) => {
  expect(withFormulas(text, false)).toBe(expected);
});

test.each([
  ['prices', 'It costs $5 and $10, or $1,000 a year; US$5 to US$6, from $5_000 to 6$ more.'],
  ['a price and a formula’s sign', 'Pay $5 if a_1 = b, and $6 if not.'],
  ['shell variables', 'Set $HOME and $PATH, or $FOO_A/$B.'],
  ['escaped dollars', 'From \\$x_1 to \\$x_2.'],
  ['code', '`\\(x\\)` and ``a ` $x_1$ \\[b\\]`` and\n\n```sh\necho $a_1$ \\[x\\] $$\n```\n\n~~~\n\\(x\\)\n~~~'],
  ['code in a list', '- so\n  ```tex\n  \\[ x \\]\n  ```\n- b'],
  ['code that is still open', 'So\n\n```tex\n\\[ x \\]'],
  ['escaped brackets', 'He said \\[sic\\] and \\[1\\].'],
])('%s are left alone', (_, text) => {
  expect(withFormulas(text, false)).toBe(text);
});

test('a formula that is being written is held back until it is whole', () => {
  expect(withFormulas('So \\(x_1', true)).toBe('So ');
  expect(withFormulas('So\n\n\\[\nE = m', true)).toBe('So\n\n');
  expect(withFormulas('So\n\n$$\nE = m', true)).toBe('So\n\n');
  expect(withFormulas('So \\', true)).toBe('So ');
});

test('a formula that never ends is shown as it was written', () => {
  expect(withFormulas('So \\(x_1', false)).toBe('So \\\\(x_1');
  expect(withFormulas(`So \\(x_1\n\n${'and so on '.repeat(9)}`, true)).toContain('So \\\\(x_1');
});
