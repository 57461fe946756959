import { Base64File } from '../../domain/files/base64-file.ts';
import { CallFileError } from '../../domain/files/call-files.ts';
import { isStoreUnavailable } from '../../domain/files/contents.ts';
import { FileQuotaError, FileRefusedError, NotFoundError } from '../../domain/ground/errors.ts';
import type { Asking } from '../../domain/people/members.ts';
import type { FilePart } from '../../ports/language-model.ts';
import { waitOf } from '../exports/download.ts';
import { CallError, invalid, problem } from './call-problem.ts';
import type { CallsOptions } from './call-request.ts';
import type { CalledFile } from './kept-exchanges.ts';

/** Of all messages of a call. */
const FILES_MAX = 100;
/** How long a client is told to wait for a store that does not answer. */
const STORE_RETRY_SECONDS = 10;

/**
 * Keeps the files of a call as its member's own, and does the work with their ids. The bytes are taken out of the messages:
 * they are in memory no longer than it takes to write them down.
 *
 * @param work is given the ids in the order of the files; what is equal is one file. If it rejects, no file is left
 * @throws CallError, DomainError
 */
export async function withKeptFiles<T>(
  { domain, uploads }: Pick<CallsOptions, 'domain' | 'uploads'>,
  viewer: Asking,
  { files, signal }: { files: readonly CalledFile[]; signal: AbortSignal },
  work: (ids: readonly string[]) => Promise<T>,
): Promise<T> {
  if (files.length === 0) return work([]);
  if (files.length > FILES_MAX) {
    throw invalid(
      'messages',
      `A call that is kept may have at most ${FILES_MAX} files in all: leave out the oldest messages, which its conversation has.`,
    );
  }
  const beforeReading = async () => {
    const waitMs = await waitOf(uploads, viewer.id);
    if (waitMs <= 0) return;
    throw new CallError(
      problem('rateLimited', 'You have uploaded many files. Wait a while.', { retryAfterSeconds: waitMs / 1000 }),
    );
  };
  try {
    const brought = files.map(({ file }) => ({ name: nameOf(file), data: takeData(file) }));
    return await domain.callFiles.keepFor(viewer, brought, { signal, beforeReading }, (kept) =>
      work(kept.map(({ id }) => id)),
    );
  } catch (error) {
    if (error instanceof CallFileError) throw refusalOf(error.cause, files[error.index]?.field ?? 'messages');
    throw isGone(error) ? goneMeanwhile() : error;
  }
}

/** What was wrong with the file of this field, in words for the program that sent it. */
function refusalOf(cause: unknown, field: string): unknown {
  if (cause instanceof FileRefusedError) return invalid(field, cause.message);
  if (cause instanceof FileQuotaError) return new CallError(problem('forbidden', cause.message, { field }));
  if (!isStoreUnavailable(cause)) return cause;
  return new CallError(
    problem('overloaded', 'The store of files does not answer. Try again in a few seconds.', {
      retryAfterSeconds: STORE_RETRY_SECONDS,
    }),
  );
}

/** Whether a file that was found went before the prompt could refer to it, with the conversation that it was in. */
function isGone(error: unknown): boolean {
  return error instanceof NotFoundError && error.what === 'file';
}

function goneMeanwhile(): CallError {
  return new CallError(
    problem('overloaded', 'A file of this call was deleted just now. Send it again.', { retryAfterSeconds: 1 }),
  );
}

function takeData(file: FilePart): Base64File {
  const data = new Base64File(file.data);
  file.data = '';
  return data;
}

/** A name for a file, which ends as its type does where nothing but the name tells the type. */
function nameOf({ name, mediaType }: FilePart): string {
  const ending = endings.get(mediaType);
  const given = name || (mediaType.startsWith('image/') ? 'image' : 'file');
  return ending === undefined || /\.[A-Za-z0-9]{1,10}$/.test(given) ? given : `${given}.${ending}`;
}

const endings: ReadonlyMap<string, string> = new Map([
  ['application/json', 'json'],
  ['text/csv', 'csv'],
  ['text/html', 'html'],
  ['text/markdown', 'md'],
  ['text/plain', 'txt'],
  ['text/xml', 'xml'],
]);
