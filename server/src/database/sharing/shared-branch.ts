import { type Kysely, type Selectable, sql } from 'kysely';
import type { Database } from '../database.ts';
import { type FileRow, fileColumns } from '../files/files.ts';

/** A turn of a branch, whosever it is, without its models. */
export interface BranchTurnRow {
  id: string;
  parent_id: string | null;
  prompt: string;
  /** Whether it hides its models. */
  hidden: boolean;
  imported: boolean;
}

/** The turns from the root to the given one, oldest first. */
export async function findBranchTurns(db: Kysely<Database>, turnId: string): Promise<BranchTurnRow[]> {
  const { rows } = await sql<BranchTurnRow>`
    with recursive branch as (
      select id, parent_id, depth, prompt, blind and revealed_at is null as hidden, imported
      from turn where id = ${turnId}::uuid
      union all
      select turn.id, turn.parent_id, turn.depth, turn.prompt, turn.blind and turn.revealed_at is null, turn.imported
      from turn join branch on turn.id = branch.parent_id
    )
    select id, parent_id, prompt, hidden, imported from branch order by depth`.execute(db);
  return rows;
}

/** What decides which version a lane shows, and how long that is. */
export interface VersionRow {
  id: string;
  turn_id: string;
  lane: number;
  created_at: Date;
  chosen_at: Date | null;
  finished_at: Date | null;
  /** Of its text, in UTF-8. */
  bytes: number;
}

/** All responses of these turns, by turn, lane and age, oldest first. */
export async function findVersions(db: Kysely<Database>, turnIds: readonly string[]): Promise<VersionRow[]> {
  return db
    .selectFrom('response')
    .select(['id', 'turn_id', 'lane', 'created_at', 'chosen_at', 'finished_at'])
    .select(sql<number>`octet_length(text) + coalesce(octet_length(refusal), 0)`.as('bytes'))
    .where('turn_id', 'in', turnIds)
    .orderBy('turn_id')
    .orderBy('lane')
    .orderBy('created_at')
    .orderBy('id')
    .$narrowType<{ turn_id: string }>()
    .execute();
}

const answerColumns = [
  'response.id',
  'response.turn_id',
  'response.lane',
  'response.model_id',
  'response.served_by',
  'response.status',
  'response.text',
  'response.parts',
  'response.refusal',
  'response.citations',
  'response.merge',
  'response.input_tokens',
  'response.output_tokens',
  'response.credits_charged',
  'response.first_token_ms',
  'response.duration_ms',
] as const;

/** An answer as a share may show it: without what its model thought. */
export type SharedAnswerRow = Pick<
  Selectable<Database['response']>,
  (typeof answerColumns)[number] extends `response.${infer Name extends keyof Database['response']}` ? Name : never
> & { turn_id: string; compared: boolean };

/** The answers of a share, by turn and lane. */
export async function findSharedAnswers(db: Kysely<Database>, shareId: string): Promise<SharedAnswerRow[]> {
  return db
    .selectFrom('share_answer')
    .innerJoin('response', 'response.id', 'share_answer.response_id')
    .select(answerColumns)
    .select('share_answer.compared')
    .where('share_answer.share_id', '=', shareId)
    .orderBy('response.turn_id')
    .orderBy('response.lane')
    .$narrowType<{ turn_id: string }>()
    .execute();
}

/** A file of a prompt or an answer, in its place. Exactly one of `turn_id` and `response_id` is set. */
export type SharedFileRow = FileRow & { turn_id: string | null; response_id: string | null; position: number };

/** The files of these prompts, and those that models made in the answers of the share, in a lasting order. */
export async function findSharedFiles(
  db: Kysely<Database>,
  { shareId, turnIds }: { shareId: string; turnIds: readonly string[] },
): Promise<SharedFileRow[]> {
  const ofPrompts = await db
    .selectFrom('turn_file')
    .innerJoin('file', 'file.id', 'turn_file.file_id')
    .select(fileColumns)
    .select(['turn_file.turn_id', 'turn_file.position'])
    .select(sql<string | null>`null::uuid`.as('response_id'))
    .where('turn_file.turn_id', 'in', turnIds)
    .orderBy('turn_file.turn_id')
    .orderBy('turn_file.position')
    .execute();
  const ofAnswers = await db
    .selectFrom('share_answer')
    .innerJoin('response_file', 'response_file.response_id', 'share_answer.response_id')
    .innerJoin('file', 'file.id', 'response_file.file_id')
    .select(fileColumns)
    .select(['response_file.response_id', 'response_file.position'])
    .select(sql<string | null>`null::uuid`.as('turn_id'))
    .where('share_answer.share_id', '=', shareId)
    .orderBy('response_file.response_id')
    .orderBy('response_file.position')
    .execute();
  return [...ofPrompts, ...ofAnswers];
}
