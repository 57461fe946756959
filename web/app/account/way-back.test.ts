import fc from 'fast-check';
import { expect, test } from 'vitest';
import { wayBack } from './way-back.ts';

const origin = 'https://chat.example.org';

test.each([
  ['/c/abc?through=x%2Fy#end', '/c/abc?through=x%2Fy#end'],
  ['/usage', '/usage'],
  ['/%5Cevil.example', '/%5Cevil.example'],
])('a path of this server is kept: %j', (to, path) => {
  expect(wayBack(to, origin)).toBe(path);
});

test.each([
  null,
  '',
  '//evil.example',
  '///evil.example',
  '/\\evil.example',
  '/\t/evil.example',
  '/\n/evil.example',
  '/\r\n\\evil.example',
  '\t//evil.example',
  ' //evil.example',
  '/.//evil.example',
  '/x/..//evil.example',
  '/%2e//evil.example',
  '/./\\evil.example',
  '\\\\evil.example',
  '\\evil.example',
  'https://evil.example/',
  'https:/evil.example',
  'javascript:alert(1)',
  'data:text/html,x',
  'evil.example',
  '//[',
  '/.//[',
])('an address elsewhere or an invalid path leads to the first page: %j', (to) => {
  expect(wayBack(to, origin)).toBe('/');
});

const hostile = fc.string({
  unit: fc.oneof(
    fc.constantFrom('/', '\\', '\t', '\n', '\r', '.', '%', '2', 'e', 'E', '5', 'c', '@', ':', '?', '#'),
    fc.string({ unit: 'binary', maxLength: 1 }),
  ),
  maxLength: 24,
});

test('a browser stays on the origin, whatever address is given', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        hostile,
        hostile.map((rest) => `/${rest}`),
        fc.webUrl(),
      ),
      (to) => {
        const path = wayBack(to, origin);
        expect(path).toMatch(/^\//);
        expect(new URL(path, `${origin}/sign-in?to=x`).origin).toBe(origin);
      },
    ),
    { numRuns: 5000 },
  );
});
