import type { Kysely } from 'kysely';
import { findConversations } from '../../../database/conversations.ts';
import type { Database } from '../../../database/database.ts';
import { findFilePage } from '../../../database/files/own-files.ts';
import type { OwnText, OwnTextSearch } from '../../../ports/built-in-tool.ts';
import type { FileContents } from '../../files/contents.ts';
import { type FileRow, textOfFile } from '../../files/files.ts';
import { TimeSlice } from '../../ground/time-slice.ts';
import { findHitsOf } from './hits.ts';
import { toParts } from './limited-search.ts';

const excerptSize = { length: 600, before: 200 };
/** Hits beyond the limit that are looked at, since those of one conversation are left out. */
const BESIDES_MAX = 30;
/** The newest files that are looked at, and UTF-16 code units of their texts: of one, and of all. */
const FILES_MAX = 100;
const FILE_LENGTH_MAX = 500_000;
const FILES_LENGTH_MAX = 8_000_000;
const PARTS_MAX = 5;

/**
 * Finds the newest of a member's own prompts, answers and files. Temporary chats are left out, and of blind turns what they
 * do not show.
 *
 * @throws InvalidInputError if the search takes too long; the signal's reason once that is aborted
 */
export async function findOwnTexts(
  { db, contents }: { db: Kysely<Database>; contents: FileContents },
  search: OwnTextSearch,
  signal: AbortSignal,
): Promise<OwnText[]> {
  const said = await findSaid(db, search);
  signal.throwIfAborted();
  return [...said, ...(await findInFiles(db, contents, search, signal))];
}

async function findSaid(db: Kysely<Database>, { userId, search, besides, limit }: OwnTextSearch): Promise<OwnText[]> {
  const page = { userId, search, after: null, limit: limit + BESIDES_MAX, snippetSize: excerptSize };
  const hits = (await findHitsOf(db, page)).filter((hit) => hit.conversationId !== besides).slice(0, limit);
  const ids = [...new Set(hits.map((hit) => hit.conversationId))];
  const conversations = ids.length === 0 ? [] : await findConversations(db, userId, ids);
  const titles = new Map(conversations.map(({ id, title }) => [id, title]));
  return hits.map(({ conversationId, response, createdAt, snippet }) => ({
    kind: response ? 'ANSWER' : 'PROMPT',
    title: titles.get(conversationId) ?? '',
    modelId: response?.model_id ?? null,
    createdAt,
    excerpt: snippet.text,
  }));
}

/** By their names and texts, whatever the case of letters. What cannot be read now is left out. */
async function findInFiles(
  db: Kysely<Database>,
  contents: FileContents,
  { userId, search, limit }: OwnTextSearch,
  signal: AbortSignal,
): Promise<OwnText[]> {
  const parts = [...new Set(toParts(search).map(folded))].slice(0, PARTS_MAX);
  if (parts.length === 0) return [];
  const files = await findFilePage(db, userId, { after: null, limit: FILES_MAX }).rows;
  const found: OwnText[] = [];
  const slice = new TimeSlice();
  let left = FILES_LENGTH_MAX;
  for (const file of files) {
    if (found.length >= limit || left <= 0) break;
    signal.throwIfAborted();
    const text = (await readable(contents, file, Math.min(left, FILE_LENGTH_MAX))) ?? '';
    left -= text.length;
    const excerpt = excerptOf(file.name, text, parts);
    if (excerpt !== null) {
      found.push({ kind: 'FILE', title: file.name, modelId: null, createdAt: file.created_at, excerpt });
    }
    if (slice.isUsedUp) await slice.next();
  }
  return found;
}

function readable(contents: FileContents, file: FileRow, length: number): Promise<string | null> {
  return textOfFile(contents, file, { length }).catch(() => null);
}

/** Null: not all parts are in the file. */
function excerptOf(name: string, text: string, parts: readonly string[]): string | null {
  const [foldedName, foldedText] = [folded(name), folded(text)];
  if (!parts.every((part) => foldedName.includes(part) || foldedText.includes(part))) return null;
  const places = parts.map((part) => foldedText.indexOf(part)).filter((place) => place >= 0);
  const start = Math.max(0, Math.min(...(places.length > 0 ? places : [0])) - excerptSize.before);
  const piece = text
    .slice(start, start + excerptSize.length)
    .toWellFormed()
    .replace(/\s+/g, ' ')
    .trim();
  return `${start > 0 ? '…' : ''}${piece}${start + excerptSize.length < text.length ? '…' : ''}`;
}

/** Keeps the length of nearly every text, so that a place in it is one in the text. */
function folded(text: string): string {
  return text.toLowerCase();
}
