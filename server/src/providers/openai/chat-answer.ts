import type { FinishReason, ModelPart } from '../../ports/language-model.ts';
import { parseErrorBody, parseEvent, ReportedError, tellsError, truncatedFailure } from '../failures/provider-error.ts';
import { breakOf, toFinishReason } from '../finish-reason.ts';
import { asList, type PartSink } from '../model-parts.ts';
import type { EventHandlers } from '../transport/event-stream.ts';
import { ThinkTags } from './think-tags.ts';
import { type ChatToolCall, ToolCalls } from './tool-calls.ts';
import { type ChatUsage, nothingCounted, toCostUsd, toTokenUsage } from './usage.ts';

/** The fields of a chunk that are read. Providers omit, add and retype fields at will, so each is checked before use. */
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
  /** Absent: 0. */
  index?: unknown;
  delta?: ChatDelta | null;
  /** The whole answer: Perplexity sends it beside each delta, some gateways in place of deltas. */
  message?: ChatDelta | null;
  finish_reason?: string | null;
  /** OpenRouter. */
  error?: unknown;
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
  /** OpenRouter and LiteLLM: `[{ type: 'image_url', image_url: { url: 'data:image/png;base64,…' } }]`. */
  images?: unknown;
  annotations?: unknown;
  tool_calls?: unknown;
  /** What `tool_calls` was before there could be several. */
  function_call?: unknown;
}

/**
 * Reads the chunks of one answer. The answer is whole at `[DONE]`, or where the body ends in good order after a `finish_reason` (Perplexity
 * never sends `[DONE]`); `[DONE]` without a `finish_reason` (some proxies) finishes as OTHER. An error object wins over a `finish_reason`
 * that came before it, and the usage it carries is pushed before the rejection.
 */
export class ChatAnswer implements EventHandlers {
  #done = false;
  #finishReason: string | null = null;
  #refused = false;
  /** Null: the answer has called no tool yet. */
  #toolCalls: ToolCalls | null = null;
  #said = false;
  /** Null: `<think>` has no meaning in this answer. */
  #thinkTags: ThinkTags | null;
  readonly #parts: PartSink;

  constructor(parts: PartSink, thinkTags: boolean) {
    this.#parts = parts;
    this.#thinkTags = thinkTags
      ? new ThinkTags({
          onText: (text) => parts.push({ type: 'text', text }),
          onReasoning: (text) => parts.push({ type: 'reasoning', text }),
        })
      : null;
  }

  onRead(): void {
    this.#parts.endPiece();
  }

  onEvent(data: string, name: string | undefined): boolean {
    if (data.startsWith('[DONE]')) {
      this.#done = true;
      return true;
    }
    if (name === 'error') throw new ReportedError(parseErrorBody(data));
    const chunk: ChatChunk = parseEvent(data);
    const choice = firstChoice(chunk.choices);
    if (chunk.error || chunk.object === 'error' || choice?.error || (isNoAnswer(chunk) && tellsError({ ...chunk }))) {
      this.#pushUsage(chunk, choice);
      throw new ReportedError(choice?.error ? choice : chunk);
    }
    const delta = choice?.delta ?? (this.#said ? null : choice?.message);
    if (delta) this.#pushDelta(delta);
    else if (choice?.message && !this.#toolCalls) this.#pushToolCalls(choice.message);
    for (const [url, title] of toSources(chunk, choice)) this.#parts.cite(url, title);
    if (choice?.finish_reason) this.#noteFinish(choice.finish_reason);
    this.#pushUsage(chunk, choice);
    return false;
  }

  /** Ends the text: characters held back as a possible tag are text after all. */
  close(): void {
    this.#thinkTags?.end();
    this.#thinkTags = null;
  }

  /** Throws if the answer is not whole. */
  finish(): void {
    if (!this.#done && this.#finishReason === null) throw truncatedFailure();
    const failure = breakOf(this.#finishReason);
    if (failure) throw failure;
    this.#parts.push({ type: 'finish', reason: this.#meant() });
  }

  #noteFinish(reason: string): void {
    this.#finishReason = reason;
    // The usage, which counts all text, comes with the finish reason or after it.
    this.close();
    if (breakOf(reason)) return;
    const meant = this.#meant();
    if (meant === 'TOOL_CALLS') this.#toolCalls?.end();
    this.#parts.push({ type: 'ending', reason: meant });
  }

  #meant(): FinishReason {
    const reason = toFinishReason(this.#finishReason);
    const meant = this.#refused ? 'REFUSAL' : this.#toolCalls ? 'TOOL_CALLS' : reason;
    return reason === 'STOP' ? meant : reason;
  }

  #pushUsage(chunk: ChatChunk, choice: ChatChoice | undefined): void {
    const told = chunk.usage ?? chunk.x_groq?.usage ?? choice?.usage;
    if (!told) return;
    const usage = toTokenUsage(told);
    const costUsd = toCostUsd(told);
    if (costUsd !== undefined) this.#parts.push({ type: 'usage', usage: usage ?? nothingCounted, costUsd });
    else if (usage) this.#parts.push({ type: 'usage', usage });
  }

  #pushDelta(delta: ChatDelta): void {
    const { content, refusal, reasoning_content, reasoning } = delta;
    this.#pushReasoning(
      typeof reasoning_content === 'string' && reasoning_content !== '' ? reasoning_content : reasoning,
    );
    if (typeof content === 'string') this.#pushText(content);
    else if (Array.isArray(content)) this.#pushList(content);
    if (delta.images) this.#pushImages(delta.images);
    if (delta.tool_calls || delta.function_call) this.#pushToolCalls(delta);
    if (typeof refusal !== 'string' || refusal === '') return;
    this.#refused = true;
    this.#parts.push({ type: 'refusal', text: refusal });
  }

