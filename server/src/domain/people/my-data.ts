import type { Kysely } from 'kysely';
import { countAuditEntry } from '../../database/audit.ts';
import type { ConversationRow } from '../../database/conversations.ts';
import { findMemberAccounts } from '../../database/credits.ts';
import type { Database } from '../../database/database.ts';
import { findFilesOfTurns, type TurnFileRow } from '../../database/files/files.ts';
import {
  findOwnEvaluations,
  findOwnPairVerdicts,
  findOwnSetPrompts,
  findOwnSets,
} from '../../database/judging/own-evaluations.ts';
import type { ShownResponseRow } from '../../database/judging/shown-responses.ts';
import { findOwnVerdicts, type OwnVerdictRow } from '../../database/judging/verdict-reports.ts';
import { findOwnImportedVerdicts } from '../../database/keeping/kept-conversations.ts';
import {
  findOwnAuditEntries,
  findOwnConversations,
  findOwnCreditEntries,
  findOwnMemberships,
  findOwnReceipts,
  findOwnShares,
  findProfile,
  findResponseSizes,
  findTurnSizes,
  type SizedTurnRow,
} from '../../database/people/my-data.ts';
import { findFavourites } from '../../database/presets/favourites.ts';
import { findOwnFolders } from '../../database/presets/folders.ts';
import { findOwnPresets } from '../../database/presets/presets.ts';
import { findApiKeys } from '../../database/programs/api-keys.ts';
import { findTurns, type TurnRow } from '../../database/turns.ts';
import { loadCallsOf } from '../answering/calls/shown-calls.ts';
import { bySize, SizedResponses } from '../answering/sized-responses.ts';
import type { FileContents } from '../files/contents.ts';
import { listInPieces, objectInPieces, withListInPieces } from '../ground/json-pieces.ts';
import { shownCredits } from '../money/credits.ts';
import type { Member } from './members.ts';
import { myFiles } from './my-files.ts';
import { findSessions } from './sessions.ts';

/** Tells readers of the file what is in it. A new field does not change the version; a field that goes or changes does. */
const FORMAT = { format: 'polylogue.my-data', version: 1 };

const ROWS = 200;

export interface MyDataSources {
  db: Kysely<Database>;
  fileContents: Pick<FileContents, 'open'>;
}

/**
 * Everything that is stored of a member, as one JSON document in pieces. It holds a few megabytes in memory, however
 * much there is. What changes meanwhile may be in it or not. Secrets are not in it.
 */
export async function* myData(
  { db, fileContents }: MyDataSources,
  member: Pick<Member, 'id' | 'email'>,
): AsyncGenerator<string> {
  const { id: userId } = member;
  const [account] = await findMemberAccounts(db, [userId]);
  const head = {
    ...FORMAT,
    exportedAt: new Date(),
    profile: await findProfile(db, userId),
    credits: account ? shownCredits(account) : { balance: 0, held: 0 },
    teams: await findOwnMemberships(db, userId),
    apiKeys: await findApiKeys(db, userId),
    sessions: await findSessions(db, userId),
    favouriteModels: await findFavourites(db, userId),
  };
  yield JSON.stringify(head).slice(0, -1);
  yield ',"conversations":';
  yield* listInPieces(conversations(db, userId));
  yield ',"files":';
  yield* listInPieces(myFiles(db, fileContents, userId));
  yield ',"verdicts":';
  yield* rows((after: OwnVerdictRow | null) => findOwnVerdicts(db, userId, { after, limit: ROWS }));
  for (const [name, find] of byId) {
    yield `,"${name}":`;
    yield* rows((after: { id: string } | null) => find(db, userId, { after: after?.id ?? null, limit: ROWS }));
  }
  yield ',"shares":';
  yield* rows((after: { id: string } | null) => findOwnShares(db, userId, { after: after?.id ?? null, limit: ROWS }));
  yield ',"receipts":';
  yield* rows((after: Parameters<typeof findOwnReceipts>[2]['after']) =>
    findOwnReceipts(db, userId, { after, limit: ROWS }),
  );
  yield ',"ledger":';
  yield* rows((after: { id: number } | null) =>
    findOwnCreditEntries(db, userId, { after: after?.id ?? null, limit: ROWS }),
  );
  yield ',"auditEntries":';
  yield* rows((after: { id: number } | null) =>
    findOwnAuditEntries(db, member, { after: after?.id ?? null, limit: ROWS }),
  );
  yield '}';
}

