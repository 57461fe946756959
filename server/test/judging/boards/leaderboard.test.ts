import { sql } from 'kysely';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { giveVerdict } from '../../../src/domain/judging/giving.ts';
import { type Client, connect, startApp, type TestApp } from '../../setup/app.ts';
import { describeDatabases } from '../../setup/describe-databases.ts';
import { newTeam, type Team } from '../../teams/team-house.ts';
import { alpha, beta, compare, createLab, gamma, type JudgeInput, judge, labCatalogue, localId } from '../lab.ts';

const fields = `
  state words verdicts allBad judges judgesMissing moreVerdicts cut courseBy lengthOdds leftOut { open named unpaced }
  warnings { code message } course { verdicts ratings { model { id } rating } } nextPair { a { id } b { id } }
  rows {
    model { id name } merged rating ratingLow ratingHigh lengthControlledRating rankBest rankWorst enough verdicts allBad wins losses
    ties winRate creditsPerAnswer creditsLow winRatePer1000Credits firstTokenMs outputTokens characters efficient
  }
  pairs { a { id } b { id } aWins bWins ties chance words }`;

const document = `query ($from: DateTime, $to: DateTime, $topic: String, $teamId: ID, $source: VerdictSource, $blindOnly: Boolean) {
  leaderboard(from: $from, to: $to, topic: $topic, teamId: $teamId, source: $source, blindOnly: $blindOnly) { ${fields} }
}`;

