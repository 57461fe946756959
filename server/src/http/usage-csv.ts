import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Domain } from '../domain/domain.ts';
import { parseDateTime } from '../domain/ground/date-time.ts';
import { reportUsage, toCsv, type UsageGroup } from '../domain/money/usage.ts';
import { findUsers, hasScope, isAdmin, type Viewer } from '../domain/people/members.ts';

const groups: readonly UsageGroup[] = ['DAY', 'MODEL', 'PROVIDER', 'USER'];

/**
 * Answers a usage report as CSV: `GET /export/usage.csv` on the member's own usage (an API key needs READ), `GET
 * /export/admin/usage.csv` on everybody's (admins only; an API key needs ADMIN). `groupBy` (day, model, provider,
 * user), `from` and `to` (RFC 3339) are as in the API.
 */
export async function handleUsageCsv(
  req: IncomingMessage,
  res: ServerResponse,
  { db, viewer }: { db: Domain['db']; viewer: Viewer | null },
): Promise<void> {
  const { pathname, searchParams } = new URL(req.url ?? '/', 'http://localhost');
  const everybody = pathname === '/export/admin/usage.csv';
  if (!everybody && pathname !== '/export/usage.csv') return refuse(res, 404, 'Not found');
  if (req.method !== 'GET') return refuse(res, 405, 'Use GET.');
  if (!viewer) return refuse(res, 401, 'Sign in first.');
  if (!hasScope(viewer, everybody ? 'ADMIN' : 'READ')) {
    return refuse(res, 403, `This needs an API key with the scope ${everybody ? 'ADMIN' : 'READ'}.`);
  }
  if (everybody && !isAdmin(viewer)) return refuse(res, 403, 'Only an admin may do this.');

  const groupBy = groups.find((group) => group === (searchParams.get('groupBy') ?? 'DAY').toUpperCase());
  const from = toDate(searchParams.get('from'));
  const to = toDate(searchParams.get('to'));
  if (!groupBy || from === undefined || to === undefined) {
    return refuse(res, 400, 'groupBy is day, model, provider or user; from and to are dates such as 2026-01-31.');
  }
  if (from && to && from > to) return refuse(res, 400, 'to must not be before from.');
  const report = await reportUsage(db, { userId: everybody ? null : viewer.id, from, to, groupBy });
  const userIds = groupBy === 'USER' ? report.rows.flatMap(({ key }) => key ?? []) : [];
  const users = userIds.length > 0 ? await findUsers(db, userIds) : [];
  const emails = new Map(users.map(({ id, email }) => [id, email]));
  res.writeHead(200, {
    'Content-Type': 'text/csv; charset=utf-8',
    'Content-Disposition': `attachment; filename="usage-by-${groupBy.toLowerCase()}.csv"`,
    'Cache-Control': 'no-store',
  });
  res.end(toCsv(report, (key) => emails.get(key) ?? key));
}

/** Parses a date; null if none is given, undefined if it is not a date. */
function toDate(value: string | null): Date | null | undefined {
  if (value === null || value === '') return null;
  return parseDateTime(value) ?? undefined;
}

function refuse(res: ServerResponse, status: number, message: string): void {
  res.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' }).end(`${message}\n`);
}