/** Lists that are read in the order of their ids. */
const byId = [
  ['folders', findOwnFolders],
  ['presets', findOwnPresets],
  ['promptSets', findOwnSets],
  ['promptSetPrompts', findOwnSetPrompts],
  ['evaluations', findOwnEvaluations],
  ['evaluationVerdicts', findOwnPairVerdicts],
  // By their turns: they were given elsewhere.
  ['importedVerdicts', findOwnImportedVerdicts],
] as const;

/** Writes to the audit log that the member's data were downloaded, from which address (empty: not known). */
export function noteDownload(db: Kysely<Database>, { id: userId }: Pick<Member, 'id'>, address: string): Promise<void> {
  const note = address === '' ? null : `from ${address}`;
  return countAuditEntry(db, { of: { userId }, action: 'downloadData', note });
}

/** Writes the rows of all pages as a list. `find` gets the last row of the page before. */
async function* rows<Row extends object>(find: (after: Row | null) => Promise<Row[]>): AsyncGenerator<string> {
  let before = '[';
  for (let page = await find(null); page.length > 0; page = await find(page.at(-1) as Row)) {
    for (const row of page) {
      yield before + JSON.stringify(inCamelCase(row));
      before = ',';
    }
  }
  yield before === '[' ? '[]' : ']';
}

async function* conversations(db: Kysely<Database>, userId: string): AsyncGenerator<AsyncIterable<string>> {
  const find = (after: string | null) => findOwnConversations(db, userId, { after, limit: ROWS });
  for (let page = await find(null); page.length > 0; page = await find(page.at(-1)?.id ?? null)) {
    for (const row of page) yield withListInPieces(toConversation(row), 'turns', turns(db, userId, row.id));
  }
}

async function* turns(
  db: Kysely<Database>,
  userId: string,
  conversationId: string,
): AsyncGenerator<AsyncIterable<string>> {
  const find = (after: SizedTurnRow | null) => findTurnSizes(db, { userId, conversationId }, { after, limit: ROWS });
  for (let page = await find(null); page.length > 0; page = await find(page.at(-1) ?? null)) {
    for (const group of bySize(page)) {
      const ids = group.map(({ id }) => id);
      const found = new Map((await findTurns(db, userId, ids)).map((turn) => [turn.id, turn]));
      const files = await findFilesOfTurns(db, userId, ids);
      const sizes = await findResponseSizes(db, userId, ids);
      const sizesOf = (id: string) => sizes.filter(({ turnId }) => turnId === id);
      const answers = new SizedResponses(db, userId, ids.flatMap(sizesOf));
      for (const id of ids) {
        const turn = found.get(id);
        // The turn may have been deleted meanwhile.
        if (!turn) continue;
        const responses = responsesOf(db, userId, answers.of(sizesOf(id)));
        yield withListInPieces(toTurn(turn, files), 'responses', responses);
      }
    }
  }
}

async function* responsesOf(
  db: Kysely<Database>,
  userId: string,
  responses: AsyncIterable<ShownResponseRow>,
): AsyncGenerator<AsyncIterable<string>> {
  for await (const row of responses) {
    // A part tells of a call by its id.
    const calls = [...(await loadCallsOf(db, userId, row)).values()];
    const toolCalls = calls.map(({ id, arguments: json, result }) => ({ id, arguments: json, result }));
    yield objectInPieces({ ...toResponse(row), toolCalls });
  }
}

function toConversation({ user_id, ...row }: ConversationRow) {
  return inCamelCase(row);
}

function toTurn({ conversation_id, user_id, ...row }: TurnRow, files: readonly TurnFileRow[]) {
  const own = files.filter(({ turn_id }) => turn_id === row.id);
  return {
    ...inCamelCase(row),
    files: own.map(({ id, name, media_type, bytes }) => ({ id, name, mediaType: media_type, bytes })),
  };
}

function toResponse(row: ShownResponseRow) {
  const { hidden, unpaced, turn_id, conversation_id, user_id, lease_owner, lease_until, stop_requested, ...rest } = row;
  return inCamelCase(rest);
}

/** The row with its columns' names as the API writes names. A column that is added later is in the file by itself. */
function inCamelCase(row: object): Record<string, unknown> {
  const named = (column: string) => column.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
  return Object.fromEntries(Object.entries(row).map(([column, value]) => [named(column), value]));
}
