import fc from 'fast-check';
import { expect, it } from 'vitest';
import { argumentsOf, hasUnseen } from '../../src/domain/agents/call-arguments.ts';

it('arguments are what their JSON says, however it is written', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.constantFrom(undefined, 1, '\t'), (given, indent) => {
      const json = JSON.stringify(given, null, indent);
      expect(argumentsOf(json, null)).toEqual(JSON.parse(json));
      const escaped = json.replace(/[^\x20-\x7e\s]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`);
      expect(argumentsOf(escaped, null)).toEqual(JSON.parse(json));
    }),
  );
});

it('arguments with a field that comes twice are refused, wherever it is', () => {
  fc.assert(
    fc.property(fc.string(), fc.jsonValue(), fc.jsonValue(), fc.boolean(), (name, one, other, isWithin) => {
      const twice = `{${JSON.stringify(name)}:${JSON.stringify(one)},${JSON.stringify(name)}:${JSON.stringify(other)}}`;
      expect(argumentsOf(isWithin ? `{"a":[1,{"b":${twice}}]}` : twice, null)).toMatch(/twice/);
    }),
  );
});

it('arguments that are too long, or nested too deep to be shown, are not made without a word', () => {
  expect(argumentsOf(JSON.stringify({ text: 'x'.repeat(500_000) }), null)).toMatch(/too long/);
  const deep = `{"a":${'['.repeat(200_000)}${']'.repeat(200_000)}}`;
  expect(typeof argumentsOf(deep, { properties: { a: {} } })).toBe('object');
  expect(hasUnseen(deep)).toBe(true);
});

it('a text in any script is seen, and one with what nobody sees in it is found', () => {
  for (const seen of ['Zürich', 'שלום', 'مرحبا', 'नमस्ते', '東京', '👩‍👩‍👧 ❤️', 'a\tb\nc'])
    expect(hasUnseen(JSON.stringify({ seen }))).toBe(false);
  for (const code of [0xe0041, 0x202e, 0x2066, 0x200b, 0xfeff, 0xe0101]) {
    const text = `a${String.fromCodePoint(code)}b`;
    expect(hasUnseen(JSON.stringify({ text }))).toBe(true);
    expect(hasUnseen(JSON.stringify({ [text]: 1 }))).toBe(true);
    const escaped = [...text]
      .flatMap((one) => one.split(''))
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
    expect(hasUnseen(`{"text":"${escaped.join('')}"}`)).toBe(true);
  }
});

it('a schema that could keep this process busy is not checked here, and any other one is', () => {
  const word = `${'a'.repeat(60)}!`;
  for (const schema of [
    { pattern: '^(a+)+$' },
    { $ref: '#/properties/word' },
    { anyOf: [{ type: 'string', pattern: '^(a+)+$' }] },
  ]) {
    expect(argumentsOf(JSON.stringify({ word }), { properties: { word: schema } })).toEqual({ word });
  }
  const named = { properties: { pattern: { type: 'string' } }, required: ['pattern'] };
  expect(argumentsOf('{"pattern":"a"}', named)).toEqual({ pattern: 'a' });
  expect(argumentsOf('{}', named)).toMatch(/do not fit/);
});

it('arguments that take too long to be compared with a schema are not, whatever does not fit', () => {
  const choices = Array.from({ length: 500 }, () => ({ type: 'number' }));
  const list = Array.from({ length: 2_000 }, () => 'x');
  for (const items of [{ anyOf: choices }, { enum: choices.map((_choice, at) => `e${at}`) }]) {
    const schema = { properties: { list: { type: 'array', items } } };
    expect(argumentsOf(JSON.stringify({ list }), schema)).toEqual({ list });
    expect(argumentsOf('{"list":["x"]}', schema)).toMatch(/do not fit/);
  }
});
