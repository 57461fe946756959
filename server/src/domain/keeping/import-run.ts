import type { Kysely, Transaction } from 'kysely';
import type { Logger } from 'pino';
import { v7 as newId } from 'uuid';
import type { Database } from '../../database/database.ts';
import {
  hasImported,
  insertImportedConversation,
  insertImportedRows,
  keepFiles,
} from '../../database/keeping/importing.ts';
import { lockFolder } from '../../database/presets/folders.ts';
import {
  type ConversationFile,
  type TakenConversation,
  type TakenTurn,
  type TakingForm,
  type TakingStep,
  UnreadableExportError,
} from '../../ports/conversation-reader.ts';
import { findModel } from '../catalogue/model-names.ts';
import type { CurrentOffer } from '../catalogue/offer.ts';
import { folderNamed } from '../conversations/folders.ts';
import { TITLE_LENGTH_MAX, UNTITLED } from '../conversations/title.ts';
import type { TemporaryFiles } from '../files/temporary-files.ts';
import type { Uploader, Uploads } from '../files/uploads.ts';
import { InvalidInputError } from '../ground/errors.ts';
import { isLocalId } from '../ground/global-ids.ts';
import { toTitle } from '../ground/names.ts';
import { TakenFiles } from './taken-files.ts';
import { TakenRows } from './taken-rows.ts';

export interface ImportOptions {
  db: Kysely<Database>;
  offer: CurrentOffer;
  uploads: Uploads;
  temporary: TemporaryFiles;
  /** After how many days without a prompt conversations are deleted; null: never. */
  retentionDays: number | null;
  log: Pick<Logger, 'warn'>;
}

/** What hears how far an import is. */
export interface ImportTelling {
  progress(progress: ImportProgress): void;
  report(report: ImportReport): void;
  /** Counts a conversation that is to be taken; returns for how many ms none may be, 0 if this one may. */
  waitMs(): Promise<number>;
}

export interface ImportProgress {
  /** Bytes of JSON, unpacked. */
  read: number;
  bytes: number;
  taken: number;
  alreadyThere: number;
}

export interface ImportReport {
  /** Who wrote the file; null: it has no conversation of a known form. */
  form: TakingForm | null;
  taken: number;
  turns: number;
  files: number;
  alreadyThere: number;
  /** What could not be taken: the first of it, and how much more there is. */
  notTaken: readonly { where: string; why: string }[];
  notTakenMore: number;
  /** Why the import ended before the file did; null: it did not. */
  ended: string | null;
}

const NOTES_MAX = 200;
const DAY_MS = 86_400_000;
const OWN = 'polylogue:';

/** The import of one file. */
export class ImportRun {
  readonly #options: ImportOptions;
  readonly #member: Uploader;
  readonly #telling: ImportTelling;
  readonly #signal: AbortSignal;
  readonly #notes: { where: string; why: string }[] = [];
  #more = 0;
  #place = { read: 0, bytes: 0 };
  #form: TakingForm | null = null;
  #taken = 0;
  #turns = 0;
  #files = 0;
  #alreadyThere = 0;

  constructor(options: ImportOptions, member: Uploader, telling: ImportTelling, signal: AbortSignal) {
    this.#options = options;
    this.#member = member;
    this.#telling = telling;
    this.#signal = signal;
  }

