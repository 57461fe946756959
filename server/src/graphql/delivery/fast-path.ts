import {
  createSourceEventStream,
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  type FragmentDefinitionNode,
  getOperationAST,
  Kind,
  OperationTypeNode,
  type SelectionSetNode,
} from 'graphql';
import type { Outbox, Pump } from '../../delivery/outbox.ts';
import type { ResponseEvent } from '../../domain/following/response-reader.ts';
import type { NewsListener, TurnStream } from '../../domain/following/response-stream.ts';
import { encodeGlobalId } from '../../domain/ground/global-ids.ts';
import type { GraphQLContext } from '../ground/context.ts';

/*
 * Carrying deltas is what the server does all day. GraphQL's execution of one event, with its promises and its walk
 * through the document, costs more than the rest of the delta's way. Nearly every client selects plain fields of
 * TextDelta and ReasoningDelta. So their selection is compiled once for each document, and a delta becomes JSON by
 * joining strings. Every other event, and every other document, is executed in the ordinary way with the same result; a
 * test compares both on random documents. FAST_PATH=off switches the fast path off.
 */

type Delta = Extract<ResponseEvent, { type: 'text' | 'reasoning' }>;
type WriteDelta = (event: Delta) => string;

/** A compiled selection: a writer for each kind of delta. */
export type CompiledSelection = Record<Delta['type'], WriteDelta>;

export interface FastStreamOptions {
  source: TurnStream;
  writers: CompiledSelection;
  args: ExecutionArgs;
  /** The mask that errors go through in the ordinary way too. */
  mask: (error: unknown) => Error;
  outbox: Outbox;
  /** The protocol's frame around each result. */
  before: string;
  after: string;
}

/**
 * Opens the event source with a context of its own: the schema's plugins keep things for that context which are needed
 * only until the subscription has begun.
 */
export function openSource(args: ExecutionArgs): ReturnType<typeof createSourceEventStream> {
  return createSourceEventStream({ ...args, contextValue: { ...(args.contextValue as GraphQLContext) } });
}

/**
 * Writes the results of a `streamResponse` subscription to a connection as they come. It is also the iterator that
 * graphql-ws wants, but one that yields nothing before its end: the results are on the connection already.
 */
export class FastStream implements Pump, NewsListener, AsyncIterableIterator<never> {
  readonly #source: TurnStream;
  readonly #writers: CompiledSelection;
  readonly #args: ExecutionArgs;
  readonly #mask: (error: unknown) => Error;
  readonly #outbox: Outbox;
  readonly #before: string;
  readonly #after: string;
  /** Whether the source's `next` is awaited; meanwhile there is nothing to pump. */
  #asking = false;
  #end: { resolve(): void; reject(error: unknown): void } | null = null;
  waits = false;
  nextDue: Pump | null = null;

  constructor({ source, writers, args, mask, outbox, before, after }: FastStreamOptions) {
    this.#source = source;
    this.#writers = writers;
    this.#args = args;
    this.#mask = mask;
    this.#outbox = outbox;
    this.#before = before;
    this.#after = after;
  }