  #pushToolCalls(delta: ChatDelta): void {
    const entries = toToolCalls(delta);
    if (entries.length === 0) return;
    this.#said = true;
    this.#toolCalls ??= new ToolCalls(this.#parts);
    this.#toolCalls.take(entries);
  }

  #pushList(content: (ContentItem | null)[]): void {
    for (const part of content.flatMap(toContentParts)) {
      if (part.type === 'text') this.#pushText(part.text);
      else this.#pushReasoning(part.text);
    }
  }

  /** An image that is named by an address is dropped: this server fetches nothing that a model names. */
  #pushImages(images: unknown): void {
    for (const image of asList(images)) {
      const url: unknown = image.image_url?.url ?? image.image_url;
      if (typeof url !== 'string' || !url.startsWith('data:')) continue;
      const comma = url.indexOf(',');
      const mimeType = /^data:([\w.+/-]+);base64$/.exec(url.slice(0, Math.min(comma, 100)))?.[1];
      this.#said = true;
      this.#parts.draw({ mimeType, data: url.slice(comma + 1) });
    }
  }

  #pushReasoning(text: unknown): void {
    if (typeof text !== 'string' || text === '') return;
    this.#said = true;
    this.#parts.push({ type: 'reasoning', text });
  }

  #pushText(text: string): void {
    if (text === '') return;
    this.#said = true;
    if (this.#thinkTags === null) {
      this.#parts.push({ type: 'text', text });
      return;
    }
    this.#thinkTags.push(text);
    if (this.#thinkTags.passed) this.#thinkTags = null;
  }
}

/** The first choice is the one that was asked for; some endpoints send more. */
function firstChoice(choices: ChatChunk['choices']): ChatChoice | undefined {
  if (!Array.isArray(choices)) return undefined;
  const [choice] = choices;
  if (choice && isFirst(choice)) return choice;
  return choices.find((other) => other && isFirst(other));
}

function isFirst({ index }: ChatChoice): boolean {
  return index === 0 || index === undefined || index === null || index === '0';
}

function isNoAnswer({ choices }: ChatChunk): boolean {
  return !Array.isArray(choices) || choices.length === 0;
}

function toToolCalls({ tool_calls, function_call }: ChatDelta): ChatToolCall[] {
  const calls = asList(tool_calls);
  if (calls.length > 0 || typeof function_call !== 'object' || function_call === null) return calls;
  return [{ function: function_call }];
}

interface ContentItem {
  type?: unknown;
  text?: unknown;
  thinking?: unknown;
}

/** Mistral's content as a list: `{ type: 'text', text }`, and `{ type: 'thinking', thinking: [{ type: 'text', text }] }`. */
function toContentParts(item: ContentItem | null): Extract<ModelPart, { type: 'text' | 'reasoning' }>[] {
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
function toSources(chunk: ChatChunk, choice: ChatChoice | undefined): [url: unknown, title: unknown][] {
  const annotations = choice?.delta?.annotations;
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
