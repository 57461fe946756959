import {
  BrokenCircuitError,
  CircuitState,
  CountBreaker,
  circuitBreaker,
  DelegateBackoff,
  handleWhenResult,
  type IHalfOpenAfterBackoffContext,
} from 'cockatiel';
import type { ModelFailure } from '../../ports/language-model.ts';

/** How each provider's recent calls in this process went, and whether the provider is worth calling now. */
export interface ProviderHealth {
  /**
   * Makes a call and notes how its stream ended. Null: no call was made, since the provider rests after many failures.
   *
   * @param options.isHidden whether the report, which everybody reads, must not tell of it
   */
  guard<Call extends FinishedCall>(
    providerId: string,
    call: () => Promise<Call>,
    options?: { isHidden: boolean },
  ): Promise<Call | null>;
  /** Notes a call that was made regardless of the provider's state. */
  record(providerId: string, call: FinishedCall): void;
  report(providerId: string): ProviderHealthReport;
}

export interface FinishedCall {
  /** Null: the stream ended as it should. */
  failure: ModelFailure | null;
  /** Null: no character came. */
  firstTokenMs: number | null;
}

export interface ProviderHealthReport {
  status: 'UP' | 'DEGRADED' | 'DOWN' | 'UNKNOWN';
  /** When the last call ended. */
  checkedAt: Date | null;
  /** Median of the calls that brought a character. */
  firstTokenMs: number | null;
  /** The share of calls that failed by the provider's fault, from 0 to 1. */
  errorRate: number | null;
  /** The last failure that was the provider's fault. Its message is for operators: it may name accounts. */
  lastError: Pick<ModelFailure, 'code' | 'message'> | null;
}

const WINDOW_MS = 5 * 60_000;
const CALLS_MAX = 200;
/** How long a failing provider rests if it does not ask for a time itself. */
const REST_MS = 10_000;
const REST_MS_MAX = 60_000;

export function createProviderHealth(now: () => number = Date.now): ProviderHealth {
  const providers = new Map<string, ReturnType<typeof createProvider>>();

  function provider(id: string) {
    const known = providers.get(id) ?? createProvider(now);
    providers.set(id, known);
    return known;
  }

  return {
    guard: (providerId, call, { isHidden } = { isHidden: false }) => provider(providerId).guard(call, isHidden),
    record: (providerId, call) => provider(providerId).record(call),
    report: (providerId) => provider(providerId).report(),
  };
}

function createProvider(now: () => number) {
  // The breaker opens if more than half of the last 20 finished streams failed, of at least 10.
  const breaker = circuitBreaker(
    // A trial call that tells nothing counts as failed, so that another one is made.
    handleWhenResult((result) => isOutage(result as FinishedCall) || tellsNothing(result as FinishedCall)),
    {
      breaker: new CountBreaker({ threshold: 0.5, size: 20, minimumNumberOfCalls: 10 }),
      halfOpenAfter: new DelegateBackoff(restMs),
    },
  );
  let calls: (FinishedCall & { at: number })[] = [];

  function recent() {
    calls = calls.filter(({ at }) => at > now() - WINDOW_MS).slice(-CALLS_MAX);
    return calls;
  }

  function record({ failure, firstTokenMs }: FinishedCall) {
    if (tellsNothing({ failure, firstTokenMs })) return;
    recent().push({ failure, firstTokenMs, at: now() });
  }

  /** Makes a trial call; null: the provider still rests. */
  async function tryOnce<Call extends FinishedCall>(
    call: () => Promise<Call>,
    isHidden: boolean,
  ): Promise<Call | null> {
    try {
      const finished = await breaker.execute(call);
      if (!isHidden) record(finished);
      return finished;
    } catch (error) {
      if (error instanceof BrokenCircuitError) return null;
      throw error;
    }
  }

  /**
   * Notes a finished call. The breaker hears only of its end: if it executed the call, three functions would wait for
   * minutes.
   */
  async function note<Call extends FinishedCall>(finished: Call, isHidden: boolean): Promise<Call> {
    if (!isHidden) record(finished);
    if (breaker.state === CircuitState.Closed && !tellsNothing(finished)) await breaker.execute(() => finished);
    return finished;
  }

  return {
    record,
    guard<Call extends FinishedCall>(call: () => Promise<Call>, isHidden: boolean): Promise<Call | null> {
      // One call at a time tries whether the provider is back; cockatiel would have the others wait until that call
      // ends.
      if (breaker.state === CircuitState.HalfOpen) return Promise.resolve(null);
      if (breaker.state === CircuitState.Open) return tryOnce(call, isHidden);
      return call().then((finished) => note(finished, isHidden));
    },
    report(): ProviderHealthReport {
      const window = recent();
      const last = window.at(-1);
      if (!last) return { status: 'UNKNOWN', checkedAt: null, firstTokenMs: null, errorRate: null, lastError: null };
      const failed = window.filter((call) => blamesProvider(call.failure));
      const errorRate = failed.length / window.length;
      const resting = breaker.state === CircuitState.Open;
      return {
        status:
          resting || (errorRate >= 0.5 && blamesProvider(last.failure)) ? 'DOWN' : errorRate > 0 ? 'DEGRADED' : 'UP',
        checkedAt: new Date(last.at),
        firstTokenMs: median(window.flatMap((call) => call.firstTokenMs ?? [])),
        errorRate,
        lastError: failed.at(-1)?.failure ?? null,
      };
    },
  };
}

function restMs({ result }: IHalfOpenAfterBackoffContext): number {
  const asked = 'value' in result ? (result.value as FinishedCall).failure?.retryAfterMs : null;
  return Math.min(asked ?? REST_MS, REST_MS_MAX);
}

/** Whether the call was stopped before its first character, or failed by this server's own fault. */
function tellsNothing({ failure, firstTokenMs }: FinishedCall): boolean {
  return failure !== null && ['INTERNAL', 'FILE_UNAVAILABLE'].includes(failure.code) && firstTokenMs === null;
}

/** Whether the provider cannot do its work now, whatever is asked of it. */
function isOutage({ failure }: FinishedCall): boolean {
  return failure?.retryable ?? false;
}

/**
 * Whether the failure is the provider's: a request that was itself at fault says nothing about the provider's health.
 */
function blamesProvider(failure: ModelFailure | null): boolean {
  return failure !== null && (failure.retryable || ['AUTHENTICATION', 'QUOTA_EXCEEDED'].includes(failure.code));
}

function median(values: readonly number[]): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? null;
}
