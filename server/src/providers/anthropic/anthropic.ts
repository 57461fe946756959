import Anthropic from '@anthropic-ai/sdk';
import type { LanguageModel, ModelFailure } from '../../ports/language-model.ts';
import type { ProviderAccess } from '../../ports/provider.ts';
import { withBaseURL } from '../base-url.ts';
import { withErrorBodies } from '../failures/error-body.ts';
import {
  connectionFailure,
  noListFailure,
  reportedFailure,
  timeoutFailure,
  toModelFailure,
} from '../failures/provider-error.ts';
import type { Secrets } from '../failures/secrets.ts';
import { anthropicLimits, requireFileLimits } from '../file-limits.ts';
import { keepGivenHeaders } from '../given-headers.ts';
import { PartSink } from '../model-parts.ts';
import { askedBody } from '../transport/body.ts';
import { readEventStream } from '../transport/event-stream.ts';
import { MessageAnswer } from './answer.ts';
import { toMessageParameters } from './request.ts';
import type { MessageDialect } from './thinking.ts';

/** Longer than any time-out of the domain, which ends requests through their signal. */
const sdkTimeoutMs = 24 * 60 * 60 * 1000;

export interface AnthropicOptions extends MessageDialect {
  /** Empty: no key is sent, because `fetch` adds a header in its place, or because the endpoint wants none. */
  apiKey: string;
  /** Excludes the version, as the SDK means it: `https://api.anthropic.com`. Default: Anthropic's own. */
  baseURL?: string | undefined;
  fetch: typeof fetch;
  /** Secrets that no error may show, beside the key. Default: none. */
  secrets?: readonly string[] | undefined;
}

export function connectAnthropic({
  apiKey,
  baseURL,
  optionsOf,
  secrets,
  legacyVersion,
  fetch,
}: ProviderAccess): LanguageModel {
  return createAnthropic({
    apiKey: apiKey ?? '',
    baseURL: baseURL ?? undefined,
    budgetedThinking: (model) => optionsOf(model)?.budgetedThinking === true,
    searchesMax: (model) => optionsOf(model)?.search?.max ?? 0,
    secrets,
    legacyVersion,
    fetch,
  });
}

/**
 * Anthropic's messages. The answer is whole at `message_stop`, or at a gateway's `[DONE]` after a `stop_reason`; a body that ends
 * before it is a failure. Text that Anthropic gives for a refusal is a `refusal` part.
 */
export function createAnthropic(options: AnthropicOptions): LanguageModel {
  const client = createClient(options);
  const { apiKey, baseURL, secrets = [] } = options;
  const hidden = [apiKey, ...secrets];

  async function listModels(signal: AbortSignal): Promise<string[]> {
    try {
      const names: string[] = [];
      for await (const model of client.models.list({ limit: 1000 }, { signal })) names.push(model.id);
      // The SDK takes a web page for an empty list.
      if (names.length === 0) throw noListFailure();
      return names;
    } catch (error) {
      throw failureOf(error, hidden);
    }
  }

  return {
    async stream(request, onPart) {
      const parts = new PartSink(request.signal, onPart);
      try {
        requireFileLimits(request.messages, anthropicLimits);
        const body = await askedBody(request, (signal) =>
          client.messages.create(toMessageParameters(request, options), { signal }).asResponse(),
        );
        parts.readFrom(body);
        const answer = new MessageAnswer(parts);
        await readEventStream(body, answer, request.isCrowded);
        answer.finish();
      } catch (error) {
        request.signal.throwIfAborted();
        throw await withBaseURL(failureOf(error, hidden), baseURL, listModels);
      }
    },
    listModels,
  };
}

/** Gives the SDK every setting that it would else read from the environment, which only config/ reads. */
function createClient(options: AnthropicOptions): Anthropic {
  const { apiKey, baseURL, fetch: fetchResponse, legacyVersion } = options;
  const defaultHeaders = legacyVersion
    ? { authorization: null, 'x-api-key': apiKey, 'anthropic-version': legacyVersion }
    : apiKey === ''
      ? { authorization: null }
      : {};
  const client = new Anthropic({
    apiKey,
    defaultHeaders,
    baseURL: baseURL ?? null,
    webhookKey: null,
    openTelemetry: false,
    logLevel: 'off',
    maxRetries: 0,
    timeout: sdkTimeoutMs,
    fetch: withErrorBodies(fetchResponse),
  });
  keepGivenHeaders(client, defaultHeaders);
  return client;
}

function failureOf(error: unknown, secrets: Secrets): ModelFailure {
  if (error instanceof Anthropic.APIConnectionTimeoutError || error instanceof Anthropic.APIUserAbortError) {
    return timeoutFailure();
  }
  if (!(error instanceof Anthropic.APIError)) return toModelFailure(error, secrets);
  const { status, headers, error: payload } = error;
  return status === undefined ? connectionFailure(error) : reportedFailure({ payload, status, headers, secrets });
}
