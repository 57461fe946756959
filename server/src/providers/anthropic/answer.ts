import { randomUUID } from 'node:crypto';
import type { FinishReason, TokenUsage } from '../../ports/language-model.ts';
import { parseErrorBody, parseEvent, ReportedError, tellsError, truncatedFailure } from '../failures/provider-error.ts';
import { breakOf, toFinishReason } from '../finish-reason.ts';
import { type PartSink, tokenCount } from '../model-parts.ts';
import type { EventHandlers } from '../transport/event-stream.ts';

/** The fields of an event that are read; each is checked before use. */
interface MessageEvent {
  type?: string;
  /** Of the block that the event is about. */
  index?: unknown;
  message?: { usage?: MessageUsage | null };
  content_block?: ContentPiece;
  delta?: ContentPiece & {
    stop_reason?: string | null;
    /** Which of the stop texts was met. */
    stop_sequence?: unknown;
    stop_details?: { explanation?: unknown } | null;
  };
  usage?: MessageUsage | null;
}

/** A delta, or the beginning of a block, which may hold text already. */
interface ContentPiece {
  type?: unknown;
  /** Of a `tool_use`. */
  id?: unknown;
  name?: unknown;
  input?: unknown;
  /** A piece of the JSON of a tool's input. */
  partial_json?: unknown;
  /** Of a thinking block, whole. */
  signature?: unknown;
  /** Of a `redacted_thinking`. */
  data?: unknown;
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
  server_tool_use?: { web_search_requests?: unknown } | null;
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

/** A call whose block has begun and not ended. */
interface OpenCall {
  call: number;
  /** The input that its block began with: some gateways send it whole there, and no pieces. */
  input: unknown;
  hasArguments: boolean;
}

/** What Anthropic does by itself: the use of one of its tools, or what came of it. */
const ownBlock = /^(?:server_tool_use|\w+_tool_result)$/;
/** UTF-16 code units. What uses one of its tools is a query. */
const OWN_INPUT_LENGTH_MAX = 1_000_000;

/**
 * Reads the events of one answer. The answer is whole at `message_stop`, or at a gateway's `[DONE]` after a `stop_reason`. The
 * provider's own tools, such as its web search, are no calls.
 */
export class MessageAnswer implements EventHandlers {
  #usage: MessageUsage = {};
  #stopReason: string | null = null;
  #stoppedAt: string | undefined;
  #stopped = false;
  #callCount = 0;
  /** By the index of its block. */
  readonly #openCalls = new Map<unknown, OpenCall>();
  /** Uses of Anthropic's own tools that have not ended, with the JSON of their input so far, by the index of the block. */
  readonly #ownUses = new Map<unknown, { block: ContentPiece; json: string }>();
  /** Of the thinking block that has not ended. */
  #signature = '';
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
    if (event.type === 'content_block_stop') this.#endBlock(event.index);
    if (event.content_block) this.#beginBlock(event.index, event.content_block);
    const piece = event.delta ?? event.content_block;
    if (piece) this.#push(piece, event.index);
    const explanation = event.delta?.stop_details?.explanation;
    if (typeof explanation === 'string') this.#parts.push({ type: 'refusal', text: explanation });
    if (event.delta?.stop_reason) this.#noteStop(event.delta.stop_reason, event.delta.stop_sequence);
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
    this.#endBlocks();
    const isPaused = this.#stopReason === 'pause_turn' || undefined;
    this.#parts.push({ type: 'finish', reason: this.#meant(), stoppedAt: this.#stoppedAt, isPaused });
  }

  #push(piece: ContentPiece, index: unknown): void {
    if (typeof piece.thinking === 'string') this.#parts.push({ type: 'reasoning', text: piece.thinking });
    if (typeof piece.text === 'string') this.#parts.push({ type: 'text', text: piece.text });
    if (piece.citation) this.#parts.cite(piece.citation.url ?? piece.citation.source, piece.citation.title);
    if (typeof piece.signature === 'string') this.#signature = piece.signature;
    if (typeof piece.partial_json === 'string') this.#pushArguments(piece.partial_json, index);
  }

  #pushArguments(text: string, index: unknown): void {
    const own = this.#ownUses.get(index);
    if (own && own.json.length + text.length <= OWN_INPUT_LENGTH_MAX) own.json += text;
    const open = this.#openCalls.get(index);
    if (!open || text === '') return;
    open.hasArguments = true;
    this.#parts.push({ type: 'toolArguments', call: open.call, text });
  }

  #beginBlock(index: unknown, block: ContentPiece): void {
    // Some gateways end no block, and one that begins again under the same index is another.
    this.#endBlock(index);
    if (block.type === 'redacted_thinking' && typeof block.data === 'string') {
      this.#parts.push({ type: 'signature', text: block.data, redacted: true });
    }
    if (typeof block.type === 'string' && ownBlock.test(block.type)) {
      if (block.type === 'server_tool_use') this.#ownUses.set(index, { block, json: '' });
      else this.#parts.push({ type: 'opaque', data: JSON.stringify(block) });
    }
    if (block.type !== 'tool_use') return;
    const call = this.#callCount++;
    this.#openCalls.set(index, { call, input: block.input, hasArguments: false });
    const id = typeof block.id === 'string' && block.id !== '' ? block.id : `toolu_${randomUUID()}`;
    this.#parts.push({ type: 'toolCall', call, id, name: String(block.name ?? ''), signature: null });
  }

  #endBlock(index: unknown): void {
    if (this.#signature !== '') {
      this.#parts.push({ type: 'signature', text: this.#signature, redacted: false });
      this.#signature = '';
    }
    const own = this.#ownUses.get(index);
    if (own) {
      this.#ownUses.delete(index);
      const input = own.json === '' ? (own.block.input ?? {}) : parsedInput(own.json);
      this.#parts.push({ type: 'opaque', data: JSON.stringify({ ...own.block, input }) });
    }
    const open = this.#openCalls.get(index);
    if (!open) return;
    if (!open.hasArguments) this.#pushArguments(JSON.stringify(open.input ?? {}), index);
    this.#openCalls.delete(index);
  }

  #endBlocks(): void {
    this.#endBlock(undefined);
    for (const index of [...this.#ownUses.keys(), ...this.#openCalls.keys()]) this.#endBlock(index);
  }

  #noteStop(reason: string, stoppedAt: unknown): void {
    this.#stopReason = reason;
    if (typeof stoppedAt === 'string') this.#stoppedAt = stoppedAt;
    this.#endBlocks();
    if (!breakOf(reason)) this.#parts.push({ type: 'ending', reason: this.#meant(), stoppedAt: this.#stoppedAt });
  }

  #meant(): FinishReason {
    const reason = toFinishReason(this.#stopReason);
    return reason === 'STOP' && this.#callCount > 0 ? 'TOOL_CALLS' : reason;
  }
}

/** The input of a tool of Anthropic's own; empty if it is broken off. */
function parsedInput(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return {};
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
  const searches = tokenCount(usage.server_tool_use?.web_search_requests);
  const thinking = Math.min(tokenCount(usage.output_tokens_details?.thinking_tokens), output);
  return {
    inputTokens: tokenCount(usage.input_tokens),
    cachedInputTokens: tokenCount(usage.cache_read_input_tokens),
    cacheWriteInputTokens: tokenCount(usage.cache_creation_input_tokens),
    outputTokens: output - thinking,
    reasoningTokens: thinking,
    ...(searches > 0 && { searches }),
  };
}
