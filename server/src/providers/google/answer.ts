import { randomUUID } from 'node:crypto';
import type { FinishReason, TokenUsage } from '../../ports/language-model.ts';
import { parseErrorBody, parseEvent, ReportedError, tellsError, truncatedFailure } from '../failures/provider-error.ts';
import { breakOf, toFinishReason } from '../finish-reason.ts';
import { asList, type PartSink, tokenCount } from '../model-parts.ts';
import type { EventHandlers } from '../transport/event-stream.ts';
import { PartialArguments } from './partial-arguments.ts';

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
  groundingMetadata?: { groundingChunks?: { web?: Source; retrievedContext?: Source }[]; webSearchQueries?: unknown };
  citationMetadata?: { citationSources?: Source[] };
}

interface ContentPart {
  text?: unknown;
  /** The text is a thought, or a summary of one. */
  thought?: boolean;
  functionCall?: FunctionCall | null;
  inlineData?: unknown;
  thoughtSignature?: unknown;
}

/** A whole call, or a piece of one: only its first piece has a name. */
interface FunctionCall {
  id?: unknown;
  name?: unknown;
  args?: unknown;
  partialArgs?: unknown;
  /** More pieces of this call follow. */
  willContinue?: unknown;
}

interface Source {
  uri?: unknown;
  title?: unknown;
}

interface UsageMetadata {
  promptTokenCount?: unknown;
  promptTokensDetails?: unknown;
  cachedContentTokenCount?: unknown;
  toolUsePromptTokenCount?: unknown;
  candidatesTokenCount?: unknown;
  thoughtsTokenCount?: unknown;
}

/** Reads the events of one answer, which is whole where the body ends after a `finishReason`. */
export class ContentAnswer implements EventHandlers {
  #finishReason: string | null = null;
  #callCount = 0;
  /** The arguments of a call that comes in pieces and has not ended; null: there is none. */
  #openArguments: PartialArguments | null = null;
  /** Searches so far, as they are billed. */
  #searches = 0;
  #usage: TokenUsage | null = null;
  readonly #parts: PartSink;
  readonly #billsRequests: boolean;

  /** @param billsRequests whether all searches of the answer are billed as one */
  constructor(parts: PartSink, billsRequests = false) {
    this.#parts = parts;
    this.#billsRequests = billsRequests;
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
      // Sketches that the model made while it thought are not part of its answer.
      if (part?.inlineData && !part.thought) this.#parts.draw(part.inlineData);
      if (part?.functionCall) this.#pushCall(part.functionCall, part.thoughtSignature);
    }
    this.#noteSearches(candidate?.groundingMetadata?.webSearchQueries);
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
    this.#endCall();
    this.#parts.push({ type: 'finish', reason: this.#meant() });
  }

  #pushCall(piece: FunctionCall, signature: unknown): void {
    const { id, name, args, partialArgs, willContinue } = piece;
    if (typeof name === 'string' && name !== '') {
      this.#endCall();
      this.#parts.push({
        type: 'toolCall',
        call: this.#callCount++,
        id: typeof id === 'string' && id !== '' ? id : `call_${randomUUID()}`,
        name,
        signature: typeof signature === 'string' && signature !== '' ? signature : null,
      });
      if (partialArgs === undefined && !willContinue) {
        this.#pushArguments(JSON.stringify(args ?? {}));
        return;
      }
      this.#openArguments = new PartialArguments();
    }
    this.#openArguments?.add(partialArgs);
    if (!willContinue) this.#endCall();
  }

  #endCall(): void {
    if (this.#openArguments) this.#pushArguments(this.#openArguments.toString());
    this.#openArguments = null;
  }

  /** Those of the last call. */
  #pushArguments(text: string): void {
    this.#parts.push({ type: 'toolArguments', call: this.#callCount - 1, text });
  }

  /** The queries are told once, or with each event again. */
  #noteSearches(queries: unknown): void {
    const count = Array.isArray(queries) ? queries.length : 0;
    this.#searches = Math.max(this.#searches, this.#billsRequests ? Math.min(1, count) : count);
  }

  #noteFinish(reason: string): void {
    this.#finishReason = reason;
    this.#endCall();
    if (!breakOf(reason)) this.#parts.push({ type: 'ending', reason: this.#meant() });
  }

  #meant(): FinishReason {
    const reason = toFinishReason(this.#finishReason);
    return this.#callCount > 0 && reason === 'STOP' ? 'TOOL_CALLS' : reason;
  }

  #pushUsage({ usageMetadata }: ContentEvent): void {
    const counted = toTokenUsage(usageMetadata) ?? this.#usage;
    if (!counted || (counted === this.#usage && (counted.searches ?? 0) === this.#searches)) return;
    this.#usage = this.#searches > 0 ? { ...counted, searches: this.#searches } : counted;
    this.#parts.push({ type: 'usage', usage: this.#usage });
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
  const ofImages = asList(usage.promptTokensDetails).find(({ modality }) => modality === 'IMAGE');
  const images = Math.min(tokenCount(ofImages?.tokenCount), prompt - cached);
  return {
    inputTokens: prompt - cached + tokenCount(usage.toolUsePromptTokenCount),
    ...(images > 0 && { imageInputTokens: images }),
    cachedInputTokens: cached,
    cacheWriteInputTokens: 0,
    outputTokens: tokenCount(usage.candidatesTokenCount),
    reasoningTokens: tokenCount(usage.thoughtsTokenCount),
  };
}
