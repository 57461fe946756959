import { type FinishReason, ModelFailure, type TokenUsage } from '../../../ports/language-model.ts';
import {
  parseErrorBody,
  parseEvent,
  ReportedError,
  tellsError,
  truncatedFailure,
} from '../../failures/provider-error.ts';
import { breakOf, toFinishReason } from '../../finish-reason.ts';
import { asList, type PartSink, tokenCount } from '../../model-parts.ts';
import type { EventHandlers } from '../../transport/event-stream.ts';
import { ToolCalls } from '../tool-calls.ts';
import { type ChatUsage, nothingCounted, toCostUsd, toTokenUsage } from '../usage.ts';
import { type OwnItem, toOwnPart } from './response-input.ts';
import type { ResponsesDialect } from './response-request.ts';

/** The fields of an event that are read; each is checked before use. */
interface ResponseEvent {
  type?: string;
  /** The place of the item that the event is about. */
  output_index?: unknown;
  item_id?: unknown;
  content_index?: unknown;
  summary_index?: unknown;
  item?: ResponseItem | null;
  delta?: unknown;
  /** The whole of what came in deltas: of a text or a thought, a refusal, a call. */
  text?: unknown;
  refusal?: unknown;
  arguments?: unknown;
  annotation?: Annotation | null;
  response?: {
    output?: unknown;
    usage?: ResponseUsage | null;
    incomplete_details?: { reason?: unknown } | null;
    error?: unknown;
    /** xAI: the addresses of all that it found. */
    citations?: unknown;
  } | null;
}

interface ResponseItem extends OwnItem {
  id?: unknown;
  call_id?: unknown;
  name?: unknown;
  arguments?: unknown;
  /** Of a message or a thought. */
  content?: unknown;
  action?: { type?: unknown } | null;
}

interface Annotation {
  type?: unknown;
  url?: unknown;
  title?: unknown;
}

interface ResponseUsage {
  input_tokens?: unknown;
  output_tokens?: unknown;
  total_tokens?: unknown;
  input_tokens_details?: ChatUsage['prompt_tokens_details'];
  output_tokens_details?: ChatUsage['completion_tokens_details'];
  /** xAI. */
  cost_in_usd_ticks?: unknown;
  num_server_side_tools_used?: unknown;
  server_side_tool_usage_details?: { web_search_calls?: unknown } | null;
}

type Said = 'text' | 'reasoning' | 'refusal';

/** What the events tell pieces of, and whether they tell the whole of it. */
const saying = new Map<unknown, { said: Said; of: string; isWhole: boolean }>(
  (
    [
      ['output_text', 'text'],
      ['refusal', 'refusal'],
      ['reasoning_summary_text', 'reasoning'],
      ['reasoning_text', 'reasoning'],
    ] as const
  ).flatMap(([of, said]) => [
    [`response.${of}.delta`, { said, of, isWhole: false }],
    [`response.${of}.done`, { said, of, isWhole: true }],
  ]),
);

const PARAGRAPH = '\n\n';
/** Items and parts of them; bounds the memory that a provider gone wild can take. */
const PIECES_MAX = 10_000;

/**
 * Reads the events of one answer of a Responses API. It is whole at `response.completed` or `response.incomplete`. What was
 * told in deltas is not said again where the event that ends it repeats it, and what was not is said then. Messages, and
 * thoughts, are paragraphs of their own.
 */
export class ResponseAnswer implements EventHandlers {
  readonly #parts: PartSink;
  readonly #dialect: Pick<ResponsesDialect, 'billsPages'>;
  /** UTF-16 code units that were said, by the part of the item. */
  readonly #lengths = new Map<string, number>();
  /** The items that ended. */
  readonly #ended = new Set<unknown>();
  /** The calls in the order of their beginning, by the place of their items. */
  readonly #calls = new Map<unknown, number>();
  readonly #toolCalls: ToolCalls;
  /** The item that was said last, of texts and of thoughts. */
  readonly #last = new Map<Said, unknown>();
  /** Searches that have begun and not ended, by the place of their items. */
  readonly #searching = new Set<unknown>();
  #searches = 0;
  #hasUsage = false;
  #hasCited = false;
  #finishReason: string | null = null;

  constructor(parts: PartSink, dialect: Pick<ResponsesDialect, 'billsPages'>) {
    this.#parts = parts;
    this.#dialect = dialect;
    this.#toolCalls = new ToolCalls(parts);
  }

  onRead(): void {
    this.#parts.endPiece();
  }

