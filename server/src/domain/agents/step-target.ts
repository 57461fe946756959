import { v7 as newId } from 'uuid';
import type { MessagePart, ModelPart, OpaquePart } from '../../ports/language-model.ts';
import type { LiveResponse, ResponseNotice, Stoppable } from '../answering/live-responses.ts';
import type { LiveToolCall, ReasoningSignature } from '../answering/live-tool-call.ts';
import type { AnswerTarget } from '../answering/requests/answer-target.ts';
import type { TakenImage } from '../answering/taken-image.ts';
import { toStorable } from '../ground/storable-text.ts';

export interface StepTargetOptions {
  /** Whether what is said goes beside the answer. */
  isThought: boolean;
  /** Whether a model writes that is not the answer's own, nor a fallback of it. */
  isOther: boolean;
  /** A line before it; null: none. */
  title: string | null;
  /** Milliseconds from the beginning of the answer to that of the step. */
  startMs: number;
  /** Whether it goes on in the middle of what was written before. */
  goesOn: boolean;
  /** The id of the tool that models know by this name; null: there is none. */
  toolIdOf(name: string): string | null;
  /** Whether the answer ends now, whoever says so. */
  stopReason(): LiveResponse['stopReason'];
  /** As `LiveResponse.whenStopped`. */
  whenStopped(writer: Stoppable | null): void;
}

/** What is between the texts of two steps. */
export const PARAGRAPH = '\n\n';

/**
 * One step of an answer, while its model writes it: what is written goes into the response, and is noted here as the model
 * has to be told of it again.
 */
export class StepTarget implements AnswerTarget {
  hasCharacters = false;
  readonly calls: LiveToolCall[] = [];
  readonly #live: LiveResponse;
  readonly #options: StepTargetOptions;
  readonly #callsBefore: number;
  readonly #imagesBefore: number;
  #said: NotedPart[] = [];
  #firstTokenMs: number | null = null;
  /** The texts in which it has begun. */
  readonly #begun: Set<'text' | 'reasoning'>;

  constructor(live: LiveResponse, options: StepTargetOptions) {
    this.#live = live;
    this.#options = options;
    this.#callsBefore = live.calls.length;
    this.#imagesBefore = live.images.length;
    this.#begun = new Set(options.goesOn ? ['text', 'reasoning'] : []);
  }

  /** What the model said, in order; its calls with their arguments. */
  get said(): MessagePart[] {
    return this.#said.flatMap((part): MessagePart | [] => {
      if ('data' in part) return part;
      if (!('call' in part))
        return part.type === 'text' && part.text === '' ? [] : { ...part, text: toStorable(part.text) };
      const { id, name, signature, arguments: json } = part.call;
      return { type: 'toolCall', id, name, arguments: json.toString(), signature };
    });
  }

  get imageCount(): number {
    return this.#live.images.length - this.#imagesBefore;
  }

  /** From the beginning of the step. The answer's own is that of its first step with a character. */
  get firstTokenMs(): number | null {
    return this.#firstTokenMs;
  }

  set firstTokenMs(ms: number | null) {
    this.#firstTokenMs = ms;
    if (ms !== null) this.#live.firstTokenMs ??= Math.round(this.#options.startMs + ms);
  }

  append(part: Extract<ModelPart, { type: 'text' | 'reasoning' }>): number {
    if (part.text === '') return this.text.length;
    this.hasCharacters = true;
    this.#note(part);
    const type = this.#options.isThought ? 'reasoning' : part.type;
    this.#separate(type);
    return this.#live.append(type === part.type ? part : { type, text: part.text });
  }

  /** Begins a paragraph of its own in the answer's texts. */
  #separate(type: 'text' | 'reasoning'): void {
    if (this.#begun.has(type)) return;
    this.#begun.add(type);
    const { title, isThought } = this.#options;
    const { length } = this.#live[type];
    // A response that goes on with another's reasoning begins a paragraph by itself.
    const isBegun = length === 0 || (type === 'reasoning' && length === this.#live.before.reasoning.length);
    const beginning = (isBegun ? '' : PARAGRAPH) + (title && isThought ? `**${title}**\n\n` : '');
    if (beginning !== '') this.#live.append({ type, text: beginning });
  }

  #note({ type, text }: Extract<ModelPart, { type: 'text' | 'reasoning' }>): void {
    const last = this.#said.at(-1);
    if (last && 'text' in last && last.type === type && !('signature' in last && last.signature !== null))
      last.text += text;
    else this.#said.push(type === 'text' ? { type, text } : { type, text, signature: null });
  }

  addSignature({ text, redacted }: ReasoningSignature): void {
    const last = this.#said.at(-1);
    if (!redacted && last && 'signature' in last && last.signature === null) last.signature = text;
    else this.#said.push({ type: 'reasoning', text: '', signature: text, redacted });
  }

  addOpaque({ data }: OpaquePart): void {
    this.#said.push({ type: 'opaque', data: toStorable(data) });
  }

  beginCall(call: Pick<LiveToolCall, 'id' | 'name' | 'signature'>): LiveToolCall {
    this.hasCharacters = true;
    const began = this.#live.beginCall(call);
    began.progress = {
      id: newId(),
      name: call.name,
      toolId: this.#options.toolIdOf(call.name),
      status: 'WRITING',
      durationMs: null,
      credits: null,
      result: null,
    };
    this.calls.push(began);
    this.#said.push({ call: began });
    return began;
  }

  appendArguments(call: number, piece: string): number {
    return this.#live.appendArguments(this.#callsBefore + call, piece);
  }

  addImage(image: TakenImage): void {
    this.hasCharacters = true;
    this.#live.addImage(image);
  }

  notice(notice: ResponseNotice): void {
    if (!this.#options.isOther) this.#live.notice(notice);
    // Who argues or reviews does not answer in the place of the answer's model.
    else if (notice.type === 'started') {
      this.#live.notice({ ...notice, servedBy: this.#live.servedBy ?? this.#live.modelId });
    }
  }

  forgetHalf(): void {
    this.#live.forgetHalf();
    this.#said = [];
  }

  whenStopped(writer: Stoppable | null): void {
    this.#options.whenStopped(writer);
  }

  get stopReason() {
    return this.#options.stopReason();
  }

  meter() {
    return this.#live.meter();
  }

  get userId() {
    return this.#live.userId;
  }

  get hidden() {
    return this.#live.hidden;
  }

  get attempts() {
    return this.#live.attempts;
  }

  get images() {
    return this.#live.images;
  }

  get parts() {
    return this.#live.parts;
  }

  get text() {
    return this.#live.text;
  }

  get reasoning() {
    return this.#live.reasoning;
  }

  get before() {
    return this.#live.before;
  }

  get outputTokensEstimate() {
    return this.#live.outputTokensEstimate;
  }
}

type NotedPart =
  | { type: 'text'; text: string }
  | { type: 'reasoning'; text: string; signature: string | null; redacted?: boolean }
  | OpaquePart
  | { call: LiveToolCall };
