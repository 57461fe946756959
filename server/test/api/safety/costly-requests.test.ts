import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { getIntrospectionQuery, Kind, parse } from 'graphql';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, describe, expect, it, type MockInstance, vi } from 'vitest';
import WebSocket from 'ws';
import { findSiblings } from '../../../src/database/turns.ts';
import { until } from '../../credits/house.ts';
import { type Client, connect, type GraphQLAnswer, startApp, type TestApp } from '../../setup/app.ts';
import { describeDatabases } from '../../setup/describe-databases.ts';
import { recordStatements } from '../../setup/statements.ts';
import { ask, converse, send } from '../asking.ts';

const web = fileURLToPath(new URL('../../../../web/app', import.meta.url));

const complex = { extensions: { code: 'QUERY_TOO_COMPLEX' } };
const tooLarge = { extensions: { code: 'ANSWER_TOO_LARGE' } };

function times(count: number, write: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => write(index)).join(' ');
}

describeDatabases('a costly request', (database) => {
  let app: TestApp;
  let member: Client;
  let stranger: Client;
  let measuring: MockInstance<typeof Buffer.byteLength> | undefined;
  const statements = recordStatements();
  beforeAll(async () => {
    app = await startApp({ database: database() });
    member = await app.newMember();
    stranger = connect(app.url);
  });
  afterEach(() => measuring?.mockRestore());
  afterAll(async () => {
    await app?.close();
    expect(app?.errors).toEqual([]);
  });

  async function postText(body: string, { cookie }: Client): Promise<GraphQLAnswer> {
    const headers = { 'content-type': 'application/json', ...(cookie && { cookie }) };
    const response = await fetch(`${app.url}/graphql`, { method: 'POST', headers, body });
    return { status: response.status, ...((await response.json()) as object) };
  }

  describe('by its body', () => {
    const long = JSON.stringify({
      query: 'query ($a: String!) { __type(name: $a) { name } }',
      variables: { a: 'x'.repeat(300_000) },
    });

    it('is taken up to 8 MB from a member, but only up to 256 KB from a stranger', async () => {
      expect(await postText(long, member)).toMatchObject({ status: 200, data: { __type: null } });
      expect(await postText(long, stranger)).toMatchObject({
        status: 413,
        errors: [{ extensions: { code: 'PAYLOAD_TOO_LARGE' } }],
      });
    });

    it('is not parsed if it has more brackets than any valid input', async () => {
      const parsed = vi.spyOn(JSON, 'parse');
      const body = `{"query":"{ __typename }","variables":{"a":[${'[],'.repeat(1_000_000)}[]]}}`;
      expect(await postText(body, member)).toMatchObject({
        status: 413,
        errors: [{ extensions: { code: 'PAYLOAD_TOO_COMPLEX' } }],
      });
      const long = parsed.mock.calls.filter(([text]) => text.length > 100_000);
      parsed.mockRestore();
      expect(long).toEqual([]);
    });
  });

  describe('by its document', () => {
    const documents: [string, string][] = [
      ['is longer than 100,000 characters', `{ __typename } # ${'x'.repeat(100_000)}`],
      ['repeats a field', `{ models { ${'id '.repeat(200)} } }`],
      ['repeats a list at every level', repeated(8)],
      ['spreads fragments in fragments', chain(150)],
      ['spreads a fragment again and again', `{ models { ${'...F '.repeat(150)} } } fragment F on Model { id }`],
      ['asks for one type under many names', `{ models { ${times(3, (index) => `a${index}: __typename`)} } }`],
      ['has more than 30 aliases', `{ ${times(31, (index) => `a${index}: tiers { id }`)} }`],
      ['has more than 10 directives', `{ ${times(11, (index) => `a${index}: tiers @include(if: true) { id }`)} }`],
      ['selects more than 2,000 fields', wide(1100)],
      ['describes types by types by types', '{ __schema { types { fields { type { fields { name } } } } } }'],
      [
        'describes the schema many times over',
        `{ __schema { ${times(29, (index) => `a${index}: types { fields { name description isDeprecated args { name description type { name kind } } } }`)} } }`,
      ],
    ];

    function repeated(depth: number): string {
      const within = (left: number): string =>
        left === 0 ? 'id' : `provider { models { ${within(left - 1)} } } provider { models { ${within(left - 1)} } }`;
      return `{ models { ${within(depth - 1)} } }`;
    }
    function chain(length: number): string {
      const fragments = times(length, (index) => `fragment F${index} on Model { ...F${index + 1} ...F${index + 2} }`);
      return `{ models { ...F0 } } ${fragments} fragment F${length} on Model { id } fragment F${length + 1} on Model { id }`;
    }
    function wide(fields: number): string {
      return `{ models { ...A ...B } } fragment A on Model { ${times(fields, () => '... { id }')} } fragment B on Model { name }`;
    }

    it.each(documents)('is refused if it %s', async (_what, query) => {
      expect((await stranger.post(query)).errors).toEqual([expect.objectContaining(complex)]);
      const [overEvents] = await collect(stranger.subscribe('sse', query));
      expect(overEvents?.errors).toEqual([expect.objectContaining(complex)]);
      const [overSocket] = await collect(stranger.subscribe('ws', query));
      expect(overSocket?.errors).toEqual([expect.objectContaining(complex)]);
    });

    it('is let through if it is one that the web app or an introspecting tool sends', async () => {
      expect(
        (await stranger.post(getIntrospectionQuery({ inputValueDeprecation: true, oneOf: true }))).errors,
      ).toBeUndefined();
      const texts = readdirSync(web, { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.graphql'))
        .map((name) => readFileSync(`${web}/${name}`, 'utf8'));
      const { definitions } = parse(texts.join('\n'));
      const operations = definitions.filter(({ kind }) => kind === Kind.OPERATION_DEFINITION);
      expect(operations.length).toBeGreaterThan(20);
      const variables = {
        id: 'x',
        first: 100,
        last: 100,
        input: { prompt: 'Hi' },
        turnId: 'x',
        responseId: 'x',
        userId: 'x',
        tier: 'FREE',
        role: 'USER',
        note: 'x',
        amount: 1,
        suspended: false,
        modelId: 'x',
        enabled: true,
        name: 'x',
        before: 'x',
      };
      for (const operation of operations) {
        const used = fragmentsOf(
          operation.loc?.source.body.slice(operation.loc.start, operation.loc.end) ?? '',
          definitions as never,
        );
        const isSubscription = /^subscription/.test(used);
        const events = isSubscription ? member.subscribe('ws', used, variables)[Symbol.asyncIterator]() : null;
        const { errors } = events ? (await events.next()).value : await member.post(used, variables);
        await events?.return?.();
        expect(
          (errors as GraphQLAnswer['errors'])?.filter(({ extensions }) => /COMPLEX|LARGE/.test(extensions.code)) ?? [],
        ).toEqual([]);
      }
    });
  });

  describe('by its lists', () => {
    it('is refused to a stranger if it lists more models than the cost limit allows', async () => {
      const models = Array.from({ length: 150 }, (_, index) => ({
        id: `mock/more-${index}`,
        minimumTier: 'FREE',
        name: `More ${index}`,
        contextWindow: 1000,
        maxOutputTokens: 100,
        inputPriceUsd: 1,
        outputPriceUsd: 1,
      }));
      const large = await startApp({ database: database(), catalogue: { models } });
      const query = '{ tiers { models { provider { models { id } } } } }';
      expect((await connect(app.url).post(query)).errors).toBeUndefined();
      expect((await connect(large.url).post(query)).errors).toEqual([expect.objectContaining(complex)]);
      const all =
        '{ models { id name contextWindow inputPrice outputPrice enabled access { allowed denial message } provider { id name health { status } } fallbacks { id name } } }';
      expect((await connect(large.url).post(all)).data.models.length).toBeGreaterThan(150);
      await large.close();
    });

    it('looks up the switched-off models once for all its aliases', async ({ skip }) => {
      if (database().kind !== 'postgres') skip('its statements are not recorded');
      statements.length = 0;
      await stranger.post(`{ models { ${times(20, (index) => `a${index}: enabled`)} } }`);
      expect(statements.filter((text) => text.includes('model_setting'))).toHaveLength(1);
    });
  });

  describe('by its answer', () => {
    let conversationId: string;
    beforeAll(async () => {
      const { conversation } = await converse(member, { prompt: 'Long', modelIds: ['mock/swift'] });
      conversationId = conversation.id;
      const ofMember = database().db.selectFrom('user').select('id').where('email', '=', member.email);
      await database()
        .db.updateTable('turn')
        .set({ prompt: 'x'.repeat(500_000) })
        .where('user_id', '=', ofMember)
        .execute();
    });
    const prompts = (fields: string) =>
      `query ($id: ID!) { conversation(id: $id) { ${times(20, (index) => `a${index}: turns { edges { node { ${fields} } } }`)} } }`;
    const within = prompts('prompt');
    const beyond = prompts('prompt alternatives { prompt }');

    it('is answered up to 16 MB, and beyond that gets only an error', async () => {
      const { data } = await member.post(within, { id: conversationId });
      expect(data.conversation.a19.edges[0].node.prompt).toHaveLength(500_000);
      const answer = await member.post(beyond, { id: conversationId });
      expect(answer).toEqual({ status: 200, errors: [expect.objectContaining(tooLarge)] });
      const [overSocket] = await collect(member.subscribe('ws', beyond, { id: conversationId }));
      expect(overSocket).toEqual({ errors: [expect.objectContaining(tooLarge)] });
    });

    it.each([
      ['urql', 'application/graphql-response+json, application/json, text/event-stream, multipart/mixed', true],
      ['Apollo', 'application/graphql-response+json,application/json;q=0.9', true],
      ['curl', '*/*', true],
      ['graphql-sse', 'text/event-stream', false],
      ['one of another charset', 'application/json; charset=ascii, text/event-stream', false],
    ])('is written in pieces to a client like %s, which accepts %s', async (_client, accept, isJson) => {
      const response = await fetch(`${member.url}/graphql`, {
        method: 'POST',
        headers: { accept, cookie: member.cookie, 'content-type': 'application/json', 'accept-encoding': 'identity' },
        body: JSON.stringify({ query: within, variables: { id: conversationId } }),
      });
      const text = await response.text();
      // Only an answer in pieces has no length.
      expect(response.headers.get('content-length')).toBeNull();
      const json = isJson ? text : (/^data: (\{.*)$/m.exec(text)?.[1] ?? '');
      expect(JSON.parse(json).data.conversation.a19.edges[0].node.prompt).toHaveLength(500_000);
    });

    it.each(['on', 'off'])('ends a subscription whose event exceeds 16 MB (FAST_PATH=%s)', async (fastPath) => {
      const other = await startApp({ database: database(), env: { FAST_PATH: fastPath } });
      const own = connect(other.url, member);
      const { turn } = await converse(own, { prompt: 'Hi', conversationId, modelIds: ['mock/swift'] });
      const query = `subscription ($id: ID!) { streamResponse(turnId: $id) { __typename ... on TextDelta { text }
        ... on ResponseFinished { response { turn { conversation { ${times(30, (index) => `a${index}: turns { edges { node { prompt alternatives { prompt } } } }`)} } } } } } }`;
      for (const over of ['sse', 'ws'] as const) {
        const events = await collect(own.subscribe(over, query, { id: turn.id }));
        expect(events[0]?.data.streamResponse.__typename).not.toBe('ResponseFinished');
        expect(events.at(-1)).toEqual({ errors: [expect.objectContaining(tooLarge)] });
      }
      await other.close();
    });

    it('reads no more texts than an answer may hold, but all other fields', async () => {
      const [turn] = await database()
        .db.selectFrom('turn')
        .select(['id', 'user_id'])
        .where('conversation_id', '=', sql<string>`${localId(conversationId)}::uuid`)
        .orderBy('depth')
        .execute();
      // Small batches, as each text is folded for the search.
      for (let count = 0; count < 40; count += 5) {
        await sql`insert into turn (id, conversation_id, user_id, parent_id, depth, prompt, parameters)
          select gen_random_uuid(), conversation_id, user_id, parent_id, depth, prompt, parameters
          from turn, generate_series(1, 5) where id = ${turn?.id}`.execute(database().db);
      }
      const of = (fields: string) =>
        `query ($id: ID!) { conversation(id: $id) { turns { edges { node { ${fields} } } } } }`;
      const { data } = await member.post(of('alternatives { id createdAt }'), { id: conversationId });
      expect(data.conversation.turns.edges[0].node.alternatives).toHaveLength(41);
      const answer = await member.post(of('alternatives { prompt }'), { id: conversationId });
      expect(answer).toEqual({ status: 200, errors: [expect.objectContaining(tooLarge)] });
      const place = { conversation_id: localId(conversationId), parent_id: null };
      const rows = await findSiblings(database().db, turn?.user_id ?? '', [place], 16_000_000);
      expect(rows.map(({ prompt }) => prompt.length).reduce((sum, length) => sum + length)).toBe(16_000_000);
      expect(rows.filter(({ withheld }) => withheld)).toHaveLength(9);
    });

    it('sends no further statements after the client has left', async ({ skip }) => {
      if (database().kind !== 'postgres') skip('its statements are not recorded');
      const abort = new AbortController();
      const { gate, open } = holdBack();
      let isLocked = false;
      const held = database()
        .db.transaction()
        .execute(async (trx) => {
          await sql`lock table session in access exclusive mode`.execute(trx);
          statements.length = 0;
          isLocked = true;
          await gate;
        });
      // Timers may send statements of their own right after the lock is taken.
      await until(() => isLocked, 'sessions cannot be looked up');
      const asked = fetch(`${app.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', cookie: member.cookie },
        body: JSON.stringify({ query: within, variables: { id: conversationId } }),
        signal: abort.signal,
      });
      await until(() => statements.some((text) => text.includes('"session"')), 'it is looked up who asks');
      abort.abort();
      await expect(asked).rejects.toThrow();
      await delay(200);
      open();
      await held;
      await delay(200);
      expect(statements.filter((text) => text.includes('"conversation"'))).toEqual([]);
    });
  });

  describe('as a quote', () => {
    const quote = 'query ($input: SendPromptInput!) { quote(input: $input) { maximum models { maximum } } }';
    const measured = (text: string) =>
      vi.mocked(Buffer.byteLength).mock.calls.filter(([value]) => value === text).length;

    it('measures a text once for all its models', async () => {
      measuring = vi.spyOn(Buffer, 'byteLength');
      const prompt = `What? ${'And why? '.repeat(50)}`;
      const modelIds = Array.from({ length: 12 }, (_, index) => (index % 2 ? 'mock/swift' : 'mock/sage'));
      const { data } = await member.post(quote, { input: { prompt, modelIds } });
      expect(data.quote.models).toHaveLength(12);
      expect(measured(prompt)).toBe(1);
    });

    it.each([
      ['is too long', { prompt: 'x'.repeat(7_000_000) }, 'BAD_USER_INPUT'],
      [
        'names too many models',
        { prompt: 'Hi', modelIds: Array.from({ length: 10_000 }, () => 'mock/swift') },
        'BAD_USER_INPUT',
      ],
      [
        'names more models than its plan',
        { prompt: 'Hi', modelIds: Array.from({ length: 13 }, () => 'mock/swift') },
        'TIER_LIMIT',
      ],
    ])('reads nothing and measures nothing if it %s', async (_what, input, code) => {
      measuring = vi.spyOn(Buffer, 'byteLength');
      statements.length = 0;
      const { errors } = await member.post(quote, { input });
      expect(errors?.[0]?.extensions.code).toBe(code);
      expect(measured(input.prompt)).toBe(0);
      expect(statements.filter((text) => /"conversation"|"credit_account"|model_setting/.test(text))).toEqual([]);
    });

    it('is refused if one operation repeats it thirty times', async () => {
      const many = `query ($input: SendPromptInput!) { ${times(30, (index) => `a${index}: quote(input: $input) { maximum }`)} }`;
      expect((await member.post(many, { input: { prompt: 'Hi' } })).errors?.[0]).toMatchObject(complex);
    });
  });

  describe('over a socket', () => {
    async function open(cookie?: string) {
      const socket = new WebSocket(`${app.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', {
        headers: cookie ? { cookie } : {},
      });
      const received: { type: string; payload?: GraphQLAnswer }[] = [];
      socket.on('message', (message) => received.push(JSON.parse(String(message))));
      const closed = new Promise<number>((resolve) => socket.on('close', resolve));
      await new Promise((resolve) => socket.on('open', resolve));
      socket.send(JSON.stringify({ type: 'connection_init' }));
      await until(() => received.length === 1, 'it is acknowledged');
      return { socket, received, closed };
    }
    const message = (length: number) =>
      JSON.stringify({
        id: '1',
        type: 'subscribe',
        payload: { query: 'query ($a: String!) { __type(name: $a) { name } }', variables: { a: 'x'.repeat(length) } },
      });

    it('a socket is closed if a stranger sends more than 256 KB or a member sends too many brackets', async () => {
      const ofStranger = await open();
      ofStranger.socket.on('error', () => {});
      ofStranger.socket.send(message(1_000_000));
      expect(await ofStranger.closed).toBe(1009);
      const ofMember = await open(member.cookie);
      ofMember.socket.send(message(1_000_000));
      await until(() => ofMember.received.some(({ type }) => type === 'next'), 'it is answered');
      ofMember.socket.send(
        JSON.stringify({
          id: '2',
          type: 'subscribe',
          payload: { query: '{ __typename }', variables: JSON.parse(`{"a":[${'[],'.repeat(30_000)}[]]}`) },
        }),
      );
      expect(await ofMember.closed).toBe(1009);
    });
  });

  describe('with an idempotency key', () => {
    it('is refused if its key was used with other input, and returns the first result for the same input', async () => {
      const client = await app.newMember();
      const input = {
        prompt: 'Once',
        modelIds: ['mock/swift', 'mock/sage'],
        parameters: { temperature: 0.5, maxOutputTokens: 50 },
        idempotencyKey: 'k',
      };
      const first = await ask(client, input);
      const changes = [
        { prompt: 'Twice' },
        { modelIds: ['mock/swift'] },
        { modelIds: ['mock/sage', 'mock/swift'] },
        { parameters: { temperature: 0.6, maxOutputTokens: 50 } },
        { parameters: {} },
        { conversationId: (await ask(client, { prompt: 'Elsewhere' })).conversation.id },
        { parentTurnId: first.turn.id },
      ];
      for (const change of changes) {
        expect(await send(client, { ...input, ...change })).toMatchObject({
          __typename: 'InvalidInputError',
          field: 'idempotencyKey',
        });
      }
      // Another name of the same model counts as the same input.
      for (const change of [{}, { modelIds: ['swift', 'sage'] }, { conversationId: first.conversation.id }]) {
        expect(await send(client, { ...input, ...change })).toMatchObject({ turn: { id: first.turn.id } });
      }
      const { modelIds, ...withoutModels } = input;
      expect(await send(client, withoutModels)).toMatchObject({ turn: { id: first.turn.id } });
    });
  });
});

async function collect(subscription: AsyncIterable<Pick<GraphQLAnswer, 'data' | 'errors'>>) {
  const events: Pick<GraphQLAnswer, 'data' | 'errors'>[] = [];
  for await (const event of subscription) events.push(event);
  return events;
}

function localId(id: string): string {
  return Buffer.from(id, 'base64').toString().replace(/^\w+:/, '');
}

function holdBack() {
  let open = () => {};
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { gate, open };
}

interface Definition {
  kind: string;
  name?: { value: string };
  loc?: { start: number; end: number; source: { body: string } };
}

/** Returns an operation together with the fragments that it uses. */
function fragmentsOf(operation: string, definitions: readonly Definition[]): string {
  const texts = new Map<string, string>();
  for (const { kind, name, loc } of definitions)
    if (kind === Kind.FRAGMENT_DEFINITION && name && loc)
      texts.set(name.value, loc.source.body.slice(loc.start, loc.end));
  const used = new Set<string>();
  const visit = (text: string) => {
    for (const [, name = ''] of text.matchAll(/\.\.\.(\w+)/g)) {
      if (!texts.has(name) || used.has(name)) continue;
      used.add(name);
      visit(texts.get(name) as string);
    }
  };
  visit(operation);
  return [operation, ...[...used].map((name) => texts.get(name))].join('\n');
}
