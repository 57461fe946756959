import type { IncomingMessage, ServerResponse } from 'node:http';
import { isStoreUnavailable } from '../../domain/files/contents.ts';
import { FileInUseError, FileQuotaError, FileRefusedError } from '../../domain/ground/errors.ts';
import { problem, problemOf } from '../calls/call-problem.ts';
import { sendJson } from '../rest/operation.ts';
import { refuse } from '../rest/refusal.ts';

/** How long a client is told to wait for a store that does not answer. */
const STORE_RETRY_SECONDS = 10;

/** A handler whose refusals are answered as JSON, those of files with codes of their own. */
export function refusingFiles(handle: (req: IncomingMessage, res: ServerResponse) => Promise<void>) {
  return async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    try {
      await handle(req, res);
    } catch (error) {
      const isFault = !(await answerRefusal(error, req, res));
      if (isFault) throw error;
    }
  };
}

/** @returns false if the error is a fault of this server */
async function answerRefusal(error: unknown, req: IncomingMessage, res: ServerResponse): Promise<boolean> {
  const known = knownRefusal(error);
  const common = problemOf(error);
  if (res.headersSent || res.destroyed || req.errored) {
    // A client that went away is told nothing, and is no fault.
    if (!res.writableFinished) res.destroy();
    return known !== null || common !== null || req.errored !== null || req.destroyed;
  }
  await readRest(req, res);
  if (known) {
    if (known.retryAfterSeconds !== undefined) res.setHeader('Retry-After', known.retryAfterSeconds);
    sendJson(res, known.status, { error: { code: known.code, message: known.message, field: known.field ?? null } });
    return true;
  }
  refuse(res, common ?? problem('internal', 'Something went wrong on this server.'));
  return common !== null;
}

interface FileProblem {
  status: number;
  code: string;
  message: string;
  field?: string;
  retryAfterSeconds?: number;
}

function knownRefusal(error: unknown): FileProblem | null {
  if (error instanceof FileRefusedError) {
    const { code, message } = error;
    const status = code === 'TOO_LARGE' ? 413 : code === 'TYPE_NOT_ALLOWED' || code === 'NOT_SUPPORTED' ? 415 : 422;
    return { status, code, message, field: 'file' };
  }
  if (error instanceof FileQuotaError) {
    return { status: 403, code: 'FILE_QUOTA_EXCEEDED', message: error.message, field: 'file' };
  }
  if (error instanceof FileInUseError) return { status: 409, code: 'FILE_IN_USE', message: error.message };
  if (isStoreUnavailable(error)) {
    return {
      status: 503,
      code: 'FILES_UNAVAILABLE',
      message: 'The store of files does not answer. Try again in a few seconds.',
      retryAfterSeconds: STORE_RETRY_SECONDS,
    };
  }
  return null;
}

/** A client reads no answer before it has sent its body; of a longer one nobody waits for the end. */
const REST_BYTES_MAX = 64 * 1024 * 1024;

/** Reads the rest of a body that is refused, at most `bytesMax` of it, so that the client comes to read why. */
export async function readRest(req: IncomingMessage, res: ServerResponse, bytesMax = REST_BYTES_MAX): Promise<void> {
  if (req.complete && req.readableEnded) return;
  if (req.method !== 'POST') return;
  let bytes = 0;
  try {
    if (Number(req.headers['content-length'] ?? 0) <= bytesMax) {
      for await (const chunk of req.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
        bytes += chunk.length;
        if (bytes > bytesMax) break;
      }
    }
  } catch {
    // The client has gone.
  }
  if (!req.complete) res.setHeader('Connection', 'close');
}
