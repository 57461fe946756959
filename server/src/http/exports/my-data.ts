import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RateLimiterAbstract } from 'rate-limiter-flexible';
import type { Domain } from '../../domain/domain.ts';
import { hasScope, type Viewer } from '../../domain/people/members.ts';
import { myData, noteDownload } from '../../domain/people/my-data.ts';
import { sendPieces, waitOf } from './download.ts';

export interface MyDataOptions {
  db: Domain['db'];
  fileContents: Domain['fileContents'];
  findViewer(req: IncomingMessage): Promise<Viewer | null>;
  addressOf(req: IncomingMessage): string;
  /** Counts the downloads of a member; rejects with a RateLimiterRes if they are too many. */
  downloads: Pick<RateLimiterAbstract, 'consume'>;
}

/**
 * Answers `GET /export/my-data.json` with everything that is stored of the member, as fast as the client takes it. An
 * API key needs READ and ADMIN. A member gets five in an hour, and each is in the audit log.
 */
export async function handleMyData(req: IncomingMessage, res: ServerResponse, options: MyDataOptions): Promise<void> {
  if (req.method !== 'GET') return refuse(res, 405, 'Use GET.');
  const viewer = await options.findViewer(req);
  if (!viewer) return refuse(res, 401, 'Sign in first.');
  if (!hasScope(viewer, 'READ') || !hasScope(viewer, 'ADMIN')) {
    return refuse(res, 403, 'This needs an API key with the scopes READ and ADMIN.');
  }
  const waitMs = await waitOf(options.downloads, viewer.id);
  if (waitMs > 0) {
    res.setHeader('Retry-After', Math.ceil(waitMs / 1000));
    return refuse(res, 429, `You have downloaded your data often. Try again in ${Math.ceil(waitMs / 60_000)} minutes.`);
  }
  await noteDownload(options.db, viewer, options.addressOf(req));
  res.writeHead(200, {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Disposition': 'attachment; filename="polylogue-my-data.json"',
    'Cache-Control': 'no-store',
  });
  const stillAllowed = async () => (await options.findViewer(req))?.id === viewer.id;
  await sendPieces(res, myData(options, viewer), stillAllowed);
}

function refuse(res: ServerResponse, status: number, message: string): void {
  res.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' }).end(`${message}\n`);
}
