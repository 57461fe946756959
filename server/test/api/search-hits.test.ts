import { afterAll, beforeAll, expect, it } from 'vitest';
import { type LanguageModel, textOf } from '../../src/ports/language-model.ts';
import { type Client, startApp, type TestApp } from '../setup/app.ts';
import { describeDatabases } from '../setup/describe-databases.ts';
import { converse } from './asking.ts';

const free = { maxOutputTokens: 100_000, inputPriceUsd: 0, outputPriceUsd: 0 };

/** Says what it was asked, within a sentence of its own. */
const echo: LanguageModel = {
  async stream({ messages }, onPart) {
    const [asked] = messages.slice(-1);
    onPart({ type: 'text', text: `## Answer\n\nIt is **${asked && textOf(asked)}**, as *ever*.` });
    onPart({ type: 'finish', reason: 'STOP' });
  },
  listModels: async () => ['one', 'two'],
};

const hitFields = `edges {
  cursor
  node { turn { id } responseId model { id name } conversation { id } createdAt snippet { text marks { start end } } }
}
pageInfo { hasNextPage }
totalCount`;
const allDocument = `query ($search: String!, $first: Int, $after: String) {
  searchHits(search: $search, first: $first, after: $after) { ${hitFields} }
}`;
const insideDocument = `query ($id: ID!, $search: String!, $first: Int, $after: String) {
  conversation(id: $id) { hits(search: $search, first: $first, after: $after) { ${hitFields} } }
}`;

interface Hit {
  turn: { id: string };
  responseId: string | null;
  model: { id: string; name: string } | null;
  conversation: { id: string };
  snippet: { text: string; marks: { start: number; end: number }[] };
}

/** Each hit as its model, or You, and its line with what was found between brackets. */
function lineOf({ model, snippet: { text, marks } }: Hit): string {
  const line = [...marks]
    .reverse()
    .reduce((all, { start, end }) => `${all.slice(0, start)}[${all.slice(start, end)}]${all.slice(end)}`, text);
  return `${model?.name ?? 'You'}: ${line}`;
}

describeDatabases('the hits of a search', (database) => {
  let app: TestApp;
  let member: Client;
  let id: string;
  let first: string;

  beforeAll(async () => {
    app = await startApp({
      database: database(),
      catalogue: {
        providers: [{ id: 'echo', kind: 'openai-compatible', baseURL: 'http://127.0.0.1:9', name: 'Echo' }],
        models: ['one', 'two'].map((model) => ({
          ...{ id: `echo/${model}`, name: model, minimumTier: 'FREE', contextWindow: 1_000_000, ...free },
        })),
      },
      languageModels: { echo },
    });
    member = await app.newMember();
    const begun = await converse(member, { prompt: 'A résumé', modelIds: ['echo/one', 'echo/two'] });
    id = begun.conversation.id;
    first = begun.turn.id;
    await converse(member, { prompt: 'Otters', conversationId: id, modelIds: ['echo/one'] });
    await converse(member, { prompt: 'RESUME', conversationId: id, parentTurnId: first, modelIds: ['echo/one'] });
    await converse(member, { prompt: 'No otter, but a resumed one', modelIds: ['echo/two'] });
  });
  afterAll(() => app?.close());

  const all = async (search: string) => {
    const { searchHits } = await member.gql(allDocument, { search });
    return searchHits as { edges: { cursor: string; node: Hit }[]; totalCount: number };
  };

  it('are lines with the words marked and who said them, those of the newest turn first', async () => {
    const { edges, totalCount } = await all('resume');
    expect(edges.map(({ node }) => lineOf(node))).toEqual([
      'You: [RESUME]',
      'one: Answer It is [RESUME], as *ever*.',
      'You: A [résumé]',
      'two: Answer It is A [résumé], as *ever*.',
      'one: Answer It is A [résumé], as *ever*.',
    ]);
    expect(totalCount).toBe(5);
    expect(new Set(edges.map(({ node }) => node.conversation.id))).toEqual(new Set([id]));
    expect(edges.filter(({ node }) => node.turn.id === first)).toHaveLength(3);
  });

  it('are parts of words where no text has the words', async () => {
    expect((await all('resum')).edges.map(({ node }) => lineOf(node).slice(0, 20))).toContain('You: No otter, but a');
    expect((await all('zzyzx')).totalCount).toBe(0);
    expect((await all('"')).totalCount).toBe(0);
    // No index knows a part of two letters.
    expect((await all('tt')).totalCount).toBe(4);
  });

  it('of one conversation are on all its branches, in the order in which they were asked', async () => {
    const { conversation } = await member.gql(insideDocument, { id, search: 'resum' });
    expect(conversation.hits.edges.map(({ node }: { node: Hit }) => lineOf(node))).toEqual([
      'You: A [résum]é',
      'one: Answer It is A [résum]é, as *ever*.',
      'two: Answer It is A [résum]é, as *ever*.',
      'You: [RESUM]E',
      'one: Answer It is [RESUM]E, as *ever*.',
    ]);
    expect(conversation.hits.totalCount).toBe(5);
  });

  it.each([
    ['of all conversations', async (page: Record<string, unknown>) => (await member.gql(allDocument, page)).searchHits],
    [
      'of one',
      async (page: Record<string, unknown>) => (await member.gql(insideDocument, { id, ...page })).conversation.hits,
    ],
  ])('%s are paged through one by one, and refuse what is no cursor', async (_, read) => {
    const whole = (await read({ search: 'resume' })).edges.map(({ node }: { node: Hit }) => lineOf(node));
    const found: string[] = [];
    for (let after: string | null = null, more = true; more; ) {
      const page: { edges: { cursor: string; node: Hit }[]; pageInfo: { hasNextPage: boolean } } = await read({
        search: 'resume',
        first: 1,
        after,
      });
      for (const { node } of page.edges) found.push(lineOf(node));
      after = page.edges[0]?.cursor ?? null;
      more = page.pageInfo.hasNextPage;
    }
    expect(found).toEqual(whole);
    const { errors } = await member.post(allDocument, { search: 'resume', after: 'x' });
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT', field: 'after' } }]);
  });

  it('are the member’s own', async () => {
    const other = await app.newMember();
    expect((await other.gql(allDocument, { search: 'resume' })).searchHits.totalCount).toBe(0);
    expect((await other.gql(insideDocument, { id, search: 'resume' })).conversation).toBeNull();
  });

  it('of a blind turn have stand-ins of the models until the reveal', async () => {
    const blind = await app.newMember();
    const modelIds = ['echo/one', 'echo/two'];
    const { turn } = await converse(blind, { prompt: 'Kumquat', modelIds, blind: true });
    const names = async () => {
      const { searchHits } = await blind.gql(allDocument, { search: 'kumquat' });
      return searchHits.edges.map(({ node }: { node: Hit }) => node.model?.name ?? 'You').sort();
    };
    expect(await names()).toEqual(['Answer A', 'Answer B', 'You']);
    await blind.gql('mutation ($id: ID!) { revealTurn(turnId: $id) { id } }', { id: turn.id });
    expect(await names()).toEqual(['You', 'one', 'two']);
  });
});
