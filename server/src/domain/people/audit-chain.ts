import { createHash } from 'node:crypto';
import type { Kysely } from 'kysely';
import type { Database } from '../../database/database.ts';
import {
  type ChainedEntryRow,
  chainCountedEntries,
  countOpenEntries,
  findChainedEntries,
  findStrayEntry,
} from '../../database/people/audit-chain.ts';

/** A place in the chain. Whoever has noted one can tell later that nothing before it was changed or cut off. */
export interface ChainPlace {
  position: number;
  /** Hexadecimal. */
  hash: string;
}

export interface ChainReport {
  /** How many entries were checked, up to the break if there is one. */
  entries: number;
  /** How many of them have their names erased. */
  erased: number;
  /** How many entries still count an act, and join the chain within twenty minutes. */
  counting: number;
  /** When the first entry was written; null: there is none. */
  since: Date | null;
  /** The last entry that was checked; null: there is none. */
  head: ChainPlace | null;
  /** The first entry that is not as it was written; null: there is none. */
  broken: ChainBreak | null;
}

export interface ChainBreak {
  /** Null: the entry is missing. */
  entryId: number | null;
  position: number;
  /** For people to read. */
  reason: string;
}

const PAGE = 500;
const checks = new WeakMap<Kysely<Database>, Promise<ChainReport>>();

/**
 * Checks that every entry of the audit log is as it was written, from the first to the last. It reads a page after the
 * other. Callers who come while a check runs get the same report.
 */
export function checkAuditChain(db: Kysely<Database>): Promise<ChainReport> {
  const running = checks.get(db) ?? checkFrom(db, null).finally(() => checks.delete(db));
  checks.set(db, running);
  return running;
}

/** Checks the chain, and that it goes through the place that was noted earlier. */
export function checkAuditChainThrough(db: Kysely<Database>, noted: ChainPlace): Promise<ChainReport> {
  return checkFrom(db, noted);
}

async function checkFrom(db: Kysely<Database>, noted: ChainPlace | null): Promise<ChainReport> {
  await chainCountedEntries(db);
  const report: ChainReport = { entries: 0, erased: 0, counting: 0, since: null, head: null, broken: null };
  for (let page = await nextPage(db, report); page.length > 0; page = await nextPage(db, report)) {
    for (const entry of page) {
      report.broken = breakAt(entry, report.head) ?? breakWith(noted, entry);
      if (report.broken) return report;
      report.since ??= entry.created_at;
      report.entries += 1;
      report.erased += entry.salt === null ? 1 : 0;
      report.head = { position: entry.position, hash: entry.hash };
    }
  }
  if (noted && noted.position > (report.head?.position ?? 0)) {
    report.broken = { entryId: null, position: noted.position, reason: 'The entry that was noted is missing.' };
  }
  const stray = await findStrayEntry(db);
  if (stray && !report.broken) {
    const position = (report.head?.position ?? 0) + 1;
    report.broken = { entryId: stray.id, position, reason: 'It is not in the chain, and does not count an act.' };
  }
  report.counting = await countOpenEntries(db);
  return report;
}

function nextPage(db: Kysely<Database>, { head }: ChainReport): Promise<ChainedEntryRow[]> {
  return findChainedEntries(db, { after: head?.position ?? 0, limit: PAGE });
}

function breakAt(entry: ChainedEntryRow, before: ChainPlace | null): ChainBreak | null {
  const { id: entryId, position } = entry;
  const expected = (before?.position ?? 0) + 1;
  if (position !== expected) {
    return { entryId: null, position: expected, reason: `Entries are missing before entry ${entryId}.` };
  }
  if (entry.salt !== null && digestOf(entry) !== entry.digest) {
    return { entryId, position, reason: 'Its target or its note was changed.' };
  }
  if (hashOf(entry, before?.hash ?? '') !== entry.hash) {
    return { entryId, position, reason: 'It was changed, or an entry before it was replaced.' };
  }
  return null;
}

function breakWith(noted: ChainPlace | null, { id: entryId, position, hash }: ChainedEntryRow): ChainBreak | null {
  if (position !== noted?.position || hash === noted.hash.toLowerCase()) return null;
  return { entryId, position, reason: 'It has another hash than the one that was noted.' };
}

/** As migration 0019_people computes it. */
function digestOf({ salt, target, note }: ChainedEntryRow): string {
  return sha256([Buffer.from(texts(salt, target, note))]);
}

function hashOf(entry: ChainedEntryRow, previous: string): string {
  const { position, id, actor_id, action, occurrences, created_at, digest } = entry;
  const rest = texts(`${position}`, `${id}`, actor_id, action, `${occurrences}`, `${created_at.getTime()}`);
  return sha256([Buffer.from(previous, 'hex'), Buffer.from(digest, 'hex'), Buffer.from(rest)]);
}

/** Each text with its length in bytes before it. */
function texts(...values: readonly (string | null)[]): string {
  return values.map((value) => (value === null ? '-' : `${Buffer.byteLength(value)}:${value}`)).join('');
}

function sha256(pieces: readonly Buffer[]): string {
  const hash = createHash('sha256');
  for (const piece of pieces) hash.update(piece);
  return hash.digest('hex');
}
