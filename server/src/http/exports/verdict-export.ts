import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RateLimiterAbstract } from 'rate-limiter-flexible';
import type { Domain } from '../../domain/domain.ts';
import { parseDateTime } from '../../domain/ground/date-time.ts';
import { DomainError } from '../../domain/ground/errors.ts';
import { validTopic } from '../../domain/judging/ballot.ts';
import { type VerdictFilter, verdictsAsCsv, verdictsAsJson } from '../../domain/judging/export.ts';
import { hasScope, type Viewer } from '../../domain/people/members.ts';
import { sendPieces, waitOf } from './download.ts';

export interface VerdictExportOptions extends Pick<Domain, 'db' | 'pseudonymOf'> {
  findViewer(req: IncomingMessage): Promise<Viewer | null>;
  /** Counts the downloads of a member; rejects with a RateLimiterRes if they are too many. */
  downloads: Pick<RateLimiterAbstract, 'consume'>;
}

const formats = {
  '/export/verdicts.csv': { name: 'verdicts.csv', type: 'text/csv', write: verdictsAsCsv },
  '/export/verdicts.json': { name: 'verdicts.json', type: 'application/json', write: verdictsAsJson },
};

export function isVerdictExport(path: string): path is keyof typeof formats {
  return Object.hasOwn(formats, path);
}

/**
 * Answers `GET /export/verdicts.csv` and `.json` with the verdicts of the whole house, without names and texts; `from`,
 * `to` (RFC 3339) and `topic` choose among them. An API key needs READ. A member gets thirty in an hour.
 */
export async function handleVerdictExport(
  req: IncomingMessage,
  res: ServerResponse,
  options: VerdictExportOptions,
): Promise<void> {
  const { pathname, searchParams } = new URL(req.url ?? '/', 'http://localhost');
  if (!isVerdictExport(pathname)) return refuse(res, 404, 'Not found');
  if (req.method !== 'GET') return refuse(res, 405, 'Use GET.');
  const viewer = await options.findViewer(req);
  if (!viewer) return refuse(res, 401, 'Sign in first.');
  if (!hasScope(viewer, 'READ')) return refuse(res, 403, 'This needs an API key with the scope READ.');
  const filter = filterOf(searchParams);
  if (typeof filter === 'string') return refuse(res, 400, filter);
  const waitMs = await waitOf(options.downloads, viewer.id);
  if (waitMs > 0) {
    res.setHeader('Retry-After', Math.ceil(waitMs / 1000));
    return refuse(res, 429, `You have downloaded verdicts often. Try again in ${Math.ceil(waitMs / 60_000)} minutes.`);
  }
  const { name, type, write } = formats[pathname];
  res.writeHead(200, {
    'Content-Type': `${type}; charset=utf-8`,
    'Content-Disposition': `attachment; filename="${name}"`,
    'Cache-Control': 'no-store',
  });
  const stillAllowed = async () => (await options.findViewer(req))?.id === viewer.id;
  await sendPieces(res, write(options, filter), stillAllowed);
}

/** What is wrong with the parameters, if it is a text. */
function filterOf(parameters: URLSearchParams): VerdictFilter | string {
  const [from, to] = [toDate(parameters.get('from')), toDate(parameters.get('to'))];
  if (from === undefined || to === undefined) return 'from and to are dates such as 2026-01-31.';
  if (from && to && from > to) return 'to must not be before from.';
  try {
    return { from, to, topic: validTopic(parameters.get('topic')) };
  } catch (error) {
    if (error instanceof DomainError) return error.message;
    throw error;
  }
}

/** Parses a date; null if none is given, undefined if it is not a date. */
function toDate(value: string | null): Date | null | undefined {
  if (value === null || value === '') return null;
  return parseDateTime(value) ?? undefined;
}

function refuse(res: ServerResponse, status: number, message: string): void {
  res.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' }).end(`${message}\n`);
}
