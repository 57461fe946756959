import { afterAll, beforeAll, expect, it } from 'vitest';
import { createMockModels } from '../../src/providers/mock/mock.ts';
import { type Client, startApp, type TestApp } from '../setup/app.ts';
import { describeDatabases } from '../setup/describe-databases.ts';
import { startWireServer, type WireServer } from '../wire-server.ts';
import { accountOf, ask, converse, expectSettled, follow, send, storedResponses } from './asking.ts';

describeDatabases('a prompt', (database) => {
  let wire: WireServer;
  let app: TestApp;
  let admin: Client;
  let member: Client;
  beforeAll(async () => {
    wire = await startWireServer();
    // The mock is ten thousand times as fast as a real model, but still pauses between pieces.
    const mock = createMockModels({ pace: 10_000 });
    const models = ['openai/gpt-4.1', 'anthropic/claude-sonnet-5', 'google/gemini-3.8-flash'];
    const catalogue = { models: models.map((id) => ({ id, minimumTier: 'FREE' })) };
    app = await startApp({ database: database(), wire, catalogue, languageModels: { mock } });
    admin = await app.newMember('First');
    member = await app.newMember('Second');
  });
  afterAll(async () => {
    await app?.close();
    await wire?.close();
    expect(app?.errors).toEqual([]);
  });

  const three = ['mock/swift', 'mock/sage', 'mock/thinker'];

  it('the first member is an admin, and later members are not', async () => {
    const roles = [admin, member].map(async (client) => (await client.gql('{ viewer { role } }')).viewer.role);
    expect(await Promise.all(roles)).toEqual(['ADMIN', 'USER']);
  });

  it.each(['ws', 'sse'] as const)('streams the answers of three models over %s as they are stored', async (over) => {
    const { turn } = await ask(member, { prompt: 'What is the capital of France?', modelIds: three });
    expect(turn.responses.map(({ lane, model }) => [lane, model.id])).toEqual([...three.entries()]);
    const reading = await follow(member, turn.id, { over });
    const stored = await storedResponses(member, turn.id);
    expect(stored.map(({ status }) => status)).toEqual(Array(3).fill('COMPLETED'));
    for (const response of stored) {
      expect(reading.texts.get(response.id)).toEqual({ text: response.text, reasoning: response.reasoning });
      const types = reading.typesOf(response.id);
      expect(types[0]).toBe('ResponseStarted');
      expect(types.at(-1)).toBe('ResponseFinished');
      expect(new Set(types.slice(1, -1))).toEqual(
        new Set(response.reasoning === '' ? ['TextDelta'] : ['ReasoningDelta', 'TextDelta']),
      );
      expect(reading.finished.get(response.id)).toEqual(response);
    }
  });

  it('gives the whole answers to a late reader, and the same to every reader at once', async () => {
    const { turn } = await ask(member, { prompt: 'Tell me of rivers', modelIds: three });
    const early = await Promise.all(
      (['ws', 'sse', 'ws', 'sse'] as const).map((over) => follow(member, turn.id, { over })),
    );
    const late = await follow(member, turn.id);
    for (const reading of early) expect(reading.texts).toEqual(late.texts);
    expect(late.events.map(({ __typename }) => __typename)).toEqual([
      'ResponseStarted',
      'TextDelta',
      'ResponseFinished',
      'ResponseStarted',
      'TextDelta',
      'ResponseFinished',
      'ResponseStarted',
      'ReasoningDelta',
      'TextDelta',
      'ResponseFinished',
    ]);
  });

  it('a finish event carries the state stored by then, whatever was read of the turn before', async () => {
    const { turn } = await ask(member, { prompt: 'Compare', modelIds: ['mock/swift', 'mock/sage'] });
    const seen: { responseId: string; response: { status: string; turn: { responses: object[] } } }[] = [];
    const document = `subscription ($turnId: ID!) { streamResponse(turnId: $turnId) {
      ... on ResponseFinished { responseId response { status turn { responses { id status } } } }
    } }`;
    for await (const { data } of member.subscribe('ws', document, { turnId: turn.id })) {
      if (data.streamResponse.response) seen.push(data.streamResponse);
    }
    expect(seen.map(({ response }) => response.status)).toEqual(['COMPLETED', 'COMPLETED']);
    expect(seen.at(-1)?.response.turn.responses).toEqual(turn.responses.map(({ id }) => ({ id, status: 'COMPLETED' })));
  });

  it('accepts the providers’ own model names and sends them unchanged', async () => {
    wire.reset();
    const modelIds = ['gpt-4.1', 'claude-sonnet-5', 'gemini-3.8-flash'];
    const { turn } = await converse(member, { prompt: 'Hello', modelIds });
    expect(
      (await storedResponses(member, turn.id)).map(({ model, servedBy, text }) => [model, servedBy, text]),
    ).toEqual(
      ['openai/gpt-4.1', 'anthropic/claude-sonnet-5', 'google/gemini-3.8-flash'].map((id) => [
        { id },
        { id },
        'Hello there!',
      ]),
    );
    const asked = wire.requests.map(({ path, body }) => body.model ?? /models\/([^:]+)/.exec(path)?.[1]);
    expect(asked.toSorted()).toEqual(modelIds.toSorted());
  });

  it('stores of sources and refusals only characters that a database can hold', async () => {
    const delta = { content: 'See there.', refusal: 'No \0 more \ud83d' };
    const chunk = {
      choices: [{ index: 0, delta, finish_reason: 'stop' }],
      search_results: [{ url: 'https://example.org/\0', title: 'A \ud800 title' }],
    };
    wire.enqueue({ body: `data: ${JSON.stringify(chunk)}\n\ndata: [DONE]\n\n` });
    const { turn } = await converse(member, { prompt: 'Sources?', modelIds: ['gpt-4.1'] });
    expect(await storedResponses(member, turn.id)).toMatchObject([
      {
        status: 'COMPLETED',
        text: 'See there.',
        refusal: 'No \ufffd more \ufffd',
        citations: [{ url: 'https://example.org/\ufffd', title: 'A \ufffd title' }],
      },
    ]);
  });

  it('may name the same model twice, and its lanes run side by side', async () => {
    const { turn } = await converse(member, { prompt: 'Twice', modelIds: ['mock/poet', 'mock/poet'] });
    const stored = await storedResponses(member, turn.id);
    expect(stored.map(({ lane, model, status }) => [lane, model.id, status])).toEqual([
      [0, 'mock/poet', 'COMPLETED'],
      [1, 'mock/poet', 'COMPLETED'],
    ]);
    expect(new Set(stored.map(({ id }) => id)).size).toBe(2);
  });

  it('titles a new conversation by its first line, and its models answer the next prompt too', async () => {
    const prompt = `  Why is the sky blue, and why do sunsets look red to most of us?\nPlease explain.`;
    const { conversation } = await ask(member, { prompt, modelIds: ['mock/poet', 'mock/swift'] });
    expect(conversation.title).toBe('Why is the sky blue, and why do sunsets look red to most of…');
    expect(conversation.models.map(({ id }) => id)).toEqual(['mock/poet', 'mock/swift']);
    const next = await ask(member, { prompt: 'And at night?', conversationId: conversation.id });
    expect(next.turn.responses.map(({ model }) => model.id)).toEqual(['mock/poet', 'mock/swift']);
    expect(next.conversation.title).toBe(conversation.title);
  });

  it('goes to the server’s default models if it names none', async () => {
    const { turn } = await ask(member, { prompt: 'Whoever' });
    const defaults = [...app.parts.config.catalogue.defaultModelIds];
    expect(defaults.length).toBeGreaterThan(0);
    expect(turn.responses.map(({ model }) => model.id)).toEqual(defaults);
  });

  it('is taken once for an idempotency key, however many retries race', async () => {
    const client = await app.newMember();
    const input = { prompt: 'Once only', modelIds: ['mock/swift'], idempotencyKey: 'key-1' };
    const results = await Promise.all(Array.from({ length: 10 }, () => send(client, input)));
    expect(new Set(results.map(({ turn }) => turn.id)).size).toBe(1);
    await follow(client, results[0].turn.id);
    const late = await send(client, input);
    expect(late).toMatchObject({ turn: { id: results[0].turn.id, prompt: 'Once only' } });
    const { entries } = await expectSettled(client);
    expect(entries.map(({ kind }) => kind)).toEqual(['GRANT', 'CHARGE']);
    expect((await client.gql('{ conversations { totalCount } }')).conversations.totalCount).toBe(1);
  });

  it('is not repeated by a retry after its conversation was deleted', async () => {
    const client = await app.newMember();
    const input = { prompt: 'Once only', modelIds: ['mock/swift'], idempotencyKey: 'key-1' };
    const { turn, conversation } = await ask(client, input);
    await follow(client, turn.id);
    await client.gql('mutation ($id: ID!) { deleteConversation(id: $id) }', { id: conversation.id });
    expect(await send(client, input)).toMatchObject({ __typename: 'NotFoundError' });
    const { entries } = await expectSettled(client);
    expect(entries.map(({ kind }) => kind)).toEqual(['GRANT', 'CHARGE']);
    expect((await client.gql('{ conversations { totalCount } }')).conversations.totalCount).toBe(0);
    expect(await send(client, { ...input, idempotencyKey: 'key-2' })).toMatchObject({
      __typename: 'SendPromptPayload',
    });
    // After a day the key is free again, as nobody retries so late.
    await database()
      .db.updateTable('spent_idempotency_key')
      .set({ spent_at: new Date(Date.now() - 25 * 3_600_000) })
      .execute();
    await client.gql('mutation { deleteAllConversations }');
    expect(await send(client, { ...input, idempotencyKey: 'key-2' })).toMatchObject({ __typename: 'NotFoundError' });
    expect(await send(client, input)).toMatchObject({ __typename: 'SendPromptPayload' });
  });

  it('is independent of another member’s prompt with the same idempotency key', async () => {
    const others = await Promise.all([app.newMember(), app.newMember()]);
    const results = await Promise.all(
      others.map((client) => ask(client, { prompt: 'Mine', modelIds: ['mock/swift'], idempotencyKey: 'shared' })),
    );
    expect(results[0]?.turn.id).not.toBe(results[1]?.turn.id);
  });

  it('is charged as the provider reports, and the rest of its hold is released', async () => {
    const client = await app.newMember();
    const before = await accountOf(client);
    const { turn } = await ask(client, { prompt: 'Count', modelIds: ['mock/sage', 'mock/poet'] });
    await follow(client, turn.id);
    const stored = await storedResponses(client, turn.id);
    const charged = stored.map(({ creditsCharged }) => creditsCharged ?? 0);
    for (const { creditsCharged, creditsHeld, usage } of stored) {
      expect(creditsCharged).toBeGreaterThan(0);
      expect(creditsCharged).toBeLessThanOrEqual(creditsHeld);
      expect(usage?.estimated).toBe(false);
    }
    const after = await expectSettled(client);
    expect(after.balance).toBe(before.balance - charged.reduce((sum, amount) => sum + amount, 0));
  });
});
