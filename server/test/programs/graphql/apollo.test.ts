import { ApolloClient, ApolloLink, CombinedGraphQLErrors, HttpLink, InMemoryCache } from '@apollo/client';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { relayStylePagination } from '@apollo/client/utilities';
import { OperationTypeNode } from 'graphql';
import type { Client as SocketClient } from 'graphql-ws';
import { afterAll, beforeAll, expect, it, type MockInstance, vi } from 'vitest';
import WebSocket from 'ws';
import { Reading } from '../../api/asking.ts';
import { until } from '../../credits/house.ts';
import { describeDatabases } from '../../setup/describe-databases.ts';
import { openBreakableWay } from './breakable-way.ts';
import {
  AskDocument,
  ConversationPageDocument,
  CreditsDocument,
  FollowDocument,
  OutcomeFragmentDoc,
  PossibleTypesDocument,
  RenameDocument,
  StoredTurnDocument,
} from './generated/graphql.ts';
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

describeDatabases('Apollo Client', (database) => {
  let lab: Lab;
  let possibleTypes: Record<string, string[]>;
  const sockets: SocketClient[] = [];
  /** What Apollo prints of a cache that it cannot use. */
  const warnings: MockInstance[] = [];
  beforeAll(async () => {
    // GraphQLWsLink looks at the global WebSocket when it gets an error, and Node 20 has none.
    vi.stubGlobal('WebSocket', WebSocket);
    for (const level of ['warn', 'error'] as const) warnings.push(vi.spyOn(console, level));
    lab = await startLab(database());
    const { apollo } = await newProgram();
    possibleTypes = await findPossibleTypes(apollo);
  });
  afterAll(async () => {
    for (const socket of sockets) await socket.dispose();
    vi.unstubAllGlobals();
    await lab?.close();
    for (const warning of warnings) {
      expect(warning).not.toHaveBeenCalled();
      warning.mockRestore();
    }
  });

  /** A member with a program: queries and mutations go by HTTP, subscriptions over a socket. */
  async function newProgram(url = lab.app.url) {
    const { member, authorization } = await newProgrammer(lab);
    return { member, apollo: newApollo(authorization, url) };
  }

  function newApollo(authorization: string, url = lab.app.url): ApolloClient {
    const socket = openSocket(url, authorization);
    sockets.push(socket);
    return new ApolloClient({
      link: ApolloLink.split(
        ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION,
        new GraphQLWsLink(socket),
        new HttpLink({ uri: graphqlUrl(url), headers: { authorization } }),
      ),
      cache: new InMemoryCache({
        possibleTypes,
        typePolicies: {
          Query: { fields: { conversations: relayStylePagination(['search', 'archived', 'pinned']) } },
          // An event replaces the one before; without this, Apollo warns that data may be lost.
          Subscription: { fields: { streamResponse: { merge: false } } },
        },
      }),
    });
  }

  async function askWith(apollo: ApolloClient, prompt: string) {
    const { data } = await apollo.mutate({ mutation: AskDocument, variables: { input: { prompt, modelIds } } });
    return { ...taken(data?.sendPrompt), answers: await Answers.begin(lab) };
  }

  it('learns the possible types of every union and interface from the schema', () => {
    const sorted = (name: string) => possibleTypes[name]?.toSorted();
    expect(sorted('ResponseEvent')).toEqual([
      'ImageAdded',
      'ReasoningDelta',
      'ResponseFellBack',
      'ResponseFinished',
      'ResponseStarted',
      'TextDelta',
      'ToolCallChanged',
    ]);
    expect(sorted('SendPromptResult')).toEqual([...(sorted('Error') ?? []), 'SendPromptPayload'].toSorted());
    expect(sorted('Node')).toEqual(expect.arrayContaining(['Conversation', 'Response', 'Turn']));
  });

  it('asks, follows three models over a socket, and finds their ends in its cache', async () => {
    const { member, apollo } = await newProgram();
    const { turn, answers } = await askWith(apollo, 'Three seas');
    const reading = new Reading();
    const following = new Promise<void>((resolve, reject) => {
      apollo.subscribe({ query: FollowDocument, variables: { turnId: turn.id } }).subscribe({
        next: ({ data, error }) => (error ? reject(error) : reading.take(data?.streamResponse)),
        complete: resolve,
      });
    });
    const rounds = roundsOf(6);
    for (const [index, round] of rounds.entries()) {
      answers.write(...round);
      const soFar = textsOf(rounds.slice(0, index + 1));
      await until(() => hasRead(reading, turn, soFar), 'the round is read');
    }
    answers.finish();
    await following;
    expectWhole(reading, turn, textsOf(rounds));
    const expected = outcomes(turn, textsOf(rounds));
    const cached = expected.map(({ id }) =>
      apollo.cache.readFragment({ id: `Response:${id}`, fragment: OutcomeFragmentDoc, fragmentName: 'Outcome' }),
    );
    expect(cached).toMatchObject(expected);
    await expectPaid(member, 3);
  });

  it('reads a turn through an interface, from the server and then from its cache', async () => {
    const { apollo } = await newProgram();
    const { turn, answers } = await askWith(apollo, 'What is a node?');
    answers.write('A', 'B', 'C');
    answers.finish();
    const follow = apollo.subscribe({ query: FollowDocument, variables: { turnId: turn.id } });
    await new Promise<void>((resolve) => follow.subscribe({ complete: resolve }));
    const options = { query: StoredTurnDocument, variables: { id: turn.id } };
    const expected = { __typename: 'Turn', id: turn.id, responses: outcomes(turn, ['A', 'B', 'C']) };
    expect((await apollo.query(options)).data?.node).toMatchObject(expected);
    expect((await apollo.query({ ...options, fetchPolicy: 'cache-only' })).data?.node).toMatchObject(expected);
  });

  it('turns the pages of the conversations by relayStylePagination, and shows a new title in them', async () => {
    const { member, apollo } = await newProgram();
    const create = 'mutation ($title: String!) { createConversation(input: { title: $title }) { id } }';
    for (const title of ['One', 'Two', 'Three', 'Four', 'Five']) await member.gql(create, { title });
    const watched = apollo.watchQuery({ query: ConversationPageDocument, variables: { first: 2 } });
    const seen = watched.subscribe(() => {});
    const titles = () => {
      const { data } = watched.getCurrentResult();
      return data?.conversations?.edges?.map((edge) => edge?.node?.title);
    };
    const shows = (expected: string[]) =>
      until(() => JSON.stringify(titles()) === JSON.stringify(expected), `it shows ${expected}`);
    await shows(['Five', 'Four']);
    for (const expected of [
      ['Five', 'Four', 'Three', 'Two'],
      ['Five', 'Four', 'Three', 'Two', 'One'],
    ]) {
      const { data } = watched.getCurrentResult();
      expect(data?.conversations?.pageInfo?.hasNextPage).toBe(true);
      await watched.fetchMore({ variables: { after: data?.conversations?.pageInfo?.endCursor } });
      await shows(expected);
    }
    const { data } = watched.getCurrentResult();
    expect(data?.conversations?.pageInfo?.hasNextPage).toBe(false);
    const id = data?.conversations?.edges?.[3]?.node?.id ?? '';
    await apollo.mutate({ mutation: RenameDocument, variables: { input: { id, title: 'Second' } } });
    await shows(['Five', 'Four', 'Three', 'Second', 'One']);
    seen.unsubscribe();
  });

  it('is told that a subscription does not go by HttpLink alone, and leaves no stream behind', async () => {
    const { authorization } = await newProgrammer(lab);
    const apollo = new ApolloClient({
      link: new HttpLink({ uri: graphqlUrl(lab.app.url), headers: { authorization } }),
      cache: new InMemoryCache({ possibleTypes }),
    });
    const { turn, answers } = await askWith(apollo, 'Half a link');
    const endings = watchEndings();
    const follow = apollo.subscribe({ query: FollowDocument, variables: { turnId: turn.id } });
    const refused = await new Promise<unknown>((resolve) => follow.subscribe(({ error }) => resolve(error)));
    expect(CombinedGraphQLErrors.is(refused) && refused.errors).toEqual([
      {
        message: 'A subscription needs Accept: text/event-stream, or a WebSocket.',
        extensions: { code: 'NOT_ACCEPTABLE' },
      },
    ]);
    await until(() => endings.mock.calls.length === 1, 'the stream ends on the server');
    endings.mockRestore();
    answers.finish();
  });

  it('gets a refused prompt as data, and other refusals as errors with their codes', async () => {
    const { apollo } = await newProgram();
    const variables = { input: { prompt: '', modelIds } };
    expect((await apollo.mutate({ mutation: AskDocument, variables })).data?.sendPrompt).toEqual({
      __typename: 'InvalidInputError',
      message: 'The prompt is empty.',
      field: 'prompt',
    });
    const nobody = newApollo('Bearer plk_nobody');
    expect((await nobody.query({ query: CreditsDocument })).data).toEqual({ viewer: null });
    const error = await nobody.mutate({ mutation: AskDocument, variables }).catch((error: unknown) => error);
    expect(CombinedGraphQLErrors.is(error) && error.errors).toMatchObject([
      { message: 'Sign in first.', extensions: { code: 'UNAUTHENTICATED' } },
    ]);
    const { turn, answers } = await askWith(apollo, 'Mine');
    const follow = nobody.subscribe({ query: FollowDocument, variables: { turnId: turn.id } });
    const refused = await new Promise<unknown>((resolve) => follow.subscribe(({ error }) => resolve(error)));
    expect(CombinedGraphQLErrors.is(refused) && refused.errors).toMatchObject([
      { message: 'Sign in first.', extensions: { code: 'UNAUTHENTICATED' } },
    ]);
    answers.finish();
  });

  it('ends the stream on the server when it unsubscribes, while the answers go on', async () => {
    const { member, apollo } = await newProgram();
    const { turn, answers } = await askWith(apollo, 'Leave');
    const endings = watchEndings();
    const reading = new Reading();
    const following = apollo
      .subscribe({ query: FollowDocument, variables: { turnId: turn.id } })
      .subscribe(({ data }) => reading.take(data?.streamResponse));
    answers.write('x', 'y', 'z');
    await until(() => hasRead(reading, turn, ['x', 'y', 'z']), 'the beginning is read');
    expect(endings).not.toHaveBeenCalled();
    following.unsubscribe();
    await until(() => endings.mock.calls.length === 1, 'the stream ends on the server');
    endings.mockRestore();
    answers.write('1', '2', '3');
    answers.finish();
    await expectPaid(member, 3);
    const { data } = await apollo.query({ query: StoredTurnDocument, variables: { id: turn.id } });
    expect(data?.node).toMatchObject({ responses: outcomes(turn, ['x1', 'y2', 'z3']) });
  });

  it('keeps the text exact over a broken socket by the offsets, as its link sends the same variables again', async () => {
    const way = await openBreakableWay(lab.app.url);
    const { member, apollo } = await newProgram(way.url);
    const { turn, answers } = await askWith(apollo, 'Break');
    const texts = new Map<string, string>();
    const offsets: number[] = [];
    const following = new Promise<void>((resolve) => {
      apollo.subscribe({ query: FollowDocument, variables: { turnId: turn.id } }).subscribe({
        next({ data }) {
          const event = data?.streamResponse;
          if (event?.__typename !== 'TextDelta') return;
          const { responseId, offset, text } = event;
          offsets.push(offset);
          texts.set(responseId, (texts.get(responseId) ?? '').slice(0, offset) + text);
        },
        complete: resolve,
      });
    });
    const [before, away] = [roundsOf(3), roundsOf(3, 3)];
    const shown = () => turn.responses.map(({ id }) => texts.get(id));
    const shows = (expected: string[]) => JSON.stringify(shown()) === JSON.stringify(expected);
    for (const round of before) answers.write(...round);
    await until(() => shows(textsOf(before)), 'the beginning is read');
    way.breakAll();
    for (const round of away) answers.write(...round);
    await until(() => shows(textsOf([...before, ...away])), 'what it missed is read');
    answers.finish();
    await following;
    expect(shown()).toEqual(textsOf([...before, ...away]));
    expect(offsets.filter((offset) => offset === 0)).toHaveLength(2 * modelIds.length);
    await expectPaid(member, 3);
    await way.close();
  });
});

async function findPossibleTypes(apollo: ApolloClient): Promise<Record<string, string[]>> {
  const { data } = await apollo.query({ query: PossibleTypesDocument });
  const found: Record<string, string[]> = {};
  for (const { name, possibleTypes } of data?.__schema.types ?? []) {
    if (name && possibleTypes) found[name] = possibleTypes.flatMap((type) => type.name ?? []);
  }
  return found;
}
