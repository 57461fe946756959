import { CompiledQuery, type Kysely, sql } from 'kysely';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import type { Database } from '../../src/database/database.ts';
import { countFound, searchConversations } from '../../src/domain/conversations/searching/search.ts';
import { type Client, startApp, type TestApp } from '../setup/app.ts';
import { describeDatabases } from '../setup/describe-databases.ts';
import { ask } from './asking.ts';

/** Enough rows for the planner to prefer an index to reading the whole table. */
const members = 50;
const turnsOfEach = 20;
const answersOfEach = 3 * turnsOfEach;
const words = ['the', 'and', 'Lighthouse', 'keeper', '東京', '🔥', '100%', 'snake_case', 'é', 'a', 'of', 'back\\slash'];

describeDatabases('a search', (database) => {
  let app: TestApp;
  let member: Client;
  beforeAll(async () => {
    app = await startApp({ database: database() });
    member = await app.newMember();
    await fill(database().db);
    // Autovacuum would analyze on Postgres. PGlite has no autovacuum and must do without.
    if (database().kind === 'postgres') await sql`analyze`.execute(database().db);
  });
  afterAll(() => app?.close());
  afterEach(() => {
    vi.restoreAllMocks();
  });

  it.each([
    'lighthouse',
    'the and keeper',
    'zzyzx',
    'a',
    'a e i o u',
    'q',
    '東京',
    '🔥 é',
    '100% snake_case back\\slash',
    'the a',
    'x'.repeat(500),
    'a b c d e f g h i j k l m n o p q r s t u v w x y z',
  ])('a search for %j reads only the member’s own texts', async (search) => {
    const { db } = database();
    const statements = await sentBy(async () => {
      const page = { userId: 'member-7', search, limit: 20 };
      await searchConversations(db, page);
      await countFound(db, page);
    });
    const searches = statements.filter(({ text }) => isSearch(text));
    // Two to four statements: titles and prompts; then, if the page is not full, answers by words and by parts of
    // words; the count.
    expect([2, 3, 4]).toContain(searches.length);
    for (const { text, values } of searches) {
      const explained = CompiledQuery.raw(`explain (analyze, format json) ${text}`, values);
      const { rows } = await db.executeQuery<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>(explained);
      const plan = rows[0]?.['QUERY PLAN'][0].Plan as PlanNode;
      expect(rowsRead(plan, 'response')).toBeLessThanOrEqual(answersOfEach);
      expect(rowsRead(plan, 'turn')).toBeLessThanOrEqual(turnsOfEach);
      // Once for their titles, and once for the results.
      expect(rowsRead(plan, 'conversation')).toBeLessThanOrEqual(2 * turnsOfEach);
    }
  });

  it('a search for two letters looks for no parts of words in answers if whole words fill the page', async () => {
    const page = { userId: 'member-7', search: 'of', limit: 3 };
    await sql`
      update response set text = text || ' of' where user_id = 'member-7' and lane = 0`.execute(database().db);
    await sql`update turn set prompt = replace(prompt, 'of', 'or') where user_id = 'member-7'`.execute(database().db);
    await sql`update conversation set title = replace(title, 'of', 'or') where user_id = 'member-7'`.execute(
      database().db,
    );
    const statements = await sentBy(async () => {
      expect(await searchConversations(database().db, page)).toHaveLength(3);
    });
    const patterns = statements.filter(({ text }) => isSearch(text)).map(({ values }) => values.filter(isPattern));
    expect(patterns).toEqual([Array(4).fill('% of %'), Array(6).fill('% of %')]);
  });

  it('a search uses only its first five different words', async () => {
    await ask(member, { prompt: 'one two three four five', modelIds: ['mock/swift'] });
    const found = async (search: string) => {
      const query = 'query ($search: String) { conversations(search: $search) { totalCount } }';
      return (await member.gql(query, { search })).conversations.totalCount;
    };
    expect(await found('one two three four five six')).toBe(1);
    expect(await found('One ONE one two Two three four five six')).toBe(1);
    expect(await found('six one two three four five')).toBe(0);
  });

  it('a search that takes too long is refused as bad input', async () => {
    const query = pg.Client.prototype.query as (this: pg.Client, ...args: unknown[]) => unknown;
    vi.spyOn(pg.Client.prototype, 'query').mockImplementation(function (this: pg.Client, ...args: unknown[]) {
      const { text, values } = toStatement(args);
      return isSearch(text) ? query.call(this, slow(text), values) : query.apply(this, args);
    } as never);
    const { data, errors } = await member.post('{ conversations(search: "lighthouse") { edges { node { id } } } }');
    expect(data).toBeNull();
    expect(errors).toMatchObject([
      { message: expect.stringContaining('took too long'), extensions: { code: 'BAD_USER_INPUT', field: 'search' } },
    ]);
    expect(app.errors).toEqual([]);
  });
});

