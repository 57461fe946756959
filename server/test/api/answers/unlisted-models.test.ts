import { afterAll, beforeAll, expect, it } from 'vitest';
import { expectReconciled } from '../../credits/audit.ts';
import { type Client, startApp, type TestApp } from '../../setup/app.ts';
import { describeDatabases } from '../../setup/describe-databases.ts';
import { startWireServer, streamBody, type WireServer } from '../../wire-server.ts';
import { converse, expectSettled, regenerate, send, storedResponses } from '../asking.ts';

describeDatabases('a model that is not listed', (database) => {
  let wire: WireServer;
  let app: TestApp;
  let admin: Client;
  let member: Client;
  beforeAll(async () => {
    wire = await startWireServer();
    wire.respondWith(({ api }) => ({
      body: streamBody(api, { text: ['Yes.'], usage: { input: 1000, output: 100 } }),
    }));
    const models = [
      { id: 'openai/gpt-4.1-mini', extraBody: { seed: 7 } },
      { id: 'anthropic/claude-haiku-4-5', reasoning: true },
    ];
    app = await startApp({ database: database(), wire, catalogue: { models } });
    admin = await app.newMember();
    member = await app.newMember();
  });
  afterAll(async () => {
    await expectSettled(member);
    await expectReconciled(database().db);
    await app?.close();
    await wire?.close();
    expect(app?.errors).toEqual([]);
  });

  // A thousand tokens of input and a hundred of output, at the list's prices; one credit is a millionth of a USD.
  it.each([
    ['gpt-4o-mini', 'openai/gpt-4o-mini', 1000 * 0.15 + 100 * 0.6],
    ['gpt-4o-mini-2024-07-18', 'openai/gpt-4o-mini-2024-07-18', 1000 * 0.15 + 100 * 0.6],
    ['claude-3-5-haiku-latest', 'anthropic/claude-3-5-haiku-latest', 1000 * 0.8 + 100 * 4],
    ['gemini-2.0-flash', 'google/gemini-2.0-flash', 1000 * 0.1 + 100 * 0.4],
  ])('answers to %s under its whole name, at the list’s price', async (name, id, credits) => {
    const before = wire.requests.length;
    const { turn, conversation } = await converse(member, { prompt: 'Yes or no?', modelIds: [name] });
    expect(conversation.models).toEqual([{ id }]);
    const { path, body } = wire.requests[before] as (typeof wire.requests)[number];
    expect(body.model ?? path).toContain(name);
    expect(await storedResponses(member, turn.id)).toMatchObject([
      { status: 'COMPLETED', text: 'Yes.', model: { id }, servedBy: { id }, creditsCharged: Math.round(credits) },
    ]);
    const report = 'usage(groupBy: MODEL) { rows { model { id name inputPrice } credits } }';
    const { rows } = (await member.gql(`{ viewer { ${report} } }`)).viewer.usage;
    const row = rows.find(({ model }: { model: { id: string } }) => model.id === id);
    expect(row).toMatchObject({ model: { id, name }, credits: Math.round(credits) });
    expect(row.model.inputPrice).toBeGreaterThan(0);
  });

  it('goes on answering in its conversation, and again', async () => {
    const { turn, conversation } = await converse(member, { prompt: 'Yes?', modelIds: ['gemini-2.0-flash'] });
    const next = await converse(member, { prompt: 'And now?', conversationId: conversation.id, parentTurnId: turn.id });
    const [response] = await storedResponses(member, next.turn.id);
    expect(response?.model.id).toBe('google/gemini-2.0-flash');
    await regenerate(member, response?.id ?? '');
    expect(await storedResponses(member, next.turn.id)).toMatchObject([
      { servedBy: { id: 'google/gemini-2.0-flash' } },
    ]);
  });

  it('is asked with the options of the model of which it is an edition', async () => {
    const modelIds = ['gpt-4.1-mini-2025-04-14', 'claude-haiku-4-5-20251001'];
    const before = wire.requests.length;
    await converse(member, { prompt: 'Yes?', modelIds });
    const bodies = wire.requests.slice(before).map(({ body }) => body);
    expect(bodies).toContainEqual(expect.objectContaining({ model: modelIds[0], seed: 7 }));
    expect(bodies).toContainEqual(
      expect.objectContaining({ model: modelIds[1], thinking: expect.objectContaining({ type: 'enabled' }) }),
    );
  });

  it('is refused to a tier that may ask none as dear, and costs nothing', async () => {
    const calls = wire.requests.length;
    expect(await send(member, { prompt: 'Yes?', modelIds: ['gpt-4o'] })).toMatchObject({
      __typename: 'TierLimitError',
      requiredTier: 'PRO',
      message: 'gpt-4o is part of the Pro plan.',
    });
    expect(wire.requests.length).toBe(calls);
  });

  it('is not among the models that clients list', async () => {
    const { models } = await member.gql('{ models { id } }');
    expect(models.map(({ id }: { id: string }) => id)).not.toContain('google/gemini-2.0-flash');
  });

  it('can be switched off by an admin, with all its editions', async () => {
    const document =
      'mutation ($modelId: ID!, $enabled: Boolean!) { setModelEnabled(modelId: $modelId, enabled: $enabled) { id } }';
    await admin.gql(document, { modelId: 'openai/gpt-4o-mini', enabled: false });
    for (const name of ['gpt-4o-mini', 'openai/gpt-4o-mini-2024-07-18']) {
      expect(await send(member, { prompt: 'Yes?', modelIds: [name] })).toMatchObject({
        __typename: 'ModelUnavailableError',
      });
    }
    await admin.gql(document, { modelId: 'openai/gpt-4o-mini', enabled: true });
    await converse(member, { prompt: 'Yes?', modelIds: ['gpt-4o-mini'] });
  });

  it('is refused by a typed error with similar names if nobody knows it', async () => {
    expect(await send(member, { prompt: 'Yes?', modelIds: ['gpt-4.1-mimi'] })).toMatchObject({
      __typename: 'ModelUnavailableError',
      modelId: 'gpt-4.1-mimi',
      message: expect.stringContaining('Similar names: gpt-4.1-mini'),
    });
  });
});
