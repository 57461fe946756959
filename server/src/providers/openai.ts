import OpenAI from 'openai';
import type { FinishReason, LanguageModel, ModelPart, ModelRequest, TokenUsage } from '../ports/language-model.ts';
import { ModelFailure } from '../ports/language-model.ts';
import { withErrorBodies } from './error-body.ts';
import { type EventHandlers, readEventStream } from './event-stream.ts';
import { PartSink, tokenCount } from './model-parts.ts';
import {
  connectionFailure,
  parseErrorBody,
  parseEvent,
  ReportedError,
  reportedFailure,
  timeoutFailure,
  toModelFailure,
  truncatedFailure,
} from './provider-error.ts';
import { askedBody, upstreamFetch } from './upstream-fetch.ts';

/** Longer than any time-out of the domain, which ends requests through their signal. */
const sdkTimeoutMs = 24 * 60 * 60 * 1000;

export interface OpenAIChatOptions {
  /** Null where the endpoint wants none (Ollama): no Authorization header is sent then. */
  apiKey: string | null;
  /** With its version, as the openai SDK means it: `http://127.0.0.1:11434/v1`. Default: OpenAI's own. */
  baseURL?: string | undefined;
  fetch?: typeof fetch | undefined;
  /** OpenAI's newer models take `max_completion_tokens` only, most other endpoints know `max_tokens` only. */
  maxTokensParameter: 'max_tokens' | 'max_completion_tokens';
  /**
   * Ask for usage by `stream_options`. Off for endpoints that send it unasked or refuse the parameter (Perplexity,
   * Mistral). Default: true.
   */
  requestUsage?: boolean | undefined;
  /**
   * What to send along where a request wants visible reasoning: `{ reasoning: { enabled: true } }` at OpenRouter,
   * `{ enable_thinking: true }` at Alibaba. Default: nothing; most show it unasked or never.
   */
  reasoningParameters?: Readonly<Record<string, unknown>> | undefined;
}

/**
 * Chat completions: OpenAI, xAI, Perplexity and every endpoint that speaks their format.
 *
 * The answer is whole at `[DONE]`, or where the body ends in good order after a `finish_reason` (Perplexity never
 * sends `[DONE]`); `[DONE]` without a `finish_reason` (some proxies) finishes as OTHER. An error object wins over a
 * `finish_reason` that came before it, and the usage it carries is pushed before the rejection.
 */
export function createOpenAIChat(options: OpenAIChatOptions): LanguageModel {
  const client = createClient(options);
  return {
    async stream(request, onPart) {
      const parts = new PartSink(request.signal, onPart);
      try {
        const body = await askedBody(request.signal, (signal) =>
          client.chat.completions.create(toChatParameters(request, options), { signal }).asResponse(),
        );
        parts.readFrom(body);
        const answer = new ChatAnswer(parts);
        await readEventStream(body, answer, request.isCrowded);
        answer.finish();
      } catch (error) {
        request.signal.throwIfAborted();
        throw failureOf(error, options.apiKey);
      }
    },
    async listModels(signal) {
      try {
        const page = await client.models.list({ signal });
        return (page.data ?? []).map((model) => model.id);
      } catch (error) {
        throw failureOf(error, options.apiKey);
      }
    },
  };
}

/** Every setting that the SDK would else read from the environment is given: config.ts alone reads that. */
function createClient({ apiKey, baseURL, fetch: givenFetch = upstreamFetch }: OpenAIChatOptions): OpenAI {
  return new OpenAI({
    apiKey: apiKey ?? 'none',
    defaultHeaders: apiKey === null ? { authorization: null } : {},
    baseURL: baseURL ?? null,
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
    logLevel: 'off',
    maxRetries: 0,
    timeout: sdkTimeoutMs,
    fetch: withErrorBodies(givenFetch, nestErrorBody),
  });
}

/**
 * The SDK keeps nothing of an error's body but its member `error`. Mistral, xAI and others put their sentence beside
 * it or have no such member: here the whole body becomes that member.
 */
function nestErrorBody(body: string): string {
  return JSON.stringify({ error: parseErrorBody(body) });
}

