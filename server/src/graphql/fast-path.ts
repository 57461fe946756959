import { encodeGlobalID } from '@pothos/plugin-relay';
import {
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
import type { ResponseEvent, TurnStream } from '../domain/response-stream.ts';
import type { Outbox } from './outbox.ts';

/*
 * Why this file is here: carrying deltas is what the server does all day, and GraphQL's execution of one event, with
 * its promises and its walk through the document, costs more than all the rest of the delta's way. Nearly every
 * client selects plain fields of TextDelta and ReasoningDelta. So their selection is compiled once per subscription,
 * and a delta becomes its JSON by joining strings. Every other event, and every other document, is executed in the
 * ordinary way with the same result; a test compares both on random documents. FAST_PATH=off takes this out.
 */

type Delta = Extract<ResponseEvent, { type: 'text' | 'reasoning' }>;
type WriteDelta = (event: Delta) => string;

/** The results of a subscription to `streamResponse`, as JSON. */
export interface FastStream {
  /** Calls `wake` at every change, synchronously and often. */
  onChange(wake: () => void): void;
  /** The results that can be had right now; null: call `next`. */
  readNow(): string[] | null;
  /** The next results, after a wait where there are none; null at the end. Rejects where the source does. */
  next(): Promise<string[] | null>;
  close(): void;
}

/** A selection that was compiled; null: the document asks for more than can be. */
export type CompiledSelection = Record<Delta['type'], WriteDelta>;

/** `mask` is what errors go through on the ordinary way. */
export function createFastStream(
  source: TurnStream,
  writers: CompiledSelection,
  args: ExecutionArgs,
  mask: (error: unknown) => Error,
): FastStream {
  function writeNow(event: ResponseEvent): string | null {
    if (event.type === 'text') return writers.text(event);
    return event.type === 'reasoning' ? writers.reasoning(event) : null;
  }

  async function executeEvent(event: ResponseEvent): Promise<string> {
    const result: ExecutionResult = await execute({ ...args, rootValue: event });
    return JSON.stringify(result.errors ? { ...result, errors: result.errors.map(mask) } : result);
  }

  let pending: ResponseEvent[] = [];
  return {
    onChange: (wake) => source.onChange(wake),
    readNow() {
      if (pending.length > 0) return null;
      const events = source.readNow();
      if (!events) return null;
      const results: string[] = [];
      for (const [index, event] of events.entries()) {
        const result = writeNow(event);
        if (result === null) {
          pending = events.slice(index);
          break;
        }
        results.push(result);
      }
      return results.length > 0 || pending.length === 0 ? results : null;
    },
    async next() {
      if (pending.length === 0) {
        const { value, done } = await source.next();
        if (done) return null;
        pending.push(value);
      }
      const results: string[] = [];
      for (const event of pending.splice(0)) results.push(writeNow(event) ?? (await executeEvent(event)));
      return results;
    },
    close: () => void source.return?.(),
  };
}

/** Writes a stream's results as they come, until its end; rejects where the source does. */
export function sendStream(stream: FastStream, outbox: Outbox, write: (result: string) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    let asking = false;

    function pump() {
      if (asking) return;
      const results = stream.readNow();
      if (!results) return ask();
      for (const result of results) write(result);
    }

    function ask() {
      asking = true;
      stream.next().then((results) => {
        asking = false;
        if (!results) return resolve();
        for (const result of results) write(result);
        if (outbox.open) pump();
        else outbox.request(pump);
      }, reject);
    }

    stream.onChange(() => outbox.request(pump));
    pump();
  });
}

const flatFields: Record<Delta['type'], Record<string, (event: Delta) => string>> = {
  text: {
    __typename: () => '"TextDelta"',
    responseId: ({ responseId }) => globalId(responseId),
    modelId: ({ modelId }) => JSON.stringify(modelId),
    offset: ({ offset }) => String(offset),
    text: ({ text }) => JSON.stringify(text),
    outputTokens: (event) => String((event as Extract<Delta, { type: 'text' }>).outputTokens),
  },
  reasoning: {
    __typename: () => '"ReasoningDelta"',
    responseId: ({ responseId }) => globalId(responseId),
    modelId: ({ modelId }) => JSON.stringify(modelId),
    offset: ({ offset }) => String(offset),
    text: ({ text }) => JSON.stringify(text),
  },
};

const typeNames: Record<Delta['type'], string> = { text: 'TextDelta', reasoning: 'ReasoningDelta' };

const globalIds = new Map<string, string>();
const globalIdsMax = 10_000;

function globalId(responseId: string): string {
  let id = globalIds.get(responseId);
  if (id === undefined) {
    id = `"${encodeGlobalID('Response', responseId)}"`;
    if (globalIds.size >= globalIdsMax) globalIds.clear();
    globalIds.set(responseId, id);
  }
  return id;
}

const compiled = new WeakMap<DocumentNode, Map<string, CompiledSelection>>();

/** Once for each document: Yoga parses the same text once. */
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
  // A name that the document lacks is the client's invention: it is not kept.
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
  const wrap =
    (write: WriteDelta): WriteDelta =>
    (event) =>
      `{"data":{${key}:${write(event)}}}`;
  return { text: wrap(text), reasoning: wrap(reasoning) };
}

/** Null: something in it is not flat, or depends on variables. */
function compileType(
  type: Delta['type'],
  selectionSet: SelectionSetNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
): WriteDelta | null {
  const fields = new Map<string, (event: Delta) => string>();
  if (!collect(selectionSet)) return null;
  const parts = [...fields].map(([key, write], index) => ({ prefix: `${index > 0 ? ',' : ''}"${key}":`, write }));
  return (event) => {
    let json = '{';
    for (const { prefix, write } of parts) json += prefix + write(event);
    return `${json}}`;
  };

  /** In GraphQL's own order: of the first appearance. */
  function collect({ selections }: SelectionSetNode): boolean {
    return selections.every((selection) => {
      if (selection.directives?.length) return false;
      if (selection.kind === Kind.FIELD) {
        const write = flatFields[type][selection.name.value];
        const key = selection.alias?.value ?? selection.name.value;
        if (write && !fields.has(key)) fields.set(key, write);
        return write !== undefined;
      }
      const fragment = selection.kind === Kind.INLINE_FRAGMENT ? selection : fragments.get(selection.name.value);
      if (!fragment) return false;
      const on = fragment.typeCondition?.name.value ?? 'ResponseEvent';
      if (on !== 'ResponseEvent' && on !== typeNames[type]) return true;
      return !fragment.directives?.length && collect(fragment.selectionSet);
    });
  }
}
