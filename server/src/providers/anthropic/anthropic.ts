import Anthropic from '@anthropic-ai/sdk';
import {
  type FinishReason,
  type LanguageModel,
  type ModelFailure,
  type ModelRequest,
  type TokenUsage,
  textOf,
} from '../../ports/language-model.ts';
import type { ProviderAccess } from '../../ports/provider.ts';
import { withBaseURL } from '../base-url.ts';
import { withErrorBodies } from '../failures/error-body.ts';
import {
  connectionFailure,
  noListFailure,
  parseErrorBody,
  parseEvent,
  ReportedError,
  reportedFailure,
  tellsError,
  timeoutFailure,
  toModelFailure,
  truncatedFailure,
} from '../failures/provider-error.ts';
import type { Secrets } from '../failures/secrets.ts';
import { breakOf, toFinishReason } from '../finish-reason.ts';
import { keepGivenHeaders } from '../given-headers.ts';
import { PartSink, tokenCount } from '../model-parts.ts';
import { askedBody } from '../transport/body.ts';
import { type EventHandlers, readEventStream } from '../transport/event-stream.ts';

/** Longer than any time-out of the domain, which ends requests through their signal. */
const sdkTimeoutMs = 24 * 60 * 60 * 1000;
/** The least thinking budget that the API takes, in tokens. */
const thinkingBudgetMin = 1024;

export interface AnthropicOptions {
  /** Empty: no key is sent, because `fetch` adds a header in its place, or because the endpoint wants none. */
  apiKey: string;
  /** Excludes the version, as the SDK means it: `https://api.anthropic.com`. Default: Anthropic's own. */
  baseURL?: string | undefined;
  fetch: typeof fetch;
  /** Secrets that no error may show, beside the key. Default: none. */
  secrets?: readonly string[] | undefined;
  /**
   * For proxies and gateways that speak the API as it was: the key goes into `x-api-key`, temperature and topP are
   * sent, and thinking is asked for by a budget. Default: the version of the SDK, a bearer token, no sampling
   * parameters (today's models take none), adaptive thinking.
   */
  legacyVersion?: '2023-06-01' | undefined;
  /** The models that think within a fixed budget only, by name; all others are asked to think as they see fit. */
  budgetedThinkingModels?: ReadonlySet<string> | undefined;
}

