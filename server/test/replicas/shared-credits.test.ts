import { decodeGlobalID } from '@pothos/plugin-relay';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { expectSettled, type PromptInput, send } from '../api/asking.ts';
import { expectReconciled } from '../credits/audit.ts';
import { until } from '../credits/house.ts';
import { type Client, connect, signUp } from '../setup/app.ts';
import { openCopy, type TestDatabase } from '../setup/describe-databases.ts';
import { newTeam, seen, type Team, userIdOf } from '../teams/team-house.ts';
import { startWireServer, streamBeginning, streamBody, type WireRequest, type WireServer } from '../wire-server.ts';
import { prepareReplicas, type Replica, type Replicas } from './replicas.ts';

/** A token of input costs 1 credit, one of an answer 4. */
const model = {
  id: 'openai/gpt-4.1',
  minimumTier: 'FREE',
  inputPriceUsd: 1,
  outputPriceUsd: 4,
  maxOutputTokens: 1000,
  fallbacks: [],
};
/** Input tokens of every prompt, as the provider reports them. */
const INPUT_TOKENS = 8;

/** Words of the answers to 200 prompts. */
const lengths = Array.from({ length: 200 }, (_, index) => 20 + ((index * 37) % 90));
const total = sum(lengths.map(costOf));
/** The last prompt to start needs what an answer is likely to cost, which is more than any of these does. */
const spare = 2_100;