  onEvent(data: string, name: string | undefined): boolean {
    if (data.startsWith('[DONE]')) return true;
    if (name === 'error') throw new ReportedError(parseErrorBody(data));
    const event: ResponseEvent = parseEvent(data);
    const { type } = event;
    if (type === 'error' || (!type?.startsWith('response.') && tellsError({ ...event })))
      throw new ReportedError(event);
    const piece = saying.get(type);
    if (piece) this.#say(piece, event);
    else if (type === 'response.output_item.added') this.#begin(event);
    else if (type === 'response.output_item.done') this.#end(placeOf(event), event.item);
    else if (type === 'response.output_text.annotation.added') this.#cite(event.annotation);
    else if (type === 'response.function_call_arguments.delta') this.#argue(placeOf(event), event.delta);
    else if (type === 'response.function_call_arguments.done') this.#argueRest(placeOf(event), event.arguments);
    return this.#noteEnding(event);
  }

  /** Counts the searches of an answer that broke off, those too that had not ended. */
  close(): void {
    if (this.#hasUsage) return;
    this.#searches += this.#searching.size;
    this.#searching.clear();
    this.#pushSearches();
  }

  /** Throws if the answer is not whole. */
  finish(): void {
    if (this.#finishReason === null) throw truncatedFailure();
    const failure = breakOf(this.#finishReason);
    if (failure) throw failure;
    this.#parts.push({ type: 'finish', reason: this.#meant() });
  }

  #noteEnding({ type, response }: ResponseEvent): boolean {
    if (type === 'response.failed') {
      this.#pushUsage(response?.usage);
      throw new ReportedError({ error: response?.error ?? {} });
    }
    const isWhole = type === 'response.completed';
    if (!isWhole && type !== 'response.incomplete' && type !== 'response.cancelled') return false;
    // Some gateways send no events but this one.
    if (this.#ended.size === 0 && this.#lengths.size === 0) {
      for (const [place, item] of asList(response?.output).entries()) this.#end(place, item);
    }
    if (!this.#hasCited) for (const url of asList(response?.citations)) this.#parts.cite(url);
    const { reason } = response?.incomplete_details ?? {};
    const told = typeof reason === 'string' ? reason : 'incomplete';
    this.#finishReason = isWhole ? 'completed' : type === 'response.cancelled' ? 'cancelled' : told;
    const meant = this.#meant();
    if (meant === 'TOOL_CALLS') this.#toolCalls.end();
    if (!breakOf(this.#finishReason)) this.#parts.push({ type: 'ending', reason: meant });
    this.#pushUsage(response?.usage);
    return true;
  }

  #meant(): FinishReason {
    const reason = toFinishReason(this.#finishReason);
    if (reason !== 'STOP') return reason;
    return this.#last.has('refusal') ? 'REFUSAL' : this.#calls.size > 0 ? 'TOOL_CALLS' : reason;
  }

  #say({ said, of, isWhole }: { said: Said; of: string; isWhole: boolean }, event: ResponseEvent): void {
    const index = event.content_index ?? event.summary_index ?? 0;
    const told = isWhole ? (event.text ?? event.refusal) : event.delta;
    if (typeof told === 'string') this.#tell(said, { place: placeOf(event), part: `${of}:${index}` }, told, isWhole);
  }

  /** Says a piece of a part of an item; of the whole part, what was not said before. */
  #tell(said: Said, { place, part }: { place: unknown; part: string }, told: string, isWhole: boolean): void {
    const key = `${place}:${part}`;
    const length = this.#lengths.get(key) ?? 0;
    const text = isWhole ? told.slice(length) : told;
    if (text === '') return;
    this.#lengths.set(key, length + text.length);
    this.#bound();
    const last = said === 'reasoning' ? key : place;
    const isNext = said !== 'refusal' && this.#last.has(said) && this.#last.get(said) !== last;
    this.#last.set(said, last);
    if (isNext) this.#parts.push({ type: said, text: PARAGRAPH });
    this.#parts.push({ type: said, text });
  }

  #begin(event: ResponseEvent): void {
    const { item } = event;
    if (item?.type === 'function_call') this.#beginCall(placeOf(event), item);
    if (item?.type === 'web_search_call') this.#searching.add(placeOf(event));
    this.#bound();
  }

  #end(place: unknown, item: ResponseItem | null | undefined): void {
    if (!item || this.#ended.has(place)) return;
    this.#ended.add(place);
    this.#bound();
    if (item.type === 'message') this.#endMessage(place, item);
    else if (item.type === 'function_call') this.#endCall(place, item);
    else if (item.type === 'web_search_call') this.#endSearch(place, item);
    else if (item.type === 'reasoning') this.#endThought(place, item);
  }

  #endMessage(place: unknown, { content }: ResponseItem): void {
    for (const [index, { text, refusal, annotations }] of asList(content).entries()) {
      if (typeof text === 'string') this.#tell('text', { place, part: `output_text:${index}` }, text, true);
      if (typeof refusal === 'string') this.#tell('refusal', { place, part: `refusal:${index}` }, refusal, true);
      for (const annotation of asList(annotations)) this.#cite(annotation);
    }
  }

  #endThought(place: unknown, item: ResponseItem): void {
    for (const [of, parts] of Object.entries({ reasoning_summary_text: item.summary, reasoning_text: item.content })) {
      for (const [index, { text }] of asList(parts).entries()) {
        if (typeof text === 'string') this.#tell('reasoning', { place, part: `${of}:${index}` }, text, true);
      }
    }
    const { encrypted_content: proof } = item;
    if (typeof proof === 'string' && proof !== '') this.#parts.push(toOwnPart(item));
  }