  /** @throws UnreadableExportError: then what was taken stays, and `end` is to be called */
  async takeAll(file: ConversationFile): Promise<void> {
    const files = new TakenFiles(this.#options, this.#member, file);
    let isLeft = false;
    for (;;) {
      const step = await file.next(isLeft);
      isLeft = false;
      if (step.type === 'end') return this.end(null);
      if (step.type === 'notTaken') this.#note(step.where, step.why);
      if (step.type === 'moreNotTaken') this.#more += step.count;
      if (step.type === 'progress') this.#place = { read: step.read, bytes: step.bytes };
      this.#tellProgress();
      if (step.type !== 'conversation') continue;
      this.#form ??= step.conversation.form;
      const outcome = await this.#take(step, file, files);
      if (typeof outcome === 'object') return this.end(outcome.ended);
      isLeft = outcome === 'left';
    }
  }

  /** Tells the report. @param ended why the import ends before its file does */
  end(ended: string | null): void {
    this.#telling.report({
      form: this.#form,
      taken: this.#taken,
      turns: this.#turns,
      files: this.#files,
      alreadyThere: this.#alreadyThere,
      notTaken: this.#notes,
      notTakenMore: this.#more,
      ended,
    });
  }

  #note(where: string, why: string): void {
    if (this.#notes.length < NOTES_MAX) this.#notes.push({ where: where.slice(0, 500), why: why.slice(0, 1000) });
    else this.#more += 1;
  }

  #tellProgress(): void {
    this.#telling.progress({ ...this.#place, taken: this.#taken, alreadyThere: this.#alreadyThere });
  }

  /** Takes a conversation, or leaves it with its turns unread. */
  async #take(
    step: Extract<TakingStep, { type: 'conversation' }>,
    file: ConversationFile,
    files: TakenFiles,
  ): Promise<'taken' | 'left' | { ended: string }> {
    const { db } = this.#options;
    const { conversation, where } = step;
    const named = conversation.origin.startsWith(OWN) ? conversation.origin.slice(OWN.length) : '';
    const id = isLocalId('Conversation', named) ? named : null;
    if (await hasImported(db, this.#member.id, { source: conversation.origin, id })) {
      this.#alreadyThere += 1;
      return 'left';
    }
    if (this.#isForgotten(conversation)) {
      this.#note(
        where,
        `It is older than the ${this.#options.retentionDays} days for which conversations are kept here.`,
      );
      return 'left';
    }
    const waitMs = await this.#telling.waitMs();
    if (waitMs > 0) {
      const minutes = Math.ceil(waitMs / 60_000);
      return {
        ended: `You have imported very many conversations. Import this file again in ${minutes} minutes: it goes on from here.`,
      };
    }
    const ids = await files.keep(step.files, (why) => this.#note(where, why), this.#signal);
    const folderId = await this.#folderOf(conversation, where);
    return this.#store({ conversation, where, files: ids, folderId }, file);
  }

  async #folderOf({ folder }: TakenConversation, where: string): Promise<string | null> {
    if (folder === null) return null;
    try {
      return await folderNamed(this.#options.db, this.#member.id, folder);
    } catch (error) {
      if (!(error instanceof InvalidInputError)) throw error;
      this.#note(where, `It is in no folder here: ${error.message}`);
      return null;
    }
  }

  #isForgotten({ activeAt }: TakenConversation): boolean {
    const { retentionDays } = this.#options;
    return retentionDays !== null && Date.parse(activeAt) < Date.now() - retentionDays * DAY_MS;
  }

  async #store(taken: Taking, file: ConversationFile): Promise<'taken' | 'left'> {
    const source = { file, areLast: false };
    try {
      const turns = await this.#options.db.transaction().execute((trx) => this.#insert(trx, taken, source));
      this.#taken += 1;
      this.#turns += turns;
      this.#files += taken.files.size;
      return 'taken';
    } catch (error) {
      this.#signal.throwIfAborted();
      if (error instanceof UnreadableExportError) throw error;
      if (error instanceof AlreadyThereError) this.#alreadyThere += 1;
      else {
        this.#options.log.warn({ err: error }, 'A conversation could not be imported.');
        this.#note(taken.where, 'It could not be stored on this server.');
      }
      return source.areLast ? 'taken' : 'left';
    }
  }

  /** @returns how many turns there were */
  async #insert(trx: Transaction<Database>, taken: Taking, source: { file: ConversationFile; areLast: boolean }) {
    const { conversation } = taken;
    const userId = this.#member.id;
    const conversationId = newId();
    // A folder may have been deleted since it was found.
    const folderId = taken.folderId !== null && (await lockFolder(trx, userId, taken.folderId)) ? taken.folderId : null;
    const row = { ...this.#conversationRow(conversation, conversationId), folder_id: folderId };
    if (!(await insertImportedConversation(trx, row, conversation.origin))) throw new AlreadyThereError();
    // A file that nothing refers to yet may have gone since it was kept.
    const kept = await keepFiles(trx, userId, [...taken.files.values()]);
    const files = new Map([...taken.files].filter(([, id]) => kept.has(id)));
    const modelIdOf =
      conversation.form === 'polylogue' ? (name: string) => name : (name: string) => this.#modelIdOf(name);
    const rows = new TakenRows({ userId, conversationId, files, modelIdOf });
    let count = 0;
    while (!source.areLast) {
      const { turns, areLast } = await nextTurns(source.file);
      source.areLast = areLast;
      this.#signal.throwIfAborted();
      await insertImportedRows(trx, rows.of(turns));
      count += turns.length;
    }
    return count;
  }

  #conversationRow(conversation: TakenConversation, id: string) {
    const now = Date.now();
    const time = (told: string) => new Date(Math.min(Date.parse(told), now));
    return {
      id,
      user_id: this.#member.id,
      title: toTitle(conversation.title).slice(0, TITLE_LENGTH_MAX).toWellFormed() || UNTITLED,
      titled_by_user: conversation.titledByUser,
      model_ids: this.#modelIds(conversation),
      system_prompt: conversation.systemPrompt,
      client_id: null,
      payer_team_id: null,
      evaluation_id: null,
      pinned: conversation.pinned,
      archived: conversation.archived,
      created_at: time(conversation.createdAt),
      updated_at: time(conversation.updatedAt),
      active_at: time(conversation.activeAt),
    };
  }

  /** The models that its next prompt goes to: those of a file of elsewhere only as far as they are offered here. */
  #modelIds({ form, models }: TakenConversation): string[] {
    if (form === 'polylogue') return [...models];
    const { catalogue } = this.#options.offer.now;
    const known = models.flatMap((name) => findModel(catalogue, name)?.id ?? []);
    return known.length > 0 ? [...new Set(known)] : [...catalogue.defaultModelIds].slice(0, 1);
  }

  /** A model that is not offered here keeps its name. */
  #modelIdOf(name: string): string {
    return findModel(this.#options.offer.now.catalogue, name)?.id ?? name;
  }
}

interface Taking {
  conversation: TakenConversation;
  where: string;
  /** The ids of its files, by their keys. */
  files: ReadonlyMap<string, string>;
  folderId: string | null;
}

class AlreadyThereError extends Error {}

async function nextTurns(file: ConversationFile): Promise<{ turns: readonly TakenTurn[]; areLast: boolean }> {
  const step = await file.next();
  if (step.type !== 'turns') throw new Error(`After a conversation came ${step.type}, and not its turns.`);
  return step;
}
