import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Domain } from '../../domain/domain.ts';
import { parseDateTime } from '../../domain/ground/date-time.ts';
import { parseGlobalId } from '../../domain/ground/global-ids.ts';
import { reportUsage, toCsv, type UsageGroup, type UsageReport } from '../../domain/money/usage.ts';
import { findKnownKeys, shownKey } from '../../domain/people/api-keys.ts';
import { findUsers, hasScope, mayReadFigures, type Viewer } from '../../domain/people/members.ts';
import { findPayingTeam } from '../../domain/people/paying-team.ts';
import { findTeams } from '../../domain/people/teams.ts';

const groups: readonly UsageGroup[] = ['DAY', 'MODEL', 'PROVIDER', 'USER', 'KEY', 'PAYER'];

/**
 * Answers a usage report as CSV: `GET /export/usage.csv` on the member's own usage (an API key needs READ), `GET
 * /export/admin/usage.csv` on everybody's (admins and auditors; an API key needs ADMIN). `groupBy` (day, model, provider,
 * user, key, payer), `from` and `to` (RFC 3339) are as in the API. `GET /export/teams/<id>/usage.csv` is what a team paid
 * for, without keys and payers, for its owners and those who read everybody's figures.
 */
export async function handleUsageCsv(
  req: IncomingMessage,
  res: ServerResponse,
  { db, viewer }: { db: Domain['db']; viewer: Viewer | null },
): Promise<void> {
  const { pathname, searchParams } = new URL(req.url ?? '/', 'http://localhost');
  const everybody = pathname === '/export/admin/usage.csv';
  const [, ofTeam] = /^\/export\/teams\/([^/]+)\/usage\.csv$/.exec(pathname) ?? [];
  if (!everybody && ofTeam === undefined && pathname !== '/export/usage.csv') return refuse(res, 404, 'Not found');
  if (req.method !== 'GET') return refuse(res, 405, 'Use GET.');
  if (!viewer) return refuse(res, 401, 'Sign in first.');
  if (!hasScope(viewer, everybody ? 'ADMIN' : 'READ')) {
    return refuse(res, 403, `This needs an API key with the scope ${everybody ? 'ADMIN' : 'READ'}.`);
  }
  if (everybody && !mayReadFigures(viewer)) return refuse(res, 403, 'Only an admin or an auditor may do this.');

  const teamId = ofTeam === undefined ? null : await overseenTeam(db, viewer, ofTeam);
  if (teamId === undefined) return refuse(res, 404, 'There is no such team, or you do not own it.');

  const groupBy = groups.find((group) => group === (searchParams.get('groupBy') ?? 'DAY').toUpperCase());
  const from = toDate(searchParams.get('from'));
  const to = toDate(searchParams.get('to'));
  if (!groupBy || from === undefined || to === undefined || (teamId !== null && groupBy === 'KEY')) {
    return refuse(
      res,
      400,
      'groupBy is day, model, provider, user, key or payer; from and to are dates such as 2026-01-31.',
    );
  }
  if (from && to && from > to) return refuse(res, 400, 'to must not be before from.');
  const userId = everybody || teamId !== null ? null : viewer.id;
  const report = await reportUsage(db, { userId, teamId, from, to, groupBy });
  const nameOf = await namesOf(db, report, everybody);
  res.writeHead(200, {
    'Content-Type': 'text/csv; charset=utf-8',
    'Content-Disposition': `attachment; filename="usage-by-${groupBy.toLowerCase()}.csv"`,
    'Cache-Control': 'no-store',
  });
  res.end(toCsv(report, nameOf));
}

/** The team's database id; undefined if there is none that the viewer owns, or of which they may read the figures. */
async function overseenTeam(db: Domain['db'], viewer: Viewer, escapedId: string): Promise<string | undefined> {
  // An id is of base64, of which a path escapes these three signs alone.
  const named = parseGlobalId(escapedId.replace(/%3D/gi, '=').replace(/%2B/gi, '+').replace(/%2F/gi, '/'));
  if (named?.typename !== 'Team') return undefined;
  const team = await findPayingTeam(db, { teamId: named.id }, viewer.id);
  return team && (team.isOwner || mayReadFigures(viewer)) ? named.id : undefined;
}

/** Finds what the rows of a report are called: members by their addresses, keys by their names. */
async function namesOf(db: Domain['db'], { groupBy, rows }: UsageReport, everybody: boolean) {
  const ids = rows.flatMap(({ key }) => key ?? []);
  if (groupBy === 'KEY') return keyNames(db, ids, everybody);
  if (groupBy === 'PAYER') return teamNames(db, ids);
  const emails = groupBy === 'USER' ? await emailsOf(db, ids) : new Map();
  return (key: string | null) => emails.get(key) ?? key ?? '';
}

/** An admin is told whose key it is, too. */
async function keyNames(db: Domain['db'], ids: readonly string[], withOwner: boolean) {
  const keys = ids.length > 0 ? await findKnownKeys(db, ids) : [];
  const emails = withOwner
    ? await emailsOf(
        db,
        keys.map(({ userId }) => userId),
      )
    : new Map();
  const names = new Map(
    keys.map((key) => [key.id, withOwner ? `${shownKey(key)} of ${emails.get(key.userId)}` : shownKey(key)]),
  );
  return (key: string | null) => (key === null ? 'no key' : (names.get(key) ?? key));
}

async function teamNames(db: Domain['db'], ids: readonly string[]) {
  const teams = ids.length > 0 ? await findTeams(db, ids) : [];
  const names = new Map(teams.map(({ id, name }) => [id, name]));
  return (key: string | null) => (key === null ? 'members themselves' : (names.get(key) ?? key));
}

async function emailsOf(db: Domain['db'], userIds: readonly string[]): Promise<Map<string, string>> {
  const users = userIds.length > 0 ? await findUsers(db, userIds) : [];
  return new Map(users.map(({ id, email }) => [id, email]));
}

/** Parses a date; null if none is given, undefined if it is not a date. */
function toDate(value: string | null): Date | null | undefined {
  if (value === null || value === '') return null;
  return parseDateTime(value) ?? undefined;
}

function refuse(res: ServerResponse, status: number, message: string): void {
  res.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' }).end(`${message}\n`);
}