function failureOf(error: unknown, apiKey: string | null): ModelFailure {
  if (error instanceof OpenAI.APIConnectionTimeoutError || error instanceof OpenAI.APIUserAbortError) {
    return timeoutFailure();
  }
  if (!(error instanceof OpenAI.APIError)) return toModelFailure(error, apiKey);
  const { status, headers, error: payload } = error;
  return status === undefined
    ? connectionFailure(error)
    : reportedFailure({ payload, status, headers, secret: apiKey });
}

function toChatParameters(request: ModelRequest, options: OpenAIChatOptions) {
  const { maxTokensParameter, requestUsage = true, reasoningParameters } = options;
  const system = request.system === null ? [] : [{ role: 'system' as const, content: request.system }];
  return {
    model: request.model,
    messages: [...system, ...request.messages],
    stream: true as const,
    [maxTokensParameter]: request.maxOutputTokens,
    ...(requestUsage && { stream_options: { include_usage: true } }),
    ...(request.temperature !== undefined && { temperature: request.temperature }),
    ...(request.topP !== undefined && { top_p: request.topP }),
    ...(request.reasoning && reasoningParameters),
  };
}

/** What is read of a chunk. Providers leave out, add and retype at will: every field is looked at before it is used. */
interface ChatChunk {
  object?: unknown;
  choices?: ChatChoice[] | null;
  usage?: ChatUsage | null;
  x_groq?: { usage?: ChatUsage | null } | null;
  error?: unknown;
  citations?: unknown;
  search_results?: unknown;
}

interface ChatChoice {
  delta?: ChatDelta | null;
  finish_reason?: string | null;
  /** Moonshot. */
  usage?: ChatUsage | null;
}

interface ChatDelta {
  content?: unknown;
  /** DeepSeek, xAI, Moonshot, Alibaba, … */
  reasoning_content?: unknown;
  /** OpenRouter, Groq, … */
  reasoning?: unknown;
  refusal?: unknown;
  annotations?: unknown;
}

interface ChatUsage {
  prompt_tokens?: unknown;
  completion_tokens?: unknown;
  total_tokens?: unknown;
  prompt_tokens_details?: { cached_tokens?: unknown; cache_write_tokens?: unknown } | null;
  completion_tokens_details?: { reasoning_tokens?: unknown } | null;
  /** DeepSeek. */
  prompt_cache_hit_tokens?: unknown;
  /** Moonshot. */
  cached_tokens?: unknown;
}

class ChatAnswer implements EventHandlers {
  #done = false;
  #finishReason: string | null = null;
  #refused = false;
  readonly #parts: PartSink;

  constructor(parts: PartSink) {
    this.#parts = parts;
  }

  onRead(): void {
    this.#parts.endPiece();
  }

  onEvent(data: string, name: string | undefined): boolean {
    if (data.startsWith('[DONE]')) {
      this.#done = true;
      return true;
    }
    const chunk: ChatChunk = parseEvent(data);
    const choice = chunk.choices?.[0];
    const usage = toTokenUsage(chunk.usage ?? chunk.x_groq?.usage ?? choice?.usage);
    if (usage) this.#parts.push({ type: 'usage', usage });
    if (chunk.error || chunk.object === 'error' || name === 'error') throw new ReportedError(chunk);
    if (choice?.delta) this.#pushDelta(choice.delta);
    for (const [url, title] of toSources(chunk)) this.#parts.cite(url, title);
    this.#finishReason = choice?.finish_reason || this.#finishReason;
    return false;
  }

