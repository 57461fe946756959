import { expect, test } from 'vitest';
import { readableArguments } from './call-words.ts';

test('arguments are shown in lines, and as they are while they are written', () => {
  expect(readableArguments('{"a":1,"b":"x"}')).toBe('{\n  "a": 1,\n  "b": "x"\n}');
  expect(readableArguments('{"a":1,"b":"')).toBe('{"a":1,"b":"');
});

test('signs that turn text around or that nobody sees are told by their codes', () => {
  expect(readableArguments('{"path":"a\u202Egpj.exe\u200B"}')).toContain('a\\u{202e}gpj.exe\\u{200b}');
  expect(readableArguments('{"x":"\u{e0041}"}')).toContain('\\u{e0041}');
});
