import type { TakenTurn, TakingStep } from '../../ports/conversation-reader.ts';
import { UnreadableExportError } from '../../ports/conversation-reader.ts';
import { TOLD_FORMAT, TOLD_VERSION } from '../../ports/told-conversation.ts';
import { lengthOf, takeConversation } from './forms/take-conversation.ts';
import type { HoldingSource } from './holding-source.ts';
import { type JsonElement, JsonElements, JsonFormError } from './json-elements.ts';
import { jsonFault } from './json-fault.ts';
import { CONVERSATION_BYTES_MAX } from './limits.ts';
import type { SourceDocument } from './source-file.ts';
import { NotTakenError, type Taken } from './taken.ts';

const PROGRESS_BYTES = 1024 * 1024;
/** Turns, and UTF-16 code units of their texts, that are told at once. */
const TURNS = 50;
const LENGTH = 256 * 1024;

/** Reads all documents of a file, step by step. `skips` is asked before more turns of a conversation are told. */
export async function* takingSteps(source: HoldingSource, skips: () => boolean): AsyncGenerator<TakingStep> {
  const bytes = source.documents.reduce((sum, document) => sum + document.bytes, 0);
  let before = 0;
  for (const document of source.documents) {
    const place = source.documents.length > 1 ? `${document.name} ` : '';
    try {
      for await (const step of stepsOf(document, source, skips)) yield placed(step, { place, before, bytes });
    } catch (error) {
      if (!(error instanceof JsonFormError)) throw error;
      yield { type: 'notTaken', where: document.name, why: error.message };
    }
    before += document.bytes;
  }
  yield { type: 'end' };
}

function placed(step: TakingStep, { place, before, bytes }: { place: string; before: number; bytes: number }) {
  if (step.type === 'progress') return { ...step, read: before + step.read, bytes };
  return 'where' in step ? { ...step, where: place + step.where } : step;
}

async function* stepsOf(
  document: SourceDocument,
  source: HoldingSource,
  skips: () => boolean,
): AsyncGenerator<TakingStep> {
  const elements = new JsonElements();
  let read = 0;
  let told = 0;
  for await (const chunk of bytesOf(document)) {
    for (const element of elements.write(chunk)) yield* elementSteps(element, { elements, source, skips });
    read += chunk.length;
    if (read < told + PROGRESS_BYTES) continue;
    told = read;
    yield { type: 'progress', read, bytes: document.bytes };
  }
  for (const element of elements.end()) yield* elementSteps(element, { elements, source, skips });
}

/** The document's bytes; what breaks off within a zip is told as the document's end. */
async function* bytesOf(document: SourceDocument): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of await document.open()) yield chunk as Buffer;
  } catch {
    throw new JsonFormError('The zip is broken here: its bytes cannot be unpacked.');
  }
}

interface Reading {
  elements: JsonElements;
  source: HoldingSource;
  skips: () => boolean;
}

function* elementSteps(element: JsonElement, { elements, source, skips }: Reading): Generator<TakingStep> {
  const { where } = element;
  requireKnownVersion(elements);
  let taken: Taken;
  try {
    source.letGo();
    taken = takeConversation(parsed(element), source);
  } catch (error) {
    if (!(error instanceof NotTakenError)) throw error;
    return yield { type: 'notTaken', where: where + error.where, why: error.message };
  }
  for (const note of taken.notes) yield { type: 'notTaken', where: where + note.where, why: note.why };
  const { conversation, files, turns } = taken;
  yield { type: 'conversation', where, conversation, files };
  let batch: TakenTurn[] = [];
  let length = 0;
  for (const turn of turns) {
    if (skips()) return;
    batch.push(turn);
    length += lengthOf(turn);
    if (batch.length < TURNS && length < LENGTH) continue;
    yield { type: 'turns', turns: batch, areLast: false };
    batch = [];
    length = 0;
  }
  if (!skips()) yield { type: 'turns', turns: batch, areLast: true };
}

function requireKnownVersion(elements: JsonElements): void {
  const { fields } = elements;
  if (fields === null || !fields.includes(TOLD_FORMAT)) return;
  const { version } = JSON.parse(fields) as { version?: unknown };
  if (typeof version !== 'number' || version <= TOLD_VERSION) return;
  throw new UnreadableExportError('The file was made by a newer Polylogue, whose form this one does not know.');
}

/** @throws NotTakenError */
function parsed({ bytes, line, column }: JsonElement): Record<string, unknown> {
  if (bytes === null) {
    const megabytes = CONVERSATION_BYTES_MAX / 1024 / 1024;
    throw new NotTakenError(
      '',
      `The conversation has more than ${megabytes} MB, or too many values within each other.`,
    );
  }
  const text = bytes.toString();
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new NotTakenError('', `This is no JSON (${placeIn(text, { line, column })}).`);
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new NotTakenError('', `This is no conversation (line ${line}, column ${column}).`);
}

function placeIn(text: string, { line, column }: { line: number; column: number }): string {
  const before = text.slice(0, faultOf(text));
  const lines = before.split('\n');
  const last = lines.at(-1)?.length ?? 0;
  return lines.length === 1
    ? `line ${line}, column ${column + last}`
    : `line ${line + lines.length - 1}, column ${last + 1}`;
}

function faultOf(text: string): number {
  try {
    return jsonFault(text);
  } catch {
    // A text of many megabytes may be more than an expression can look through.
    return 0;
  }
}
