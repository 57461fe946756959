import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { accountOf, expectSettled } from '../api/asking.ts';
import { expectReconciled } from '../credits/audit.ts';
import { until } from '../credits/house.ts';
import { type Client, startApp, type TestApp } from '../setup/app.ts';
import { describeDatabases } from '../setup/describe-databases.ts';
import { startWireServer, streamBody, type WireServer } from '../wire-server.ts';
import { type Door, doorsOf, question } from './crowd-doors.ts';
import { makeKey } from './openai/openai-client.ts';

const text = ['The tide comes in, ', 'and it goes ', 'out again.'];
/** Nine tokens at 2 credits and three at 8. */
const usage = { input: 9, output: 3 };
const charge = 42;
const affordable = 10;
const callsOfDoor = 15;

describeDatabases('a crowd of calls over four protocols', (database) => {
  let wire: WireServer;
  let app: TestApp;
  let admin: Client;
  let maximum: number;
  beforeAll(async () => {
    wire = await startWireServer();
    const model = { id: question.model, minimumTier: 'FREE', inputPriceUsd: 2, outputPriceUsd: 8 };
    app = await startApp({ database: database(), wire, catalogue: { models: [model] } });
    admin = await app.newMember();
    const input = {
      prompt: question.prompt,
      modelIds: [question.model],
      parameters: { maxOutputTokens: question.tokensMax },
    };
    const { quote } = await admin.gql('query ($input: SendPromptInput!) { quote(input: $input) { maximum } }', {
      input,
    });
    maximum = quote.maximum;
  });
  beforeEach(() => {
    wire.reset();
    wire.respondWith(({ api }) => ({ body: streamBody(api, { text, usage }) }));
  });
  afterAll(async () => {
    await app?.close();
    await wire?.close();
    expect(app?.errors).toEqual([]);
  });

  interface Program {
    member: Client;
    userId: string;
    doors: Door[];
  }

  async function newProgram(): Promise<Program> {
    const member = await app.newMember();
    const key = await makeKey(member);
    const { id } = await database()
      .db.selectFrom('user')
      .select('id')
      .where('email', '=', member.email)
      .executeTakeFirstOrThrow();
    return { member, userId: id, doors: doorsOf(app, key, () => maximum) };
  }

  /** Has the admin leave a member so many credits. */
  async function leave({ member }: Program, credits: number): Promise<void> {
    const { balance } = await accountOf(member);
    const find = 'query ($search: String!) { admin { users(search: $search) { edges { node { id } } } } }';
    const { users } = (await admin.gql(find, { search: member.email })).admin;
    await admin.gql(
      'mutation ($id: ID!, $amount: Credits!) { adjustCredits(userId: $id, amount: $amount, note: "Test") { id } }',
      { id: users.edges[0].node.id, amount: credits - balance },
    );
  }

  const receiptsOf = ({ userId }: Program) =>
    database()
      .db.selectFrom('receipt')
      .select(['credits_held', 'credits', 'api_key_id'])
      .where('user_id', '=', userId)
      .execute();

  const responsesOf = ({ userId }: Program) =>
    database().db.selectFrom('response').select(['turn_id', 'status']).where('user_id', '=', userId).execute();

  it('holds and charges the same for a call, however it is made', async () => {
    const program = await newProgram();
    const ways = program.doors.flatMap((door) => door.ways);
    for (const ask of ways) expect(await ask()).toBe(text.join(''));
    const receipts = await receiptsOf(program);
    expect(receipts).toHaveLength(ways.length);
    for (const receipt of receipts) expect(receipt).toMatchObject({ credits_held: maximum, credits: charge });
  });

  interface Outcome {
    door: Door;
    /** Null: the call was refused. */
    text: string | null;
    refusal: unknown;
  }

  /** Makes all calls at once; the provider answers none of them before each is admitted or refused. */
  async function crowdIn({ doors }: Program, whenAllAreIn: () => Promise<void>): Promise<Outcome[]> {
    let answerAll = () => {};
    const allAreIn = new Promise<void>((resolve) => {
      answerAll = resolve;
    });
    wire.respondWith(async ({ api }) => {
      await allAreIn;
      return { body: streamBody(api, { text, usage }) };
    });
    let refused = 0;
    const make = async (door: Door, index: number): Promise<Outcome> => {
      try {
        return { door, text: await wayOf(door, index)(), refusal: null };
      } catch (refusal) {
        refused += 1;
        return { door, text: null, refusal };
      }
    };
    // The protocols take turns, and within each its ways do.
    const outcomes = Promise.all(
      Array.from({ length: callsOfDoor }, (_, index) => doors.map((door) => make(door, index))).flat(),
    );
    const calls = callsOfDoor * doors.length;
    await until(() => refused + wire.requests.length >= calls, 'all calls are admitted or refused', 60_000);
    await whenAllAreIn();
    answerAll();
    return outcomes;
  }

  it.each([
    ['nothing more', (): number => 0],
    ['all but a credit of one more', (): number => maximum - 1],
  ] as const)(
    'makes exactly the ten calls that fit, of an account that has their credits and %s',
    async (_, more) => {
      const program = await newProgram();
      const granted = affordable * maximum + more();
      await leave(program, granted);
      const outcomes = await crowdIn(program, async () => {
        expect(await accountOf(program.member)).toMatchObject({ balance: granted, held: affordable * maximum });
        await expectReconciled(database().db);
      });

      expect(outcomes).toHaveLength(60);
      expect(wire.requests).toHaveLength(affordable);
      const answered = outcomes.filter(({ text }) => text !== null);
      expect(answered.map((outcome) => outcome.text)).toEqual(Array(affordable).fill(text.join('')));
      for (const { door, refusal } of outcomes.filter(({ text }) => text === null)) {
        expect(door.isUnpaid(refusal), `${door.name}: ${refusal}`).toBe(true);
      }

      const { balance } = await expectSettled(program.member);
      expect(balance).toBe(granted - affordable * charge);
      const receipts = await receiptsOf(program);
      expect(receipts.map(({ credits }) => credits)).toEqual(Array(affordable).fill(charge));
      expect(receipts.every(({ api_key_id }) => api_key_id !== null)).toBe(true);
      // Only the prompts are kept; a call leaves no response.
      const prompts = answered.filter(({ door }) => door.name === 'GraphQL');
      expect(await responsesOf(program)).toEqual(
        prompts.map(() => ({ turn_id: expect.any(String), status: 'COMPLETED' })),
      );
      await expectReconciled(database().db);
    },
    90_000,
  );
});

function wayOf({ ways }: Door, index: number): () => Promise<string> {
  return ways[index % ways.length] as () => Promise<string>;
}
