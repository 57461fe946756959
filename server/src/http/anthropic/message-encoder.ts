import type { AnswerEncoder } from '../../delivery/answer-stream.ts';
import type { AnswerPiece } from '../../domain/following/answer-reader.ts';
import type { AnswerEnd } from '../../domain/following/answer-under-way.ts';
import { JsonEnd } from '../../domain/ground/json-end.ts';
import { problemOfEnd } from '../calls/call-problem.ts';
import { IMAGE_HAS_NO_FORM } from '../calls/ungiven-images.ts';
import { toEmptyMessage, toStop, toToolUse, toUsage } from './message-end.ts';
import { toErrorBody } from './refusal.ts';

export interface MessageEncoderOptions {
  /** The response's. */
  id: string;
  requestId: string;
  /** The id of the model that answers. */
  model: string;
  /** Estimated; what was used is told at the end. */
  inputTokens: number;
  /** False: of what is thought only the signatures are told. */
  showsThinking: boolean;
}

/** The block that is being written. */
interface OpenBlock {
  /** The part of the answer that it is; -1: none that goes on. */
  part: number;
  isThinking: boolean;
  /** Whether text that follows, with nothing told in between, belongs to it. */
  isText: boolean;
  /** What comes before and after the text of a delta. */
  before: string;
  /** Where the arguments of a call end; null: it is no call. */
  arguments: JsonEnd | null;
}

/**
 * Writes an answer as the events of Anthropic's messages. Its clients want one block after the other, while the arguments
 * of several calls may come mixed: what is of a later part waits until the call before it is whole.
 */
export class MessageEncoder implements AnswerEncoder {
  readonly ping = toEvent({ type: 'ping' });
  readonly #options: MessageEncoderOptions;
  /** Blocks that have begun. */
  #count = 0;
  #open: OpenBlock | null = null;
  #hasCalls = false;
  /** By part, in their order. */
  readonly #waiting = new Map<number, AnswerPiece[]>();

  constructor(options: MessageEncoderOptions) {
    this.#options = options;
  }

  begin(): string {
    const { inputTokens } = this.#options;
    const usage = {
      input_tokens: inputTokens,
      cache_creation_input_tokens: 0,
      cache_read_input_tokens: 0,
      output_tokens: 0,
    };
    return toEvent({ type: 'message_start', message: { ...toEmptyMessage(this.#options), usage } });
  }

  piece(piece: AnswerPiece): string {
    if (piece.type === 'reasoning' && !this.#options.showsThinking) return '';
    const { part } = piece;
    if (part !== this.#open?.part && (this.#waiting.size > 0 || !isWhole(this.#open))) {
      const waiting = this.#waiting.get(part);
      if (waiting) waiting.push(piece);
      else this.#waiting.set(part, [piece]);
      return '';
    }
    const events = this.#write(piece);
    return this.#waiting.size > 0 ? events + this.#writeWaiting(false) : events;
  }

  end(end: AnswerEnd | null): string {
    const events = this.#writeWaiting(true);
    const failure = problemOfEnd(end);
    if (failure || !end) {
      return failure ? events + toEvent(toErrorBody(failure, this.#options.requestId)) : events;
    }
    const delta = { type: 'message_delta', delta: toStop(end, this.#hasCalls), usage: toUsage(end) };
    return events + this.#close() + toEvent(delta) + toEvent({ type: 'message_stop' });
  }

  /** @param isEnd nothing more comes, so that nothing has to wait any longer */
  #writeWaiting(isEnd: boolean): string {
    let events = '';
    for (const [part, pieces] of this.#waiting) {
      if (!isEnd && !isWhole(this.#open)) break;
      this.#waiting.delete(part);
      for (const piece of pieces) events += this.#write(piece);
    }
    return events;
  }

  #write(piece: AnswerPiece): string {
    switch (piece.type) {
      case 'text':
        return this.#begin(piece.part, textBlock) + this.#delta(piece.text);
      case 'reasoning':
        return this.#begin(piece.part, thinkingBlock) + this.#delta(piece.text);
      case 'image':
        return this.#begin(piece.part, noteBlock) + this.#delta(IMAGE_HAS_NO_FORM);
      case 'signature':
        return this.#sign(piece.signature);
      case 'toolCall':
        this.#hasCalls = true;
        return this.#begin(piece.part, toToolUse(piece.call));
      case 'toolArguments':
        return this.#writeArguments(piece.part, piece.text);
    }
  }

  #delta(text: string): string {
    return `${this.#open?.before}${JSON.stringify(text)}}}\n\n`;
  }

  /** What comes after the end of a call's JSON is no part of it. */
  #writeArguments(part: number, text: string): string {
    const given = this.#open?.part === part ? this.#open.arguments?.take(text) : '';
    return given ? this.#delta(given) : '';
  }

  /** Begins the block of a part, unless it has begun. */
  #begin(part: number, block: { type: string }): string {
    if (block === textBlock && this.#open?.isText) this.#open.part = part;
    if (this.#open?.part === part) return '';
    const closed = this.#close();
    const index = this.#count++;
    const [type, name] = deltaNames[block.type] ?? ['', ''];
    this.#open = {
      part,
      isThinking: block === thinkingBlock,
      isText: block === textBlock,
      before: `event: content_block_delta\ndata: {"type":"content_block_delta","index":${index},"delta":{"type":"${type}","${name}":`,
      arguments: block.type === 'tool_use' ? new JsonEnd() : null,
    };
    return closed + toEvent({ type: 'content_block_start', index, content_block: block });
  }

  #close(): string {
    if (!this.#open) return '';
    this.#open = null;
    return toEvent({ type: 'content_block_stop', index: this.#count - 1 });
  }

  /** The proof is told with the thought before it, or alone if that is not shown. */
  #sign({ text, redacted }: { text: string; redacted: boolean }): string {
    if (redacted) return this.#begin(NO_PART, toRedacted(text)) + this.#close();
    const begun = this.#open?.isThinking ? '' : this.#begin(NO_PART, thinkingBlock);
    const delta = { type: 'signature_delta', signature: text };
    return begun + toEvent({ type: 'content_block_delta', index: this.#count - 1, delta }) + this.#close();
  }
}

const NO_PART = -1;

function toRedacted(data: string) {
  return { type: 'redacted_thinking', data };
}

const textBlock = { type: 'text', text: '', citations: null };
const noteBlock = { ...textBlock };
const thinkingBlock = { type: 'thinking', thinking: '', signature: '' };

/** The type of a block's deltas, and the name of their text. */
const deltaNames: Record<string, [type: string, name: string]> = {
  text: ['text_delta', 'text'],
  thinking: ['thinking_delta', 'thinking'],
  tool_use: ['input_json_delta', 'partial_json'],
};

/** Whether nothing more can come of the block: of a call, that its arguments have ended. */
function isWhole(block: OpenBlock | null): boolean {
  return block?.arguments?.isReached ?? true;
}

function toEvent(event: { type: string; [member: string]: unknown }): string {
  return `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}