/**
 * Prepends work that exceeds the statement's time limit. The work writes to files, because PGlite checks for interrupts
 * there.
 */
const slow = (statement: string) =>
  `with busy as materialized (select count(*) from generate_series(1, 2000000000)) ${statement.replace('where', 'where (select * from busy) is not null and')}`;

const isSearch = (statement: string) => statement.includes(' union ');

const isPattern = (value: unknown) => typeof value === 'string' && value.includes('%');

interface Statement {
  text: string;
  values: unknown[];
}

/** Returns the text and values of a call of pg's `query`. */
function toStatement([sent, values]: unknown[]): Statement {
  return typeof sent === 'string' ? { text: sent, values: values as unknown[] } : (sent as Statement);
}

interface PlanNode {
  'Relation Name'?: string;
  'Actual Rows': number;
  'Actual Loops': number;
  'Rows Removed by Filter'?: number;
  'Rows Removed by Index Recheck'?: number;
  Plans?: PlanNode[];
}

function rowsRead(node: PlanNode, relation: string): number {
  const { 'Relation Name': name, 'Actual Rows': rows, 'Actual Loops': loops } = node;
  const removed = (node['Rows Removed by Filter'] ?? 0) + (node['Rows Removed by Index Recheck'] ?? 0);
  const own = name === relation ? (rows + removed) * loops : 0;
  return (node.Plans ?? []).reduce((sum, plan) => sum + rowsRead(plan, relation), own);
}

async function sentBy(work: () => Promise<void>): Promise<Statement[]> {
  const spy = vi.spyOn(pg.Client.prototype, 'query');
  await work();
  const statements = (spy.mock.calls as unknown[][]).map(toStatement);
  spy.mockRestore();
  return statements;
}

async function fill(db: Kysely<Database>): Promise<void> {
  for (let number = 1; number <= members; number++) {
    const userId = `member-${number}`;
    await sql`insert into "user" (id, name, email) values (${userId}, 'Member', ${`${userId}@example.net`})`.execute(
      db,
    );
    const prompts = Array.from({ length: turnsOfEach }, () => textOf(50));
    const texts = Array.from({ length: answersOfEach }, () => textOf(150));
    await sql`
      with begun as (
        insert into conversation (id, user_id, title, titled_by_user, model_ids)
        select gen_random_uuid(), ${userId}, 'Untold', false, '{}' from generate_series(1, ${turnsOfEach}::int)
        returning id
      ), numbered as (
        select id, gen_random_uuid() as turn_id, row_number() over () as number from begun
      ), asked as (
        insert into turn (id, conversation_id, user_id, depth, prompt)
        select turn_id, id, ${userId}, 0, (${prompts}::text[])[number] from numbered
      )
      insert into response (id, turn_id, conversation_id, user_id, lane, model_id, status, text, input_tokens_expected,
        credits_held, credits_charged, finished_at)
      select gen_random_uuid(), turn_id, id, ${userId}, lane, 'mock/swift', 'COMPLETED',
        (${texts}::text[])[3 * number - lane], 1, 1, 1, now()
      from numbered, generate_series(0, 2) as lane`.execute(db);
  }
}

let seed = 1;

/** The text consists of ordinary words and of numbers that make it unique. It is the same in each run. */
function textOf(length: number): string {
  return Array.from({ length }, () => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed % 3 === 0 ? String(seed) : words[seed % words.length];
  }).join(' ');
}
