import type { Kysely } from 'kysely';
import type { Database } from '../../database/database.ts';
import { findFileOfContent } from '../../database/keeping/importing.ts';
import type { ConversationFile, TakenFile } from '../../ports/conversation-reader.ts';
import { isStoreUnavailable } from '../files/contents.ts';
import type { TemporaryFiles } from '../files/temporary-files.ts';
import type { Uploader, Uploads } from '../files/uploads.ts';
import { FileQuotaError, FileRefusedError, RateLimitError } from '../ground/errors.ts';

export interface TakenFilesOptions {
  db: Kysely<Database>;
  uploads: Pick<Uploads, 'keepAt' | 'bytesMax'>;
  temporary: TemporaryFiles;
}

/** Keeps the files of conversations that are taken, as the member's, each once. */
export class TakenFiles {
  readonly #options: TakenFilesOptions;
  readonly #member: Uploader;
  readonly #source: ConversationFile;
  /** Those of this import, by their hash or entry. */
  readonly #kept = new Map<string, string>();

  constructor(options: TakenFilesOptions, member: Uploader, source: ConversationFile) {
    this.#options = options;
    this.#member = member;
    this.#source = source;
  }

  /** The ids of the files that could be kept, by their keys; `note` is told why others could not. */
  async keep(
    files: readonly TakenFile[],
    note: (why: string) => void,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, string>> {
    const ids = new Map<string, string>();
    for (const file of files) {
      const id = await this.#keepOne(file, signal).catch((error: unknown) => {
        signal.throwIfAborted();
        const why = reasonOf(error);
        if (why === null) throw error;
        note(`The file ${file.name} is left out: ${why}`);
        return undefined;
      });
      if (id === null) note(`The file ${file.name} is left out: its bytes are not there.`);
      if (id != null) ids.set(file.key, id);
    }
    return ids;
  }

  /** Null: its bytes are not there. */
  async #keepOne(file: TakenFile, signal: AbortSignal): Promise<string | null> {
    const known = this.#kept.get(file.key);
    if (known !== undefined) return known;
    const { db, temporary, uploads } = this.#options;
    const { hash, name, entry } = file;
    const own = hash === null ? undefined : await findFileOfContent(db, this.#member.id, { hash, name });
    const id =
      own ??
      (await temporary.withPath(async (path) => {
        if (entry === null || !(await this.#source.extract(entry, path, uploads.bytesMax))) return null;
        return (await uploads.keepAt(this.#member, { path, name }, signal)).id;
      }));
    if (id !== null) this.#kept.set(file.key, id);
    return id;
  }
}

/** Why a file is not kept, in a plain sentence; null: that is a fault of this server. */
function reasonOf(error: unknown): string | null {
  if (error instanceof FileRefusedError || error instanceof FileQuotaError || error instanceof RateLimitError) {
    return error.message;
  }
  return isStoreUnavailable(error) ? 'The store of files does not answer.' : null;
}
