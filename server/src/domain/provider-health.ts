import type { Failure } from './live-responses.ts';

/** How a provider's calls went lately, as this process saw them. */
export interface ProviderHealth {
  record(providerId: string, call: FinishedCall): void;
  report(providerId: string): ProviderHealthReport;
}

export interface FinishedCall {
  /** Null: the stream came to its end. */
  failure: Failure | null;
  /** Null: no character came. */
  firstTokenMs: number | null;
}

export interface ProviderHealthReport {
  status: 'UP' | 'DEGRADED' | 'DOWN' | 'UNKNOWN';
  /** The last call's end. */
  checkedAt: Date | null;
  /** Median of the calls that brought a character. */
  firstTokenMs: number | null;
  /** Of all calls, from 0 to 1. */
  errorRate: number | null;
  lastError: string | null;
}

const WINDOW_MS = 5 * 60_000;
const CALLS_MAX = 200;

export function createProviderHealth(now: () => number = Date.now): ProviderHealth {
  const calls = new Map<string, (FinishedCall & { at: number })[]>();

  function recent(providerId: string) {
    const kept = (calls.get(providerId) ?? []).filter(({ at }) => at > now() - WINDOW_MS).slice(-CALLS_MAX);
    calls.set(providerId, kept);
    return kept;
  }

  return {
    record(providerId, call) {
      recent(providerId).push({ ...call, at: now() });
    },
    report(providerId) {
      const window = recent(providerId);
      const last = window.at(-1);
      if (!last) return { status: 'UNKNOWN', checkedAt: null, firstTokenMs: null, errorRate: null, lastError: null };
      const failed = window.filter((call) => blamesProvider(call.failure));
      const errorRate = failed.length / window.length;
      return {
        status: errorRate === 0 ? 'UP' : errorRate < 0.5 ? 'DEGRADED' : 'DOWN',
        checkedAt: new Date(last.at),
        firstTokenMs: median(window.flatMap((call) => call.firstTokenMs ?? [])),
        errorRate,
        lastError: failed.at(-1)?.failure?.message ?? null,
      };
    },
  };
}

/** A request that was at fault itself says nothing of the provider's health. */
function blamesProvider(failure: Failure | null): boolean {
  if (!failure) return false;
  return !['INVALID_REQUEST', 'CONTEXT_TOO_LONG', 'CONTENT_FILTERED', 'MODEL_NOT_FOUND', 'INTERNAL'].includes(
    failure.code,
  );
}

function median(values: readonly number[]): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? null;
}
