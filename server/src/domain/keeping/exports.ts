import type { Kysely } from 'kysely';
import type { Database } from '../../database/database.ts';
import { findOwnFiles } from '../../database/files/own-files.ts';
import { findKeptConversation } from '../../database/keeping/kept-conversations.ts';
import { type Catalogue, knownModel } from '../catalogue/catalogue.ts';
import type { FileContents } from '../files/contents.ts';
import { NotFoundError } from '../ground/errors.ts';
import { branchOf } from './branch.ts';
import { branchAsHtml } from './export-html.ts';
import { conversationAsJson } from './export-json.ts';
import { branchAsMarkdown } from './export-markdown.ts';
import { keptTurns } from './kept-turns.ts';
import { toldConversation } from './told-turns.ts';

export { conversationsAsJson } from './export-json.ts';

export type ExportForm = 'json' | 'md' | 'html';

export interface ExportSources {
  db: Kysely<Database>;
  contents: Pick<FileContents, 'open'>;
  catalogue: Catalogue;
}

/** Which conversation of whom, and the last turn of the wished branch (null: JSON has all, the others what is shown). */
export interface ExportRequest {
  userId: string;
  conversationId: string;
  lastTurnId: string | null;
  form: ExportForm;
}

/**
 * A conversation of a member as a document in pieces, and its title.
 *
 * @throws NotFoundError
 */
export async function exportConversation(
  { db, contents, catalogue }: ExportSources,
  { userId, conversationId, lastTurnId, form }: ExportRequest,
): Promise<{ title: string; texts: AsyncGenerator<string> }> {
  const conversation = await findKeptConversation(db, userId, conversationId);
  if (!conversation) throw new NotFoundError('conversation');
  const { title } = conversation;
  if (form === 'json' && lastTurnId === null) return { title, texts: conversationAsJson(db, conversation, null) };
  const branch = await branchOf(db, conversation, lastTurnId);
  if (form === 'json') return { title, texts: conversationAsJson(db, conversation, branch) };
  const nameOf = (id: string) => knownModel(catalogue, id).name;
  const turns = keptTurns(db, { userId, conversationId }, branch);
  const told = toldConversation(conversation);
  if (form === 'md') return { title, texts: branchAsMarkdown(told, turns, nameOf) };
  return { title, texts: branchAsHtml(told, turns, { nameOf, contents }) };
}

const ROWS = 100;

/** The contents of the member's files, each once, without those of images that would tell of hidden models. */
export async function* contentsToTake(
  db: Kysely<Database>,
  userId: string,
): AsyncGenerator<{ hash: string; isPacked: boolean }> {
  const seen = new Set<string>();
  const find = (after: string | null) => findOwnFiles(db, userId, { after, limit: ROWS });
  for (let page = await find(null); page.length > 0; page = await find(page.at(-1)?.id ?? null)) {
    for (const { content_hash: hash, kind } of page) {
      if (seen.has(hash)) continue;
      seen.add(hash);
      yield { hash, isPacked: kind === 'IMAGE' || kind === 'AUDIO' };
    }
  }
}
