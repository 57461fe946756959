import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RateLimiterAbstract } from 'rate-limiter-flexible';
import type { Domain } from '../../domain/domain.ts';
import { findEvaluationsById } from '../../domain/evaluating/evaluations.ts';
import { evaluationAsJsonLines } from '../../domain/evaluating/export.ts';
import { parseGlobalId } from '../../domain/ground/global-ids.ts';
import { hasScope, type Viewer } from '../../domain/people/members.ts';
import { sendPieces, waitOf } from './download.ts';

export interface EvaluationExportOptions {
  db: Domain['db'];
  findViewer(req: IncomingMessage): Promise<Viewer | null>;
  /** Counts the downloads of a member; rejects with a RateLimiterRes if they are too many. */
  downloads: Pick<RateLimiterAbstract, 'consume'>;
}

const address = /^\/export\/evaluation\/([^/]+)\.jsonl$/;

export function isEvaluationExport(path: string): boolean {
  return address.test(path);
}

/**
 * Answers `GET /export/evaluation/<id>.jsonl` with all answers of an evaluation, for its owner alone. An API key needs
 * READ. A member gets thirty in an hour.
 */
export async function handleEvaluationExport(
  req: IncomingMessage,
  res: ServerResponse,
  options: EvaluationExportOptions,
): Promise<void> {
  const { pathname } = new URL(req.url ?? '/', 'http://localhost');
  if (req.method !== 'GET') return refuse(res, 405, 'Use GET.');
  const viewer = await options.findViewer(req);
  if (!viewer) return refuse(res, 401, 'Sign in first.');
  if (!hasScope(viewer, 'READ')) return refuse(res, 403, 'This needs an API key with the scope READ.');
  // An id is of base64, of which a path escapes these three signs alone.
  const escaped = address.exec(pathname)?.[1] ?? '';
  const named = parseGlobalId(escaped.replace(/%3D/gi, '=').replace(/%2B/gi, '+').replace(/%2F/gi, '/'));
  const [evaluation] =
    named?.typename === 'Evaluation' ? await findEvaluationsById(options.db, viewer.id, [named.id]) : [];
  if (evaluation?.user_id !== viewer.id) return refuse(res, 404, 'There is no such evaluation, or it is not yours.');
  const waitMs = await waitOf(options.downloads, viewer.id);
  if (waitMs > 0) {
    res.setHeader('Retry-After', Math.ceil(waitMs / 1000));
    return refuse(res, 429, `You have downloaded often. Try again in ${Math.ceil(waitMs / 60_000)} minutes.`);
  }
  res.writeHead(200, {
    'Content-Type': 'application/jsonl; charset=utf-8',
    'Content-Disposition': 'attachment; filename="evaluation.jsonl"',
    'Cache-Control': 'no-store',
  });
  const stillAllowed = async () => (await options.findViewer(req))?.id === viewer.id;
  await sendPieces(res, evaluationAsJsonLines(options.db, evaluation), stillAllowed);
}

function refuse(res: ServerResponse, status: number, message: string): void {
  res.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' }).end(`${message}\n`);
}
