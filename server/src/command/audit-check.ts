import type { Kysely } from 'kysely';
import type { Database } from '../database/database.ts';
import {
  type ChainPlace,
  type ChainReport,
  checkAuditChain,
  checkAuditChainThrough,
} from '../domain/people/audit-chain.ts';

/** Prints whether the audit log is as it was written. Sets the exit code to 1 if it is not. */
export async function printAuditCheck(db: Kysely<Database>, noted: ChainPlace | null): Promise<void> {
  const report = noted ? await checkAuditChainThrough(db, noted) : await checkAuditChain(db);
  for (const line of linesOf(report)) console.log(line);
  if (report.broken) process.exitCode = 1;
}

function linesOf({ entries, erased, counting, since, head, broken }: ChainReport): string[] {
  if (broken) {
    const { position, entryId, reason } = broken;
    const place = entryId === null ? `place ${position}` : `place ${position} (entry ${entryId})`;
    return [
      `The audit log is broken at ${place}: ${reason}`,
      `The ${entries} entries before it are as they were written.`,
    ];
  }
  if (!since || !head) return ['The audit log has no entry yet.'];
  return [
    `The audit log is unbroken since ${since.toISOString()}: ${entries} entries.`,
    ...(erased > 0 ? [`In ${erased} of them the names of deleted members are erased.`] : []),
    ...(counting > 0
      ? [`Entries that still count an act, and join the chain within twenty minutes: ${counting}.`]
      : []),
    `The last one: ${head.position} ${head.hash}`,
    'Note these two and give them to verify-audit later: it then finds out whether anything up to here was cut off.',
  ];
}
