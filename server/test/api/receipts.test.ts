import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Client, startApp, type TestApp } from '../setup/app.ts';
import { describeDatabases } from '../setup/describe-databases.ts';
import { startWireServer, streamBody, type WireServer } from '../wire-server.ts';
import { ask, follow } from './asking.ts';

describeDatabases('a receipt', (database) => {
  let wire: WireServer;
  let app: TestApp;
  let admin: Client;
  beforeAll(async () => {
    wire = await startWireServer();
    wire.respondWith(({ api }) => ({
      body: streamBody(api, { text: ['Yes.'], usage: { input: 13, output: 7 } }),
    }));
    const models = [
      { id: 'openai/gpt-4.1', minimumTier: 'FREE', inputPriceUsd: 2, cachedInputPriceUsd: 0.5, outputPriceUsd: 8 },
    ];
    app = await startApp({ database: database(), wire, catalogue: { models } });
    admin = await app.newMember();
  });
  afterAll(async () => {
    await app?.close();
    await wire?.close();
    expect(app?.errors).toEqual([]);
  });

  const fields = 'model { id } status estimated credits requestPrice buckets { bucket tokens price }';
  const entriesOf = async (member: Client) =>
    (
      await member.gql(`{ viewer { credits { entries { edges { node {
        id kind amount response { id receipt { credits } } receipt { ${fields} }
      } } } } } }`)
    ).viewer.credits.entries.edges.map(({ node }: { node: { kind: string } }) => node);

  it('explains a charge, even after the conversation is deleted', async () => {
    const member = await app.newMember();
    const { turn, conversation } = await ask(member, { prompt: 'Yes or no?', modelIds: ['openai/gpt-4.1'] });
    await follow(member, turn.id);
    const [charge, grant] = await entriesOf(member);
    // 13 × 2 + 7 × 8 millionths of a USD; one credit is a millionth.
    const receipt = {
      model: { id: 'openai/gpt-4.1' },
      status: 'COMPLETED',
      estimated: false,
      credits: 82,
      requestPrice: 0,
      buckets: [
        { bucket: 'INPUT', tokens: 13, price: 2_000_000 },
        { bucket: 'CACHED_INPUT', tokens: 0, price: 500_000 },
        { bucket: 'CACHE_WRITE_INPUT', tokens: 0, price: 2_000_000 },
        { bucket: 'OUTPUT', tokens: 7, price: 8_000_000 },
        { bucket: 'REASONING', tokens: 0, price: 8_000_000 },
      ],
    };
    expect(charge).toMatchObject({ kind: 'CHARGE', amount: -82, response: { receipt: { credits: 82 } }, receipt });
    expect(grant).toMatchObject({ kind: 'GRANT', receipt: null });

    await member.gql('mutation ($id: ID!) { deleteConversation(id: $id) }', { id: conversation.id });
    expect((await entriesOf(member))[0]).toMatchObject({ amount: -82, response: null, receipt });
  });

  it('is visible to its member and to an admin, and to nobody else', async () => {
    const member = await app.newMember();
    const { turn } = await ask(member, { prompt: 'Yes or no?', modelIds: ['openai/gpt-4.1'] });
    await follow(member, turn.id);
    const [{ id }] = await entriesOf(member);
    const query = 'query ($id: ID!) { node(id: $id) { ... on CreditEntry { receipt { credits } } } }';
    expect((await member.gql(query, { id })).node).toEqual({ receipt: { credits: 82 } });
    expect((await (await app.newMember()).gql(query, { id })).node).toBeNull();
    const seen = await admin.gql(
      `query ($search: String) { admin { users(search: $search) { edges { node {
        credits { entries(first: 1) { edges { node { receipt { credits } } } } }
      } } } } }`,
      { search: member.email },
    );
    expect(JSON.stringify(seen)).toContain('{"receipt":{"credits":82}}');
  });
});
