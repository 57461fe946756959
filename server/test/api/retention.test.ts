import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { expect, inject, it } from 'vitest';
import { openDatabase } from '../../src/database/connection/open.ts';
import { expectReconciled } from '../credits/audit.ts';
import { connect, signUp, startApp } from '../setup/app.ts';
import { makeDataFolder, openCopy, testLog } from '../setup/describe-databases.ts';
import { newTeam } from '../teams/team-house.ts';
import { converse } from './asking.ts';

const kinds = inject('databases').postgres ? ['pglite', 'postgres'] : ['pglite'];

it.each(kinds)(
  'conversations without a prompt for RETENTION_DAYS, or as long as their team says, are deleted for good, and the books stay (%s)',
  async (kind) => {
    const folder = mkdtempSync(join(tmpdir(), 'polylogue-retention-'));
    if (kind === 'pglite') makeDataFolder(folder);
    const database =
      kind === 'pglite'
        ? { ...(await openDatabase({ databaseUrl: null, dataDir: folder, log: testLog })), url: null }
        : await openCopy('template');
    const env = { MOCK_PACE: '1000' };
    const before = await startApp({ database, env });
    const member = await signUp(before.url);
    const old = await converse(member, { prompt: 'A secret of long ago: xylophone', modelIds: ['mock/swift'] });
    await converse(member, { prompt: 'A prompt of today', modelIds: ['mock/swift'] });
    const team = await newTeam(member, { name: 'Labs', monthlyCredits: 1_000_000, retentionDays: 20 }, member);
    await converse(member, { prompt: 'A team’s marimba', modelIds: ['mock/swift'], payerId: team.id });
    await sql`
      with judging as (insert into judge (user_id) select user_id from turn limit 1 returning number)
      insert into verdict (id, turn_id, judge_number, kind, note, blind)
      select gen_random_uuid(), turn.id, number, 'TIE', 'Like a glockenspiel', false
      from judging, turn where prompt like '%xylophone%'`.execute(database.db);
    await before.close();
    const spent = (await database.db.selectFrom('receipt').select('credits').execute()).length;
    for (const [word, days] of [
      ['xylophone', 31],
      ['marimba', 21],
    ] as const) {
      const active_at = new Date(Date.now() - days * 86_400_000);
      const ofWord = database.db.updateTable('conversation').where('title', 'like', `%${word}%`);
      await ofWord.set({ active_at }).execute();
    }

    // Nothing is deleted unless it is asked for, by the operator or for a team.
    const without = await startApp({ database, env });
    const titles = async () => {
      const { conversations } = await connect(without.url, member).gql(list);
      return conversations.edges.map(({ node }: { node: { title: string } }) => node.title);
    };
    await expect.poll(titles, { timeout: 10_000 }).toHaveLength(2);
    expect((await titles()).some((title: string) => title.includes('xylophone'))).toBe(true);
    await without.close();

    const after = await startApp({ database, env: { ...env, RETENTION_DAYS: '30' } });
    const client = connect(after.url, member);
    await expect.poll(async () => (await client.gql(list)).conversations.totalCount, { timeout: 10_000 }).toBe(1);
    expect((await client.gql(list)).server.retentionDays).toBe(30);
    expect((await client.gql(byId, { id: old.conversation.id })).conversation).toBeNull();
    await after.close();
    expect(after.errors).toEqual([]);
    expect(await database.db.selectFrom('receipt').select('credits').execute()).toHaveLength(spent);
    await expectReconciled(database.db);
    const [verdict] = await database.db.selectFrom('verdict').select(['turn_id', 'note']).execute();
    expect(verdict).toEqual({ turn_id: null, note: null });
    if (kind === 'pglite') {
      const words = ['xylophone', 'marimba', 'glockenspiel'];
      expect(words.flatMap((word) => filesWith(word, folder))).toEqual([]);
    }
    await database.close();
    rmSync(folder, { recursive: true, force: true });
  },
);

const list = '{ conversations(first: 5) { totalCount edges { node { title } } } server { retentionDays } }';
const byId = 'query ($id: ID!) { conversation(id: $id) { id } }';

function filesWith(text: string, folder: string): string[] {
  try {
    return execFileSync('grep', ['-rla', text, folder]).toString().trim().split('\n');
  } catch {
    // grep exits with 1 when it finds nothing.
    return [];
  }
}
