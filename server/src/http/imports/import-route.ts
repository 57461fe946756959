import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RateLimiterAbstract } from 'rate-limiter-flexible';
import { tooLarge } from '../../domain/files/base64-file.ts';
import type { ImportTelling } from '../../domain/keeping/imports.ts';
import type { Viewer } from '../../domain/people/members.ts';
import { CallError, problem } from '../calls/call-problem.ts';
import { type CallsOptions, requireViewer } from '../calls/call-request.ts';
import { waitOf } from '../exports/download.ts';
import { writeFileOf } from '../files/multipart.ts';
import { readRest, refusingFiles } from '../files/refusal.ts';
import type { Route } from '../route.ts';

export interface ImportRouteOptions extends Pick<CallsOptions, 'domain' | 'origins' | 'findViewer' | 'log'> {
  /** Count a member's files that are imported, and the conversations in them; see `waitOf`. */
  imports: Pick<RateLimiterAbstract, 'consume'>;
  conversations: Pick<RateLimiterAbstract, 'consume'>;
}

/** What a multipart body has beside its file. */
const FRAME_BYTES_MAX = 16 * 1024;
/** How often progress is told, in ms; and how long there is no line at all. */
const PROGRESS_MS = 250;
const SILENCE_MS = 15_000;

/**
 * `POST /import`, multipart with a field `file`: takes the conversations of a zip or JSON document. It answers with lines
 * of JSON: `progress` as often as there is some, at last a `report`. An API key needs PROMPT.
 */
export function createImportRoute(options: ImportRouteOptions): Route {
  return {
    name: 'import',
    matches: (path) => path === '/import' || path === '/import/',
    handle: refusingFiles((req, res) => answer(req, res, options)),
  };
}

async function answer(req: IncomingMessage, res: ServerResponse, options: ImportRouteOptions): Promise<void> {
  if (req.method !== 'POST') {
    res.setHeader('Allow', 'POST');
    throw new CallError(problem('methodNotAllowed', 'Use POST.'));
  }
  const { domain } = options;
  const viewer = await requireViewer(req, options, 'PROMPT');
  const { bytesMax } = domain.imports;
  if (Number(req.headers['content-length'] ?? 0) > bytesMax + FRAME_BYTES_MAX) throw tooLarge(bytesMax);
  try {
    await take(req, res, viewer, options);
  } catch (error) {
    // A member may send a whole file to be told that others are being imported. Strangers are read less of.
    if (!res.headersSent && !res.destroyed && !req.errored) await readRest(req, res, bytesMax + FRAME_BYTES_MAX);
    throw error;
  }
}

async function take(
  req: IncomingMessage,
  res: ServerResponse,
  viewer: Viewer,
  { domain, log, imports, conversations }: ImportRouteOptions,
): Promise<void> {
  const waitMs = await waitOf(imports, viewer.id);
  if (waitMs > 0) {
    throw new CallError(
      problem('rateLimited', 'You have imported many files. Wait a while.', { retryAfterSeconds: waitMs / 1000 }),
    );
  }
  const gone = new AbortController();
  const giveUp = () => gone.abort(new Error('The client has gone.'));
  res.once('close', giveUp);
  if (res.destroyed) giveUp();
  const lines = new Lines(res);
  const telling: ImportTelling = {
    progress: (progress) => lines.progress(progress),
    report: (report) => lines.write({ type: 'report', ...report }),
    waitMs: () => waitOf(conversations, viewer.id),
  };
  try {
    await domain.imports.run(viewer, (path, limits) => writeFileOf(req, path, limits), telling, gone.signal);
  } catch (error) {
    if (!res.headersSent || gone.signal.aborted) throw error;
    // The head is written: what went wrong can only be a line.
    log.error({ err: error }, 'An import failed.');
    lines.write({
      type: 'error',
      message: 'Something went wrong on this server. Import the file again: it goes on from here.',
    });
  } finally {
    lines.close();
  }
  res.end();
}

/** Lines of JSON, the first of which writes the head. */
class Lines {
  readonly #res: ServerResponse;
  #told = 0;
  /** Clients and proxies give up a connection on which nothing is written. */
  readonly #silence: NodeJS.Timeout;

  constructor(res: ServerResponse) {
    this.#res = res;
    this.#silence = setInterval(() => {
      if (res.headersSent) res.write('\n');
    }, SILENCE_MS).unref();
  }

  progress(progress: object): void {
    const now = performance.now();
    // A client that reads nothing is not written to: the next line says as much.
    if (now < this.#told + PROGRESS_MS || this.#res.writableNeedDrain) return;
    this.#told = now;
    this.write({ type: 'progress', ...progress });
  }

  write(line: object): void {
    if (!this.#res.headersSent) {
      this.#res.writeHead(200, { 'Content-Type': 'application/x-ndjson; charset=utf-8', 'Cache-Control': 'no-store' });
    }
    this.#res.write(`${JSON.stringify(line)}\n`);
  }

  close(): void {
    clearInterval(this.#silence);
  }
}
