import fc from 'fast-check';
import { expect, it } from 'vitest';
import { digestOf, isSame, modelNames, nameInWords, parametersInLines } from '../../src/domain/tools/descriptions.ts';

const json = fc.jsonValue({ maxDepth: 3 });
const parameters = fc.dictionary(fc.string(), json);
const tool = fc.record({
  id: fc.uuid(),
  server: fc.oneof(fc.constantFrom('GitHub', 'git', 'git_hub', 'Файлы', ''), fc.string({ maxLength: 60 })),
  name: fc.oneof(fc.constantFrom('hub_create', 'create', '_create', 'a.b', 'a/b'), fc.string({ maxLength: 128 })),
});

it('a description is the same whatever the order of the fields of its parameters, and no other one is', () => {
  fc.assert(
    fc.property(parameters, fc.boolean(), (given, isReadOnly) => {
      const one = { title: null, description: 'x', parameters: given, isReadOnly };
      const reversed = Object.fromEntries(Object.entries(given).reverse());
      const other = { ...one, parameters: reversed };
      expect(isSame(one, other)).toBe(true);
      expect(parametersInLines(other)).toBe(parametersInLines(one));
      expect(digestOf({ ...one, isReadOnly: !isReadOnly })).not.toBe(digestOf(one));
      expect(digestOf({ ...one, description: 'y' })).not.toBe(digestOf(one));
      expect(digestOf({ ...one, parameters: { ...given, another: [given] } })).not.toBe(digestOf(one));
    }),
  );
});

it('every tool has a name of its own that all models’ providers take', () => {
  fc.assert(
    fc.property(fc.uniqueArray(tool, { selector: ({ id }) => id, maxLength: 30 }), (tools) => {
      const names = modelNames(tools, ['calculator', 'create']);
      expect(names.size).toBe(tools.length);
      const all = [...names.values(), 'calculator', 'create'];
      expect(new Set(all.map((name) => name.toLowerCase())).size).toBe(all.length);
      for (const name of names.values()) expect(name).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
      expect(modelNames([...tools].reverse(), ['create', 'calculator'])).toEqual(new Map([...names].reverse()));
    }),
  );
});

it('a tool without a title is called by its name in words', () => {
  expect(nameInWords('create_issue')).toBe('Create issue');
  expect(nameInWords('readTextFile')).toBe('Read text file');
  expect(nameInWords('___')).toBe('___');
});
