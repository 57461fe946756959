import type { TakenTurn, TakingStep } from '../../ports/conversation-reader.ts';
import { UnreadableExportError } from '../../ports/conversation-reader.ts';
import { TOLD_FORMAT, TOLD_VERSION } from '../../ports/told-conversation.ts';
import { lengthOf } from './forms/lengths.ts';
import { takeConversation } from './forms/take-conversation.ts';
import type { HoldingSource } from './holding-source.ts';
import { type JsonElement, JsonElements, JsonFormError } from './json-elements.ts';
import { jsonFault } from './json-fault.ts';
import { CONVERSATION_BYTES_MAX, CONVERSATIONS_MAX, NOTES_MAX } from './limits.ts';
import type { SourceDocument } from './source-file.ts';
import { NotTakenError, type Taken } from './taken.ts';

const PROGRESS_BYTES = 1024 * 1024;
/** Turns, their answers, and UTF-16 code units of their texts, that are told at once. */
const TURNS = 50;
const ANSWERS = 200;
const LENGTH = 256 * 1024;

/** Reads all documents of a file, step by step. `skips` is asked before more turns of a conversation are told. */
export async function* takingSteps(source: HoldingSource, skips: () => boolean): AsyncGenerator<TakingStep> {
  let told = 0;
  let count = 0;
  function* rest(): Generator<TakingStep> {
    if (count > 0) yield { type: 'moreNotTaken', count };
    count = 0;
  }
  try {
    for await (const step of allSteps(source, skips)) {
      if (step.type === 'progress' || step.type === 'end') yield* rest();
      // A file may have very many faults: each told by itself would cost the server more than the file.
      if (step.type !== 'notTaken' || told < NOTES_MAX) yield step;
      else count += 1;
      if (step.type === 'notTaken') told += 1;
    }
  } catch (error) {
    if (error instanceof UnreadableExportError) yield* rest();
    throw error;
  }
}

async function* allSteps(source: HoldingSource, skips: () => boolean): AsyncGenerator<TakingStep> {
  const bytes = source.documents.reduce((sum, document) => sum + document.bytes, 0);
  let before = 0;
  const reading = { source, skips, count: 0 };
  for (const document of source.documents) {
    const place = source.documents.length > 1 ? `${document.name} ` : '';
    try {
      for await (const step of stepsOf(document, reading)) yield placed(step, { place, before, bytes });
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

async function* stepsOf(document: SourceDocument, reading: Reading): AsyncGenerator<TakingStep> {
  const elements = new JsonElements();
  let read = 0;
  let told = 0;
  let fields = 0;
  for await (const chunk of bytesOf(document)) {
    for (const element of elements.write(chunk)) {
      if (++reading.count > CONVERSATIONS_MAX) throw new UnreadableExportError(tooManyAt(element.where));
      if (fields !== elements.fieldCount) requireKnownVersion(elements.fields);
      fields = elements.fieldCount;
      yield* elementSteps(element, reading);
    }
    read += chunk.length;
    if (read < told + PROGRESS_BYTES) continue;
    told = read;
    yield { type: 'progress', read, bytes: document.bytes };
  }
  const rest = elements.end();
  if (fields !== elements.fieldCount) requireKnownVersion(elements.fields);
  for (const element of rest) yield* elementSteps(element, reading);
}

function tooManyAt(where: string): string {
  const most = CONVERSATIONS_MAX.toLocaleString('en');
  return `The file has more than ${most} conversations. Import those from ${where} on as a file of their own.`;
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
  source: HoldingSource;
  skips: () => boolean;
  /** Conversations so far, of all documents. */
  count: number;
}

function* elementSteps(element: JsonElement, { source, skips }: Reading): Generator<TakingStep> {
  const { where } = element;
  let taken: Taken;
  try {
    source.letGo();
    taken = takeConversation(parsed(element), source);
  } catch (error) {
    if (!(error instanceof NotTakenError)) throw error;
    return yield { type: 'notTaken', where: where + error.where, why: error.message };
  }
  if (element.isGarbled) {
    yield { type: 'notTaken', where, why: 'Some of its characters are not in UTF-8: � stands for them.' };
  }
  for (const note of taken.notes) yield { type: 'notTaken', where: where + note.where, why: note.why };
  const { conversation, files, turns } = taken;
  yield { type: 'conversation', where, conversation, files };
  let batch: TakenTurn[] = [];
  let length = 0;
  let answers = 0;
  for (const turn of turns) {
    if (skips()) return;
    batch.push(turn);
    length += lengthOf(turn);
    answers += turn.answers.length;
    if (batch.length < TURNS && answers < ANSWERS && length < LENGTH) continue;
    yield { type: 'turns', turns: batch, areLast: false };
    batch = [];
    length = 0;
    answers = 0;
  }
  if (!skips()) yield { type: 'turns', turns: batch, areLast: true };
}

/** @param fields those beside the list of an object at the top, as JSON @throws UnreadableExportError */
function requireKnownVersion(fields: string): void {
  if (!fields.includes(TOLD_FORMAT)) return;
  let head: { format?: unknown; version?: unknown };
  try {
    head = JSON.parse(fields);
  } catch {
    // A broken field is told of where it matters.
    return;
  }
  const { format, version } = head;
  if (format !== TOLD_FORMAT) return;
  if (!Number.isInteger(version) || (version as number) < 1) {
    throw new UnreadableExportError(
      `The file says to be an export of Polylogue, but not of which version ("version").`,
    );
  }
  if ((version as number) > TOLD_VERSION) {
    throw new UnreadableExportError(
      `The file was made by a newer Polylogue: its form has version ${version}, and this one reads up to ${TOLD_VERSION}.`,
    );
  }
}

/** Lets go of the element's text: it is not needed twice. @throws NotTakenError */
function parsed(element: JsonElement): Record<string, unknown> {
  const { text, line, column } = element;
  element.text = null;
  if (text === null) {
    const megabytes = CONVERSATION_BYTES_MAX / 1024 / 1024;
    throw new NotTakenError(
      '',
      `The conversation has more than ${megabytes} MB, or too many values, or they lie too deep (line ${line}, column ${column}).`,
    );
  }
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
  const fault = jsonFault(text);
  let lines = 0;
  let start = 0;
  for (let end = text.indexOf('\n'); end >= 0 && end < fault; end = text.indexOf('\n', start)) {
    lines += 1;
    start = end + 1;
  }
  return lines === 0 ? `line ${line}, column ${column + fault}` : `line ${line + lines}, column ${fault - start + 1}`;
}
