import { GraphQLClient } from 'graphql-request';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { expectSettled } from '../../api/asking.ts';
import { until } from '../../credits/house.ts';
import { describeDatabases } from '../../setup/describe-databases.ts';
import { makeKey } from '../openai/openai-client.ts';
import { openBreakableWay } from './breakable-way.ts';
import {
  AskDocument,
  ConversationPageDocument,
  CreditsDocument,
  FollowDocument,
  QuotedMaximumDocument,
  StoredTurnDocument,
} from './generated/graphql.ts';
import {
  Answers,
  graphqlUrl,
  type Lab,
  modelIds,
  newProgrammer,
  outcomes,
  type Programmer,
  startLab,
  taken,
} from './lab.ts';

describeDatabases('graphql-request', (database) => {
  let lab: Lab;
  let programmer: Programmer;
  let client: GraphQLClient;
  beforeAll(async () => {
    lab = await startLab(database());
    programmer = await newProgrammer(lab);
    client = clientWith(programmer.authorization);
  });
  afterAll(() => lab?.close());

  const clientWith = (authorization: string, url = lab.app.url) =>
    new GraphQLClient(graphqlUrl(url), { headers: { authorization } });

  it('asks three models, and reads their whole answers and what each cost', async () => {
    const before = (await client.request(CreditsDocument)).viewer?.credits;
    const { sendPrompt } = await client.request(AskDocument, { input: { prompt: 'Good day?', modelIds } });
    const { turn, conversation } = taken(sendPrompt);
    expect(conversation.title).toBe('Good day?');
    const answers = await Answers.begin(lab);
    answers.write('One ', 'Two ', 'Three ');
    answers.write('dawn.', 'noons.', 'dusks 🌆.');
    answers.finish();
    await settled();
    const { node } = await client.request(StoredTurnDocument, { id: turn.id });
    expect(node).toEqual({
      __typename: 'Turn',
      id: turn.id,
      prompt: 'Good day?',
      responses: outcomes(turn, ['One dawn.', 'Two noons.', 'Three dusks 🌆.']),
    });
    const after = (await client.request(CreditsDocument)).viewer?.credits;
    expect(after).toEqual({ balance: (before?.balance ?? 0) - 45, held: 0 });
  });

  it('sends a query by GET, with its variables', async () => {
    const { authorization } = await newProgrammer(lab);
    const client = new GraphQLClient(graphqlUrl(lab.app.url), { method: 'GET', headers: { authorization } });
    const nothing = { edges: [], pageInfo: { hasNextPage: false, endCursor: null } };
    expect(await client.request(ConversationPageDocument, { first: 2 })).toEqual({ conversations: nothing });
  });

  it('gets each refusal of a prompt as data of a type of its own', async () => {
    const ask = async (input: { prompt: string; modelIds: string[] }, by = client) =>
      (await by.request(AskDocument, { input })).sendPrompt;
    expect(await ask({ prompt: ' ', modelIds })).toEqual({
      __typename: 'InvalidInputError',
      message: 'The prompt is empty.',
      field: 'prompt',
    });
    expect(await ask({ prompt: 'Hello', modelIds: ['lab/four'] })).toMatchObject({
      __typename: 'ModelUnavailableError',
      modelId: 'lab/four',
    });
    const { createApiKey } = await programmer.member.gql(
      'mutation { createApiKey(name: "Poor", monthlyCredits: 100) { secret } }',
    );
    const poor = clientWith(`Bearer ${createApiKey.secret}`);
    const { quote } = await client.request(QuotedMaximumDocument, { input: { prompt: 'Hello', modelIds } });
    expect(await ask({ prompt: 'Hello', modelIds }, poor)).toEqual({
      __typename: 'InsufficientCreditsError',
      message: expect.stringContaining('API key'),
      required: quote.maximum,
      available: 100,
    });
    expect(lab.model.open).toEqual([]);
    await settled();
  });

  it('is signed out with a key that is not one, and learns why only from what needs an account', async () => {
    const nobody = clientWith('Bearer plk_nobody');
    expect(await nobody.request(CreditsDocument)).toEqual({ viewer: null });
    await expect(nobody.request(AskDocument, { input: { prompt: 'Hello' } })).rejects.toMatchObject({
      response: {
        status: 200,
        data: null,
        errors: [{ path: ['sendPrompt'], extensions: { code: 'UNAUTHENTICATED' } }],
      },
    });
  });

  it('is told which scope its key lacks', async () => {
    const reader = clientWith(`Bearer ${await makeKey(programmer.member, ['READ'])}`);
    await expect(reader.request(AskDocument, { input: { prompt: 'Hello' } })).rejects.toMatchObject({
      response: {
        errors: [{ message: 'This needs an API key with the scope PROMPT.', extensions: { code: 'FORBIDDEN' } }],
      },
    });
  });

  it('is told what is wrong with its document, and that several at once are refused', async () => {
    await expect(client.request('{ viewr { id } }')).rejects.toMatchObject({
      response: { status: 400, errors: [{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }] },
    });
    const batch = [{ document: CreditsDocument }, { document: CreditsDocument }];
    await expect(client.batchRequests(batch)).rejects.toMatchObject({
      response: {
        status: 400,
        errors: [{ message: 'Batching is not supported.', extensions: { code: 'BAD_REQUEST' } }],
      },
    });
  });

  it('is told by 406 that it cannot subscribe', async () => {
    const { turn } = taken(
      (await client.request(AskDocument, { input: { prompt: 'Follow me', modelIds } })).sendPrompt,
    );
    await expect(client.request(FollowDocument, { turnId: turn.id })).rejects.toMatchObject({
      response: { status: 406, errors: [{ extensions: { code: 'NOT_ACCEPTABLE' } }] },
    });
    (await Answers.begin(lab)).finish();
    await settled();
  });

  it('gives up a prompt by its signal, and a retry with the same key finds the turn that had begun', async () => {
    const way = await openBreakableWay(lab.app.url);
    const input = { prompt: 'Only once', modelIds, idempotencyKey: 'only-once' };
    const abort = new AbortController();
    way.loseAnswers();
    const lost = clientWith(programmer.authorization, way.url).request({
      document: AskDocument,
      variables: { input },
      signal: abort.signal,
    });
    const answers = await Answers.begin(lab);
    const asked = lab.model.requests.length;
    abort.abort();
    await expect(lost).rejects.toThrow(/aborted/);
    const { turn } = taken((await client.request(AskDocument, { input })).sendPrompt);
    answers.write('1', '2', '3');
    answers.finish();
    await settled();
    expect(lab.model.requests.length).toBe(asked);
    const { node } = await client.request(StoredTurnDocument, { id: turn.id });
    expect(node).toMatchObject({ prompt: 'Only once', responses: outcomes(turn, ['1', '2', '3']) });
    const { entries } = await expectSettled(programmer.member);
    expect(entries.slice(-3).map(({ amount }) => amount)).toEqual([-15, -15, -15]);
    await way.close();
  });

  /** Waits until nothing is held any more, and expects the ledger to add up. */
  async function settled() {
    const heldOf = async () => (await client.request(CreditsDocument)).viewer?.credits.held;
    await until(async () => (await heldOf()) === 0, 'nothing is held');
    await expectSettled(programmer.member);
  }
});
