import { print } from 'graphql';
import { createClient as createEventClient } from 'graphql-sse';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import WebSocket from 'ws';
import { ask, Reading } from '../../api/asking.ts';
import { until } from '../../credits/house.ts';
import { describeDatabases } from '../../setup/describe-databases.ts';
import { type BreakableWay, openBreakableWay } from './breakable-way.ts';
import { FollowDocument, type FollowSubscription, type FollowSubscriptionVariables } from './generated/graphql.ts';
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
  roundsOf,
  startLab,
  textsOf,
  watchEndings,
} from './lab.ts';

const query = print(FollowDocument);

interface Request {
  query: string;
  variables: FollowSubscriptionVariables;
}
interface Result {
  data?: FollowSubscription | null;
  errors?: readonly { message: string }[];
}

/** What both clients can do. */
interface StreamClient {
  iterate(request: Request): AsyncIterableIterator<Result>;
  subscribe(request: Request, sink: Sink): () => void;
  dispose(): void | Promise<void>;
}
interface Sink {
  next(result: Result): void;
  error(error: unknown): void;
  complete(): void;
}

interface Options {
  url: string;
  authorization: string;
  /** How often it connects again by itself. */
  retryAttempts: number;
  on?: { connected: () => void };
}

const socketClient = ({ url, authorization, ...options }: Options): StreamClient =>
  openSocket(url, authorization, options);
const eventClient = ({ url, authorization, ...options }: Options): StreamClient =>
  createEventClient({ url: graphqlUrl(url), headers: { authorization }, retry: async () => {}, ...options });

describe.each([
  ['graphql-ws', socketClient, { code: 1006 }],
  ['graphql-sse', eventClient, { name: 'NetworkError' }],
])('%s:', (_name, createClient, breakage) => {
  describeDatabases('a follower', (database) => {
    let lab: Lab;
    let way: BreakableWay;
    beforeAll(async () => {
      lab = await startLab(database());
      way = await openBreakableWay(lab.app.url);
    });
    afterAll(async () => {
      await way?.close();
      await lab?.close();
    });

    /** Has a new member ask three models, and gives them a client. */
    async function begin(options: Partial<Options> = {}) {
      const { member, authorization } = await newProgrammer(lab);
      const { turn } = await ask(member, { prompt: 'Three seas', modelIds });
      const client = createClient({ url: way.url, authorization, retryAttempts: 0, ...options });
      return { member, turn, client, reading: new Reading(), answers: await Answers.begin(lab) };
    }

    async function follow(client: StreamClient, request: Request, reading: Reading): Promise<void> {
      for await (const { data, errors } of client.iterate(request)) {
        expect(errors).toBeUndefined();
        reading.take(data?.streamResponse);
      }
    }

    it('reads three models side by side, every delta in its order, until all are complete', async () => {
      const { member, turn, client, reading, answers } = await begin();
      const request = { query, variables: { turnId: turn.id } };
      const early = follow(client, request, reading);
      const rounds = roundsOf(12);
      const late = new Reading();
      let following = Promise.resolve();
      for (const [index, round] of rounds.entries()) {
        answers.write(...round);
        // Each round is read before the next one is written, so that there are deltas to be put in order.
        const soFar = textsOf(rounds.slice(0, index + 1));
        await until(() => hasRead(reading, turn, soFar), 'the round is read');
        if (index === 5) following = follow(client, request, late);
      }
      answers.finish();
      await Promise.all([early, following]);
      for (const one of [reading, late]) expectWhole(one, turn, textsOf(rounds));
      for (const { id } of turn.responses) {
        const deltas = Array(12).fill('TextDelta');
        expect(reading.typesOf(id)).toEqual(['ResponseStarted', ...deltas, 'ResponseFinished']);
      }
      await expectPaid(member, 3);
      await client.dispose();
    });

    it('connects again by itself and goes on at the character where it was, if its variables say so', async () => {
      const connected = vi.fn();
      const { member, turn, client, reading, answers } = await begin({ retryAttempts: 3, on: { connected } });
      const following = follow(
        client,
        {
          query,
          // The clients read this each time they send it.
          get variables() {
            return { turnId: turn.id, resume: reading.resume };
          },
        },
        reading,
      );
      const [before, away, after] = [roundsOf(3), roundsOf(3, 3), roundsOf(3, 6)];
      for (const round of before) answers.write(...round);
      await until(() => hasRead(reading, turn, textsOf(before)), 'the beginning is read');
      way.breakAll();
      for (const round of away) answers.write(...round);
      await until(() => hasRead(reading, turn, textsOf([...before, ...away])), 'what it missed is read');
      way.breakAll();
      for (const round of after) answers.write(...round);
      answers.finish();
      await following;
      expect(connected).toHaveBeenCalledTimes(3);
      expectWhole(reading, turn, textsOf([...before, ...away, ...after]));
      await expectPaid(member, 3);
      await client.dispose();
    });

    it('is told that its connection broke, and resumes by hand, even after the end', async () => {
      const { member, turn, client, reading, answers } = await begin();
      const following = follow(client, { query, variables: { turnId: turn.id } }, reading);
      const [before, away] = [roundsOf(2), roundsOf(2, 2)];
      for (const round of before) answers.write(...round);
      await until(() => hasRead(reading, turn, textsOf(before)), 'the beginning is read');
      way.breakAll();
      await expect(following).rejects.toMatchObject(breakage);
      for (const round of away) answers.write(...round);
      answers.finish();
      await expectPaid(member, 3);
      await follow(client, { query, variables: { turnId: turn.id, resume: reading.resume } }, reading);
      expectWhole(reading, turn, textsOf([...before, ...away]));
      await client.dispose();
    });

    it('leaves its stream, which ends on the server too, while the answers go on', async () => {
      const endings = watchEndings();
      const { member, turn, client, reading, answers } = await begin();
      const heard: string[] = [];
      const leave = client.subscribe(
        { query, variables: { turnId: turn.id } },
        {
          next: ({ data }) => reading.take(data?.streamResponse),
          error: () => heard.push('error'),
          complete: () => heard.push('complete'),
        },
      );
      const [before, after] = [roundsOf(1), roundsOf(1, 1)];
      answers.write(...(before[0] ?? []));
      await until(() => hasRead(reading, turn, textsOf(before)), 'the beginning is read');
      expect(endings).not.toHaveBeenCalled();
      leave();
      await until(() => endings.mock.calls.length === 1, 'the stream ends on the server');
      endings.mockRestore();
      answers.write(...(after[0] ?? []));
      answers.finish();
      await expectPaid(member, 3);
      expect(hasRead(reading, turn, textsOf(before))).toBe(true);
      expect(heard).toEqual(['complete']);
      await follow(client, { query, variables: { turnId: turn.id, resume: reading.resume } }, reading);
      expectWhole(reading, turn, textsOf([...before, ...after]));
      await client.dispose();
    });
  });
});

