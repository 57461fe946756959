import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { createAnswerMetrics } from '../../src/http/answer-metrics.ts';
import type { EndedAttempt, EndedResponse } from '../../src/ports/observer.ts';

const asker = { origin: null, memberId: 'm', turnId: 't', responseId: 'r' };
const usage = { inputTokens: 5, cachedInputTokens: 4, cacheWriteInputTokens: 0, outputTokens: 2, reasoningTokens: 1 };

function ended(changes: Partial<EndedResponse>): EndedResponse {
  const settled = {
    status: 'COMPLETED' as const,
    failureCode: null,
    finishReason: 'STOP' as const,
    usage,
    usageEstimated: false,
    creditsCharged: 7,
    startedAt: 0,
    durationMs: 1,
  };
  const of = { modelId: 'a/one', servedBy: 'a/one', providerId: 'a', creditAccountId: 'account', apiKeyId: 'key' };
  return { ...asker, ...of, recovered: false, creditsHeld: 9, settled, durationMs: 1, firstTokenMs: 1, ...changes };
}

it('attempts, first tokens, tokens and credits are counted by provider and model, and credits by key and account', async () => {
  const registry = new Registry();
  const observer = createAnswerMetrics(registry);
  const attempt: EndedAttempt = {
    ...asker,
    apiKeyId: null,
    attempt: 1,
    modelId: 'a/one',
    providerId: 'a',
    providerModel: 'one',
    status: 'COMPLETED',
    failureCode: null,
    finishReason: 'STOP',
    usage,
    maxOutputTokens: 10,
    startedAt: 0,
    durationMs: 1500,
    firstTokenMs: 300,
  };
  observer.attemptEnded(attempt);
  observer.attemptEnded({ ...attempt, status: 'FAILED', failureCode: 'OVERLOADED', firstTokenMs: null });
  observer.promptRefused({
    ...asker,
    apiKeyId: null,
    kind: 'call',
    refusal: 'RateLimitError',
    startedAt: 0,
    durationMs: 1,
  });
  observer.responseEnded(ended({}));
  observer.responseEnded(ended({ settled: null }));
  const text = await registry.metrics();
  for (const line of [
    'polylogue_attempts_total{provider="a",model="a/one",outcome="completed"} 1',
    'polylogue_attempts_total{provider="a",model="a/one",outcome="overloaded"} 1',
    'polylogue_first_token_seconds_bucket{le="0.5",provider="a",model="a/one"} 1',
    'polylogue_first_token_seconds_count{provider="a",model="a/one"} 1',
    'polylogue_prompts_total{kind="call",outcome="RateLimitError"} 1',
    'polylogue_tokens_total{provider="a",model="a/one",type="cached_input"} 4',
    'polylogue_tokens_total{provider="a",model="a/one",type="reasoning"} 1',
    'polylogue_credits_charged_total{provider="a",model="a/one"} 7',
    'polylogue_key_credits_charged_total{key="key"} 7',
    'polylogue_account_credits_charged_total{account="account"} 7',
  ]) {
    expect(text.split('\n')).toContain(line);
  }
});

it('ten thousand models, keys and accounts make no more series than a few hundred', async () => {
  const registry = new Registry();
  const observer = createAnswerMetrics(registry);
  for (let n = 0; n < 10_000; n++) {
    const modelId = `a/${n}`;
    observer.responseEnded(ended({ modelId, servedBy: modelId, apiKeyId: `k${n}`, creditAccountId: `c${n}` }));
  }
  const lines = (await registry.metrics()).split('\n');
  const seriesOf = (name: string) => lines.filter((line) => line.startsWith(`${name}{`));
  expect(seriesOf('polylogue_credits_charged_total')).toHaveLength(501);
  for (const name of ['polylogue_key_credits_charged_total', 'polylogue_account_credits_charged_total']) {
    expect(seriesOf(name)).toHaveLength(101);
    expect(seriesOf(name).at(-1)).toMatch(/="other"\} 69300$/);
  }
});
