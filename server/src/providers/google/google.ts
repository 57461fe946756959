import { type GenerateContentRequest, GoogleGenerativeAIRequestInputError } from '@google/generative-ai';
import type { FinishReason, LanguageModel, ModelRequest, TokenUsage } from '../../ports/language-model.ts';
import { ModelFailure, textOf } from '../../ports/language-model.ts';
import type { ProviderAccess } from '../../ports/provider.ts';
import { withBaseURL } from '../base-url.ts';
import {
  parseErrorBody,
  parseEvent,
  ReportedError,
  tellsError,
  toModelFailure,
  truncatedFailure,
} from '../failures/provider-error.ts';
import { scrub } from '../failures/scrub.ts';
import type { Secrets } from '../failures/secrets.ts';
import { breakOf, toFinishReason } from '../finish-reason.ts';
import { PartSink, tokenCount } from '../model-parts.ts';
import { askedBody } from '../transport/body.ts';
import { type EventHandlers, readEventStream } from '../transport/event-stream.ts';
import { createGoogleClient } from './client.ts';

const defaultBaseURL = 'https://generativelanguage.googleapis.com';

export interface GoogleOptions {
  apiKey: string;
  /** Excludes the version, as the SDK means it. Default: Google's own. */
  baseURL?: string | undefined;
  fetch: typeof fetch;
  /** Secrets that no error may show, beside the key. Default: none. */
  secrets?: readonly string[] | undefined;
}

export function connectGoogle({ apiKey, baseURL, secrets, fetch }: ProviderAccess): LanguageModel {
  return createGoogle({ apiKey: apiKey ?? '', baseURL: baseURL ?? undefined, secrets, fetch });
}

/**
 * Gemini. The answer is whole where the body ends, in good order or by a gateway's `[DONE]`, after a `finishReason`. A blocked prompt is a
 * failure (CONTENT_FILTERED); a blocked answer finishes as CONTENT_FILTER, with what was shown of it.
 */
export function createGoogle(options: GoogleOptions): LanguageModel {
  const { apiKey, baseURL, fetch: fetchResponse } = options;
  const secrets = [apiKey, ...(options.secrets ?? [])];
  const client = createGoogleClient({
    apiKey,
    baseURL: (baseURL ?? defaultBaseURL).replace(/\/+$/, ''),
    fetch: fetchResponse,
    secrets,
  });

  async function listModels(signal: AbortSignal): Promise<string[]> {
    try {
      return await client.listModels(signal);
    } catch (error) {
      throw failureOf(error, secrets);
    }
  }

  return {
    async stream(request, onPart) {
      const parts = new PartSink(request.signal, onPart);
      try {
        const body = await askedBody(request.signal, (signal) =>
          client.streamContent(request.model, toContentRequest(request), signal),
        );
        parts.readFrom(body);
        const answer = new ContentAnswer(parts);
        await readEventStream(body, answer, request.isCrowded);
        answer.finish();
      } catch (error) {
        request.signal.throwIfAborted();
        throw await withBaseURL(failureOf(error, secrets), baseURL, listModels);
      }
    },
    listModels,
  };
}

/** The failure of an SDK that could not ask, of fetch, or of the stream. */
function failureOf(error: unknown, secrets: Secrets): ModelFailure {
  if (!(error instanceof GoogleGenerativeAIRequestInputError)) return toModelFailure(error, secrets);
  const message = error.message.replace(/^\[GoogleGenerativeAI Error\]: /, '');
  return new ModelFailure('INVALID_REQUEST', scrub(message, secrets));
}

function toContentRequest(request: ModelRequest): GenerateContentRequest {
  const generationConfig = {
    maxOutputTokens: request.maxOutputTokens,
    ...(request.temperature !== undefined && { temperature: request.temperature }),
    ...(request.topP !== undefined && { topP: request.topP }),
    // The SDK's types lack this field, but the SDK sends it as it is.
    ...(request.reasoning && { thinkingConfig: { includeThoughts: true } }),
  };
  return {
    contents: request.messages.map((message) => ({
      role: message.role === 'assistant' ? 'model' : 'user',
      parts: [{ text: textOf(message) }],
    })),
    ...(request.system !== null && { systemInstruction: request.system }),
    generationConfig,
  };
}

/** The fields of an event that are read; each is checked before use. */
interface ContentEvent {
  candidates?: Candidate[];
  promptFeedback?: PromptFeedback;
  usageMetadata?: UsageMetadata;
  error?: unknown;
}

interface PromptFeedback {
  blockReason?: string;
  blockReasonMessage?: string;
}

