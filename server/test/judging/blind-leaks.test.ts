import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { type Asked, accountOf, send } from '../api/asking.ts';
import { eventually } from '../eventually.ts';
import { pdf } from '../files/asking-house.ts';
import { storeFile } from '../files/stored-file.ts';
import { type Client, connect, type Subscription, startApp, type TestApp } from '../setup/app.ts';
import { describeDatabases } from '../setup/describe-databases.ts';
import { quickPasswords } from '../setup/members.ts';
import { join, newTeam } from '../teams/team-house.ts';
import { startWireServer, type WireServer } from '../wire-server.ts';
import { answerWithNeedles, chat, foundIn, needleCatalogue, needleModels, needles } from './needles.ts';
import { SchemaWalk } from './schema-walk.ts';

const texts = { first: 'The first answer says plums.', other: 'The other answer says pears, and more of them.' };

describeDatabases('a blind turn before its reveal', (database) => {
  let wire: WireServer;
  let app: TestApp;
  let admin: Client;
  let member: Client;
  beforeAll(async () => {
    wire = await startWireServer();
    const catalogue = { ...needleCatalogue(wire), defaultModels: ['mock/swift'] };
    const env = { CHAT_KIT: 'on' };
    app = await startApp({ database: database(), env, catalogue, retryDelayMs: 1, passwords: quickPasswords });
    admin = await app.newMember();
  });
  beforeEach(async () => {
    wire.reset();
    wire.respondWith(answerWithNeedles(texts));
    member = await app.newMember();
  });
  afterAll(async () => {
    await app?.close();
    await wire?.close();
  });

  async function reveal(turnId: string): Promise<void> {
    await member.gql('mutation ($id: ID!) { revealTurn(turnId: $id) { id } }', { id: turnId });
  }

  /** The events of a subscription to its end, as JSON. */
  async function eventsOf(subscription: Subscription): Promise<string> {
    const events: string[] = [];
    for await (const event of subscription) events.push(JSON.stringify(event));
    return events.join('\n');
  }

  /** Everything that the member can read by other doors than GraphQL. */
  async function otherDoors({ conversation }: Asked): Promise<Map<string, string>> {
    const groups = ['day', 'model', 'provider', 'user', 'key', 'payer'];
    const paths = [
      '/export/my-data.json',
      ...groups.map((group) => `/export/usage.csv?groupBy=${group}`),
      '/api/v1/conversations',
      `/api/v1/conversations/${encodeURIComponent(conversation.id)}`,
      '/chat/history?userId=me',
      '/chat/conversations?userId=me',
      `/chat/conversation?userId=me&conversationId=${encodeURIComponent(conversation.id)}`,
      '/health',
    ];
    const answers = new Map<string, string>();
    for (const path of paths) {
      const response = await fetch(`${app.url}${path}`, { headers: { cookie: member.cookie } });
      expect([path, response.status]).toEqual([path, 200]);
      answers.set(path, await response.text());
    }
    return answers;
  }

  /** @param search what conversations are searched for */
  async function everything(
    asked: Asked,
    { search = 'plums', streams = true }: { search?: string; streams?: boolean } = {},
  ): Promise<Map<string, string>> {
    const walk = await SchemaWalk.of(member);
    const { id: turnId } = asked.turn;
    const { viewer } = await member.gql('{ viewer { id credits { entries(first: 5) { edges { node { id } } } } } }');
    const entries = viewer.credits.entries.edges.map(({ node }: { node: { id: string } }) => node.id);
    const nodes = [turnId, asked.conversation.id, viewer.id, ...asked.turn.responses.map(({ id }) => id), ...entries];
    await walk.askEverything(nodes, {
      conversation: `(id: ${JSON.stringify(asked.conversation.id)})`,
      conversations: `(first: 5, search: ${JSON.stringify(search)})`,
      searchHits: `(first: 5, search: ${JSON.stringify(search)})`,
      quote: `(input: { prompt: "And?", blind: true, conversationId: ${JSON.stringify(asked.conversation.id)} })`,
    });
    const args = `(turnId: ${JSON.stringify(turnId)})`;
    for (const over of streams ? (['ws', 'sse'] as const) : []) {
      for (const slow of [false, true]) {
        const document = walk.subscriptionTo('streamResponse', args, 3, { slow });
        walk.answers.set(`stream ${over} ${slow}`, await eventsOf(member.subscribe(over, document)));
      }
    }
    return new Map([...walk.answers, ...(await otherDoors(asked))]);
  }

  function leaksIn(answers: ReadonlyMap<string, string>): Record<string, string[]> {
    const found = [...answers].map(([name, text]) => [name, foundIn(text)] as const);
    return Object.fromEntries(found.filter(([, leaks]) => leaks.length > 0));
  }

  it('tells its models nowhere, and everywhere afterwards', async () => {
    const before = await accountOf(member);
    const moves: { balance: number; held: number }[] = [];
    const credits = member.subscribe('sse', 'subscription { creditsChanged { balance held } }');
    const watching = (async () => {
      for await (const { data } of credits) moves.push(data.creditsChanged);
    })().catch(() => {});
    await eventually(() => expect(moves).toHaveLength(1));
    const fileIds = [await storeFile(database().db, member.email, pdf)];
    const asked: Asked = await send(member, { prompt: 'Fruit?', modelIds: needleModels, blind: true, fileIds });
    expect(asked).toMatchObject({
      __typename: 'SendPromptPayload',
      turn: { responses: [{ model: { id: 'blind/A' } }, { model: { id: 'blind/B' } }] },
      conversation: { models: [] },
    });
    const live = new Map<string, string>();
    const walk = await SchemaWalk.of(member);
    const args = `(turnId: ${JSON.stringify(asked.turn.id)})`;
    const following = (['ws', 'sse'] as const).flatMap((over) =>
      [false, true].map(async (slow) => {
        const document = walk.subscriptionTo('streamResponse', args, 3, { slow });
        live.set(`live ${over} ${slow}`, await eventsOf(member.subscribe(over, document)));
      }),
    );
    await Promise.all(following);
    expect(leaksIn(live)).toEqual({});
    for (const text of live.values()) {
      expect(text).toContain('plums');
      expect(text).toContain('pears');
    }

    const hidden = await everything(asked);
    expect(leaksIn(hidden)).toEqual({});
    // Nor is it seen which providers were asked.
    const { providers } = await member.gql('{ providers { id health { checkedAt } } }');
    for (const { id, health } of providers) if (id.startsWith('zq')) expect(health.checkedAt).toBeNull();
    // The money stands still, and its ledger adds up.
    const held = await accountOf(member);
    expect(held.balance).toBe(before.balance);
    expect(held.entries).toEqual(before.entries);
    expect(held.held).toBeGreaterThan(0);

    // Who follows the credits hears of the prompt, and then of nothing before the reveal.
    await eventually(() => expect(moves).toHaveLength(2));
    expect(moves[1]).toEqual({ balance: before.balance, held: held.held });
    await reveal(asked.turn.id);
    await eventually(() => expect(moves).toHaveLength(3));
    const settled = moves[2];
    credits.cut();
    await watching;
    const told = await everything(asked);
    const found = new Set(Object.values(leaksIn(told)).flat());
    expect([...found].sort()).toEqual([...needles].sort());
    expect(foundIn(told.get('/export/my-data.json') ?? '')).toContain('zqone');
    expect(foundIn(told.get('/export/usage.csv?groupBy=model') ?? '')).toEqual(
      expect.arrayContaining(['zqone', 'zqthree']),
    );
    const after = await accountOf(member);
    expect(after.held).toBe(0);
    expect(settled).toEqual({ balance: after.balance, held: 0 });
    expect(after.balance).toBe(after.entries.reduce((sum, { amount }) => sum + amount, 0));
    expect(after.balance).toBeLessThan(before.balance);
    expect(after.entries.at(-1)?.balanceAfter).toBe(after.balance);
    // Nothing that was read before has a figure that is known now.
    const figures = after.entries
      .slice(before.entries.length)
      .flatMap(({ amount, balanceAfter }) => [-amount, balanceAfter]);
    const all = [...hidden.values(), ...live.values()].join('\n');
    for (const figure of figures) expect(all).not.toContain(String(figure));
  }, 90_000);

  it('shows nothing of an answer that is there, as long as another one is being written', async () => {
    let end: () => void = () => {};
    const gate = new Promise<void>((resolve) => {
      end = resolve;
    });
    wire.respondWith(({ body }) =>
      body.model === 'zqone'
        ? {
            pauses: [
              [': begun\n\n', gate],
              [chat.text('At last.') + chat.end(), 0],
            ],
          }
        : { body: chat.text('quickquince') + chat.end() },
    );
    const money = await moneyOf(member);
    const asked: Asked = await send(member, {
      prompt: 'Fruit?',
      modelIds: ['zqalpha/zqone', 'zqbeta/zqthree'],
      blind: true,
    });
    const { db } = database();
    await eventually(async () => {
      const rows = await db.selectFrom('response').select('id').where('text', '=', 'quickquince').execute();
      expect(rows).toHaveLength(1);
    });
    const answers = await everything(asked, { search: 'quickquince', streams: false });
    for (const [name, text] of answers) {
      if (!name.startsWith('conversations')) expect([name, text.includes('quickquince')]).toEqual([name, false]);
    }
    expect(leaksIn(answers)).toEqual({});
    expect(JSON.parse(answers.get('conversations.totalCount') ?? '').data.conversations.totalCount).toBe(0);
    expect(JSON.parse(answers.get('searchHits.totalCount') ?? '').data.searchHits.totalCount).toBe(0);
    expect((await moneyOf(member)).usage).toEqual(money.usage);
    end();
    await eventsOf(
      member.subscribe('sse', 'subscription ($id: ID!) { streamResponse(turnId: $id) { responseId } }', {
        id: asked.turn.id,
      }),
    );
    const found = await everything(asked, { search: 'quickquince', streams: false });
    expect(JSON.parse(found.get('conversations.totalCount') ?? '').data.conversations.totalCount).toBe(1);
    expect(leaksIn(found)).toEqual({});
  });

  it('tells nowhere which answer is a merge of the others, before the merge is written, while it is, and after', async () => {
    let end: () => void = () => {};
    const gate = new Promise<void>((resolve) => {
      end = resolve;
    });
    const others = answerWithNeedles(texts);
    wire.respondWith((request) => {
      if (!JSON.stringify(request.body).includes('End of Question')) return others(request);
      return {
        pauses: [
          [': begun\n\n', gate],
          [chat.text('The third answer says quinces, ') + chat.text('and nothing more of them.') + chat.end(), 0],
        ],
      };
    });
    const asked: Asked = await send(member, {
      prompt: 'Fruit?',
      modelIds: needleModels,
      blind: true,
      merge: { modelId: 'zqbeta/zqthree', instruction: 'zqmerge' },
    });
    expect(asked.turn.responses.map(({ model }) => model.id)).toEqual(['blind/A', 'blind/B', 'blind/C']);
    const walk = await SchemaWalk.of(member);
    const args = `(turnId: ${JSON.stringify(asked.turn.id)})`;
    const live = (['ws', 'sse'] as const).flatMap((over) =>
      [false, true].map((slow) =>
        eventsOf(member.subscribe(over, walk.subscriptionTo('streamResponse', args, 3, { slow }))),
      ),
    );
    const { db } = database();
    await eventually(async () => {
      const rows = await db.selectFrom('response').select('id').where('text', 'like', 'The other answer%').execute();
      expect(rows.length).toBeGreaterThan(0);
      expect(wire.requests.some(({ body }) => JSON.stringify(body).includes('End of Question'))).toBe(true);
    });
    const waiting = await everything(asked, { search: 'pears', streams: false });
    expectAlike(asked, waiting);
    for (const [name, text] of waiting) if (!name.startsWith('conversations')) expect(text).not.toContain('pears');
    end();
    const streams = await Promise.all(live);
    const hidden = await everything(asked);
    expectAlike(asked, hidden);
    for (const stream of [
      ...streams,
      ...[...hidden].flatMap(([name, text]) => (name.startsWith('stream ') ? text : [])),
    ]) {
      expect(stream).toContain('quinces');
      expect(laneEventsIn(asked, stream)).toEqual(
        asked.turn.responses.map(() => ['ResponseStarted', 'TextDelta', 'ResponseFinished']),
      );
      expect(foundIn(stream)).toEqual([]);
      expect(stream).not.toMatch(/COMBINE|zqmerge/);
    }
    await reveal(asked.turn.id);
    const told = [...(await everything(asked, { streams: false })).values()].join();
    for (const word of ['COMBINE', 'zqmerge']) expect(told).toContain(word);
  }, 90_000);

  /** Expects that what was read has no needle, no word on a merge, and the same of all answers but their texts. */
  function expectAlike(asked: Asked, answers: ReadonlyMap<string, string>): void {
    expect(leaksIn(answers)).toEqual({});
    for (const [name, text] of answers) {
      expect([name, /COMBINE|zqmerge|"(?:mergedFrom|Response_mergedFrom)":\[\{/.exec(text)?.[0]]).toEqual([
        name,
        undefined,
      ]);
    }
    const { data } = JSON.parse(answers.get('node Turn.responses') ?? '');
    const all = (data.node.responses as object[]).map((response, lane) =>
      laneless(JSON.stringify(response), asked, lane),
    );
    expect(all).toHaveLength(asked.turn.responses.length);
    for (const one of all) expect(one).toBe(all[0]);
  }

  /** What is told of an answer, without what tells its lane, and without its text. */
  function laneless(told: string, { turn }: Asked, lane: number): string {
    const letter = String.fromCharCode(65 + lane);
    return (
      told
        .replaceAll(turn.responses[lane]?.id as string, 'its id')
        .replaceAll(`blind/${letter}`, 'its model')
        .replaceAll(`Answer ${letter}`, 'Its name')
        .replaceAll(/"(\w*lane)":\d+/g, '"$1":0')
        // Rows of one statement get their times one after the other, by lane.
        .replaceAll(/"createdAt":"[^"]*"/g, '')
        .replaceAll(/The (first|other|third) answer[^"]*/g, '')
    );
  }

  /** The kinds of events of each lane, in the order of the lanes; several deltas in a row count as one. */
  function laneEventsIn({ turn }: Asked, stream: string): string[][] {
    const events = stream.split('\n').map((line) => JSON.parse(line).data.streamResponse);
    return turn.responses.map(({ id }) => {
      const own = events.filter(({ responseId }) => responseId === id);
      return own.map(({ __typename }) => __typename).filter((kind, at, kinds) => kind !== kinds[at - 1]);
    });
  }

  /** All figures of money that the member sees, of the team and the key too. */
  async function moneyOf(client: Client) {
    const { viewer } = await client.gql(`{ viewer {
      credits { balance }
      teams {
        credits { balance held available entries(first: 20) { edges { node { amount balanceAfter } } totalCount } }
        members { spentThisMonth }
        usage { total { credits responses } }
      }
      apiKeys { spentThisMonth }
      alerts { scope percent spent }
      usage(groupBy: KEY) { rows { credits } total { credits responses } }
    } }`);
    return viewer;
  }

  it('moves neither a team’s money nor a key’s before the reveal', async () => {
    const team = await newTeam(admin, {
      name: 'Judges',
      monthlyCredits: 900_000_000,
      memberMonthlyCredits: 800_000_000,
    });
    await join(admin, team, member, { owner: true });
    const { createApiKey } = await member.gql(
      'mutation { createApiKey(name: "judge", scopes: [READ, PROMPT], monthlyCredits: 2600000) { secret } }',
    );
    const key = connect(app.url, { key: createApiKey.secret });
    const before = await moneyOf(member);
    const asked: Asked = await send(key, {
      prompt: 'Fruit?',
      modelIds: needleModels,
      blind: true,
      payerId: team.id,
    });
    expect(asked).toMatchObject({ __typename: 'SendPromptPayload' });
    const during = await moneyOf(member);
    await eventsOf(
      member.subscribe('sse', 'subscription ($id: ID!) { streamResponse(turnId: $id) { responseId } }', {
        id: asked.turn.id,
      }),
    );
    const hidden = await moneyOf(member);
    expect(hidden).toEqual(during);
    const { held, available } = hidden.teams[0].credits;
    expect(held).toBeGreaterThan(0);
    expect(available).toBe(before.teams[0].credits.available - held);
    expect(hidden).toEqual({
      ...before,
      teams: [{ ...before.teams[0], credits: { ...before.teams[0].credits, held, available } }],
    });
    await reveal(asked.turn.id);
    const after = await moneyOf(member);
    const spent = after.apiKeys[0].spentThisMonth;
    expect(spent).toBeGreaterThan(0);
    expect(after.alerts).toEqual([{ scope: 'KEY', percent: 80, spent }]);
    expect(after.teams[0].members[0].spentThisMonth).toBe(spent);
    expect(after.teams[0].usage.total).toEqual({ credits: spent, responses: 2 });
    expect(after.teams[0].credits).toMatchObject({ balance: before.teams[0].credits.balance - spent, held: 0 });
    expect(after.teams[0].credits.entries.totalCount).toBe(before.teams[0].credits.entries.totalCount + 2);
  });
});
