import { randomUUID } from 'node:crypto';
import { JsonEnd } from '../../domain/ground/json-end.ts';
import { ModelFailure } from '../../ports/language-model.ts';
import type { PartSink } from '../model-parts.ts';

/** Bounds the memory that a provider gone wild can take, far beyond any answer. */
const callsMax = 1000;
/** What is kept of all calls, in UTF-16 code units: ids, names, and what waits for a name. */
const keptLengthMax = 1_000_000;

/** An entry of `tool_calls`, of a delta or of a whole message; `{ function }` alone is the older `function_call`. */
export interface ChatToolCall {
  index?: unknown;
  id?: unknown;
  function?: { name?: unknown; arguments?: unknown } | null;
  extra_content?: { google?: { thought_signature?: unknown } | null } | null;
}

/** What a piece of a call says. Undefined: nothing. */
interface CallPiece {
  id: string | undefined;
  index: number | undefined;
  name: string | undefined;
  json: string;
  signature: string | undefined;
}

interface Call {
  /** As the provider gave them last. */
  id: string | undefined;
  index: number | undefined;
  name: string | undefined;
  signature: string | undefined;
  /** Arguments that came before the name. */
  held: string;
  /** What the port counts the call as. Null: it was not pushed yet. */
  number: number | null;
  /** Whether the port was given arguments. */
  hasArguments: boolean;
  /** The end of the arguments; what comes after it is no part of them. */
  end: JsonEnd;
}

/**
 * Puts the calls of an answer together, and pushes each from its name on. OpenAI numbers calls by `index` and gives id and
 * name in the first piece of each. Others count from 1, give all calls the same index or none, send whole calls, or repeat
 * id and name in every piece. So a piece belongs to the call with its id, else to that with its index, else to the last
 * one; and one with a name begins another call if that call has another name, or has its arguments already.
 */
export class ToolCalls {
  readonly #parts: PartSink;
  readonly #calls: Call[] = [];
  readonly #byId = new Map<string, Call>();
  /** The newest call at each index. */
  readonly #byIndex = new Map<number, Call>();
  readonly #pushedIds = new Set<string>();
  #keptLength = 0;

  constructor(parts: PartSink) {
    this.#parts = parts;
  }

  /** Takes the entries of one delta. Throws a `ModelFailure` if there is too much to keep. */
  take(entries: readonly ChatToolCall[]): void {
    entries.forEach((entry, place) => {
      // Several calls in one delta are told apart by their places if they have no indexes.
      this.#takePiece(toPiece(entry, entries.length > 1 ? place : undefined));
    });
  }

  /** Ends calls of tools that take nothing: some providers give them no arguments, which would not be JSON. */
  end(): void {
    for (const call of this.#calls) {
      if (call.number !== null && !call.hasArguments) this.#pushArguments(call, call.number, '{}');
    }
  }

  #takePiece(piece: CallPiece): void {
    const found = this.#find(piece);
    const call = found && !beginsAnother(piece, found) ? found : this.#begin();
    this.#identify(call, piece);
    if (call.number === null) this.#hold(call, piece);
    else this.#pushArguments(call, call.number, piece.json);
  }

  #find({ id, index, name }: CallPiece): Call | undefined {
    const placed = this.#findByIndex(index, name);
    if (id === undefined || (placed && (placed.id === undefined || placed.id === id))) return placed;
    const same = this.#byId.get(id);
    // Some gateways make up an id for every piece.
    return same ?? (name === undefined && placed && !placed.end.isReached ? placed : undefined);
  }

  #findByIndex(index: number | undefined, name: string | undefined): Call | undefined {
    const last = this.#calls.at(-1);
    if (index === undefined) return last;
    return this.#byIndex.get(index) ?? (name === undefined && last?.index === undefined ? last : undefined);
  }

  #begin(): Call {
    if (this.#calls.length >= callsMax) throw tooMuch();
    const call: Call = {
      id: undefined,
      index: undefined,
      name: undefined,
      signature: undefined,
      held: '',
      number: null,
      hasArguments: false,
      end: new JsonEnd(),
    };
    this.#calls.push(call);
    return call;
  }

  #identify(call: Call, { id, index, name }: CallPiece): void {
    if (id !== undefined && call.id === undefined) {
      this.#keep(id);
      call.id = id;
      this.#byId.set(id, call);
    }
    if (index !== undefined && index !== call.index) {
      if (call.index !== undefined && this.#byIndex.get(call.index) === call) this.#byIndex.delete(call.index);
      call.index = index;
      this.#byIndex.set(index, call);
    }
    if (name !== undefined && call.name === undefined) {
      this.#keep(name);
      call.name = name;
    }
  }

  /** Pushes the call with all that waited for its name, if that is known. */
  #hold(call: Call, { json, signature }: CallPiece): void {
    call.signature ??= signature;
    call.held += json;
    if (call.name === undefined) {
      this.#keep(json);
      this.#keep(signature ?? '');
      return;
    }
    call.number = this.#pushedIds.size;
    const id = call.id === undefined || this.#pushedIds.has(call.id) ? newCallId() : call.id;
    this.#pushedIds.add(id);
    this.#parts.push({
      type: 'toolCall',
      call: call.number,
      id,
      name: call.name,
      signature: call.signature ?? null,
    });
    this.#pushArguments(call, call.number, call.held);
    call.held = '';
    call.signature = undefined;
  }

  #pushArguments(call: Call, number: number, json: string): void {
    const text = call.end.take(json);
    if (text === '') return;
    call.hasArguments = true;
    this.#parts.push({ type: 'toolArguments', call: number, text });
  }

  #keep(text: string): void {
    this.#keptLength += text.length;
    if (this.#keptLength > keptLengthMax) throw tooMuch();
  }
}

/** Whether the piece, which would belong to the call by its id, index or place, begins another one. */
function beginsAnother(piece: CallPiece, call: Call): boolean {
  if (piece.name === undefined || call.name === undefined) return false;
  if (piece.name !== call.name) return true;
  const isElsewhere = piece.index !== undefined && call.index !== undefined && piece.index !== call.index;
  if (isElsewhere) return call.end.isReached;
  // With the same id it is the same call, told twice.
  return (piece.id === undefined || piece.id !== call.id) && call.end.isReached && piece.json !== '';
}

function toPiece(entry: ChatToolCall, place: number | undefined): CallPiece {
  const { name, arguments: json } = entry.function ?? {};
  return {
    id: toText(entry.id) ?? (typeof entry.id === 'number' ? String(entry.id) : undefined),
    index: toIndex(entry.index) ?? place,
    name: toText(name),
    json: toJson(json),
    signature: toText(entry.extra_content?.google?.thought_signature),
  };
}

function toText(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function toIndex(value: unknown): number | undefined {
  const index = typeof value === 'string' && value !== '' ? Number(value) : value;
  return Number.isSafeInteger(index) ? (index as number) : undefined;
}

/** Arguments are JSON in a string. A few gateways send the object itself. */
function toJson(value: unknown): string {
  if (typeof value === 'string') return value;
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : '';
}

/** At most 40 characters: OpenAI takes no longer ids back. */
function newCallId(): string {
  return `call_${randomUUID().replaceAll('-', '')}`;
}

function tooMuch(): ModelFailure {
  return new ModelFailure('PROVIDER_ERROR', 'The model called too many tools for one answer.');
}