describe.runIf(inject('databases').postgres)('three server processes that share an account', () => {
  let database: TestDatabase & { url: string };
  let wire: WireServer;
  let replicas: Replicas;
  let servers: Replica[];
  let admin: Client;
  beforeAll(async () => {
    database = await openCopy('template');
    wire = await startWireServer();
    // Holds grow for members on the first plan; on the last plan they are the worst case.
    const tiers = { growingHolds: true, monthlyCredits: total + spare };
    const catalogue = { models: [model], tiers };
    // A busy machine may be late to renew a lease, and an answer that is taken over is not whole.
    replicas = await prepareReplicas({ databaseUrl: database.url, wire, catalogue, env: { LEASE_SECONDS: '60' } });
    servers = await Promise.all([replicas.start(), replicas.start(), replicas.start()]);
    admin = await signUp((servers[0] as Replica).url);
  });
  afterEach(() => wire.reset());
  afterAll(async () => {
    const isError = (line: string) => /unhandled|deadlock|"level":[56]0/i.test(line);
    for (const { complaints } of servers ?? []) expect(complaints.filter(isError)).toEqual([]);
    await replicas?.close();
    await wire?.close();
    await database?.close();
  });

  it('answer 200 prompts at once to the last word and spend exactly what they cost, though a seventh of their worst case is there', {
    timeout: 120_000,
  }, async () => {
    wire.respondWith(tell);
    const member = await signUp((servers[0] as Replica).url);
    expect((await quoteOf(member)).maximum * lengths.length).toBeGreaterThan(7 * (total + spare));
    const results = await Promise.all(lengths.map((length, at) => send(memberAt(member, at), promptFor(length))));
    expect(results.filter(({ __typename }) => __typename !== 'SendPromptPayload')).toEqual([]);
    await settled();

    const account = await accountOwnedBy('user_id', decodeGlobalID(await userIdOf(member)).id);
    const answers = await answersPaidBy(account);
    expect(answers).toHaveLength(200);
    const isWhole = ({ prompt, text }: { prompt: string; text: string }) => text === words(Number(prompt)).join('');
    expect(answers.filter((answer) => !isWhole(answer))).toEqual([]);
    for (const { prompt, text: _whole, ...end } of answers) {
      expect(end).toMatchObject({ status: 'COMPLETED', finish_reason: 'STOP', shortened_by: null });
      expect(end.credits_charged).toBe(costOf(Number(prompt)));
    }
    expect((await expectSettled(member)).balance).toBe(spare);
    await expectExactBooks(account, { spent: total });
  });

  it('share a team’s last credits among its racing members: what fits is whole, the rest ends at a paid word or is refused', {
    timeout: 120_000,
  }, async () => {
    wire.respondWith(tell);
    const raced = lengths.slice(0, 60);
    const monthlyCredits = Math.floor(sum(raced.map(costOf)) / 3);
    const { team, clients } = await racingTeam({ name: 'Racing', monthlyCredits });
    const results = await Promise.all(
      raced.map((length, at) =>
        send(clients[at % clients.length] as Client, { ...promptFor(length), payerId: team.id }),
      ),
    );
    await settled();

    const refused = results.filter(({ __typename }) => __typename === 'InsufficientCreditsError');
    const admitted = results.filter(({ __typename }) => __typename === 'SendPromptPayload');
    expect(refused.length).toBeGreaterThan(0);
    expect(refused.length + admitted.length).toBe(raced.length);
    const { credits } = await seen(clients[0] as Client, team);
    expect(credits.held).toBe(0);
    // Nobody was refused while there was enough to begin with.
    for (const { required } of refused) expect(credits.available).toBeLessThan(required);
    const account = await accountOwnedBy('team_id', decodeGlobalID(team.id).id);
    const answers = await answersPaidBy(account);
    expect(answers).toHaveLength(admitted.length);
    for (const { prompt, text, ...end } of answers) {
      const whole = words(Number(prompt)).join('');
      const isShortened = end.shortened_by !== null;
      expect(isShortened ? whole.startsWith(text) : text === whole).toBe(true);
      expect(end).toMatchObject({
        status: 'COMPLETED',
        finish_reason: isShortened ? 'LENGTH' : 'STOP',
        shortened_by: isShortened ? 'CREDITS' : null,
      });
      if (!isShortened) expect(end.credits_charged).toBe(costOf(Number(prompt)));
    }
    await expectExactBooks(account, { spent: monthlyCredits - credits.balance });
  });

  it('admit exactly the prompts whose worst case a team’s last credits pay for, and once more with what those give back', {
    timeout: 60_000,
  }, async () => {
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const text = words(40);
    const beginning = streamBeginning('openai.chat', { text: text.slice(0, 1) });
    const whole = streamBody('openai.chat', { text: text.slice(1), usage: { input: INPUT_TOKENS, output: 80 } });
    wire.respondWith(() => ({
      pauses: [
        [beginning, released],
        [whole, 0],
      ],
    }));
    const { maximum } = await quoteOf(admin);
    const funds = 7 * maximum + 3;
    const { team, members, clients } = await racingTeam({ name: 'Careful', monthlyCredits: funds });
    for (const member of members) {
      await admin.gql('mutation ($id: ID!) { setTier(userId: $id, tier: ENTERPRISE) { id } }', {
        id: await userIdOf(member),
      });
    }
    const race = async () => {
      const results = await Promise.all(
        Array.from({ length: 40 }, (_, at) =>
          send(clients[at % clients.length] as Client, { ...promptFor(40), payerId: team.id }),
        ),
      );
      const kinds = results.map(({ __typename }) => __typename);
      const admitted = kinds.filter((kind) => kind === 'SendPromptPayload').length;
      expect(kinds.filter((kind) => kind === 'InsufficientCreditsError')).toHaveLength(40 - admitted);
      return admitted;
    };
    const creditsOf = async () => (await seen(members[0] as Client, team)).credits;

    expect(await race()).toBe(7);
    expect(await creditsOf()).toMatchObject({ balance: funds, held: 7 * maximum, available: 3 });
    await expectReconciled(database.db);
    release();
    await settled();
    const left = funds - 7 * costOf(40);
    expect(await creditsOf()).toMatchObject({ balance: left, held: 0 });

    // What is settled is raced for again. Now answers end while others begin, and give back what they do not need.
    const again = await race();
    await settled();
    expect(again).toBeGreaterThanOrEqual(Math.floor(left / maximum));
    expect(await creditsOf()).toMatchObject({ balance: left - again * costOf(40), held: 0 });
    const account = await accountOwnedBy('team_id', decodeGlobalID(team.id).id);
    await expectExactBooks(account, { spent: (7 + again) * costOf(40) });
  });

  /** The member at one of the processes, in turn. */
  function memberAt(member: Client, at: number): Client {
    return connect((servers[at % servers.length] as Replica).url, member);
  }

  async function quoteOf(member: Client): Promise<{ maximum: number }> {
    const document = 'query ($input: SendPromptInput!) { quote(input: $input) { maximum } }';
    return (await member.gql(document, { input: promptFor(40) })).quote;
  }

  /** A team of two, and both of them at each of the processes. */
  async function racingTeam(input: { name: string; monthlyCredits: number }) {
    const members = [await signUp(admin.url), await signUp(admin.url)];
    const team: Team = await newTeam(admin, input, ...members);
    return { team, members, clients: servers.flatMap((_, at) => members.map((member) => memberAt(member, at))) };
  }

  async function settled(): Promise<void> {
    const open = () => database.db.selectFrom('response').select('id').where('lease_until', 'is not', null).execute();
    await until(async () => (await open()).length === 0, 'all answers have ended', 60_000);
  }

  async function accountOwnedBy(owner: 'user_id' | 'team_id', id: string): Promise<string> {
    const account = database.db.selectFrom('credit_account').select('id').where(owner, '=', id);
    return (await account.executeTakeFirstOrThrow()).id;
  }

  function answersPaidBy(account: string) {
    return database.db
      .selectFrom('response')
      .innerJoin('turn', 'turn.id', 'response.turn_id')
      .select(['turn.prompt', 'response.text', 'response.status', 'finish_reason', 'shortened_by', 'credits_charged'])
      .where('response.credit_account_id', '=', account)
      .execute();
  }

  /** Receipts, charges and the difference of the balance are one sum, and the balance was never below zero. */
  async function expectExactBooks(account: string, { spent }: { spent: number }): Promise<void> {
    const { db } = database;
    const receipts = await db
      .selectFrom('receipt')
      .select('credits')
      .where('credit_account_id', '=', account)
      .execute();
    const entries = await db.selectFrom('credit_entry').selectAll().where('credit_account_id', '=', account).execute();
    const charges = entries.filter(({ kind }) => kind === 'CHARGE');
    expect(sum(receipts.map(({ credits }) => credits))).toBe(spent);
    expect(-sum(charges.map(({ amount }) => amount))).toBe(spent);
    expect(Math.min(...entries.map(({ balance_after }) => balance_after))).toBeGreaterThanOrEqual(0);
    await expectReconciled(db);
  }
});

function sum(credits: readonly number[]): number {
  return credits.reduce((all, one) => all + one, 0);
}

/** Each word is two tokens. */
function words(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `word${index % 40} `);
}

function costOf(length: number): number {
  return INPUT_TOKENS + 4 * 2 * length;
}

/** A prompt that asks for so many words. */
function promptFor(length: number): PromptInput {
  return { prompt: String(length), modelIds: [model.id] };
}

/** Writes as many words as the prompt says, over some hundred milliseconds. */
function tell({ api, body }: WireRequest) {
  const length = Number(body.messages.at(-1).content);
  const usage = { input: INPUT_TOKENS, output: 2 * length };
  return { body: streamBody(api, { text: words(length), usage }), pieces: [900], pieceDelayMs: 15 };
}
