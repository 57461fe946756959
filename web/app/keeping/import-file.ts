import { takeAlong as texts } from 'texts:account';
import { type Refusal, refusalWords } from '../graphql/refusal.ts';
import { basePath } from '../ui/browser/base-path.ts';

export interface ImportProgress {
  /** The part of the file that has been sent, from 0 to 1. */
  sent: number;
  /** The part that has been read, from 0 to 1; null: the server has not begun. */
  read: number | null;
  taken: number;
}

export interface ImportReport {
  form: 'polylogue' | 'chatgpt' | 'claude' | 'librechat' | 'open-webui' | null;
  taken: number;
  turns: number;
  files: number;
  alreadyThere: number;
  notTaken: { where: string; why: string }[];
  notTakenMore: number;
  ended: string | null;
}

/** An import was refused, or failed. The message is for the member. */
export class ImportError extends Error {}

/**
 * Sends a file whose conversations are to be taken, and resolves with the report.
 *
 * Rejects with an `ImportError`, or with the signal's reason once it is aborted: what was taken by then stays.
 */
export function importFile(
  file: File,
  { onProgress, signal }: { onProgress: (progress: ImportProgress) => void; signal: AbortSignal },
): Promise<ImportReport> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    // `fetch` tells nothing of what it has sent.
    const request = new XMLHttpRequest();
    const onAbort = () => request.abort();
    signal.addEventListener('abort', onAbort);
    const lines = new Lines(request);
    let progress: ImportProgress = { sent: 0, read: null, taken: 0 };
    const tell = (changes: Partial<ImportProgress>) => {
      progress = { ...progress, ...changes };
      onProgress(progress);
    };
    let report: ImportReport | null = null;
    let mistake: string | null = null;
    const take = () => {
      for (const line of lines.take()) {
        if (line.type === 'report') report = line as unknown as ImportReport;
        else if (line.type === 'error') mistake = String(line.message);
        else tell({ read: Number(line.read) / Math.max(1, Number(line.bytes)), taken: Number(line.taken) });
      }
    };
    request.upload.addEventListener('progress', ({ lengthComputable, loaded, total }) => {
      if (lengthComputable && total > 0) tell({ sent: loaded / total });
    });
    request.addEventListener('progress', take);
    request.addEventListener('loadend', () => {
      signal.removeEventListener('abort', onAbort);
      if (signal.aborted) return reject(signal.reason);
      if (request.status !== 200) return reject(new ImportError(messageOf(request)));
      take();
      if (report) resolve(report);
      else reject(new ImportError(mistake ?? texts.brokeOff));
    });
    request.open('POST', `${basePath()}/import`);
    const body = new FormData();
    body.append('file', file, file.name);
    request.send(body);
  });
}

/** The lines of an answer as they arrive. */
class Lines {
  readonly #request: XMLHttpRequest;
  #end = 0;

  constructor(request: XMLHttpRequest) {
    this.#request = request;
  }

  take(): Record<string, unknown>[] {
    if (this.#request.status !== 200) return [];
    const text = this.#request.responseText;
    const end = text.lastIndexOf('\n') + 1;
    const whole = text.slice(this.#end, end);
    this.#end = Math.max(this.#end, end);
    return whole
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line));
  }
}

function messageOf({ status, responseText }: XMLHttpRequest): string {
  try {
    const { error } = JSON.parse(responseText) as { error?: Refusal };
    const told = error && refusalWords(error);
    if (told) return told;
  } catch {
    // What stands before the server answered with words of its own.
  }
  if (status === 401) return texts.signedOut;
  if (status === 413) return texts.tooLarge;
  return status === 0 ? texts.unreached : texts.notImported;
}
