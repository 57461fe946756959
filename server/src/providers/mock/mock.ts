import { setTimeout as delay } from 'node:timers/promises';
import type { MediaKind } from '../../domain/ground/media.ts';
import type { LanguageModel, MessagePart, ModelPart, ModelRequest, TokenUsage } from '../../ports/language-model.ts';
import { ModelFailure } from '../../ports/language-model.ts';
import { PartSink } from '../model-parts.ts';
import { type Draft, draftOf } from './draft.ts';
import { randomOf } from './random.ts';
import { type Script, scripts } from './scripts.ts';

/** Characters of a token, about as in English; a text's last token may be shorter. */
const charactersPerToken = 4;
/** What a file counts for, in characters, however large it is. */
const fileLength = 1024;

export interface MockModel {
  /** The model's name in a request. */
  name: string;
  displayName: string;
  description: string;
  /** Tokens. */
  contextWindow: number;
  maxOutputTokens: number;
  /** USD for a million tokens. */
  inputPriceUsd: number;
  outputPriceUsd: number;
  /** Shows its reasoning. */
  reasoning: boolean;
  /** What it takes in as it is. One reads texts only, so that a newcomer sees how a file becomes a text. */
  accepts: readonly MediaKind[];
}

/** In the order in which clients list them. Each model shows a state or a temper that real ones have. */
export const mockModels: readonly MockModel[] = [
  mockModel('swift', 'Swift', 'Quick and to the point.', 0.05, 0.2),
  mockModel('sage', 'Sage', 'Takes its time, and answers at length, with headings, a table and code.', 1, 4),
  mockModel('poet', 'Poet', 'Sees the whimsical side of things, in several scripts, and draws if asked to.', 0.3, 1.2),
  mockModel('thinker', 'Thinker', 'Reasons first, in the open, then answers.', 0.5, 2, true),
  mockModel(
    'oracle',
    'Oracle',
    'Keeps you waiting for its first word, then reasons and answers with care.',
    3,
    12,
    true,
  ),
  mockModel(
    'faulty',
    'Faulty',
    'Fails before its first word; asked about "midway", in the middle of its answer.',
    0.1,
    0.4,
  ),
];

function mockModel(
  name: string,
  displayName: string,
  description: string,
  inputPriceUsd: number,
  outputPriceUsd: number,
  reasoning = false,
): MockModel {
  return {
    name,
    displayName,
    description,
    contextWindow: 32_000,
    maxOutputTokens: 4_096,
    inputPriceUsd,
    outputPriceUsd,
    reasoning,
    accepts: name === 'poet' ? ['TEXT'] : ['TEXT', 'IMAGE', 'PDF'],
  };
}

export interface MockOptions {
  /** How many times as fast as a real model: 1 (the default) is believable, Infinity does not wait at all. */
  pace?: number | undefined;
}

/**
 * Models that need no key, so that everything can be seen without one. Deterministic: the same model, system prompt and
 * messages give the same answer in the same pieces at the same pace. Tokens are counted by characters, on both sides.
 *
 * So that programs can be tried out too, a model calls each tool whose name the prompt has (or the one that it must
 * call), quotes tools' results, says which files it sees, and heeds stop texts, formats and the effort `none`.
 */
export function createMockModels({ pace = 1 }: MockOptions = {}): LanguageModel {
  return {
    async stream(request, onPart) {
      const script = scripts.get(request.model);
      if (!script) throw new ModelFailure('MODEL_NOT_FOUND', `There is no mock model "${request.model}".`);
      await perform(script, request, pace, new PartSink(request.signal, onPart));
    },
    async listModels() {
      return mockModels.map((model) => model.name);
    },
  };
}

async function perform(script: Script, request: ModelRequest, pace: number, parts: PartSink) {
  const random = randomOf(request);
  const draft = draftOf(script, request, random);
  const pieces = piecesOf(draft, random);
  const spoken = { reasoning: 0, text: 0 };

  await wait((script.firstTokenMs * (0.8 + random() * 0.4)) / pace, request.signal);
  for (const piece of pieces) {
    const bucket = piece.type === 'reasoning' ? 'reasoning' : 'text';
    const { length } = piece.type === 'toolCall' ? piece.name : piece.text;
    spoken[bucket] += length;
    if (toTokens(spoken.reasoning) + toTokens(spoken.text) > request.maxOutputTokens) {
      spoken[bucket] -= length;
      parts.push({ type: 'usage', usage: toUsage(request, spoken) });
      return parts.push({ type: 'finish', reason: 'LENGTH' });
    }
    parts.push({ type: 'activity' });
    parts.push(piece);
    const meanMs = (1000 * length) / (charactersPerToken * script.tokensPerSecond);
    await wait((meanMs * (0.4 + random() * 1.2)) / pace, request.signal);
  }
  if (draft.picture) parts.push({ type: 'image', mediaType: 'image/png', data: draft.picture });
  if (draft.failure) throw draft.failure;
  parts.push({ type: 'usage', usage: toUsage(request, spoken) });
  parts.push({ type: 'finish', reason: draft.calls?.length ? 'TOOL_CALLS' : 'STOP', stoppedAt: draft.stoppedAt });
}

type Piece = Extract<ModelPart, { type: 'reasoning' | 'text' | 'toolCall' | 'toolArguments' }>;

function piecesOf({ reasoning = '', answer, calls = [] }: Draft, random: () => number): Piece[] {
  return [
    ...cut(reasoning, random).map((text): Piece => ({ type: 'reasoning', text })),
    ...cut(answer, random).map((text): Piece => ({ type: 'text', text })),
    ...calls.flatMap(({ id, name, arguments: json }, call): Piece[] => [
      { type: 'toolCall', call, id, name, signature: null },
      ...cut(json, random).map((text): Piece => ({ type: 'toolArguments', call, text })),
    ]),
  ];
}

/** Rejects as soon as the request is aborted, and leaves no timer behind. */
async function wait(ms: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  if (ms > 0) await delay(ms, undefined, { signal });
}

function toUsage({ system, messages, options }: ModelRequest, spoken: { reasoning: number; text: number }): TokenUsage {
  const tools = options?.tools?.length ? JSON.stringify(options.tools).length : 0;
  const parts = messages.flatMap((message) => message.parts);
  const read = parts.reduce((length, part) => length + lengthOf(part), (system?.length ?? 0) + tools);
  return {
    inputTokens: toTokens(read),
    cachedInputTokens: 0,
    cacheWriteInputTokens: 0,
    outputTokens: toTokens(spoken.text),
    reasoningTokens: toTokens(spoken.reasoning),
  };
}

/** In characters. */
function lengthOf(part: MessagePart): number {
  switch (part.type) {
    case 'file':
      return fileLength;
    case 'toolCall':
      return part.name.length + part.arguments.length;
    case 'opaque':
      return part.data.length;
    case 'toolResult':
      return part.content.reduce((length, one) => length + lengthOf(one), 0);
    default:
      return part.text.length;
  }
}

function toTokens(characters: number): number {
  return Math.ceil(characters / charactersPerToken);
}

/** Cuts a text into pieces of 2 to 7 characters, never inside a surrogate pair. */
function cut(text: string, random: () => number): string[] {
  const characters = Array.from(text);
  const pieces = [];
  for (let start = 0; start < characters.length; ) {
    const end = start + 2 + Math.floor(random() * 6);
    pieces.push(characters.slice(start, end).join(''));
    start = end;
  }
  return pieces;
}
