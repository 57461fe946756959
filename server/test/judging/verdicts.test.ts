import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { checkAuditChain } from '../../src/domain/people/audit-chain.ts';
import { choose, regenerate } from '../api/asking.ts';
import { type Client, connect, startApp, type TestApp } from '../setup/app.ts';
import { describeDatabases } from '../setup/describe-databases.ts';
import { recordStatements } from '../setup/statements.ts';
import {
  alpha,
  beta,
  compare,
  createLab,
  gamma,
  judge,
  judgeDocument,
  judged,
  labCatalogue,
  localId,
  refusal,
  shaky,
} from './lab.ts';

describeDatabases('a verdict', (database) => {
  const lab = createLab();
  const statements = recordStatements();
  let app: TestApp;
  let admin: Client;
  let member: Client;
  beforeAll(async () => {
    app = await startApp({
      database: database(),
      catalogue: labCatalogue,
      languageModels: { lab: lab.languageModel },
      retryDelayMs: 1,
    });
    admin = await app.newMember('Admin');
    member = await app.newMember('Judge');
  });
  beforeEach(() => lab.reset());
  afterAll(async () => {
    await app?.close();
    expect(app?.errors).toEqual([]);
  });

  async function auditNotes({ email }: Client): Promise<string[]> {
    const { admin: seen } = await admin.gql(
      '{ admin { auditLog(first: 100) { edges { node { action note target } } } } }',
    );
    return seen.auditLog.edges
      .map(({ node }: { node: { action: string; note: string; target: string } }) => node)
      .filter(({ action, target }: { action: string; target: string }) => action === 'judgeTurn' && target === email)
      .map(({ note }: { note: string }) => note.replace(/verdict .*/, 'verdict …'));
  }

  const grow = async (verdictId: string, age: string) => {
    await sql`
      update verdict set created_at = clock_timestamp() - ${age}::interval where id = ${localId(verdictId)}::uuid`.execute(
      database().db,
    );
  };

  it('says that one answer is best, that some tie, or that all are bad, and is written to the audit log without its texts', async () => {
    const asked = await compare(member, [alpha, beta, gamma]);
    const [a = '', b = '', c = ''] = asked.ids;
    expect(await judged(member, asked)).toMatchObject({ contestants: [a, b, c], verdict: null });
    const best = await judge(member, asked, {
      kind: 'BEST',
      bestResponseIds: [b],
      topic: '  Poems\n and  ODES ',
      note: ' Because. ',
    });
    expect(best).toMatchObject({
      kind: 'BEST',
      best: [{ id: b }],
      topic: 'poems and odes',
      note: 'Because.',
      blind: false,
      unpaced: false,
      named: false,
      changedAt: null,
    });
    expect(await judge(member, asked, { kind: 'TIE' })).toMatchObject({
      id: best.id,
      best: [{ id: a }, { id: b }, { id: c }],
      topic: null,
      createdAt: best.createdAt,
      changedAt: expect.any(String),
    });
    expect(await judge(member, asked, { kind: 'TIE', bestResponseIds: [c, a, c] })).toMatchObject({
      best: [{ id: a }, { id: c }],
    });
    expect(await judge(member, asked, { kind: 'ALL_BAD' })).toMatchObject({ best: [] });
    // The same once more changes nothing.
    await judge(member, asked, { kind: 'ALL_BAD' });
    expect(await auditNotes(member)).toEqual([
      'ALL_BAD of A, B, C; not blind; verdict …',
      'TIE A, C of A, B, C; not blind; verdict …',
      'TIE A, B, C of A, B, C; not blind; verdict …',
      'BEST B of A, B, C; not blind; verdict …',
    ]);
    expect(await checkAuditChain(database().db)).toMatchObject({ broken: null });
  });

  it('is refused with the wrong number of best answers, or with texts that are too long, and leaves nothing behind', async () => {
    const asked = await compare(member, [alpha, beta]);
    const [a = '', b = ''] = asked.ids;
    const wrong = { code: 'BAD_USER_INPUT', field: 'bestResponseIds' };
    expect(await refusal(member, asked, { kind: 'BEST' })).toMatchObject(wrong);
    expect(await refusal(member, asked, { kind: 'BEST', bestResponseIds: [a, b] })).toMatchObject(wrong);
    expect(await refusal(member, asked, { kind: 'TIE', bestResponseIds: [a, a] })).toMatchObject(wrong);
    expect(await refusal(member, asked, { kind: 'ALL_BAD', bestResponseIds: [a] })).toMatchObject(wrong);
    expect(await refusal(member, asked, { kind: 'TIE', topic: 'x'.repeat(81) })).toMatchObject({ field: 'topic' });
    expect(await refusal(member, asked, { kind: 'TIE', note: 'x'.repeat(2001) })).toMatchObject({ field: 'note' });
    const other = await compare(member, [alpha, beta]);
    expect(await refusal(member, asked, { kind: 'BEST', bestResponseIds: [other.ids[0] ?? ''] })).toMatchObject(wrong);
    expect(await judged(member, asked)).toMatchObject({ verdict: null });
  });

  it('searches no texts before it is clear that it will be stored', async () => {
    const asked = await compare(member, [alpha, beta]);
    const lone = await compare(member, [alpha]);
    const [a = ''] = asked.ids;
    const searched = async (work: () => Promise<unknown>) => {
      statements.length = 0;
      await work();
      return statements.filter((text) => text.startsWith('select "id", "text", "reasoning", "refusal"')).length;
    };
    expect(await searched(() => refusal(member, lone, { kind: 'TIE' }))).toBe(0);
    expect(await searched(() => refusal(member, asked, { kind: 'BEST', bestResponseIds: lone.ids }))).toBe(0);
    expect(await searched(() => judge(member, asked, { kind: 'BEST', bestResponseIds: [a] }))).toBe(2);
    expect(await searched(() => judge(member, asked, { kind: 'TIE' }))).toBe(0);
  });

  it('compares an answer whose text begins late', async () => {
    lab.say('beta', `${' \n'.repeat(1000)}Here.`);
    const asked = await compare(member, [alpha, beta]);
    expect(await judged(member, asked)).toMatchObject({ contestants: asked.ids });
  });

  it('compares no answer that failed, and none of a model that stepped in', async () => {
    lab.say('gamma', null);
    const asked = await compare(member, [alpha, beta, gamma]);
    const [a = '', b = '', c = ''] = asked.ids;
    expect(await judged(member, asked)).toMatchObject({ contestants: [a, b] });
    expect(await refusal(member, asked, { kind: 'BEST', bestResponseIds: [c] })).toMatchObject({
      field: 'bestResponseIds',
    });
    expect(await judge(member, asked, { kind: 'TIE' })).toMatchObject({ best: [{ id: a }, { id: b }] });

    lab.say('shaky', null);
    const fallen = await compare(member, [shaky, beta]);
    expect(await judged(member, fallen)).toMatchObject({ contestants: [] });
    expect(await refusal(member, fallen, { kind: 'TIE' })).toMatchObject({
      field: 'turnId',
      message: expect.stringContaining('this turn has one'),
    });
  });

  it('does not tell, while the models are hidden, which answer is none of the model that was asked', async () => {
    lab.say('shaky', null);
    const fallen = await compare(member, [shaky, beta, gamma], { blind: true });
    expect(await judged(member, fallen)).toMatchObject({ contestants: fallen.ids });
    const refusals = await Promise.all(
      fallen.ids.map(async (id) => refusal(member, fallen, { kind: 'ALL_BAD', bestResponseIds: [id] })),
    );
    expect(new Set(refusals.map((one) => JSON.stringify({ ...one, requestId: null }))).size).toBe(1);
    expect((await judge(member, fallen, { kind: 'TIE' })).best).toHaveLength(2);
    expect((await judged(member, fallen)).contestants).toHaveLength(2);
  });

  it('compares the versions that were shown when it was first given, whatever is asked again later', async () => {
    const asked = await compare(member, [alpha, beta]);
    const [a = '', b = ''] = asked.ids;
    const again = await regenerate(member, b);
    const newer = again.turn.responses.find(({ lane }) => lane === 1)?.id ?? '';
    expect(await judged(member, asked)).toMatchObject({ contestants: [a, newer] });
    expect(await refusal(member, asked, { kind: 'BEST', bestResponseIds: [b] })).toMatchObject({
      field: 'bestResponseIds',
    });
    await judge(member, asked, { kind: 'BEST', bestResponseIds: [newer] });
    await choose(member, b, { laneOnly: true });
    expect(await refusal(member, asked, { kind: 'BEST', bestResponseIds: [b] })).toMatchObject({
      field: 'bestResponseIds',
    });
    expect(await judge(member, asked, { kind: 'BEST', bestResponseIds: [a] })).toMatchObject({ best: [{ id: a }] });
  });

  it('is one for each member and turn, however many are given at once, and the last one stays', async () => {
    const newcomer = await app.newMember();
    const asked = await compare(newcomer, [alpha, beta]);
    const given = await Promise.all(
      Array.from({ length: 8 }, (_none, index) =>
        judge(newcomer, asked, {
          kind: 'BEST',
          bestResponseIds: [asked.ids[index % 2] ?? ''],
          topic: `topic ${index}`,
        }),
      ),
    );
    expect(new Set(given.map(({ id }) => id)).size).toBe(1);
    const { verdict } = await judged(newcomer, asked);
    expect(given).toContainEqual(verdict);
    expect(await auditNotes(newcomer)).toHaveLength(8);
    const { rows } = await sql<{ count: number }>`
      select count(*) from verdict where turn_id = ${localId(asked.turn.id)}::uuid`.execute(database().db);
    expect(Number(rows[0]?.count)).toBe(1);
  });

  it('reveals a blind turn, and is no longer blind once it says something else', async () => {
    const asked = await compare(member, [alpha, beta], { blind: true });
    const [a = '', b = ''] = asked.ids;
    expect(await judge(member, asked, { kind: 'BEST', bestResponseIds: [b] })).toMatchObject({ blind: true });
    const { rows } = await sql<{ revealed: boolean }>`
      select revealed_at is not null as revealed from turn where id = ${localId(asked.turn.id)}::uuid`.execute(
      database().db,
    );
    expect(rows).toEqual([{ revealed: true }]);
    const noted = await judge(member, asked, { kind: 'BEST', bestResponseIds: [b], note: 'Indeed.' });
    expect(noted).toMatchObject({ blind: true, note: 'Indeed.' });
    expect(await judge(member, asked, { kind: 'BEST', bestResponseIds: [a] })).toMatchObject({ blind: false });
    expect(await judge(member, asked, { kind: 'BEST', bestResponseIds: [b] })).toMatchObject({ blind: false });

    const shown = await compare(member, [alpha, beta], { blind: true });
    await member.gql('mutation ($id: ID!) { revealTurn(turnId: $id) { id } }', { id: shown.turn.id });
    expect(await judge(member, shown, { kind: 'TIE' })).toMatchObject({ blind: false });
  });

  it('may be changed for a day', async () => {
    const asked = await compare(member, [alpha, beta]);
    const [a = '', b = ''] = asked.ids;
    const { id } = await judge(member, asked, { kind: 'BEST', bestResponseIds: [a] });
    await grow(id, '23 hours 59 minutes');
    expect(await judge(member, asked, { kind: 'BEST', bestResponseIds: [b] })).toMatchObject({ best: [{ id: b }] });
    await grow(id, '24 hours 1 minute');
    expect(await refusal(member, asked, { kind: 'BEST', bestResponseIds: [a] })).toMatchObject({
      code: 'BAD_USER_INPUT',
      field: 'turnId',
    });
    // Whoever repeats it hears what it is.
    expect(await judge(member, asked, { kind: 'BEST', bestResponseIds: [b] })).toMatchObject({ best: [{ id: b }] });
  });

  it('is marked if an answer names its model or its maker', async () => {
    lab.say('beta', 'I was made by LABELLE, as you know.');
    expect(await judge(member, await compare(member, [alpha, beta]), { kind: 'TIE' })).toMatchObject({ named: true });
    lab.say('beta', 'As ChatGPT, I would say so.');
    expect(await judge(member, await compare(member, [alpha, beta]), { kind: 'TIE' })).toMatchObject({ named: true });
    lab.say('beta', 'Nothing is labelled here.');
    expect(await judge(member, await compare(member, [alpha, beta]), { kind: 'TIE' })).toMatchObject({ named: false });
    lab.say('beta', 'I am Labelle.');
    const { conversation } = await compare(member, [alpha, beta], { blind: true });
    lab.say('beta', 'Nothing.');
    // The lanes are the same ones.
    const later = await compare(member, null, { blind: true, conversationId: conversation.id });
    expect(await judge(member, later, { kind: 'TIE' })).toMatchObject({ blind: true, named: true });
    const { admin: seen } = await admin.gql('{ admin { givingNames { name everywhere modelIds } } }');
    expect(seen.givingNames).toContainEqual({
      name: 'Labelle',
      everywhere: false,
      modelIds: labCatalogue.models.map(({ id }) => id),
    });
  });

  it('is only of one’s own turns, and of keys that may ask', async () => {
    const asked = await compare(member, [alpha, beta]);
    const other = await app.newMember();
    expect(await refusal(other, asked, { kind: 'TIE' })).toMatchObject({ code: 'NOT_FOUND' });
    expect(await refusal(admin, asked, { kind: 'TIE' })).toMatchObject({ code: 'NOT_FOUND' });
    const reveal = 'mutation ($id: ID!) { revealTurn(turnId: $id) { id } }';
    expect((await other.post(reveal, { id: asked.turn.id })).errors?.[0]?.extensions.code).toBe('NOT_FOUND');
    const keyWith = async (scope: string) => {
      const made = await member.gql(
        'mutation ($scopes: [ApiKeyScope!]) { createApiKey(name: "Program", scopes: $scopes) { secret } }',
        { scopes: [scope] },
      );
      return connect(app.url, { key: made.createApiKey.secret });
    };
    const input = { input: { turnId: asked.turn.id, kind: 'TIE' } };
    expect((await (await keyWith('READ')).post(judgeDocument, input)).errors?.[0]?.extensions.code).toBe('FORBIDDEN');
    const verdict = await judge(await keyWith('PROMPT'), asked, { kind: 'TIE' });
    const read = 'query ($id: ID!) { node(id: $id) { id } }';
    expect((await member.gql(read, { id: verdict.id })).node).toEqual({ id: verdict.id });
    expect((await other.gql(read, { id: verdict.id })).node).toBeNull();
  });

  it('suggests the topics of all members, the most frequent first', async () => {
    for (const topic of ['zebras', 'Aardvarks', 'zebras']) {
      await judge(member, await compare(member, [alpha, beta]), { kind: 'TIE', topic });
    }
    const { verdictTopics } = await admin.gql('{ verdictTopics { topic verdicts } }');
    expect(verdictTopics.slice(0, 2)).toEqual([
      { topic: 'zebras', verdicts: 2 },
      expect.objectContaining({ verdicts: 1 }),
    ]);
    expect(verdictTopics).toContainEqual({ topic: 'aardvarks', verdicts: 1 });
  });
});
