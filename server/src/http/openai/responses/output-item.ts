import type {
  ResponseCustomToolCall,
  ResponseFunctionToolCall,
  ResponseOutputItem,
  ResponseOutputMessage,
  ResponseOutputText,
  ResponseReasoningItem,
  ResponseStreamEvent,
} from 'openai/resources/responses/responses';
import type { AnswerEnd } from '../../../domain/following/answer-under-way.ts';
import { JsonEnd } from '../../../domain/ground/json-end.ts';
import type { MadeImage } from '../../../ports/language-model.ts';
import { type CalledTool, inputOf } from './response-tools.ts';
import { type Thought, writeThoughts } from './thoughts.ts';

/** An event about an item of the output, without its number. */
export type ItemEvent = Unnumbered<
  Extract<ResponseStreamEvent, { item_id: string }> | Extract<ResponseStreamEvent, { item: unknown }>
>;
type Unnumbered<Event> = Event extends unknown ? Omit<Event, 'sequence_number'> : never;

export type Emit = (event: ItemEvent) => void;

/** How an item ends: `incomplete` if the answer breaks off in it. */
export type Ending = 'completed' | 'incomplete';

/** An item of the output that is being written. */
export interface OpenItem {
  close(ending: Ending): ResponseOutputItem;
}

export interface ItemPlace {
  /** The item's id. */
  id: string;
  /** Its index in the output. */
  index: number;
  emit: Emit;
}

export class OpenMessage implements OpenItem {
  readonly #place: ItemPlace;
  readonly #content: ResponseOutputMessage['content'] = [];
  #text: ResponseOutputText | null = null;

  constructor(place: ItemPlace) {
    this.#place = place;
    place.emit({ type: 'response.output_item.added', output_index: place.index, item: this.#item('in_progress', []) });
  }

  append(delta: string): void {
    if (this.#text === null) {
      this.#text = { type: 'output_text', text: '', annotations: [], logprobs: [] };
      this.#begin({ ...this.#text });
    }
    this.#text.text += delta;
    this.#place.emit({ type: 'response.output_text.delta', ...this.#at(0), delta, logprobs: [] });
  }

  cite(citations: AnswerEnd['outcome']['citations']): void {
    const text = this.#text;
    if (text === null) return;
    for (const { url, title } of citations) {
      // Providers say what an answer rests on, and not which of its words.
      const annotation = {
        type: 'url_citation' as const,
        url,
        title: title ?? url,
        start_index: 0,
        end_index: text.text.length,
      };
      this.#place.emit({
        type: 'response.output_text.annotation.added',
        ...this.#at(0),
        annotation_index: text.annotations.length,
        annotation,
      });
      text.annotations.push(annotation);
    }
  }

  refuse(refusal: string): void {
    this.#endText();
    const at = this.#at(this.#content.length);
    this.#begin({ type: 'refusal', refusal: '' });
    this.#place.emit({ type: 'response.refusal.delta', ...at, delta: refusal });
    this.#place.emit({ type: 'response.refusal.done', ...at, refusal });
    this.#end({ type: 'refusal', refusal });
  }

  close(ending: Ending): ResponseOutputItem {
    this.#endText();
    const item = this.#item(ending, this.#content);
    this.#place.emit({ type: 'response.output_item.done', output_index: this.#place.index, item });
    return item;
  }

  #endText(): void {
    const text = this.#text;
    if (text === null) return;
    this.#text = null;
    this.#place.emit({ type: 'response.output_text.done', ...this.#at(0), text: text.text, logprobs: [] });
    this.#end(text);
  }

  #begin(part: ResponseOutputMessage['content'][number]): void {
    this.#place.emit({ type: 'response.content_part.added', ...this.#at(this.#content.length), part });
  }

  #end(part: ResponseOutputMessage['content'][number]): void {
    this.#place.emit({ type: 'response.content_part.done', ...this.#at(this.#content.length), part });
    this.#content.push(part);
  }

  #at(contentIndex: number) {
    const { id, index } = this.#place;
    return { item_id: id, output_index: index, content_index: contentIndex };
  }

  #item(status: ResponseOutputMessage['status'], content: ResponseOutputMessage['content']): ResponseOutputMessage {
    return { id: this.#place.id, type: 'message', status, role: 'assistant', content };
  }
}

/** Gives an image that is there as the item of a call of OpenAI's own tool, the only form that the protocol has for one. */
export function giveImage({ id, index, emit }: ItemPlace, { mediaType, data }: MadeImage): ResponseOutputItem {
  const type = 'image_generation_call';
  const at = { item_id: id, output_index: index };
  emit({
    type: 'response.output_item.added',
    output_index: index,
    item: { id, type, status: 'in_progress', result: null },
  });
  emit({ type: 'response.image_generation_call.in_progress', ...at });
  emit({ type: 'response.image_generation_call.generating', ...at });
  emit({ type: 'response.image_generation_call.completed', ...at });
  // The SDK's type lacks the format, which OpenAI's API has.
  const item = { id, type, status: 'completed', result: data, output_format: mediaType.replace('image/', '') } as const;
  emit({ type: 'response.output_item.done', output_index: index, item });
  return item;
}