  /** Starts the stream; resolves at its end, rejects if the source does. */
  send(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#end = { resolve, reject };
      this.#source.listen(this);
      this.#pumpNow();
    });
  }

  next(): Promise<IteratorReturnResult<undefined>> {
    return this.send().then(ended, (error) => {
      throw this.#mask(error);
    });
  }

  return(): Promise<IteratorReturnResult<undefined>> {
    return this.#source.return();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  wake(): void {
    this.#outbox.request(this);
  }

  pump(messages: string[]): void {
    if (this.#asking) return;
    const events = this.#source.readNow();
    if (!events) {
      this.#ask([]);
      return;
    }
    for (let index = 0; index < events.length; index++) {
      const message = this.#write(events[index] as ResponseEvent);
      if (message === null) {
        this.#ask(events.slice(index));
        return;
      }
      messages.push(message);
    }
  }

  #pumpNow(): void {
    const messages: string[] = [];
    this.pump(messages);
    this.#outbox.write(messages);
  }

  /** Executes `events`, or awaits the next one if there are none, writes the results, and goes on. */
  #ask(events: ResponseEvent[]): void {
    this.#asking = true;
    this.#nextMessages(events).then(
      (messages) => {
        this.#asking = false;
        if (!messages) return this.#end?.resolve();
        this.#outbox.write(messages);
        if (this.#outbox.isOpen) this.#pumpNow();
        else this.wake();
      },
      (error) => this.#end?.reject(error),
    );
  }

  async #nextMessages(events: ResponseEvent[]): Promise<string[] | null> {
    if (events.length === 0) {
      const { value, done } = await this.#source.next();
      if (done) return null;
      events.push(value);
    }
    const messages: string[] = [];
    for (const event of events) messages.push(this.#write(event) ?? (await this.#execute(event)));
    return messages;
  }

  /** The event's message; null: the event has to be executed. */
  #write(event: ResponseEvent): string | null {
    if (event.type !== 'text' && event.type !== 'reasoning') return null;
    return this.#before + resultOf(event, this.#writers) + this.#after;
  }

  async #execute(event: ResponseEvent): Promise<string> {
    const result: ExecutionResult = await execute({ ...this.#args, rootValue: event });
    const { refusal } = (this.#args.contextValue as GraphQLContext).budget;
    const errors = (refusal ? [refusal] : result.errors)?.map(this.#mask);
    if (refusal) return this.#before + JSON.stringify({ errors }) + this.#after;
    return this.#before + JSON.stringify(errors ? { ...result, errors } : result) + this.#after;
  }
}

function ended(): IteratorReturnResult<undefined> {
  return { value: undefined, done: true };
}

function resultOf(event: Delta, writers: CompiledSelection): string {
  if (last === null || !isSameDelta(last.event, event) || last.writers !== writers) {
    last = { event, writers, result: writers[event.type](event as never) };
  }
  return last.result;
}

/** The last result: the readers of one response get the same result, one after the other. */
let last: { event: Delta; writers: CompiledSelection; result: string } | null = null;

function isSameDelta(one: Delta, other: Delta): boolean {
  return (
    // The id is compared first, because it nearly always decides.
    one.responseId === other.responseId &&
    one.modelId === other.modelId &&
    one.offset === other.offset &&
    one.text === other.text &&
    one.type === other.type &&
    tokensOf(one) === tokensOf(other)
  );
}

function tokensOf(event: Delta): number | null {
  return event.type === 'text' ? event.outputTokens : null;
}

/** A piece of a result: a constant text, or a function of the event. */
type Piece = string | ((event: Delta) => string);

const flatFields: Record<Delta['type'], Record<string, Piece>> = {
  text: {
    __typename: '"TextDelta"',
    responseId,
    modelId,
    partIndex: ({ partIndex }) => String(partIndex),
    offset: ({ offset }) => String(offset),
    text: ({ text }) => JSON.stringify(text),
    outputTokens: (event) => String((event as Extract<Delta, { type: 'text' }>).outputTokens),
  },
  reasoning: {
    __typename: '"ReasoningDelta"',
    responseId,
    modelId,
    partIndex: ({ partIndex }) => String(partIndex),
    offset: ({ offset }) => String(offset),
    text: ({ text }) => JSON.stringify(text),
  },
};

function responseId(event: Delta): string {
  return JSON.stringify(encodeGlobalId('Response', event.responseId));
}

function modelId(event: Delta): string {
  return JSON.stringify(event.modelId);
}

const ofResponse: readonly Piece[] = [responseId, modelId];

const typeNames: Record<Delta['type'], string> = { text: 'TextDelta', reasoning: 'ReasoningDelta' };

const compiled = new WeakMap<DocumentNode, Map<string, CompiledSelection>>();

/**
 * Compiles the selection of a document, once: Yoga parses the same text only once. Null: the document asks for more
 * than can be compiled.
 */
export function compileSelection(
  document: DocumentNode,
  operationName: string | null | undefined,
): CompiledSelection | null {
  let ofDocument = compiled.get(document);
  if (!ofDocument) {
    ofDocument = new Map();
    compiled.set(document, ofDocument);
  }
  const name = operationName ?? '';
  const selection = ofDocument.get(name) ?? compile(document, operationName);
  // An operation name that the document lacks is not kept: a client could invent any number.
  if (selection) ofDocument.set(name, selection);
  return selection;
}

function compile(document: DocumentNode, operationName: string | null | undefined): CompiledSelection | null {
  const operation = getOperationAST(document, operationName);
  const [root, ...others] = operation?.selectionSet.selections ?? [];
  if (operation?.operation !== OperationTypeNode.SUBSCRIPTION || !root || others.length > 0) return null;
  if (root.kind !== Kind.FIELD || root.name.value !== 'streamResponse' || root.directives?.length) return null;
  if (!root.selectionSet || operation.directives?.length) return null;
  const key = JSON.stringify(root.alias?.value ?? root.name.value);
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const node of document.definitions)
    if (node.kind === Kind.FRAGMENT_DEFINITION) fragments.set(node.name.value, node);

  const text = compileType('text', root.selectionSet, fragments);
  const reasoning = compileType('reasoning', root.selectionSet, fragments);
  if (!text || !reasoning) return null;
  const before = `{"data":{${key}:{`;
  return { text: joiner([before, ...text, '}}}']), reasoning: joiner([before, ...reasoning, '}}}']) };
}

/** How many responses' result beginnings are kept. */
const HEADS_MAX = 10_000;

function joiner(pieces: readonly Piece[]): WriteDelta {
  const varying = pieces.findIndex((piece) => typeof piece !== 'string' && !ofResponse.includes(piece));
  const headEnd = varying < 0 ? pieces.length : varying;
  const head = pieces.slice(0, headEnd);
  const tail = pieces.slice(headEnd);
  const heads = new Map<string, { modelId: string; head: string }>();

  function headOf(event: Delta): string {
    const known = heads.get(event.responseId);
    // The model of a blind turn is another one when it is revealed.
    if (known !== undefined && known.modelId === event.modelId) return known.head;
    const made = head.map((piece) => (typeof piece === 'string' ? piece : piece(event))).join('');
    if (heads.size >= HEADS_MAX) heads.clear();
    heads.set(event.responseId, { modelId: event.modelId, head: made });
    return made;
  }

  return (event) => {
    let json = headOf(event);
    for (const piece of tail) json += typeof piece === 'string' ? piece : piece(event);
    return json;
  };
}

/** Compiles the fields of one type, with commas between them. Null: a field is not flat, or depends on variables. */
function compileType(
  type: Delta['type'],
  selectionSet: SelectionSetNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
): Piece[] | null {
  const fields = new Map<string, Piece>();
  if (!collect(selectionSet)) return null;
  return [...fields].flatMap(([key, value], index) => [`${index > 0 ? ',' : ''}"${key}":`, value]);

  /** Collects the fields in GraphQL's own order, that of their first appearance. */
  function collect({ selections }: SelectionSetNode): boolean {
    return selections.every((selection) => {
      if (selection.directives?.length) return false;
      if (selection.kind === Kind.FIELD) {
        const value = flatFields[type][selection.name.value];
        const key = selection.alias?.value ?? selection.name.value;
        if (value !== undefined && !fields.has(key)) fields.set(key, value);
        return value !== undefined;
      }
      const fragment = selection.kind === Kind.INLINE_FRAGMENT ? selection : fragments.get(selection.name.value);
      if (!fragment) return false;
      const on = fragment.typeCondition?.name.value ?? 'ResponseEvent';
      if (on !== 'ResponseEvent' && on !== typeNames[type]) return true;
      return !fragment.directives?.length && collect(fragment.selectionSet);
    });
  }
}
