import { sql } from 'kysely';
import pino from 'pino';
import { v7 as newId } from 'uuid';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { lockMemberAccount } from '../../src/database/credits.ts';
import { createRetention } from '../../src/domain/conversations/retention.ts';
import type { Member } from '../../src/domain/people/members.ts';
import { labCatalogue } from '../credits/catalogue.ts';
import { addMember, type House, startHouse, until } from '../credits/house.ts';
import { createScriptedModel } from '../credits/scripted-model.ts';
import { describeDatabases } from '../setup/describe-databases.ts';

const usage = { inputTokens: 5, outputTokens: 1, cachedInputTokens: 0, cacheWriteInputTokens: 0, reasoningTokens: 0 };

describeDatabases('the retention of conversations', (database) => {
  const languageModel = createScriptedModel();
  let house: House;
  let member: Member;
  beforeAll(async () => {
    house = await startHouse({ database: database(), catalogue: labCatalogue({ plain: {} }), languageModel });
    member = await addMember(database());
  });
  afterAll(() => house?.end());

  /** Deletes what was kept for 30 days. @returns the lines of the log at `error` */
  async function sweep(): Promise<string[]> {
    const lines: string[] = [];
    const log = pino({ level: 'error' }, { write: (line: string) => void lines.push(line) });
    const retention = createRetention({
      db: database().db,
      database: database(),
      retentionDays: 30,
      fileCleaner: { sweep: async () => {} },
      log,
    });
    await retention.sweep();
    await retention.close();
    return lines;
  }

  /** A conversation in which the last prompt came so many days ago. */
  async function conversation(daysAgo: number, { userId = member.id, teamId = null as string | null } = {}) {
    const id = newId();
    const active_at = sql<Date>`now() - make_interval(days => ${daysAgo})`;
    const texts = { title: 'Old', titled_by_user: false, system_prompt: null, client_id: null };
    await database()
      .db.insertInto('conversation')
      .values({ id, user_id: userId, payer_team_id: teamId, model_ids: ['lab/plain'], ...texts, active_at })
      .execute();
    return id;
  }

  async function addTurns(conversationId: string, prompt: string, count: number): Promise<void> {
    const turns = Array.from({ length: count }, (_, depth) => ({
      id: newId(),
      conversation_id: conversationId,
      user_id: member.id,
      depth,
      parameters: '{}',
      prompt,
    }));
    const chained = turns.map((turn, index) => ({ ...turn, parent_id: turns[index - 1]?.id ?? null }));
    await database().db.insertInto('turn').values(chained).execute();
  }

  const kept = async (...ids: string[]) => {
    const rows = await database().db.selectFrom('conversation').select('id').where('id', 'in', ids).execute();
    return ids.map((id) => rows.some((row) => row.id === id));
  };

  /** Sends a prompt. @returns its conversation, and how to end its answer */
  async function ask() {
    const before = languageModel.requests.length;
    const { id, conversation_id } = await house.prompts.send(member, { prompt: 'Why?', modelIds: ['lab/plain'] });
    await until(() => languageModel.requests.length > before, 'the model is asked');
    return { turnId: id, conversationId: conversation_id };
  }

  async function answer(turnId: string): Promise<string> {
    languageModel.open[0]?.finish(usage);
    const rows = () =>
      database()
        .db.selectFrom('response')
        .select(['id', 'finished_at'])
        .where('turn_id', '=', turnId)
        .orderBy('created_at', 'desc')
        .execute();
    await until(async () => (await rows()).every(({ finished_at }) => finished_at !== null), 'the answer is paid');
    return (await rows())[0]?.id as string;
  }

  const age = (id: string) =>
    database()
      .db.updateTable('conversation')
      .set({ active_at: sql<Date>`now() - interval '40 days'` })
      .where('id', '=', id)
      .execute();

  it('stops no answer, and counts an answer that is asked for again as a prompt', async () => {
    const { turnId, conversationId } = await ask();
    await age(conversationId);
    await sweep();
    expect([await kept(conversationId), languageModel.open.length]).toEqual([[true], 1]);
    const responseId = await answer(turnId);
    const before = languageModel.requests.length;
    await house.prompts.regenerate(member, responseId, null);
    await until(() => languageModel.requests.length > before, 'the model is asked again');
    await answer(turnId);
    await sweep();
    expect(await kept(conversationId)).toEqual([true]);
    await age(conversationId);
    await sweep();
    expect(await kept(conversationId)).toEqual([false]);
  });

  it('keeps a conversation in which somebody asks while it is about to be deleted', async () => {
    const { db, url } = database();
    // The embedded database does one transaction after the other.
    if (url === null) return;
    const id = await conversation(40);
    let sweeping: Promise<unknown> | undefined;
    await db.transaction().execute(async (trx) => {
      await lockMemberAccount(trx, member.id);
      sweeping = sweep();
      await until(async () => {
        const { rows } = await sql`
          select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`.execute(db);
        return rows.length > 0;
      }, 'the deletion waits');
      await trx
        .updateTable('conversation')
        .set({ active_at: sql<Date>`clock_timestamp()` })
        .where('id', '=', id)
        .execute();
    });
    await sweeping;
    expect(await kept(id)).toEqual([true]);
  });

  it('goes on behind a conversation that cannot be deleted, and deletes a long one in steps', async () => {
    const { db } = database();
    await sql`
      create function refuse_deletion() returns trigger language plpgsql as $$
      begin
        if (select count(*) from gone) > 50 then raise exception 'too many at once'; end if;
        if exists (select from gone where prompt = 'Stuck') then raise exception 'stuck'; end if;
        return null;
      end $$`.execute(db);
    await sql`
      create trigger refuse_deletion after delete on turn referencing old table as gone
      for each statement execute function refuse_deletion()`.execute(db);
    const [stuck, long, short] = [await conversation(60), await conversation(50), await conversation(40)];
    await addTurns(stuck, 'Stuck', 1);
    await addTurns(long, 'Again', 120);
    const lines = await sweep();
    expect(await kept(stuck, long, short)).toEqual([true, false, false]);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(stuck);
    expect(await db.selectFrom('turn').select('id').where('prompt', '=', 'Again').execute()).toEqual([]);
  });

  it('keeps what a team pays for as long as the team says, for as long as the member is in it', async () => {
    const { db } = database();
    const [former, teamId] = [await addMember(database()), newId()];
    await db.insertInto('team').values({ id: teamId, name: 'Lab', retention_days: 10 }).execute();
    await db
      .insertInto('team_member')
      .values([
        { team_id: teamId, user_id: member.id },
        { team_id: teamId, user_id: former.id, left_at: new Date() },
      ])
      .execute();
    const ids = [
      await conversation(20, { teamId }),
      await conversation(5, { teamId }),
      await conversation(20, { teamId, userId: former.id }),
      await conversation(40, { teamId, userId: former.id }),
    ];
    await sweep();
    expect(await kept(...ids)).toEqual([false, true, true, false]);
  });
});
