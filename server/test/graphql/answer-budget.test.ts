import { buildSchema, execute, getNullableType, isLeafType, isObjectType, parse } from 'graphql';
import { expect, it } from 'vitest';
import { chargeFields } from '../../src/graphql/ground/charged-fields.ts';
import { AnswerBudget } from '../../src/graphql/limits/answer-budget.ts';
import { schema } from '../../src/graphql/schema.ts';

const long = 'x'.repeat(300_000);
const texts = Array.from({ length: 3 }, () => long);

it.each([
  ['a text', 'text: String', long],
  ['a text that comes later', 'text: String', Promise.resolve(long)],
  ['an id that comes later', 'text: ID', Promise.resolve(long)],
  ['a list of texts', 'text: [String]', texts],
  ['a list of texts that comes later', 'text: [String!]!', Promise.resolve(texts)],
])('an answer with %s counts all its characters', async (_what, field, text) => {
  const small = chargeFields(buildSchema(`type Query { ${field} }`));
  const budget = new AnswerBudget(false, () => true);
  const document = parse(`{ ${[0, 1, 2, 3].map((index) => `a${index}: text`).join(' ')} }`);
  await execute({ schema: small, document, rootValue: { text }, contextValue: { budget } });
  expect(budget.bytes).toBeGreaterThan(1_048_576);
  expect(budget.refusal?.extensions.code).toBe('ANSWER_TOO_LARGE');
});

it('items of a list are counted, even if nothing of them is asked', async () => {
  const small = chargeFields(
    buildSchema('interface Part { a: Int } type Text implements Part { a: Int } type Query { parts: [Part] }'),
  );
  const budget = new AnswerBudget(false, () => true);
  const parts = Array.from({ length: 20_000 }, () => ({ __typename: 'Text' }));
  await execute({
    schema: small,
    document: parse('{ parts { ... on Text @skip(if: true) { a } } }'),
    rootValue: { parts },
    contextValue: { budget },
  });
  expect(budget.refusal?.message).toContain('20000 fields');
});

it('no list or object of the schema is declared to cost nothing', () => {
  const fields = Object.values(schema.getTypeMap()).flatMap((type) =>
    isObjectType(type) ? Object.values(type.getFields()) : [],
  );
  const free = fields.filter(({ extensions }) => costOf(extensions.complexity) === 0);
  expect(free.map(({ name }) => name)).toContain('status');
  expect(free.filter(({ type }) => !isLeafType(getNullableType(type)))).toEqual([]);
});

function costOf(complexity: unknown): unknown {
  return typeof complexity === 'object' && complexity !== null && 'field' in complexity ? complexity.field : complexity;
}