export function connectAnthropic({
  apiKey,
  baseURL,
  models,
  secrets,
  legacyVersion,
  fetch,
}: ProviderAccess): LanguageModel {
  const budgeted = models.filter(({ budgetedThinking }) => budgetedThinking);
  return createAnthropic({
    apiKey: apiKey ?? '',
    baseURL: baseURL ?? undefined,
    budgetedThinkingModels: new Set(budgeted.map(({ providerModel }) => providerModel)),
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
        const body = await askedBody(request.signal, (signal) =>
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

function toMessageParameters(request: ModelRequest, options: AnthropicOptions) {
  const thinking = request.reasoning ? toThinking(request, options) : undefined;
  const { temperature, topP } = options.legacyVersion ? request : {};
  return {
    model: request.model,
    messages: request.messages.map((message) => ({ role: message.role, content: textOf(message) })),
    max_tokens: request.maxOutputTokens,
    stream: true as const,
    ...(request.system !== null && { system: request.system }),
    ...(thinking && { thinking }),
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { top_p: topP }),
  };
}

/** Thinking is billed as output, and half of `maxOutputTokens` is kept for the answer; too few for both: none. */
function toThinking(
  { model, maxOutputTokens }: ModelRequest,
  { legacyVersion, budgetedThinkingModels }: AnthropicOptions,
): Anthropic.ThinkingConfigParam | undefined {
  if (!legacyVersion && !budgetedThinkingModels?.has(model)) return { type: 'adaptive', display: 'summarized' };
  if (maxOutputTokens <= thinkingBudgetMin) return undefined;
  return { type: 'enabled', budget_tokens: Math.max(thinkingBudgetMin, Math.floor(maxOutputTokens / 2)) };
}

/** The fields of an event that are read; each is checked before use. */
interface MessageEvent {
  type?: string;
  message?: { usage?: MessageUsage | null };
  content_block?: ContentPiece;
  delta?: ContentPiece & { stop_reason?: string | null; stop_details?: { explanation?: unknown } | null };
  usage?: MessageUsage | null;
}

/** A `text_delta`, `thinking_delta` or `citations_delta`, or the beginning of a block, which may hold text already. */
interface ContentPiece {
  type?: unknown;
  text?: unknown;
  thinking?: unknown;
  /** Of a web page by its `url`, of a search result given by us by its `source`. */
  citation?: { url?: unknown; source?: unknown; title?: unknown } | null;
}

interface MessageUsage {
  input_tokens?: unknown;
  cache_read_input_tokens?: unknown;
  cache_creation_input_tokens?: unknown;
  output_tokens?: unknown;
  output_tokens_details?: { thinking_tokens?: unknown } | null;
}

const eventTypes: ReadonlySet<unknown> = new Set([
  'content_block_delta',
  'content_block_start',
  'content_block_stop',
  'message_start',
  'message_delta',
  'message_stop',
  'ping',
]);

class MessageAnswer implements EventHandlers {
  #usage: MessageUsage = {};
  #stopReason: string | null = null;
  #stopped = false;
  #calledTool = false;
  readonly #parts: PartSink;

  constructor(parts: PartSink) {
    this.#parts = parts;
  }

  onRead(): void {
    this.#parts.endPiece();
  }

  onEvent(data: string, name: string | undefined): boolean {
    if (data.startsWith('[DONE]')) {
      this.#stopped = this.#stopReason !== null;
      return true;
    }
    if (name === 'error') throw new ReportedError(parseErrorBody(data));
    const event: MessageEvent = parseEvent(data);
    if (event.type === 'error' || (!eventTypes.has(event.type) && tellsError({ ...event })))
      throw new ReportedError(event);
    if (event.type === 'message_stop') {
      this.#stopped = true;
      return true;
    }
    const piece = event.delta ?? event.content_block;
    if (typeof piece?.thinking === 'string') this.#parts.push({ type: 'reasoning', text: piece.thinking });
    if (typeof piece?.text === 'string') this.#parts.push({ type: 'text', text: piece.text });
    if (piece?.citation) this.#parts.cite(piece.citation.url ?? piece.citation.source, piece.citation.title);
    const explanation = event.delta?.stop_details?.explanation;
    if (typeof explanation === 'string') this.#parts.push({ type: 'refusal', text: explanation });
    if (event.content_block?.type === 'tool_use') this.#calledTool = true;
    if (event.delta?.stop_reason) this.#noteStop(event.delta.stop_reason);
    const counted = event.usage ?? event.message?.usage;
    if (counted) {
      this.#usage = withLaterCounts(this.#usage, counted);
      this.#parts.push({ type: 'usage', usage: toTokenUsage(this.#usage) });
    }
    return false;
  }

  /** Throws if the answer is not whole. */
  finish(): void {
    if (!this.#stopped) throw truncatedFailure();
    const failure = breakOf(this.#stopReason);
    if (failure) throw failure;
    this.#parts.push({ type: 'finish', reason: this.#meant() });
  }

  #noteStop(reason: string): void {
    this.#stopReason = reason;
    if (!breakOf(reason)) this.#parts.push({ type: 'ending', reason: this.#meant() });
  }

  #meant(): FinishReason {
    const reason = toFinishReason(this.#stopReason);
    return reason === 'STOP' && this.#calledTool ? 'TOOL_CALLS' : reason;
  }
}

/** Counts are cumulative: a later one replaces the earlier, one that is missing or null does not. What is less is no count: see the port. */
function withLaterCounts(usage: MessageUsage, later: MessageUsage): MessageUsage {
  const counted = Object.entries(later).filter(([, count]) => count !== null && count !== undefined);
  return { ...usage, ...Object.fromEntries(counted) };
}

/** Anthropic's input excludes what was read from and written to the cache; its output includes thinking. */
function toTokenUsage(usage: MessageUsage): TokenUsage {
  const output = tokenCount(usage.output_tokens);
  const thinking = Math.min(tokenCount(usage.output_tokens_details?.thinking_tokens), output);
  return {
    inputTokens: tokenCount(usage.input_tokens),
    cachedInputTokens: tokenCount(usage.cache_read_input_tokens),
    cacheWriteInputTokens: tokenCount(usage.cache_creation_input_tokens),
    outputTokens: output - thinking,
    reasoningTokens: thinking,
  };
}
