import type { Kysely } from 'kysely';
import type { Logger } from 'pino';
import { execute } from '../../database/connection/statement.ts';
import type { Database } from '../../database/database.ts';
import { insertResponseFileStatement } from '../../database/files/files.ts';
import type { MadeImage } from '../../ports/language-model.ts';
import { Base64File } from './base64-file.ts';
import type { FileCleaner } from './cleaner.ts';
import type { FileContents } from './contents.ts';
import { hashesOf, insertPrepared, keepPrepared, prepareFile } from './kept-file.ts';
import type { TemporaryFiles } from './temporary-files.ts';
import type { Uploads } from './uploads.ts';

export interface MadeImagesOptions {
  db: Kysely<Database>;
  contents: FileContents;
  cleaner: Pick<FileCleaner, 'forget'>;
  temporary: TemporaryFiles;
  /** What reads files. */
  uploads: Pick<Uploads, 'reader'>;
  log: Logger;
}

/** An image's place. */
export interface ImagePlace {
  userId: string;
  responseId: string;
  /** From 0, among the images of the response. */
  position: number;
  /** Resolves when the image's place is journalled, with the text before it. Never rejects. */
  placed(): Promise<void>;
}

const PATIENCE_MS = 90_000;
const TRIES = 3;

/**
 * Keeps images that models make, as files of the members who asked: drawn anew, as uploads are. They count into what a
 * member has, but none is refused for it: it is paid already.
 */
export class MadeImages {
  readonly #options: MadeImagesOptions;

  constructor(options: MadeImagesOptions) {
    this.#options = options;
  }

  /** @returns the file's id; null: it could not be kept. Never rejects */
  keep({ data }: MadeImage, place: ImagePlace): Promise<string | null> {
    // This is not an async function, since one would have the image in memory for as long as it takes to keep it.
    return this.#keep(new Base64File(data), place).catch((error: unknown) => {
      const { responseId } = place;
      this.#options.log.warn({ err: error, responseId }, 'An image that a model made could not be kept.');
      return null;
    });
  }

  async #keep(image: Base64File, { userId, responseId, position, placed }: ImagePlace): Promise<string> {
    const { db, temporary, contents, cleaner, uploads } = this.#options;
    return temporary.withPath(async (path) => {
      await image.writeTo(path);
      const reader = await uploads.reader();
      // It goes before uploads: whoever uploads can try again, and nobody can make the same image again.
      const read = await reader.read(path, `image-${position + 1}.png`, AbortSignal.timeout(PATIENCE_MS), true);
      if (read.kind !== 'IMAGE') throw new Error('What the model made is no image.');
      const prepared = await prepareFile(read);
      // A process that dies from here on leaves the place of the image, whatever becomes of the image.
      await placed();
      try {
        for (let tries = 0; tries < TRIES; tries++) {
          await keepPrepared(contents, prepared);
          // The file and what refers to it are there together or not at all.
          const file = await db.transaction().execute(async (trx) => {
            const made = await insertPrepared(trx, prepared, { userId, origin: 'MODEL', since: timeOf(responseId) });
            if (!made) return null;
            const [kept] = await execute(trx, insertResponseFileStatement({ responseId, position, fileId: made.id }));
            if (!kept) throw new Error('The answer is gone, or another process has made it final.');
            return made;
          });
          if (file) return file.id;
        }
        throw new Error('A content was taken away each time that it was kept.');
      } catch (error) {
        await cleaner.forget(hashesOf(prepared.row));
        throw error;
      }
    });
  }
}

/**
 * When the response was admitted, which its id tells. A file that told when the image came would tell how fast a hidden model is.
 */
function timeOf(responseId: string): Date {
  return new Date(Number.parseInt(responseId.replaceAll('-', '').slice(0, 12), 16));
}
