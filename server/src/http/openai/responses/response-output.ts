import type { ResponseOutputItem } from 'openai/resources/responses/responses';
import type { AnswerPiece } from '../../../domain/following/answer-reader.ts';
import type { AnswerEnd } from '../../../domain/following/answer-under-way.ts';
import { IMAGE_HAS_NO_ROOM } from '../../calls/ungiven-images.ts';
import {
  type Emit,
  type Ending,
  giveImage,
  type ItemPlace,
  OpenCall,
  type OpenItem,
  OpenMessage,
  OpenReasoning,
} from './output-item.ts';
import type { CalledTool } from './response-tools.ts';

export interface OutputOptions {
  /** The ids of items end with it. */
  bareId: string;
  /** By the names that the model was given. */
  called: ReadonlyMap<string, CalledTool>;
  givesThoughts: boolean;
  emit: Emit;
}

/**
 * Makes the output of a response from the pieces of an answer: one item after the other, each whole before the next one
 * begins, as clients expect it.
 */
export class ResponseOutput {
  readonly items: ResponseOutputItem[] = [];
  readonly #options: OutputOptions;
  #open: OpenItem | null = null;
  /** What came while the arguments of a call were not whole yet. */
  #waiting: AnswerPiece[] = [];

  constructor(options: OutputOptions) {
    this.#options = options;
  }

  take(piece: AnswerPiece): void {
    const open = this.#open;
    if (!(open instanceof OpenCall)) {
      this.#takeNow(piece);
    } else if (piece.type === 'toolArguments' && piece.part === open.part) {
      open.append(piece.text);
      if (open.isWhole) this.#endCall('completed');
    } else {
      this.#waiting.push(piece);
    }
  }

  /** Takes the end of the answer, with all that is known only then. Nothing comes after it. */
  end(end: AnswerEnd | null): void {
    const { refusal = null, citations = [], status, finishReason } = end?.outcome ?? {};
    const isWhole = status === 'COMPLETED' && finishReason !== 'LENGTH' && finishReason !== 'CONTENT_FILTER';
    const ending = isWhole ? 'completed' : 'incomplete';
    while (this.#open instanceof OpenCall && this.#waiting.length > 0) this.#endCall(ending);
    if (this.#open instanceof OpenMessage) this.#open.cite(citations);
    if (refusal !== null) this.#message().refuse(refusal);
    this.#close(ending);
  }

  #takeNow(piece: AnswerPiece): void {
    switch (piece.type) {
      case 'text':
        this.#message().append(piece.text);
        break;
      case 'reasoning':
        this.#reasoning().append(piece.text);
        break;
      case 'image':
        if (piece.image) this.items.push(giveImage(this.#next('ig'), piece.image));
        else this.#message().append(IMAGE_HAS_NO_ROOM);
        break;
      case 'signature':
        this.#prove(piece.signature);
        break;
      case 'toolCall':
        this.#begin(piece);
        break;
      case 'toolArguments':
        // What comes after the end of the arguments is no part of them.
        break;
    }
  }

  /** Ends the call, and takes what waited for that. */
  #endCall(ending: Ending): void {
    this.#close(ending);
    const waited = this.#waiting;
    this.#waiting = [];
    for (const piece of waited) this.take(piece);
  }

  #message(): OpenMessage {
    if (this.#open instanceof OpenMessage) return this.#open;
    const message = new OpenMessage(this.#next('msg'));
    this.#open = message;
    return message;
  }

  #reasoning(): OpenReasoning {
    if (this.#open instanceof OpenReasoning) return this.#open;
    const reasoning = new OpenReasoning(this.#next('rs'), this.#options.givesThoughts);
    this.#open = reasoning;
    return reasoning;
  }

  #prove({ text, redacted }: Extract<AnswerPiece, { type: 'signature' }>['signature']): void {
    const isOfNothing = !(this.#open instanceof OpenReasoning);
    // An item that says nothing, and cannot be given back, is none.
    if (isOfNothing && !this.#options.givesThoughts) return;
    this.#reasoning().prove(text, redacted);
    this.#close('completed');
  }

  #begin({ part, call }: Extract<AnswerPiece, { type: 'toolCall' }>): void {
    const { id: callId, name, signature } = call;
    if (signature !== null && this.#options.givesThoughts) this.#reasoning().proveCall(callId, signature);
    const tool = this.#options.called.get(name) ?? { type: 'function', name, namespace: null };
    const place = this.#next(tool.type === 'custom' ? 'ctc' : 'fc');
    this.#open = new OpenCall(place, { part, callId, tool });
  }

  /** Ends the item before, and returns the place of the next one. */
  #next(prefix: string): ItemPlace {
    this.#close('completed');
    const index = this.items.length;
    return { id: `${prefix}_${this.#options.bareId}_${index}`, index, emit: this.#options.emit };
  }

  #close(ending: Ending): void {
    if (this.#open) this.items.push(this.#open.close(ending));
    this.#open = null;
  }
}