interface Candidate {
  /** Absent: 0. */
  index?: unknown;
  content?: { parts?: (ContentPart | null)[] };
  finishReason?: string;
  groundingMetadata?: { groundingChunks?: { web?: Source; retrievedContext?: Source }[] };
  citationMetadata?: { citationSources?: Source[] };
}

interface ContentPart {
  text?: unknown;
  /** The text is a thought, or a summary of one. */
  thought?: boolean;
  functionCall?: unknown;
}

interface Source {
  uri?: unknown;
  title?: unknown;
}

interface UsageMetadata {
  promptTokenCount?: unknown;
  cachedContentTokenCount?: unknown;
  toolUsePromptTokenCount?: unknown;
  candidatesTokenCount?: unknown;
  thoughtsTokenCount?: unknown;
}

class ContentAnswer implements EventHandlers {
  #finishReason: string | null = null;
  #calledTool = false;
  readonly #parts: PartSink;

  constructor(parts: PartSink) {
    this.#parts = parts;
  }

  onRead(): void {
    this.#parts.endPiece();
  }

  onEvent(data: string, name: string | undefined): boolean {
    if (data.startsWith('[DONE]')) return true;
    if (name === 'error') throw new ReportedError(parseErrorBody(data));
    const event: ContentEvent = parseEvent(data);
    const candidates = Array.isArray(event.candidates) ? event.candidates : [];
    const isNoAnswer = candidates.length === 0;
    if (event.error || event.promptFeedback?.blockReason || (isNoAnswer && tellsError({ ...event }))) {
      this.#pushUsage(event);
      throw event.promptFeedback?.blockReason ? blockedPromptError(event.promptFeedback) : new ReportedError(event);
    }
    const candidate = candidates.find((one) => one && Number(one.index ?? 0) === 0);
    for (const part of candidate?.content?.parts ?? []) {
      if (typeof part?.text === 'string' && part.text !== '') {
        this.#parts.push({ type: part.thought ? 'reasoning' : 'text', text: part.text });
      }
      this.#calledTool ||= part?.functionCall !== undefined;
    }
    for (const source of toSources(candidate)) this.#parts.cite(source?.uri, source?.title);
    if (candidate?.finishReason) this.#noteFinish(candidate.finishReason);
    this.#pushUsage(event);
    return false;
  }

  /** Throws if the answer is not whole. */
  finish(): void {
    if (this.#finishReason === null) throw truncatedFailure();
    const failure = breakOf(this.#finishReason);
    if (failure) throw failure;
    this.#parts.push({ type: 'finish', reason: this.#meant() });
  }

  #noteFinish(reason: string): void {
    this.#finishReason = reason;
    if (!breakOf(reason)) this.#parts.push({ type: 'ending', reason: this.#meant() });
  }

  #meant(): FinishReason {
    const reason = toFinishReason(this.#finishReason);
    return this.#calledTool && reason === 'STOP' ? 'TOOL_CALLS' : reason;
  }

  #pushUsage({ usageMetadata }: ContentEvent): void {
    const usage = toTokenUsage(usageMetadata);
    if (usage) this.#parts.push({ type: 'usage', usage });
  }
}

function blockedPromptError({ blockReason, blockReasonMessage }: PromptFeedback): ReportedError {
  const message = blockReasonMessage ?? `The provider blocked the prompt (${blockReason}).`;
  return new ReportedError({ message, code: 'content_filter' });
}

function toSources(candidate: Candidate | undefined): (Source | undefined)[] {
  const grounding = candidate?.groundingMetadata?.groundingChunks ?? [];
  const recited = candidate?.citationMetadata?.citationSources ?? [];
  return [...grounding.map((chunk) => chunk.web ?? chunk.retrievedContext), ...recited];
}

/**
 * Gemini's count of the prompt's tokens includes the cache; it counts its tools' input beside them, and thoughts beside the
 * answer. Null: nothing was counted yet.
 */
function toTokenUsage(usage: UsageMetadata | undefined): TokenUsage | null {
  if (!usage) return null;
  const prompt = tokenCount(usage.promptTokenCount);
  const cached = Math.min(tokenCount(usage.cachedContentTokenCount), prompt);
  return {
    inputTokens: prompt - cached + tokenCount(usage.toolUsePromptTokenCount),
    cachedInputTokens: cached,
    cacheWriteInputTokens: 0,
    outputTokens: tokenCount(usage.candidatesTokenCount),
    reasoningTokens: tokenCount(usage.thoughtsTokenCount),
  };
}
