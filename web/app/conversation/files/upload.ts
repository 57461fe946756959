import { files as texts } from 'texts:chat';
import { type Refusal, refusalWords } from '../../graphql/refusal.ts';
import { basePath } from '../../ui/browser/base-path.ts';
import type { AttachedFile } from './attached-file.ts';

interface UploadOptions {
  /** Called with the part of the file that has been sent, from 0 to 1. */
  onProgress: (sent: number) => void;
  signal: AbortSignal;
}

/** A file was not taken. The message is for the member. */
export class UploadError extends Error {}

/**
 * Sends a file to the server. `fetch` tells nothing of what it has sent, so that this is an XMLHttpRequest.
 *
 * Rejects with an `UploadError`, or with the signal's reason once it is aborted: nothing of the file is kept then.
 */
export function upload(file: File, { onProgress, signal }: UploadOptions): Promise<AttachedFile> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const request = new XMLHttpRequest();
    const onAbort = () => request.abort();
    signal.addEventListener('abort', onAbort);
    request.upload.addEventListener('progress', ({ lengthComputable, loaded, total }) => {
      if (lengthComputable && total > 0) onProgress(loaded / total);
    });
    request.addEventListener('loadend', () => {
      signal.removeEventListener('abort', onAbort);
      if (signal.aborted) return reject(signal.reason);
      if (request.status === 201) return resolve(request.response as AttachedFile);
      reject(new UploadError(messageOf(request)));
    });
    request.open('POST', `${basePath()}/files`);
    request.responseType = 'json';
    const body = new FormData();
    body.append('file', file, file.name);
    request.send(body);
  });
}

function messageOf({ status, response }: XMLHttpRequest): string {
  const { error, message } = (response ?? {}) as { error?: Refusal; message?: string };
  const told = refusalWords(error ?? { message });
  if (told) return told;
  if (status === 401) return texts.signedOut;
  if (status === 408) return texts.tooSlow;
  if (status === 413) return texts.tooLarge;
  return status === 0 ? texts.unreachable : texts.notTaken;
}