describeDatabases('refusals:', (database) => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await startLab(database());
  });
  afterEach(() => lab.finishAll());
  afterAll(() => lab?.close());

  const unauthenticated = { message: 'Sign in first.', extensions: { code: 'UNAUTHENTICATED' } };
  const notFound = { message: expect.any(String), path: ['streamResponse'], extensions: { code: 'NOT_FOUND' } };

  async function newTurn() {
    const { member, authorization } = await newProgrammer(lab);
    const { turn } = await ask(member, { prompt: 'Refuse me', modelIds });
    const answers = await Answers.begin(lab);
    answers.write('a', 'b', 'c');
    return { member, authorization, request: { query, variables: { turnId: turn.id } } };
  }

  it('a program without a key, or with another member’s, gets an error and no stream', async () => {
    const { request } = await newTurn();
    const { authorization } = await newProgrammer(lab);
    for (const [key, error] of [
      ['Bearer plk_nobody', unauthenticated],
      [authorization, notFound],
    ] as const) {
      for (const createClient of [socketClient, eventClient]) {
        const client = createClient({ url: lab.app.url, authorization: key, retryAttempts: 0 });
        const results: Result[] = [];
        for await (const result of client.iterate(request)) results.push(result);
        expect(results).toMatchObject([{ errors: [error] }]);
        expect(results[0]?.data ?? null).toBeNull();
        await client.dispose();
      }
    }
  });

  it('graphql-ws comes once more after its key was revoked, and then gets the reason', async () => {
    const { member, authorization, request } = await newTurn();
    const [connected, closed] = [vi.fn(), vi.fn()];
    const client = openSocket(lab.app.url, authorization, { retryAttempts: 5, on: { connected, closed } });
    const stream: AsyncIterableIterator<Result> = client.iterate(request);
    expect((await stream.next()).value.data.streamResponse.__typename).toBe('ResponseStarted');
    const { viewer } = await member.gql('{ viewer { apiKeys { id } } }');
    await member.gql('mutation ($id: ID!) { revokeApiKey(id: $id) }', { id: viewer.apiKeys[0].id });
    const results: Result[] = [];
    for await (const result of stream) results.push(result);
    expect(closed).toHaveBeenCalledWith(expect.objectContaining({ code: 4403, reason: 'Forbidden' }));
    expect(connected).toHaveBeenCalledTimes(2);
    expect(results.at(-1)).toMatchObject({ errors: [unauthenticated] });
    await client.dispose();
  });

  it('graphql-ws gets no connection for a page of a foreign origin', async () => {
    class ForeignSocket extends WebSocket {
      constructor(address: string, protocols: string[]) {
        super(address, protocols, { origin: 'https://stranger.example' });
      }
    }
    const client = openSocket(lab.app.url, 'Bearer plk_nobody', { webSocketImpl: ForeignSocket, retryAttempts: 0 });
    const refused = client.iterate({ query: '{ __typename }' }).next();
    await expect(refused).rejects.toThrow('Unexpected server response: 403');
  });

  it('graphql-sse is told by 405 that there is no mode of a single connection', async () => {
    const { authorization, request } = await newTurn();
    const client = createEventClient({
      url: graphqlUrl(lab.app.url),
      headers: { authorization },
      singleConnection: true,
      retryAttempts: 0,
    });
    await expect(client.iterate(request).next()).rejects.toThrow('Server responded with 405: Method Not Allowed');
  });
});