  /** Throws where it is not whole. */
  finish(): void {
    if (!this.#done && this.#finishReason === null) throw truncatedFailure();
    const reason = toFinishReason(this.#finishReason);
    this.#parts.push({ type: 'finish', reason: this.#refused && reason === 'STOP' ? 'REFUSAL' : reason });
  }

  #pushDelta(delta: ChatDelta): void {
    const { content, refusal } = delta;
    const reasoning = delta.reasoning_content ?? delta.reasoning;
    if (typeof reasoning === 'string' && reasoning !== '') this.#parts.push({ type: 'reasoning', text: reasoning });
    if (typeof content === 'string' && content !== '') this.#parts.push({ type: 'text', text: content });
    if (Array.isArray(content)) for (const part of content.flatMap(toContentParts)) this.#parts.push(part);
    if (typeof refusal !== 'string' || refusal === '') return;
    this.#refused = true;
    this.#parts.push({ type: 'refusal', text: refusal });
  }
}

/** Mistral's content as a list: `{ type: 'text', text }`, and `{ type: 'thinking', thinking: [{ type: 'text', text }] }`. */
function toContentParts(item: { type?: unknown; text?: unknown; thinking?: unknown } | null): ModelPart[] {
  if (item?.type === 'text' && typeof item.text === 'string') return [{ type: 'text', text: item.text }];
  if (item?.type !== 'thinking') return [];
  const thoughts = Array.isArray(item.thinking) ? item.thinking : [{ text: item.thinking }];
  return thoughts.flatMap((thought) =>
    typeof thought?.text === 'string' ? [{ type: 'reasoning', text: thought.text }] : [],
  );
}

/**
 * `[url, title]` of what the answer rests on: Perplexity's and xAI's `citations` (addresses only) with the titles of
 * `search_results`, OpenAI's and OpenRouter's annotations.
 */
function toSources(chunk: ChatChunk): [url: unknown, title: unknown][] {
  const annotations = chunk.choices?.[0]?.delta?.annotations;
  if (!chunk.citations && !chunk.search_results && !annotations) return [];
  const results = asList(chunk.search_results);
  const titles = new Map(results.map((result) => [result?.url, result?.title]));
  return [
    ...asList(chunk.citations).map((citation): [unknown, unknown] =>
      typeof citation === 'string' ? [citation, titles.get(citation)] : [citation?.url, citation?.title],
    ),
    ...titles,
    ...asList(annotations).map(({ url_citation }): [unknown, unknown] => [url_citation?.url, url_citation?.title]),
  ];
}

// biome-ignore lint/suspicious/noExplicitAny: whatever is in the list, its fields are looked at before they are used
function asList(value: unknown): any[] {
  return Array.isArray(value) ? value.filter((item) => item !== null && item !== undefined) : [];
}

/**
 * OpenAI counts the cache, read and written, into the prompt's tokens and the reasoning into the completion's. xAI and a few others count
 * reasoning apart, which the total gives away: it is then the sum of all three. Null where nothing was counted.
 */
function toTokenUsage(usage: ChatUsage | null | undefined): TokenUsage | null {
  if (!usage || (usage.prompt_tokens === undefined && usage.completion_tokens === undefined)) return null;
  const prompt = tokenCount(usage.prompt_tokens);
  const completion = tokenCount(usage.completion_tokens);
  const reported = tokenCount(usage.completion_tokens_details?.reasoning_tokens);
  const apart = reported > 0 && tokenCount(usage.total_tokens) >= prompt + completion + reported;
  const reasoning = apart ? reported : Math.min(reported, completion);
  const details = usage.prompt_tokens_details;
  const cached = tokenCount(details?.cached_tokens ?? usage.prompt_cache_hit_tokens ?? usage.cached_tokens);
  const cacheRead = Math.min(cached, prompt);
  const cacheWrite = Math.min(tokenCount(details?.cache_write_tokens), prompt - cacheRead);
  return {
    inputTokens: prompt - cacheRead - cacheWrite,
    cachedInputTokens: cacheRead,
    cacheWriteInputTokens: cacheWrite,
    outputTokens: apart ? completion : completion - reasoning,
    reasoningTokens: reasoning,
  };
}

/** Throws a `ModelFailure` for the reasons that say that the answer is not whole. */
function toFinishReason(reason: string | null): FinishReason {
  switch (reason) {
    case 'stop':
      return 'STOP';
    case 'length':
    case 'model_length': // Mistral: the context is full
      return 'LENGTH';
    case 'content_filter':
      return 'CONTENT_FILTER';
    case 'tool_calls':
    case 'function_call':
      return 'TOOL_CALLS';
    case 'error': // Mistral, OpenRouter
      throw new ModelFailure('PROVIDER_ERROR', 'The provider broke off its answer with an error.');
    case 'insufficient_system_resource': // DeepSeek
      throw new ModelFailure('OVERLOADED', 'The provider broke off its answer for lack of resources.');
    default:
      return 'OTHER';
  }
}
