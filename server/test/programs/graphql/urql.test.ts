import { Client, cacheExchange, fetchExchange, type SubscriptionForwarder, subscriptionExchange } from '@urql/core';
import { createClient as createEventClient } from 'graphql-sse';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Reading } from '../../api/asking.ts';
import { until } from '../../credits/house.ts';
import { describeDatabases } from '../../setup/describe-databases.ts';
import { AskDocument, CreditsDocument, FollowDocument, StoredTurnDocument } from './generated/graphql.ts';
import {
  Answers,
  expectPaid,
  expectWhole,
  graphqlUrl,
  hasRead,
  type Lab,
  modelIds,
  newProgrammer,
  openSocket,
  outcomes,
  roundsOf,
  startLab,
  taken,
  textsOf,
  watchEndings,
} from './lab.ts';

/** Sends subscriptions over a socket by graphql-ws. */
function bySocket(url: string, authorization: string): SubscriptionForwarder {
  const client = openSocket(url, authorization);
  return ({ query = '', variables }) => ({
    subscribe: (sink) => ({ unsubscribe: client.subscribe({ query, variables }, sink) }),
  });
}

/** Sends subscriptions as event streams by graphql-sse. */
function byEvents(url: string, authorization: string): SubscriptionForwarder {
  const client = createEventClient({ url: graphqlUrl(url), headers: { authorization } });
  return ({ query = '', variables }) => ({
    subscribe: (sink) => ({ unsubscribe: client.subscribe({ query, variables }, sink) }),
  });
}

/** How subscriptions travel; undefined: urql fetches the event streams itself. */
const ways = [
  ['graphql-ws', bySocket],
  ['graphql-sse', byEvents],
  ['its own fetch', undefined],
] as const;

describeDatabases('urql', (database) => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await startLab(database());
  });
  afterAll(() => lab?.close());

  function newClient(authorization: string, forward?: typeof bySocket): Client {
    const { url } = lab.app;
    return new Client({
      url: graphqlUrl(url),
      fetchOptions: { headers: { authorization } },
      fetchSubscriptions: forward === undefined,
      exchanges: [
        cacheExchange,
        fetchExchange,
        ...(forward ? [subscriptionExchange({ forwardSubscription: forward(url, authorization) })] : []),
      ],
    });
  }

  it.each(ways)('asks three models, follows them by %s, and reads what is stored', async (_name, forward) => {
    const { member, authorization } = await newProgrammer(lab);
    const client = newClient(authorization, forward);
    const asked = await client.mutation(AskDocument, { input: { prompt: 'Three seas', modelIds } }).toPromise();
    expect(asked.error).toBeUndefined();
    const { turn } = taken(asked.data?.sendPrompt);
    const answers = await Answers.begin(lab);
    const reading = new Reading();
    const following = client.subscription(FollowDocument, { turnId: turn.id }).subscribe(({ data, error }) => {
      expect(error).toBeUndefined();
      reading.take(data?.streamResponse);
    });
    const rounds = roundsOf(6);
    for (const [index, round] of rounds.entries()) {
      answers.write(...round);
      const soFar = textsOf(rounds.slice(0, index + 1));
      await until(() => hasRead(reading, turn, soFar), 'the round is read');
    }
    answers.finish();
    await until(() => reading.finished.size === modelIds.length, 'all answers are final');
    following.unsubscribe();
    expectWhole(reading, turn, textsOf(rounds));
    await expectPaid(member, 3);
    const stored = await client.query(StoredTurnDocument, { id: turn.id }).toPromise();
    expect(stored.data?.node).toMatchObject({
      __typename: 'Turn',
      prompt: 'Three seas',
      responses: outcomes(turn, textsOf(rounds)),
    });
  });

  it.each(ways)('ends a stream on the server when it unsubscribes from %s', async (_name, forward) => {
    const { member, authorization } = await newProgrammer(lab);
    const client = newClient(authorization, forward);
    const asked = await client.mutation(AskDocument, { input: { prompt: 'Leave', modelIds } }).toPromise();
    const { turn } = taken(asked.data?.sendPrompt);
    const answers = await Answers.begin(lab);
    const endings = watchEndings();
    const reading = new Reading();
    const following = client.subscription(FollowDocument, { turnId: turn.id }).subscribe(({ data }) => {
      reading.take(data?.streamResponse);
    });
    answers.write('x', 'y', 'z');
    await until(() => hasRead(reading, turn, ['x', 'y', 'z']), 'the beginning is read');
    expect(endings).not.toHaveBeenCalled();
    following.unsubscribe();
    await until(() => endings.mock.calls.length === 1, 'the stream ends on the server');
    endings.mockRestore();
    answers.finish();
    await expectPaid(member, 3);
  });

  it('gets a refused prompt as data, and every other refusal as an error with its code', async () => {
    const { authorization } = await newProgrammer(lab);
    const client = newClient(authorization);
    const refused = await client.mutation(AskDocument, { input: { prompt: '', modelIds } }).toPromise();
    expect(refused.error).toBeUndefined();
    expect(refused.data?.sendPrompt).toEqual({
      __typename: 'InvalidInputError',
      message: 'The prompt is empty.',
      field: 'prompt',
    });
    const nobody = newClient('Bearer plk_nobody');
    expect((await nobody.query(CreditsDocument, {}).toPromise()).data).toEqual({ viewer: null });
    const { error } = await nobody.mutation(AskDocument, { input: { prompt: 'Hello' } }).toPromise();
    expect(error?.networkError).toBeUndefined();
    expect(error?.graphQLErrors).toMatchObject([
      { message: 'Sign in first.', extensions: { code: 'UNAUTHENTICATED' } },
    ]);
  });

  it.each(ways)('is told by %s that a turn is not its own', async (_name, forward) => {
    const { authorization } = await newProgrammer(lab);
    const owner = newClient((await newProgrammer(lab)).authorization);
    const asked = await owner.mutation(AskDocument, { input: { prompt: 'Mine', modelIds } }).toPromise();
    const { turn } = taken(asked.data?.sendPrompt);
    const variables = { turnId: turn.id };
    const { data, error } = await newClient(authorization, forward).subscription(FollowDocument, variables).toPromise();
    expect(data ?? null).toBeNull();
    expect(error?.graphQLErrors).toMatchObject([{ path: ['streamResponse'], extensions: { code: 'NOT_FOUND' } }]);
    (await Answers.begin(lab)).finish();
  });
});
