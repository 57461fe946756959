import { GO_ON, type MessagePart, type ToolResultPart, textOf } from '../../ports/language-model.ts';
import type { Model } from '../catalogue/catalogue.ts';
import { fileTokens } from '../ground/file-tokens/file-tokens.ts';
import { filesOf, measuredFile, textsOf } from '../ground/message-size.ts';
import type { StoredMessage } from '../ground/stored-files.ts';
import { ByteMeter, estimateTokens, MESSAGE_OVERHEAD_TOKENS, OTHER_TOKENIZERS, pieces } from '../ground/tokens.ts';
import type { InputTokens } from '../money/hold-growth.ts';
import type { StepRef } from './agent-definition.ts';
import type { BookedStep, StepBook, StoredResult } from './step-book.ts';

/**
 * What a model is told after the conversation: steps of the answer so far, and words of the graph. `unfinished`: what was
 * said of the answer that the model is to go on with, oldest first; it comes last.
 */
export type Told = StepRef | string | { kind: 'unfinished'; steps: readonly BookedStep[] };

/**
 * The messages of the steps, as `model` is told of them. What only the model that said it can read is left out for others, and
 * calls whose results are not told.
 */
export function messagesAfter(book: StepBook, told: readonly Told[], model: Model): StoredMessage[] {
  return told.flatMap((one, index): StoredMessage | StoredMessage[] => {
    if (typeof one === 'string') return { role: 'user', parts: [{ type: 'text', text: one }] };
    if (one.kind === 'unfinished') return goingOn(one.steps, model);
    const step = book.step(one.step);
    if (!step) return [];
    if (one.kind === 'results') return { role: 'user', parts: step.calls.map(toResultPart) };
    const next = told[index + 1];
    const areCallsTold = typeof next === 'object' && next.kind === 'results' && next.step === one.step;
    const parts = saidTo(model, step, areCallsTold);
    return parts.length > 0 ? { role: 'assistant', parts } : [];
  });
}

/** A model that was paused goes on as it was, without a word between; any other is asked to. */
function goingOn(steps: readonly BookedStep[], { id }: Model): StoredMessage[] {
  const last = steps.at(-1);
  if (last?.said?.isPaused && last.row.model_id === id) return [{ role: 'assistant', parts: last.said.parts }];
  const text = steps.map(textSaid).join('');
  if (text === '') return [];
  const said = { role: 'assistant' as const, parts: [{ type: 'text' as const, text }] };
  return [said, { role: 'user', parts: [{ type: 'text', text: GO_ON }] }];
}

export function textSaid({ said }: BookedStep): string {
  return textOf({ parts: said?.parts ?? [] });
}

/** Whether the model is told of what its provider did by itself. */
export function tellsOpaque(book: StepBook, told: readonly Told[]): boolean {
  return told.some((one) => {
    if (typeof one === 'string') return false;
    const steps = one.kind === 'unfinished' ? one.steps : [book.step(one.step)];
    return steps.some((step) => step?.said?.parts.some(({ type }) => type === 'opaque'));
  });
}

function saidTo(model: Model, { row, said }: BookedStep, areCallsTold: boolean): MessagePart[] {
  const isOwn = row.model_id === model.id;
  return (said?.parts ?? []).flatMap((part): MessagePart | [] => {
    if (part.type === 'reasoning' || part.type === 'opaque') return isOwn && areCallsTold ? part : [];
    if (part.type !== 'toolCall') return part;
    if (!areCallsTold) return [];
    return isOwn ? part : { ...part, signature: null };
  });
}

function toResultPart({ provider_call_id: callId, result, status }: BookedStep['calls'][number]): ToolResultPart {
  const { content = [], isError = true } = (result ?? {}) as Partial<StoredResult>;
  const said = content.length > 0 ? content : [{ type: 'text' as const, text: NOTHING[status] ?? 'Nothing.' }];
  return { type: 'toolResult', callId, content: said, isError };
}

/** Of a tool that was switched off, or is described otherwise than an admin accepted, in the middle of an answer. */
export const GONE = 'This tool is not available any more.';

const NOTHING: Readonly<Record<string, string>> = {
  REFUSED: 'The user refused this call: it was not made. Do not make it again; go on without it.',
  UNCERTAIN:
    'It is not known whether this call was carried out: it was broken off. Find out before you make it again, or tell the user.',
  FAILED: 'This call was not carried out.',
};

/** Messages whose roles alternate: what the same one says in a row is one message. */
export function alternating(messages: readonly StoredMessage[]): StoredMessage[] {
  const joined: StoredMessage[] = [];
  for (const message of messages) {
    const last = joined.at(-1);
    if (last?.role !== message.role) joined.push(message);
    else joined[joined.length - 1] = { role: last.role, parts: [...last.parts, ...message.parts] };
  }
  return joined;
}

/** Input tokens of the messages. */
export function sizeOfMessages(messages: readonly StoredMessage[], model: Pick<Model, 'fileRule'>): InputTokens {
  const size = { likely: 0, most: 0 };
  for (const message of messages) {
    size.likely += MESSAGE_TOKENS;
    size.most += MESSAGE_OVERHEAD_TOKENS;
    for (const text of textsOf(message)) {
      const { likely, most } = sizeOfText(text);
      size.likely += likely;
      size.most += most;
    }
    for (const file of filesOf(message)) {
      const { likely, most } = fileTokens(measuredFile(file), model);
      size.likely += likely;
      size.most += most;
    }
  }
  return size;
}

const MESSAGE_TOKENS = 8;

export function sizeOfText(text: string): InputTokens {
  const meter = new ByteMeter();
  for (const piece of pieces(text)) meter.add(piece);
  return { likely: Math.ceil(estimateTokens(text) * OTHER_TOKENIZERS), most: meter.bytesMax };
}

/** The messages with the oldest result that has anything to leave out left out; null: there is none. */
export function withoutOldestResult(messages: readonly StoredMessage[]): StoredMessage[] | null {
  const at = messages.findIndex(({ parts }) => parts.some(isLong));
  if (at < 0) return null;
  const { role, parts } = messages[at] as StoredMessage;
  const first = parts.findIndex(isLong);
  const shorter = parts.map(
    (part, index) => (index === first ? { ...part, content: [LEFT_OUT] } : part) as MessagePart,
  );
  return messages.toSpliced(at, 1, { role, parts: shorter });
}

const LEFT_OUT = { type: 'text' as const, text: 'This result is left out: there is no more room for it.' };

function isLong(part: StoredMessage['parts'][number]): boolean {
  if (part.type !== 'toolResult') return false;
  return part.content.some((one) => one.type === 'file' || one.text.length > LEFT_OUT.text.length);
}