describeDatabases('the leaderboard', (database) => {
  const lab = createLab();
  let app: TestApp;
  let admin: Client;
  let members: Client[];
  let team: Team;
  const start = (models = labCatalogue.models) =>
    startApp({
      database: database(),
      catalogue: { ...labCatalogue, models },
      languageModels: { lab: lab.languageModel },
    });
  const board = async (client: Client, filter: Record<string, unknown> = {}) =>
    (await client.gql(document, filter)).leaderboard;

  /** The member judges a turn over these models: the place of the best, or a kind. */
  async function say(client: Client, models: string[], outcome: number | 'TIE' | 'ALL_BAD', rest: Said = {}) {
    const { blind = true, unpaced = false, payerId, ...input } = rest;
    const asked = await compare(client, models, payerId ? { payerId } : {});
    const id = localId(asked.turn.id);
    if (blind)
      await sql`update turn set blind = true, unpaced = ${unpaced} where id = ${id}::uuid`.execute(database().db);
    const ballot: JudgeInput =
      typeof outcome === 'number' ? { kind: 'BEST', bestResponseIds: [asked.ids[outcome] ?? ''] } : { kind: outcome };
    await judge(client, asked, { ...ballot, ...input });
    return asked;
  }

  beforeAll(async () => {
    app = await start();
    admin = await app.newMember('Admin');
    members = [await app.newMember(), await app.newMember(), await app.newMember()];
    const [one, two] = members as [Client, Client, Client];
    team = await newTeam(admin, { name: 'Press', monthlyCredits: 1_000_000 }, one, two);
  });
  afterAll(async () => {
    await app?.close();
    expect(app?.errors).toEqual([]);
  });

  it('is for members, and refuses a range that ends before it begins and a topic that is too long', async () => {
    const [one] = members as [Client];
    expect(await board(one)).toMatchObject({ state: 'NO_VERDICTS', rows: [], words: 'There are no verdicts yet.' });
    const refused = async (filter: Record<string, unknown>, client = one) =>
      (await client.post(document, filter)).errors?.[0]?.extensions;
    expect(await refused({}, connect(app.url))).toMatchObject({ code: 'UNAUTHENTICATED' });
    const backwards = { from: '2026-02-01T00:00:00Z', to: '2026-01-01T00:00:00Z' };
    expect(await refused(backwards)).toMatchObject({ code: 'BAD_USER_INPUT', field: 'to' });
    expect(await refused({ topic: 'x'.repeat(90) })).toMatchObject({ code: 'BAD_USER_INPUT', field: 'topic' });
    expect(await refused({ teamId: Buffer.from('Team:no').toString('base64') })).toMatchObject({ code: 'NOT_FOUND' });
  });

  it('counts two members’ verdicts, and rates models from the third member on', async () => {
    const [one, two, three] = members as [Client, Client, Client];
    for (const client of [one, two]) {
      await say(client, [alpha, beta], 0, { topic: 'prose' });
      await say(client, [beta, gamma], 'TIE');
      await say(client, [alpha, gamma], 'ALL_BAD');
    }
    const few = await board(one);
    expect(few).toMatchObject({
      state: 'TOO_FEW_JUDGES',
      verdicts: 4,
      allBad: 2,
      judges: 2,
      judgesMissing: 1,
      course: [],
    });
    expect(few.words).toContain('one more is missing');
    expect(few.rows.map(({ rating }: { rating: number | null }) => rating)).toEqual([null, null, null]);
    for (let times = 0; times < 3; times++) await say(three, [alpha, beta, gamma], 0);
    const rated = await board(one);
    expect(rated).toMatchObject({
      ...{ state: 'CANNOT_TELL', verdicts: 7, judges: 3, courseBy: 'WEEK', warnings: [], cut: false },
      leftOut: { open: 0, named: 0, unpaced: 0 },
      moreVerdicts: expect.any(Number),
    });
    expect(rated.rows[0]).toMatchObject({
      ...{ model: { id: alpha, name: 'alpha' }, merged: false, verdicts: 5, allBad: 2, wins: 8, losses: 0, ties: 0 },
      ...{ winRate: 1, creditsPerAnswer: 20, winRatePer1000Credits: 50, outputTokens: 5, rankBest: 1, efficient: true },
    });
    expect(rated.rows[0].rating).toBeGreaterThan(1000);
    expect(rated.course.at(-1)).toMatchObject({ verdicts: 7, ratings: { length: 3 } });
    const pair = rated.pairs.find(({ a, b }: Pair) => a.id === alpha && b.id === beta);
    expect(pair).toMatchObject({
      aWins: 5,
      bWins: 0,
      ties: 0,
      words: expect.stringMatching(/^alpha beats beta in \d+ of 100/),
    });
    expect(await board(one, { topic: 'Prose' })).toMatchObject({ verdicts: 2, allBad: 0, rows: { length: 2 } });
    expect(await board(one, { to: '2020-01-01T00:00:00Z' })).toMatchObject({ state: 'NO_VERDICTS' });
    // A finer period would tell when a verdict was given.
    const midnight = `${new Date().toISOString().slice(0, 10)}T00:00:00.001Z`;
    expect((await board(one, { to: midnight })).verdicts).toBeGreaterThan(0);
  });

  it('leaves out verdicts of those who knew the models, saw their speeds or read a name, and tells how many', async () => {
    const [one] = members as [Client];
    const { verdicts } = await board(one);
    await say(one, [alpha, beta], 1, { blind: false });
    await say(one, [alpha, beta], 1, { unpaced: true });
    lab.say('beta', 'I am Claude by Anthropic.');
    await say(one, [alpha, beta], 1);
    lab.reset();
    expect(await board(one)).toMatchObject({ verdicts, leftOut: { open: 1, named: 1, unpaced: 1 } });
    expect(await board(one, { blindOnly: false })).toMatchObject({
      ...{ verdicts: verdicts + 3, leftOut: { open: 0, named: 0, unpaced: 0 } },
      pairs: expect.arrayContaining([expect.objectContaining({ aWins: 5, bWins: 3 })]),
    });
  });

  it('follows a verdict that is changed, and one that another process gives', async () => {
    const [one] = members as [Client];
    const asked = await say(one, [alpha, gamma], 0, { topic: 'changing' });
    const wins = async () => {
      const { pairs } = await board(one, { topic: 'changing', blindOnly: false });
      return pairs.map(({ a, aWins, bWins }: Pair) => [a.id, aWins, bWins]);
    };
    expect(await wins()).toEqual([[alpha, 1, 0]]);
    await judge(one, asked, { kind: 'BEST', bestResponseIds: [asked.ids[1] ?? ''], topic: 'changing' });
    expect(await wins()).toEqual([[alpha, 0, 1]]);
    await sql`
      update verdict_contestant set best = not best
      where verdict_id = (select id from verdict where topic = 'changing')`.execute(database().db);
    await sql`update verdict set kind = 'BEST' where topic = 'changing'`.execute(database().db);
    expect(await wins()).toEqual([[alpha, 1, 0]]);
  });

  it('of a team is for its members and for admins, and has what the team paid for', async () => {
    const [one, two, three] = members as [Client, Client, Client];
    await say(one, [beta, gamma], 0, { payerId: team.id });
    for (const client of [two, admin]) {
      expect(await board(client, { teamId: team.id })).toMatchObject({ verdicts: 1, judges: 1, rows: { length: 2 } });
    }
    const { errors } = await three.post(document, { teamId: team.id });
    expect(errors?.[0]?.extensions.code).toBe('NOT_FOUND');
  });

  it('of models that judge is another one', async () => {
    const [one] = members as [Client];
    const before = await board(one);
    const { ids, turn } = await compare(one, [alpha, beta]);
    const { db } = database();
    const judging = { db, catalogue: app.parts.config.catalogue, notifications: { publish() {} } };
    await giveVerdict(judging, {
      ...{ judge: { modelId: gamma }, turnId: localId(turn.id), kind: 'BEST', order: null, blind: true },
      bestResponseIds: [localId(ids[0] ?? '')],
    });
    expect(await board(one)).toEqual(before);
    const { rows, ...rest } = await board(one, { source: 'JUDGES' });
    expect(rest).toMatchObject({ verdicts: 1, judges: 1, judgesMissing: 0, state: 'CANNOT_TELL' });
    expect(rows.map(({ model, rating }: Row) => [model.id, rating > 1000])).toEqual([
      [alpha, true],
      [beta, false],
    ]);
  });

  it('keeps what was said of a model that is renamed, switched off or gone from the catalogue', async () => {
    const [one] = members as [Client];
    const before = await board(one);
    await admin.gql('mutation { setModelEnabled(modelId: "lab/shaky", enabled: false) { id } }');
    await app.close();
    const renamed = labCatalogue.models
      .filter(({ id }) => id !== gamma)
      .map((model) => (model.id === alpha ? { ...model, name: 'Alpha the Second' } : model));
    app = await start(renamed);
    const [reader, { db }] = [connect(app.url, one), database()];
    const after = await board(reader);
    expect(after.rows.map(({ model, rating }: Row) => [model.name, rating])).toEqual(
      before.rows.map(({ model, rating }: Row) => [model.id === alpha ? 'Alpha the Second' : model.name, rating]),
    );
    // Nobody can judge what is gone, nor what is merged.
    expect(before.nextPair).toMatchObject({ a: { id: alpha }, b: { id: gamma } });
    expect(after.nextPair).toMatchObject({ a: { id: alpha }, b: { id: beta } });
    await sql`update verdict_contestant set merged = true where model_id = ${beta}`.execute(db);
    await sql`update verdict set changed_at = now()`.execute(db);
    expect((await board(reader)).nextPair).toBeNull();
  });
});

interface Said {
  blind?: boolean;
  unpaced?: boolean;
  topic?: string;
  payerId?: string;
}

interface Pair {
  a: { id: string };
  b: { id: string };
  aWins: number;
  bWins: number;
}

interface Row {
  model: { id: string; name: string };
  rating: number;
}
