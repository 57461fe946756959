import type { ModelPart, TokenUsage } from '../../../ports/language-model.ts';
import type { Model } from '../../catalogue/catalogue.ts';
import { answerCost } from '../../catalogue/pricing.ts';
import { countTokens, estimateTokens, type TokenMeter } from '../../ground/tokens.ts';
import { creditsAhead, creditsFor, type GrowingRequest, type InputTokens, tokensFor } from '../../money/hold-growth.ts';
import type { AnswerTarget } from '../requests/answer-target.ts';
import { IMAGE_OUTPUT_TOKENS, isCredible } from '../token-usage.ts';
import type { GrowingHold } from './growing-hold.ts';

/** What pays for an attempt. */
export interface Payment {
  hold: GrowingHold;
  model: Model;
  input: InputTokens;
}

/** The writer whose parts are kept back. */
export interface PaidWriter {
  /** Writes a part that is paid. */
  take(part: ModelPart): void;
  /** Ends the answer with what was written: nothing more can be paid. */
  shorten(): void;
}

/** No character has more tokens than this by the measure of the texts. */
const TOKENS_OF_CHARACTER = 2;
/** Tokens at the end of what is paid at which texts are looked at word by word: a word that has begun can be ended. */
const LAST_TOKENS = 32;
/** Tokens of new text for which a recount is worth its while. */
const RECOUNT_TOKENS = 64;
/** UTF-16 code units that are kept back at most, and parts. */
const KEPT_LENGTH_MAX = 1_000_000;
const KEPT_PARTS_MAX = 50_000;
/** From this length on a kept text is joined with no more: whatever comes has it read from its beginning. */
const JOINED_LENGTH_MAX = 2000;

/**
 * Lets through what the response's hold covers, and keeps the rest back until the hold has grown. As long as the hold is
 * ahead of the text, that is one comparison for each part.
 */
export class PaidParts {
  readonly #hold: GrowingHold;
  readonly #model: Model;
  readonly #response: AnswerTarget;
  readonly #writer: PaidWriter;
  readonly #request: GrowingRequest;
  /** In their order; short texts of the same kind are joined. */
  #kept: ModelPart[] = [];
  #keptLength = 0;
  /** Has read the response's texts and those that are kept, each once; null: nothing is kept. */
  #keptMeter: TokenMeter | null = null;
  /** The tokens that it counts. */
  #meteredTokens = 0;
  /** Tokens of what is kept beside texts. */
  #otherKeptTokens = 0;
  /** Tokens that the hold pays for. */
  #paidTokens = 0;
  /** Tokens up to which nothing needs a closer look. */
  #freeTokens = -1;
  /** Tokens of what is written beside the response's texts. */
  #otherTokens = 0;
  /** Tokens by which the response's meter is known to measure too much. */
  #surplusTokens = 0;
  /** What the meter measured when that was found out. */
  #recountedTokens = 0;
  /** Tokens beyond all that was written, by the provider's report. */
  #unseenTokens = 0;
  /** The provider's report on all that came so far, in credits; null: none, or more came after it. */
  #reportedCredits: number | null = null;
  #isExtending = false;
  /** Whether something came since the hold was last asked to grow. */
  #hasNews = false;
  /** Whether the end of the answer waits for what is kept. */
  #endWaits = false;
  #isClosed = false;
  /** Called when everything is written; null: the provider goes on. */
  #onWritten: (() => void) | null = null;

  constructor({ hold, model, input }: Payment, response: AnswerTarget, writer: PaidWriter) {
    this.#hold = hold;
    this.#model = model;
    this.#response = response;
    this.#writer = writer;
    this.#request = { prices: model.prices, input, reported: null };
    this.#onHeld();
  }

