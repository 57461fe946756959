import type { Kysely } from 'kysely';
import type { Database } from '../../database/database.ts';
import { HOUSE } from '../../database/money/house.ts';
import { medianFirstTokens, sumUsage, type UsageFilter, type UsageGroup, type UsageSum } from '../../database/usage.ts';
import { toCsvLine } from '../ground/csv.ts';
import { InvalidInputError } from '../ground/errors.ts';

export type { UsageGroup } from '../../database/usage.ts';

export interface UsageRequest {
  /** Null: everybody's. */
  userId: string | null;
  /** What this team paid for. Absent: whoever paid. */
  teamId?: string | null;
  from?: Date | null | undefined;
  to?: Date | null | undefined;
  groupBy: UsageGroup;
}

export interface UsageReport {
  groupBy: UsageGroup;
  total: UsageRow;
  rows: UsageRow[];
}

export interface UsageRow extends UsageSum {
  groupBy: UsageGroup | null;
  /** Whether a row of users or payers, whose key is null then, is what the house asked and paid. */
  isOfHouse: boolean;
  /** Reads the database only when it is called, and once for all rows. */
  medianFirstTokenMs(): Promise<number | null>;
}

/** Reports requests, tokens, credits and provider cost, from the receipts that every settled response leaves. */
export async function reportUsage(db: Kysely<Database>, request: UsageRequest): Promise<UsageReport> {
  const filter: UsageFilter = {
    userId: request.userId,
    teamId: request.teamId ?? null,
    from: request.from ?? null,
    to: request.to ?? null,
  };
  if (filter.from && filter.to && filter.from > filter.to) {
    throw new InvalidInputError('to', 'The range ends before it begins.');
  }
  const { groupBy } = request;
  const { rows, total } = await sumUsage(db, filter, groupBy);
  return {
    groupBy,
    total: { ...total, groupBy: null, isOfHouse: false, medianFirstTokenMs: medianOf(db, filter, null)(null) },
    rows: withMedians(db, filter, groupBy, rows),
  };
}

function withMedians(db: Kysely<Database>, filter: UsageFilter, groupBy: UsageGroup, rows: readonly UsageSum[]) {
  const median = medianOf(db, filter, groupBy);
  const hasHouse = groupBy === 'USER' || groupBy === 'PAYER';
  return rows.map((row) => {
    const isOfHouse = hasHouse && row.key === HOUSE;
    return { ...row, key: isOfHouse ? null : row.key, groupBy, isOfHouse, medianFirstTokenMs: median(row.key) };
  });
}

function medianOf(db: Kysely<Database>, filter: UsageFilter, group: UsageGroup | null) {
  let medians: Promise<Map<string | null, number | null>> | undefined;
  return (key: string | null) => async () => {
    medians ??= medianFirstTokens(db, filter, group).then(
      (rows) => new Map(rows.map((row) => [row.key, row.medianMs])),
    );
    return (await medians).get(key) ?? null;
  };
}

/** The report as CSV (RFC 4180), a line for each row. */
export function toCsv({ groupBy, rows }: UsageReport, nameOf: (key: string | null) => string): string {
  const head = [groupBy.toLowerCase(), 'responses', 'failures', 'input_tokens', 'output_tokens', 'credits', 'cost_usd'];
  const lines = rows.map((row) => [
    row.isOfHouse ? 'this server' : nameOf(row.key),
    row.responses,
    row.failures,
    row.inputTokens,
    row.outputTokens,
    row.credits,
    row.costUsd,
  ]);
  return [head, ...lines].map(toCsvLine).join('');
}
