import type { Kysely } from 'kysely';
import type { Database } from '../../database/database.ts';
import { type FileRow, findFiles, findFilesOfTurns } from '../../database/files/files.ts';
import { findVerdictsOfTurns } from '../../database/judging/verdicts.ts';
import { findImportedCredits, findImportedVerdicts } from '../../database/keeping/kept-conversations.ts';
import { findResponseSizes, findTurnSizes, type SizedTurnRow } from '../../database/people/my-data.ts';
import { findTurns, type TurnRow } from '../../database/turns.ts';
import type { ToldAnswer, ToldTurn, ToldVerdict } from '../../ports/told-conversation.ts';
import { imagePartOf } from '../answering/answer-parts.ts';
import { loadCallsOf } from '../answering/calls/shown-calls.ts';
import type { ShownResponseRow } from '../answering/responses.ts';
import { bySize, SizedResponses } from '../answering/sized-responses.ts';
import { toldAnswer, toldImportedVerdict, toldTurn, toldVerdict } from './told-turns.ts';

const ROWS = 200;

export interface KeptTurn {
  turn: ToldTurn;
  /** All versions, by lane and age, without those that are still written. To be read before the next turn is. */
  answers: AsyncIterable<ToldAnswer>;
}

/**
 * The turns of a conversation as their member is shown them, by age, so that each stands behind its parent. A few megabytes
 * of them are in memory at once.
 *
 * @param only the ids of those that are wished; null: all
 */
export async function* keptTurns(
  db: Kysely<Database>,
  of: { userId: string; conversationId: string },
  only: readonly string[] | null,
): AsyncGenerator<KeptTurn> {
  const wished = only && new Set(only);
  const find = (after: SizedTurnRow | null) => findTurnSizes(db, of, { after, limit: ROWS });
  for (let page = await find(null); page.length > 0; page = await find(page.at(-1) ?? null)) {
    const sizes = wished ? page.filter(({ id }) => wished.has(id)) : page;
    for (const group of bySize(sizes)) {
      yield* turnsOf(
        db,
        of.userId,
        group.map(({ id }) => id),
      );
    }
  }
}

async function* turnsOf(db: Kysely<Database>, userId: string, ids: readonly string[]): AsyncGenerator<KeptTurn> {
  const found = new Map((await findTurns(db, userId, ids)).map((turn) => [turn.id, turn]));
  const files = await findFilesOfTurns(db, userId, ids);
  const verdicts = await verdictsOf(db, userId, ids);
  const credits = await creditsOf(db, userId, [...found.values()]);
  const sizes = await findResponseSizes(db, userId, ids);
  const sizesOf = (id: string) => sizes.filter(({ turnId }) => turnId === id);
  const responses = new SizedResponses(db, userId, ids.flatMap(sizesOf));
  for (const id of ids) {
    const turn = found.get(id);
    // The turn may have been deleted meanwhile.
    if (!turn) continue;
    const own = files.filter(({ turn_id }) => turn_id === id);
    yield {
      turn: toldTurn(turn, { files: own, verdict: verdicts.get(id) ?? null }),
      answers: answersOf(db, userId, { rows: responses.of(sizesOf(id)), credits }),
    };
  }
}

async function* answersOf(
  db: Kysely<Database>,
  userId: string,
  { rows, credits }: { rows: AsyncIterable<ShownResponseRow>; credits: ReadonlyMap<string, ToldCredits> },
): AsyncGenerator<ToldAnswer> {
  for await (const row of rows) {
    const referred = { images: await imagesOf(db, userId, row), calls: await loadCallsOf(db, userId, row) };
    yield { ...toldAnswer(row, referred), ...credits.get(row.id) };
  }
}

/** The images of a response, by their ids. Those of a continuation may be of the response that it goes on from. */
async function imagesOf(
  db: Kysely<Database>,
  userId: string,
  { parts }: ShownResponseRow,
): Promise<ReadonlyMap<string, FileRow>> {
  const ids = (parts ?? []).flatMap((part, index) => imagePartOf(part, index)?.data.fileId ?? []);
  return new Map(ids.length > 0 ? (await findFiles(db, userId, ids)).map((file) => [file.id, file]) : []);
}

type ToldCredits = Pick<ToldAnswer, 'creditsHeld' | 'creditsCharged'>;

/** The credits of answers that came from a file, by their ids. */
async function creditsOf(
  db: Kysely<Database>,
  userId: string,
  turns: readonly TurnRow[],
): Promise<ReadonlyMap<string, ToldCredits>> {
  const ids = turns.filter(({ imported }) => imported).map(({ id }) => id);
  if (ids.length === 0) return new Map();
  const rows = await findImportedCredits(db, userId, ids);
  return new Map(
    rows.map((row) => [row.response_id, { creditsHeld: row.credits_held, creditsCharged: row.credits_charged }]),
  );
}

async function verdictsOf(
  db: Kysely<Database>,
  userId: string,
  turnIds: readonly string[],
): Promise<ReadonlyMap<string, ToldVerdict>> {
  const own = await findVerdictsOfTurns(db, userId, turnIds);
  const imported = await findImportedVerdicts(db, userId, turnIds);
  return new Map([
    ...imported.map(({ turn_id, told }) => [turn_id, toldImportedVerdict(told)] as const),
    ...own.map((verdict) => [verdict.turn_id ?? '', toldVerdict(verdict)] as const),
  ]);
}