  #endSearch(place: unknown, item: ResponseItem): void {
    this.#searching.delete(place);
    this.#parts.push(toOwnPart(item));
    const isSearch = item.action?.type === undefined || item.action.type === 'search';
    if (item.status === 'failed' || !(isSearch || this.#dialect.billsPages)) return;
    this.#searches += 1;
    // xAI counts for itself at the end, and an earlier count may be higher than what it bills.
    if (!this.#dialect.billsPages) this.#pushSearches();
  }

  #beginCall(place: unknown, { call_id, name }: ResponseItem): void {
    if (this.#calls.has(place)) return;
    const index = this.#calls.size;
    this.#calls.set(place, index);
    this.#toolCalls.take([{ index, id: call_id, function: { name } }]);
  }

  /** A piece of a call's arguments. */
  #argue(place: unknown, json: unknown): void {
    const index = this.#calls.get(place);
    if (index === undefined || typeof json !== 'string' || json === '') return;
    const key = `${place}:arguments`;
    this.#lengths.set(key, (this.#lengths.get(key) ?? 0) + json.length);
    this.#toolCalls.take([{ index, function: { arguments: json } }]);
  }

  #argueRest(place: unknown, json: unknown): void {
    if (typeof json === 'string') this.#argue(place, json.slice(this.#lengths.get(`${place}:arguments`) ?? 0));
  }

  #endCall(place: unknown, item: ResponseItem): void {
    this.#beginCall(place, item);
    this.#argueRest(place, item.arguments);
  }

  /** xAI's titles may be no more than a number or the address. */
  #cite(annotation: Annotation | null | undefined): void {
    const { type, url, title } = annotation ?? {};
    if (type !== 'url_citation') return;
    this.#hasCited = true;
    const isTitle = typeof title === 'string' && title !== url && !/^\d+$/.test(title);
    this.#parts.cite(url, isTitle ? title : null);
  }

  #pushUsage(told: ResponseUsage | null | undefined): void {
    if (!told) return;
    const usage: ChatUsage = {
      prompt_tokens: told.input_tokens,
      completion_tokens: told.output_tokens,
      total_tokens: told.total_tokens,
      ...(told.input_tokens_details && { prompt_tokens_details: told.input_tokens_details }),
      ...(told.output_tokens_details && { completion_tokens_details: told.output_tokens_details }),
      cost_in_usd_ticks: told.cost_in_usd_ticks,
    };
    const reported = told.server_side_tool_usage_details?.web_search_calls ?? told.num_server_side_tools_used;
    if (reported !== undefined && reported !== null) this.#searches = tokenCount(reported);
    this.#hasUsage = true;
    const costUsd = toCostUsd(usage);
    this.#parts.push({
      type: 'usage',
      usage: this.#withSearches(toTokenUsage(usage) ?? nothingCounted),
      ...(costUsd !== undefined && { costUsd }),
    });
  }

  #pushSearches(): void {
    if (this.#searches > 0) this.#parts.push({ type: 'usage', usage: this.#withSearches(nothingCounted) });
  }

  #withSearches(usage: TokenUsage): TokenUsage {
    return this.#searches > 0 ? { ...usage, searches: this.#searches } : usage;
  }

  #bound(): void {
    if (this.#lengths.size + this.#ended.size + this.#searching.size <= PIECES_MAX) return;
    throw new ModelFailure('PROVIDER_ERROR', 'The provider sent too many parts for one answer.');
  }
}

function placeOf({ output_index, item_id, item }: ResponseEvent): unknown {
  return output_index ?? item_id ?? item?.id;
}
