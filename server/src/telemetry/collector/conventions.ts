import type { Attributes, Histogram, Meter } from '@opentelemetry/api';
import type { TokenUsage } from '../../ports/language-model.ts';
import type { EndedAttempt } from '../../ports/observer.ts';

/* OpenTelemetry's semantic conventions for generative AI: the names of attributes and metrics, and their units. */

/** The names that the conventions have for providers; others go by their ids here. */
const providerNames: Readonly<Record<string, string>> = { google: 'gcp.gemini', xai: 'x_ai' };

/** Where the SDKs of these providers ask if they are told no other address. */
const usualHosts: Readonly<Record<string, string>> = {
  openai: 'api.openai.com',
  anthropic: 'api.anthropic.com',
  google: 'generativelanguage.googleapis.com',
};

/** The host at which a provider is asked; null: it is not asked over a network, or its address is not known. */
export function hostOf(providerId: string, baseURL: string | null | undefined): string | null {
  if (baseURL == null) return usualHosts[providerId] ?? null;
  return URL.canParse(baseURL) ? new URL(baseURL).hostname : null;
}

/** What attempts of the same kind have in common: few enough values for metrics. */
function commonAttributes({ providerId, providerModel, failureCode }: EndedAttempt, host: string | null): Attributes {
  return {
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': providerNames[providerId] ?? providerId,
    'gen_ai.request.model': providerModel,
    ...(failureCode === null && { 'gen_ai.response.model': providerModel }),
    ...(failureCode !== null && { 'error.type': failureCode.toLowerCase() }),
    ...(host !== null && { 'server.address': host }),
  };
}

/** The attributes of an attempt's span. */
export function attemptAttributes(attempt: EndedAttempt, host: string | null): Attributes {
  const { responseId, turnId, modelId, status, finishReason, usage, maxOutputTokens, firstTokenMs } = attempt;
  return {
    ...commonAttributes(attempt, host),
    'gen_ai.request.max_tokens': maxOutputTokens,
    'gen_ai.output.type': 'text',
    ...(finishReason !== null && { 'gen_ai.response.finish_reasons': [finishReason.toLowerCase()] }),
    ...(usage && {
      'gen_ai.usage.input_tokens': inputOf(usage),
      'gen_ai.usage.output_tokens': outputOf(usage),
      'gen_ai.usage.cache_read.input_tokens': usage.cachedInputTokens,
      'gen_ai.usage.cache_creation.input_tokens': usage.cacheWriteInputTokens,
    }),
    'polylogue.turn.id': turnId,
    'polylogue.response.id': responseId,
    'polylogue.model.id': modelId,
    'polylogue.attempt': attempt.attempt,
    'polylogue.attempt.status': status,
    ...(firstTokenMs !== null && { 'polylogue.first_token_ms': firstTokenMs }),
  };
}

function inputOf({ inputTokens, cachedInputTokens, cacheWriteInputTokens }: TokenUsage): number {
  return inputTokens + cachedInputTokens + cacheWriteInputTokens;
}

function outputOf({ outputTokens, reasoningTokens }: TokenUsage): number {
  return outputTokens + reasoningTokens;
}

/** The figures of attempts, with the buckets that the conventions advise. */
export class GenAIMetrics {
  readonly #tokens: Histogram;
  readonly #duration: Histogram;
  readonly #firstToken: Histogram;

  constructor(meter: Meter) {
    this.#tokens = meter.createHistogram('gen_ai.client.token.usage', {
      unit: '{token}',
      description: 'Tokens of an attempt.',
      advice: { explicitBucketBoundaries: Array.from({ length: 14 }, (_, power) => 4 ** power) },
    });
    this.#duration = meter.createHistogram('gen_ai.client.operation.duration', {
      unit: 's',
      description: 'From an attempt’s request to its end.',
      advice: { explicitBucketBoundaries: Array.from({ length: 14 }, (_, power) => 0.01 * 2 ** power) },
    });
    this.#firstToken = meter.createHistogram('gen_ai.server.time_to_first_token', {
      unit: 's',
      description: 'From an attempt’s request to its first character.',
      advice: {
        explicitBucketBoundaries: [
          0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
        ],
      },
    });
  }

  record(attempt: EndedAttempt, host: string | null): void {
    const { usage, durationMs, firstTokenMs } = attempt;
    const attributes = commonAttributes(attempt, host);
    this.#duration.record(durationMs / 1000, attributes);
    if (firstTokenMs !== null) this.#firstToken.record(firstTokenMs / 1000, attributes);
    if (!usage) return;
    this.#tokens.record(inputOf(usage), { ...attributes, 'gen_ai.token.type': 'input' });
    this.#tokens.record(outputOf(usage), { ...attributes, 'gen_ai.token.type': 'output' });
  }
}