export class OpenReasoning implements OpenItem {
  readonly #place: ItemPlace;
  /** What the model is to be given back; null: the client has not asked for it. */
  readonly #thoughts: Thought[] | null;
  #text = '';

  constructor(place: ItemPlace, givesThoughts: boolean) {
    this.#place = place;
    this.#thoughts = givesThoughts ? [] : null;
    place.emit({ type: 'response.output_item.added', output_index: place.index, item: this.#item() });
  }

  append(delta: string): void {
    if (this.#text === '') {
      const part = { type: 'summary_text' as const, text: '' };
      this.#place.emit({ type: 'response.reasoning_summary_part.added', ...this.#at(), part });
    }
    this.#text += delta;
    this.#place.emit({ type: 'response.reasoning_summary_text.delta', ...this.#at(), delta });
  }

  /** Takes the proof of what was thought so far. */
  prove(signature: string, redacted: boolean): void {
    this.#thoughts?.push({ of: 'reasoning', text: this.#text, signature, redacted });
  }

  proveCall(callId: string, signature: string): void {
    this.#thoughts?.push({ of: 'call', callId, signature });
  }

  close(): ResponseOutputItem {
    const text = this.#text;
    if (text !== '') {
      this.#place.emit({ type: 'response.reasoning_summary_text.done', ...this.#at(), text });
      const part = { type: 'summary_text' as const, text };
      this.#place.emit({ type: 'response.reasoning_summary_part.done', ...this.#at(), part });
    }
    const item = this.#item();
    this.#place.emit({ type: 'response.output_item.done', output_index: this.#place.index, item });
    return item;
  }

  #at() {
    const { id, index } = this.#place;
    return { item_id: id, output_index: index, summary_index: 0 };
  }

  #item(): ResponseReasoningItem {
    const thoughts = this.#thoughts;
    return {
      id: this.#place.id,
      type: 'reasoning',
      summary: this.#text === '' ? [] : [{ type: 'summary_text', text: this.#text }],
      ...(thoughts && { encrypted_content: thoughts.length > 0 ? writeThoughts(thoughts) : null }),
    };
  }
}

/** A call of a tool, whose arguments the model is writing. */
export class OpenCall implements OpenItem {
  /** The part of the answer that it is. */
  readonly part: number;
  readonly #place: ItemPlace;
  readonly #callId: string;
  readonly #tool: CalledTool;
  readonly #end = new JsonEnd();
  #json = '';

  constructor(place: ItemPlace, options: { part: number; callId: string; tool: CalledTool }) {
    this.part = options.part;
    this.#place = place;
    this.#callId = options.callId;
    this.#tool = options.tool;
    place.emit({ type: 'response.output_item.added', output_index: place.index, item: this.#item('in_progress', '') });
  }

  /** Whether the arguments are whole. */
  get isWhole(): boolean {
    return this.#end.isReached;
  }

  append(piece: string): void {
    const delta = this.#end.take(piece);
    if (delta === '') return;
    this.#json += delta;
    // The input of a custom tool is a text within JSON, which is read when it is whole.
    if (this.#tool.type === 'custom') return;
    this.#place.emit({ type: 'response.function_call_arguments.delta', ...this.#at(), delta });
  }

  close(ending: Ending): ResponseOutputItem {
    if (this.#tool.type === 'custom') this.#giveInput();
    else this.#endArguments(ending);
    const item = this.#item(this.isWhole ? 'completed' : ending, this.#json);
    this.#place.emit({ type: 'response.output_item.done', output_index: this.#place.index, item });
    return item;
  }

  #giveInput(): void {
    const input = inputOf(this.#json);
    if (input !== '') this.#place.emit({ type: 'response.custom_tool_call_input.delta', ...this.#at(), delta: input });
    this.#place.emit({ type: 'response.custom_tool_call_input.done', ...this.#at(), input });
  }

  #endArguments(ending: Ending): void {
    // A tool that takes nothing may have been given nothing, which would not be JSON.
    if (this.#json === '' && ending === 'completed') this.append('{}');
    const { name } = this.#tool;
    this.#place.emit({ type: 'response.function_call_arguments.done', ...this.#at(), name, arguments: this.#json });
  }

  #at() {
    const { id, index } = this.#place;
    return { item_id: id, output_index: index };
  }

  #item(
    status: NonNullable<ResponseFunctionToolCall['status']>,
    json: string,
  ): ResponseFunctionToolCall | (ResponseCustomToolCall & { status: string }) {
    const { type, name, namespace } = this.#tool;
    const common = {
      id: this.#place.id,
      call_id: this.#callId,
      name,
      ...(namespace !== null && { namespace }),
      status,
    };
    return type === 'custom'
      ? { type: 'custom_tool_call', ...common, input: inputOf(json) }
      : { type: 'function_call', ...common, arguments: json };
  }
}
