import fc from 'fast-check';
import { execute, type GraphQLError, parse, validate } from 'graphql';
import { describe, expect, it } from 'vitest';
import type { ResponseEvent } from '../../src/domain/following/response-reader.ts';
import { compileSelection } from '../../src/graphql/delivery/fast-path.ts';
import { AnswerBudget } from '../../src/graphql/limits/answer-budget.ts';
import { schema } from '../../src/graphql/schema.ts';

type Delta = Extract<ResponseEvent, { type: 'text' | 'reasoning' }>;

const flat = ['__typename', 'responseId'];
const flatOf = {
  TextDelta: ['modelId', 'partIndex', 'offset', 'text', 'outputTokens'],
  ReasoningDelta: ['modelId', 'partIndex', 'offset', 'text'],
};

/** A selection of plain fields, aliased or not, on the interface or one of the delta types. */
const selection = (type: keyof typeof flatOf | 'ResponseEvent') => {
  const field = fc.constantFrom(...flat, ...(type === 'ResponseEvent' ? [] : flatOf[type]));
  // Each field has an alias of its own, so that no two fields are merged under one name.
  return fc
    .array(fc.tuple(field, fc.boolean()), { minLength: 1, maxLength: 6 })
    .map((fields) => fields.map(([name, aliased]) => (aliased ? `a_${name}: ${name}` : name)).join(' '));
};

const documents = fc
  .record({
    key: fc.constantFrom('', 's: '),
    onInterface: selection('ResponseEvent'),
    onText: selection('TextDelta'),
    onReasoning: selection('ReasoningDelta'),
    inFragment: selection('TextDelta'),
    nested: fc.boolean(),
    others: fc.constantFrom(
      '',
      '... on ResponseFinished { response { id text } }',
      '... on ResponseStarted { attempt }',
    ),
    order: fc.shuffledSubarray([0, 1, 2, 3, 4], { minLength: 1 }),
  })
  .map(({ key, onInterface, onText, onReasoning, inFragment, nested, others, order }) => {
    const parts = [
      onInterface,
      `... on TextDelta { ${onText} }`,
      `... on ReasoningDelta { ${onReasoning} }`,
      '...Piece',
      nested ? `... on ResponseEvent { ... { ${onInterface} } ${others} }` : others,
    ];
    const body = order.map((index) => parts[index]).join(' ') || onInterface;
    const fragment = body.includes('...Piece') ? `fragment Piece on TextDelta { ${inFragment} }` : '';
    return `subscription { ${key}streamResponse(turnId: "x") { ${body || '__typename'} } } ${fragment}`;
  });

const deltas: fc.Arbitrary<Delta> = fc.oneof(
  fc.record({
    type: fc.constant('text' as const),
    responseId: fc.uuid(),
    modelId: fc.string(),
    partIndex: fc.nat(),
    offset: fc.nat(),
    text: fc.string({ unit: 'binary' }),
    outputTokens: fc.nat(),
  }),
  fc.record({
    type: fc.constant('reasoning' as const),
    responseId: fc.uuid(),
    modelId: fc.string(),
    partIndex: fc.nat(),
    offset: fc.nat(),
    text: fc.string({ unit: 'binary' }),
  }),
);

const context = {
  viewer: { id: 'u', role: 'USER' },
  budget: new AnswerBudget(true, () => true),
  catalogue: { models: new Map() },
};

async function executed(query: string, event: Delta) {
  const result = await execute({ schema, document: parse(query), rootValue: event, contextValue: { ...context } });
  expect(result.errors as GraphQLError[] | undefined).toBeUndefined();
  return JSON.parse(JSON.stringify(result));
}

describe('the fast path', () => {
  it('gives the same result as execution, in the same order, for any document of plain fields', async () => {
    await fc.assert(
      fc.asyncProperty(documents, deltas, async (query, event) => {
        const document = parse(query);
        fc.pre(validate(schema, document).length === 0);
        const writers = compileSelection(document, null);
        expect(writers).not.toBeNull();
        const fast = JSON.parse(writers?.[event.type](event) ?? '');
        const ordinary = await executed(query, event);
        expect(fast).toEqual(ordinary);
        expect(JSON.stringify(fast)).toBe(JSON.stringify(ordinary));
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    'query { viewer { id } }',
    'subscription { creditsChanged { balance } }',
    'subscription($on: Boolean!) { streamResponse(turnId: "x") { responseId @include(if: $on) } }',
    'subscription { streamResponse(turnId: "x") @skip(if: false) { responseId } }',
    'subscription { streamResponse(turnId: "x") { ... @include(if: true) { responseId } } }',
  ])('leaves %s to ordinary execution', (query) => {
    expect(compileSelection(parse(query), null)).toBeNull();
  });

  it('takes the named one of several operations', () => {
    const document = parse('subscription A { streamResponse(turnId: "x") { responseId } } query B { viewer { id } }');
    expect(compileSelection(document, 'A')).not.toBeNull();
    expect(compileSelection(document, 'B')).toBeNull();
    expect(compileSelection(document, null)).toBeNull();
  });
});
