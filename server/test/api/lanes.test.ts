import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { localId } from '../judging/lab.ts';
import { type Client, startApp, type TestApp } from '../setup/app.ts';
import { describeDatabases } from '../setup/describe-databases.ts';
import { startWireServer, streamBody, type WireRequest, type WireServer } from '../wire-server.ts';
import { ask, converse, type PromptInput, regenerate, type Stored, send, storedResponses } from './asking.ts';

describeDatabases('a lane', (database) => {
  let wire: WireServer;
  let app: TestApp;
  let member: Client;
  beforeAll(async () => {
    wire = await startWireServer();
    app = await startApp({
      database: database(),
      wire,
      catalogue: {
        models: [
          ...['openai/gpt-4.1', 'openai/gpt-4.1-mini'].map((id) => ({ id, minimumTier: 'FREE', fallbacks: [] })),
          { id: 'anthropic/claude-sonnet-5', minimumTier: 'FREE' },
          { id: 'google/gemini-3.8-flash', minimumTier: 'FREE', maxOutputTokens: 700, sampling: true },
        ],
        tiers: { maxOutputTokens: 1000 },
      },
    });
    member = await app.newMember();
  });
  beforeEach(() => {
    wire.reset();
    let answers = 0;
    wire.respondWith(({ api }) => ({ body: streamBody(api, { text: [`Answer ${++answers}.`] }) }));
  });
  afterAll(async () => {
    await app?.close();
    await wire?.close();
    expect(app?.errors).toEqual([]);
  });

  const [big, small] = ['openai/gpt-4.1', 'openai/gpt-4.1-mini'];
  const lanes = [big, small] as string[];

  it('has a hundred versions and no more', async () => {
    const { turn } = await converse(member, { prompt: 'Again?', modelIds: [big as string] });
    const [first] = (await storedResponses(member, turn.id)) as [Stored];
    await sql`
      insert into response (id, turn_id, conversation_id, user_id, lane, model_id, status, text, input_tokens_expected,
        credits_held, credits_charged, finished_at, created_at)
      select gen_random_uuid(), turn_id, conversation_id, user_id, lane, model_id, 'COMPLETED', 'Old', 1, 1, 0, now(),
        created_at - interval '1 hour'
      from response, generate_series(1, 98) where id = ${localId(first.id)}::uuid`.execute(database().db);
    await regenerate(member, first.id);
    const refused = await member.gql(
      'mutation ($id: ID!) { regenerateResponse(responseId: $id) { __typename ... on InvalidInputError { field } } }',
      { id: first.id },
    );
    expect(refused.regenerateResponse).toEqual({ __typename: 'InvalidInputError', field: 'responseId' });
    expect(await storedResponses(member, turn.id, true)).toHaveLength(100);
  });

  it('remembers its own answers and not those of other lanes', async () => {
    const first = await converse(member, { prompt: 'One?', modelIds: lanes });
    const answers = textsOf(await storedResponses(member, first.turn.id));
    expect(new Set(answers).size).toBe(2);
    wire.requests.length = 0;
    await converse(member, { prompt: 'Two?', conversationId: first.conversation.id });
    for (const [lane, id] of lanes.entries()) {
      expect(messagesTo(id)).toEqual([dialogue('One?', answers[lane], 'Two?')]);
    }
  });

  it('keeps its own history if the same model runs in two lanes', async () => {
    const first = await converse(member, { prompt: 'One?', modelIds: [big, big] as string[] });
    const answers = textsOf(await storedResponses(member, first.turn.id));
    wire.requests.length = 0;
    await converse(member, { prompt: 'Two?', conversationId: first.conversation.id });
    expect(messagesTo(big)).toEqual(expect.arrayContaining(answers.map((answer) => dialogue('One?', answer, 'Two?'))));
  });

  it('takes the chosen answer if its model has none of its own', async () => {
    const first = await converse(member, { prompt: 'One?', modelIds: lanes });
    const [, chosen] = await storedResponses(member, first.turn.id);
    await choose(chosen?.id);
    wire.requests.length = 0;
    await converse(member, {
      prompt: 'Two?',
      conversationId: first.conversation.id,
      modelIds: ['anthropic/claude-sonnet-5', 'google/gemini-3.8-flash'],
    });
    expect(messagesTo('anthropic/claude-sonnet-5')).toEqual([dialogue('One?', chosen?.text, 'Two?')]);
    expect(messagesTo('google/gemini-3.8-flash')).toEqual([dialogue('One?', chosen?.text, 'Two?')]);
  });

  it('takes the first answer if none is chosen', async () => {
    const first = await converse(member, { prompt: 'One?', modelIds: lanes });
    const [answer] = textsOf(await storedResponses(member, first.turn.id));
    wire.requests.length = 0;
    await converse(member, {
      prompt: 'Two?',
      conversationId: first.conversation.id,
      modelIds: ['anthropic/claude-sonnet-5'],
    });
    expect(messagesTo('anthropic/claude-sonnet-5')).toEqual([dialogue('One?', answer, 'Two?')]);
  });

  it('remembers its own branch and nothing of other branches', async () => {
    const first = await converse(member, { prompt: 'One?', modelIds: [big] as string[] });
    await converse(member, { prompt: 'Aside?', conversationId: first.conversation.id });
    const [answer] = textsOf(await storedResponses(member, first.turn.id));
    wire.requests.length = 0;
    const branch = await converse(member, { prompt: 'Branch?', parentTurnId: first.turn.id });
    await converse(member, { prompt: 'Start?', conversationId: first.conversation.id, atStart: true });
    await converse(member, { prompt: 'On?', parentTurnId: branch.turn.id });
    expect(messagesTo(big)).toEqual([
      dialogue('One?', answer, 'Branch?'),
      dialogue('Start?'),
      dialogue('One?', answer, 'Branch?', textsOf(await storedResponses(member, branch.turn.id))[0], 'On?'),
    ]);
  });

  it('keeps the prompt of a failed turn, joined with the next prompt', async () => {
    wire.enqueue({ status: 400, body: '{}' });
    const first = await converse(member, { prompt: 'One?', modelIds: [big] as string[] });
    expect((await storedResponses(member, first.turn.id))[0]?.status).toBe('FAILED');
    wire.requests.length = 0;
    await converse(member, { prompt: 'Two?', conversationId: first.conversation.id });
    expect(messagesTo(big)).toEqual([dialogue('One?\n\nTwo?')]);
  });

  it('is regenerated with the context of its turn, and shows the newest answer from then on', async () => {
    const first = await converse(member, { prompt: 'One?', modelIds: lanes });
    const second = await converse(member, { prompt: 'Two?', conversationId: first.conversation.id });
    const [old, other] = await storedResponses(member, first.turn.id);
    wire.requests.length = 0;
    const again = await regenerate(member, old?.id as string);
    expect(again.turn.id).toBe(first.turn.id);
    expect(messagesTo(big)).toEqual([dialogue('One?')]);

    const shown = await storedResponses(member, first.turn.id);
    expect(shown.map(({ lane, model }) => [lane, model.id])).toEqual([...lanes.entries()]);
    expect(shown[0]?.id).not.toBe(old?.id);
    expect(shown[1]).toEqual(other);
    const all = await storedResponses(member, first.turn.id, true);
    expect(all.map(({ id }) => id)).toEqual([old?.id, shown[0]?.id, other?.id]);

    wire.requests.length = 0;
    await converse(member, { prompt: 'Three?', parentTurnId: second.turn.id });
    const [secondAnswer] = textsOf(await storedResponses(member, second.turn.id));
    expect(messagesTo(big)).toEqual([dialogue('One?', shown[0]?.text, 'Two?', secondAnswer, 'Three?')]);
  });

  it('can be regenerated by another model, and the turn’s chosen answer stays', async () => {
    const first = await converse(member, { prompt: 'One?', modelIds: lanes });
    const [kept, replaced] = await storedResponses(member, first.turn.id);
    await choose(kept?.id);
    await regenerate(member, replaced?.id as string, 'claude-sonnet-5');
    const shown = await storedResponses(member, first.turn.id);
    expect(shown.map(({ lane, model }) => [lane, model.id])).toEqual([
      [0, big],
      [1, 'anthropic/claude-sonnet-5'],
    ]);
    const { node } = await member.gql('query ($id: ID!) { node(id: $id) { ... on Turn { chosen { id } } } }', {
      id: first.turn.id,
    });
    expect(node.chosen.id).toBe(kept?.id);
  });

  it('can neither be chosen nor regenerated while its answer is being written', async () => {
    wire.respondWith(() => ({ silent: true }));
    const { turn } = await ask(member, { prompt: 'Wait', modelIds: [big] as string[] });
    const responseId = turn.responses[0]?.id;
    const chosen = await member.post(chooseDocument, { responseId });
    expect(chosen.errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', field: 'responseId' });
    const { regenerateResponse } = await member.gql(
      'mutation ($responseId: ID!) { regenerateResponse(responseId: $responseId) { __typename ... on InvalidInputError { field } } }',
      { responseId },
    );
    expect(regenerateResponse).toEqual({ __typename: 'InvalidInputError', field: 'responseId' });
    await stop(turn.id);
  });

  it('is told of with its turn while it is written, whichever branch is shown', async () => {
    const first = await converse(member, { prompt: 'Done', modelIds: lanes });
    wire.respondWith(() => ({ silent: true }));
    const conversationId = first.conversation.id;
    const one = await ask(member, { prompt: 'One', conversationId, parentTurnId: first.turn.id, modelIds: lanes });
    const other = await ask(member, { prompt: 'Another', conversationId, parentTurnId: first.turn.id });
    const writing = async () => {
      const { conversation } = await member.gql(
        'query ($id: ID!) { conversation(id: $id) { turns { edges { node { position } } } writing { id position } } }',
        { id: conversationId },
      );
      expect(conversation.turns.edges).toEqual([{ node: { position: 1 } }, { node: { position: 2 } }]);
      return conversation.writing;
    };
    expect(await writing()).toEqual([other, one].map(({ turn: { id } }) => ({ id, position: 2 })));
    await stop(one.turn.id);
    expect(await writing()).toEqual([{ id: other.turn.id, position: 2 }]);
    await stop(other.turn.id);
    expect(await writing()).toEqual([]);
  });

  it('sends the system prompt unchanged, in the field that each provider has for it', async () => {
    const { createConversation } = await member.gql(
      'mutation ($input: CreateConversationInput!) { createConversation(input: $input) { id } }',
      { input: { systemPrompt: 'Be brief.' } },
    );
    const modelIds = [big as string, 'anthropic/claude-sonnet-5', 'google/gemini-3.8-flash'];
    await converse(member, { prompt: 'One?', conversationId: createConversation.id, modelIds });
    expect(requestTo(big as string).body.messages).toEqual([
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'One?' },
    ]);
    expect(JSON.stringify(requestTo('anthropic/claude-sonnet-5').body.system)).toContain('Be brief.');
    expect(JSON.stringify(requestTo('google/gemini-3.8-flash').body.systemInstruction)).toContain('Be brief.');
  });

  it('sends only the parameters that the model takes, and no more output tokens than tier and model allow', async () => {
    const modelIds = [big as string, 'anthropic/claude-sonnet-5', 'google/gemini-3.8-flash'];
    const parameters = { temperature: 0.3, topP: 0.9, maxOutputTokens: 5000 };
    await converse(member, { prompt: 'One?', modelIds, parameters });
    expect(requestTo(big as string).body).toMatchObject({ temperature: 0.3, top_p: 0.9, max_completion_tokens: 1000 });
    const { body } = requestTo('anthropic/claude-sonnet-5');
    expect(body).toMatchObject({ max_tokens: 1000 });
    expect(body).not.toHaveProperty('temperature');
    expect(requestTo('google/gemini-3.8-flash').body.generationConfig).toMatchObject({
      temperature: 0.3,
      topP: 0.9,
      maxOutputTokens: 700,
    });
    wire.requests.length = 0;
    await converse(member, { prompt: 'Two?', modelIds: [big] as string[], parameters: { maxOutputTokens: 12 } });
    expect(requestTo(big as string).body).toMatchObject({ max_completion_tokens: 12 });
    expect(requestTo(big as string).body).not.toHaveProperty('temperature');
  });

  it('is quoted exactly the credits that are then held for it', async () => {
    const input: PromptInput = { prompt: 'How much?', modelIds: lanes };
    const { quote } = await member.gql(
      `query ($input: SendPromptInput!) {
        quote(input: $input) { maximum affordable models { model { id } inputTokens expected maximum } }
      }`,
      { input },
    );
    const { turn } = await send(member, input);
    const stored = await storedResponses(member, turn.id);
    expect(quote.affordable).toBe(true);
    expect(quote.models.map(({ maximum }: { maximum: number }) => maximum)).toEqual(
      stored.map(({ creditsHeld }) => creditsHeld),
    );
    expect(quote.maximum).toBe(stored.reduce((sum, { creditsHeld }) => sum + creditsHeld, 0));
  });

  const chooseDocument = 'mutation ($responseId: ID!) { chooseResponse(responseId: $responseId) { chosen { id } } }';

  async function choose(responseId: string | undefined) {
    const { chooseResponse } = await member.gql(chooseDocument, { responseId });
    expect(chooseResponse.chosen.id).toBe(responseId);
  }

  async function stop(turnId: string) {
    await member.gql('mutation ($turnId: ID!) { stopResponses(turnId: $turnId) { id } }', { turnId });
  }

  function requestTo(modelId: string): WireRequest {
    const name = modelId.slice(modelId.indexOf('/') + 1);
    const request = wire.requests.find(({ body, path }) => body?.model === name || path.includes(`/${name}:`));
    if (!request) throw new Error(`${modelId} was not asked`);
    return request;
  }

  /** The messages of each request to the model, as a list of lines. */
  function messagesTo(modelId: string | undefined): string[][] {
    const name = modelId?.slice(modelId.indexOf('/') + 1);
    return wire.requests
      .filter(({ body, path }) => body?.model === name || path.includes(`/${name}:`))
      .map(({ body }) => saidIn(body.messages ?? body.contents));
  }
});

type Message = { role: string; content?: string | { text: string }[]; parts?: { text: string }[] };

function saidIn(messages: Message[]): string[] {
  return messages.map(({ role, content, parts }) => {
    const said = typeof content === 'string' ? content : (parts ?? content ?? []).map(({ text }) => text).join('');
    return `${role === 'user' ? 'user' : 'model'}: ${said}`;
  });
}

/** The messages of a conversation in which the member speaks first. */
function dialogue(...said: (string | undefined)[]): string[] {
  return said.map((text, index) => `${index % 2 === 0 ? 'user' : 'model'}: ${text}`);
}

function textsOf(stored: Stored[]): string[] {
  return stored.map(({ text }) => text);
}