  /** Whether the part may be written now; if not, it is written once it is paid. */
  admits(part: ModelPart): boolean {
    if (this.#kept.length > 0) return this.#keep(part);
    const length = lengthOf(part);
    const tokens = this.#tokens + length * TOKENS_OF_CHARACTER;
    if (tokens > this.#freeTokens && length > 0) {
      if (!this.#isExtending) void this.#extend();
      if (tokens > this.#paidTokens - LAST_TOKENS) return this.#keep(part);
    }
    if (part.type === 'usage') this.#noteReport(part.usage, part.costUsd);
    else if (length > 0) this.#reportedCredits = null;
    this.#count(part);
    return true;
  }

  /**
   * Tells that the provider has ended, and whether something is still kept.
   *
   * @param onWritten called when it is written. Called only if this returns true, and only at the first time
   */
  keeps(onWritten: () => void): boolean {
    if (this.#onWritten) return this.#endWaits;
    this.#onWritten = onWritten;
    this.#reckon();
    this.#writeKept();
    if (this.#kept.length === 0) return false;
    this.#endWaits = true;
    this.#hasNews = true;
    if (!this.#isExtending) void this.#extend();
    return true;
  }

  /** Drops what is kept. */
  close(): void {
    this.#isClosed = true;
    this.#kept = [];
  }

  get #tokens(): number {
    return this.#response.outputTokensEstimate - this.#surplusTokens + this.#otherTokens + this.#unseenTokens;
  }

  /** Whether the hold covers whatever was or will be written. */
  get #isAllPaid(): boolean {
    const { held, maximum } = this.#hold;
    return held >= maximum || (this.#onWritten !== null && held >= (this.#reportedCredits ?? Infinity));
  }

  #keep(part: ModelPart): false {
    if (part.type === 'activity') return false;
    if (part.type === 'usage') this.#noteReport(part.usage, part.costUsd);
    else if (lengthOf(part) > 0) this.#reportedCredits = null;
    this.#hasNews = true;
    const whole = joined(this.#kept.at(-1), part);
    if (whole) this.#kept[this.#kept.length - 1] = whole;
    else this.#kept.push(part);
    this.#keptLength += sizeOf(part);
    this.#measureKept(part);
    if (this.#keptLength > KEPT_LENGTH_MAX || this.#kept.length > KEPT_PARTS_MAX) this.#writer.shorten();
    else this.#writeKept();
    if (this.#kept.length > 0 && !this.#isExtending) void this.#extend();
    return false;
  }

  /** Extends the hold until it covers what is there. If it does not, the answer ends with the last word that is paid. */
  async #extend(): Promise<void> {
    this.#isExtending = true;
    this.#hasNews = false;
    const isCovered = await this.#hold.cover(
      () => this.#growth(),
      () => this.#onHeld(),
    );
    this.#isExtending = false;
    if (this.#isClosed) return;
    this.#onHeld();
    if (this.#isClosed || this.#kept.length === 0) return;
    if (!isCovered) await this.#endOrRecount();
    else if (this.#hasNews) void this.#extend();
    // The rest of half a word may still come, unless the answer has ended.
    else if (this.#onWritten) this.#writer.shorten();
  }

  /**
   * Before an answer is ended, what it has is counted as it will be charged: the measure of a text that grows is rather
   * too much. If that leaves room, the answer goes on.
   */
  async #endOrRecount(): Promise<void> {
    const { outputTokensEstimate: measured, text, reasoning, before, calls } = this.#response;
    if (measured - this.#recountedTokens < RECOUNT_TOKENS) return this.#writer.shorten();
    this.#isExtending = true;
    const written = calls.map((call) => call.arguments.toString());
    written.push(reasoning.since(before.reasoning.length), text.since(before.text.length));
    let counted = 0;
    for (const one of written) counted += await countTokens(one);
    this.#isExtending = false;
    if (this.#isClosed) return;
    this.#recountedTokens = measured;
    this.#surplusTokens = Math.max(0, measured - counted);
    this.#onHeld();
    if (!this.#isClosed && this.#kept.length > 0) await this.#extend();
  }

  #growth() {
    const { maximum } = this.#hold;
    if (this.#onWritten && this.#reportedCredits !== null) {
      return { needed: this.#reportedCredits, ahead: this.#reportedCredits };
    }
    const tokens = this.#tokens + this.#keptTokens();
    const ahead = Math.min(maximum, creditsAhead(this.#request, tokens));
    return { needed: creditsFor(this.#request, tokens), ahead };
  }

  #measureKept(part: ModelPart): void {
    if (isMetered(part)) {
      this.#keptMeter ??= this.#response.meter();
      this.#meteredTokens = this.#keptMeter.add(part.text);
    } else this.#otherKeptTokens += estimateTokens(textOf(part));
  }

  #keptTokens(): number {
    const texts = this.#keptMeter ? this.#meteredTokens - this.#response.outputTokensEstimate : 0;
    return Math.max(0, texts) + this.#otherKeptTokens;
  }

  /** Writes what the hold pays for. */
  #onHeld(): void {
    this.#reckon();
    this.#writeKept();
  }

  #reckon(): void {
    if (this.#isAllPaid) {
      this.#paidTokens = Number.POSITIVE_INFINITY;
      this.#freeTokens = Number.POSITIVE_INFINITY;
    } else {
      this.#paidTokens = tokensFor(this.#request, this.#hold.held);
      // More is asked for when half of the lead is used up.
      const lead = Math.max(0, this.#paidTokens - this.#tokens);
      this.#freeTokens = Math.min(this.#paidTokens - Math.floor(lead / 2), this.#paidTokens - LAST_TOKENS);
    }
  }

  #writeKept(): void {
    while (this.#kept.length > 0) {
      const part = this.#kept[0] as ModelPart;
      const end = this.#isAllPaid ? textOf(part).length : this.#paidEnd(part, this.#kept.length === 1);
      const isWhole = end >= textOf(part).length;
      if (!isWhole && end === 0) break;
      const written = isWhole ? part : ({ ...part, text: textOf(part).slice(0, end) } as ModelPart);
      if (isWhole) this.#kept.shift();
      else this.#kept[0] = { ...part, text: textOf(part).slice(end) } as ModelPart;
      this.#keptLength -= sizeOf(written);
      this.#count(written);
      if (!isMetered(written)) this.#otherKeptTokens -= estimateTokens(textOf(written));
      this.#writer.take(written);
      if (!isWhole) break;
    }
    if (this.#kept.length === 0) this.#keptMeter = null;
    if (this.#kept.length === 0 && this.#endWaits) this.#onWritten?.();
  }

  /** Where the words end that are paid, in the part's text; half a word at the end of all texts waits for the rest. */
  #paidEnd(part: ModelPart, isLast: boolean): number {
    const text = textOf(part);
    if (text === '') return 0;
    const paid = this.#paidTokens;
    const meter = isMetered(part) ? this.#response.meter() : null;
    if (!meter) return this.#tokens + estimateTokens(text) <= paid ? text.length : 0;
    const others = this.#otherTokens + this.#unseenTokens - this.#surplusTokens;
    let end = 0;
    for (const [word] of text.matchAll(WORD)) {
      const after = end + word.length;
      const tokens = meter.add(word) + others;
      if (tokens > paid) break;
      const mayGoOn = isLast && after === text.length && !/\s$/.test(word) && this.#onWritten === null;
      if (mayGoOn && tokens > paid - LAST_TOKENS) break;
      end = after;
    }
    return end;
  }

  /** Counts what the response's meter does not. */
  #count(part: ModelPart): void {
    if (part.type === 'refusal' || part.type === 'toolCall') this.#otherTokens += estimateTokens(textOf(part));
    if (part.type === 'image') this.#otherTokens += IMAGE_OUTPUT_TOKENS;
  }

  #noteReport(usage: TokenUsage, costUsd?: number): void {
    if (!isCredible(usage)) return;
    const { inputTokens, cachedInputTokens, cacheWriteInputTokens, outputTokens, reasoningTokens } = usage;
    const seen = this.#response.outputTokensEstimate - this.#surplusTokens + this.#otherTokens + this.#keptTokens();
    // No output beside a text cannot be true: this server will count what is charged.
    if (outputTokens + reasoningTokens > 0 || seen <= 0) {
      this.#unseenTokens = Math.max(0, outputTokens + reasoningTokens - seen);
      const told = costUsd ?? null;
      this.#reportedCredits = answerCost(this.#model, { usage, told, isPartial: false }).credits;
    }
    const isNew = this.#request.reported === null && inputTokens + cachedInputTokens + cacheWriteInputTokens > 0;
    if (isNew) this.#request.reported = usage;
    if (isNew || this.#unseenTokens > 0) this.#reckon();
  }
}

/** A word with the space before it; a long run without space is cut. */
const WORD = /\s*\S{1,32}(?:\s+$)?|\s+$/gu;

type MeteredPart = Extract<ModelPart, { type: 'text' | 'reasoning' | 'toolArguments' }>;

/** Whether the response's meter counts the part's text. */
function isMetered(part: ModelPart): part is MeteredPart {
  return part.type === 'text' || part.type === 'reasoning' || part.type === 'toolArguments';
}

/** What the model wrote in the part; empty if nothing. */
function textOf(part: ModelPart): string {
  if (part.type === 'toolCall') return part.name;
  return isMetered(part) || part.type === 'refusal' ? part.text : '';
}

function lengthOf(part: ModelPart): number {
  return textOf(part).length;
}

/** The length of all texts of the part, also of those that cost nothing. */
function sizeOf(part: ModelPart): number {
  switch (part.type) {
    case 'signature':
      return part.text.length;
    case 'opaque':
      return part.data.length;
    case 'citation':
      return part.url.length + (part.title?.length ?? 0);
    case 'toolCall':
      return part.name.length + part.id.length + (part.signature?.length ?? 0);
    default:
      return lengthOf(part);
  }
}

/** Both parts as one; null: they are not of one text. */
function joined(last: ModelPart | undefined, next: ModelPart): ModelPart | null {
  if (!last || !isMetered(last) || !isMetered(next) || last.type !== next.type) return null;
  // A word is not cut, unless it is longer than any.
  const isCuttable = /\s$/.test(last.text) || /^\s/.test(next.text) || last.text.length > 2 * JOINED_LENGTH_MAX;
  if (last.text.length > JOINED_LENGTH_MAX && isCuttable) return null;
  if (last.type === 'toolArguments' && next.type === 'toolArguments' && last.call !== next.call) return null;
  return { ...last, text: last.text + next.text };
}
