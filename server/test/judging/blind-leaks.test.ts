import { afterAll, beforeAll, expect, it } from 'vitest';
import { revealTurn } from '../../src/domain/conversations/revealing.ts';
import { parseGlobalId } from '../../src/domain/ground/global-ids.ts';
import { type Asked, accountOf, send } from '../api/asking.ts';
import { type Client, type Subscription, startApp, type TestApp } from '../setup/app.ts';
import { describeDatabases } from '../setup/describe-databases.ts';
import { quickPasswords } from '../setup/members.ts';
import { startWireServer, type WireServer } from '../wire-server.ts';
import { answerWithNeedles, foundIn, needleCatalogue, needleModels, needles } from './needles.ts';
import { SchemaWalk } from './schema-walk.ts';

const texts = { first: 'The first answer says plums.', other: 'The other answer says pears, and more of them.' };

describeDatabases('a blind turn before its reveal', (database) => {
  let wire: WireServer;
  let app: TestApp;
  let member: Client;
  beforeAll(async () => {
    wire = await startWireServer();
    wire.respondWith(answerWithNeedles(texts));
    const catalogue = { ...needleCatalogue(wire), defaultModels: ['mock/swift'] };
    app = await startApp({ database: database(), catalogue, retryDelayMs: 1, passwords: quickPasswords });
    await app.newMember();
    member = await app.newMember();
  });
  afterAll(async () => {
    await app?.close();
    await wire?.close();
  });

  async function reveal(turnId: string): Promise<void> {
    const { db } = database();
    const { id: userId } = await db
      .selectFrom('user')
      .select('id')
      .where('email', '=', member.email)
      .executeTakeFirstOrThrow();
    await revealTurn({ db, notifications: { publish() {} } }, userId, parseGlobalId(turnId)?.id as string);
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
      `/chat/conversations?userId=me`,
      `/chat/conversation?userId=me&conversationId=${encodeURIComponent(conversation.id)}`,
      '/health',
    ];
    const answers = new Map<string, string>();
    for (const path of paths) {
      const response = await fetch(`${app.url}${path}`, { headers: { cookie: member.cookie } });
      answers.set(path, await response.text());
    }
    return answers;
  }

  async function everything(asked: Asked): Promise<Map<string, string>> {
    const walk = await SchemaWalk.of(member);
    const { id: turnId } = asked.turn;
    const { viewer } = await member.gql('{ viewer { id credits { entries(first: 5) { edges { node { id } } } } } }');
    const entries = viewer.credits.entries.edges.map(({ node }: { node: { id: string } }) => node.id);
    const nodes = [turnId, asked.conversation.id, viewer.id, ...asked.turn.responses.map(({ id }) => id), ...entries];
    await walk.askEverything(nodes, {
      conversation: `(id: ${JSON.stringify(asked.conversation.id)})`,
      conversations: '(first: 5, search: "plums")',
      quote: `(input: { prompt: "And?", blind: true, conversationId: ${JSON.stringify(asked.conversation.id)} })`,
    });
    const args = `(turnId: ${JSON.stringify(turnId)})`;
    for (const over of ['ws', 'sse'] as const) {
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
    const asked: Asked = await send(member, { prompt: 'Fruit?', modelIds: needleModels, blind: true });
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
    // The money stands still, and its ledger adds up.
    const held = await accountOf(member);
    expect(held.balance).toBe(before.balance);
    expect(held.entries).toEqual(before.entries);
    expect(held.held).toBeGreaterThan(0);

    await reveal(asked.turn.id);
    const told = await everything(asked);
    const found = new Set(Object.values(leaksIn(told)).flat());
    expect([...found].sort()).toEqual([...needles].sort());
    expect(foundIn(told.get('/export/my-data.json') ?? '')).toContain('zqone');
    expect(foundIn(told.get('/export/usage.csv?groupBy=model') ?? '')).toEqual(
      expect.arrayContaining(['zqone', 'zqthree']),
    );
    const after = await accountOf(member);
    expect(after.held).toBe(0);
    expect(after.balance).toBe(after.entries.reduce((sum, { amount }) => sum + amount, 0));
    expect(after.balance).toBeLessThan(before.balance);
    expect(after.entries.at(-1)?.balanceAfter).toBe(after.balance);
    // Nothing that was read before has a figure that is known now.
    const figures = after.entries
      .slice(before.entries.length)
      .flatMap(({ amount, balanceAfter }) => [-amount, balanceAfter]);
    const all = [...hidden.values(), ...live.values()].join('\n');
    for (const figure of figures) expect(all).not.toContain(String(figure));
  });
});
