import type { TokenUsage } from '../../ports/language-model.ts';
import type { Model } from '../catalogue/catalogue.ts';
import { fileTokens } from '../ground/file-tokens/file-tokens.ts';
import {
  type CallContent,
  filesOf,
  measuredFile,
  storedFilesOf,
  textsOf,
  textsOfOptions,
} from '../ground/message-size.ts';
import { countTokens } from '../ground/tokens.ts';

export interface AnsweredRequest {
  status: 'COMPLETED' | 'FAILED' | 'STOPPED' | 'INTERRUPTED';
  /** The largest usage that the provider reported; null: none. A 0 that cannot be true counts as not reported. */
  reported: TokenUsage | null;
  /** Whether text came after the report. */
  reportOutdated: boolean;
  /** With the calls of tools. */
  text: string;
  reasoning: string;
  /** Empty: the model did not refuse. */
  refusal: string;
  /** How many images the answer has. Absent: none. */
  images?: number | undefined;
  /** What was sent. */
  content: CallContent;
  /** How the model counts files; absent: nobody knows. */
  fileRule?: Model['fileRule'];
}

export interface ChargedUsage {
  /** Null: nothing is charged. */
  usage: TokenUsage | null;
  /** Whether this server counted it, in whole or in part. */
  estimated: boolean;
  /** Whether more was written after the provider's last report. */
  isPartial: boolean;
}

/**
 * What a response is charged for: the usage that the provider reported.
 *
 * The server counts for itself if the provider reported nothing, or something that cannot be true (no input, or no
 * output beside a text). It also counts what was written after the last report by an answer that is whole or that we
 * stopped (Anthropic reports the input at the beginning and the output at the end). A stream that the provider broke is
 * charged as the provider reported it, however early: see docs/decisions.
 *
 * A response that failed, or that we interrupted, before its first character costs nothing. One that its member stopped
 * before its first character costs what the provider reported, which may be nothing.
 */
export async function chargedUsage(request: AnsweredRequest): Promise<ChargedUsage> {
  const { status, reported, reportOutdated, text, reasoning, refusal, images = 0 } = request;
  const isEmpty = text === '' && reasoning === '' && images === 0;
  if (isEmpty && status !== 'COMPLETED')
    return { usage: status === 'STOPPED' ? reported : null, estimated: false, isPartial: false };

  const usage = reported ?? nothing;
  const knowsInput = inputOf(usage) > 0;
  const inputTokens = knowsInput ? usage.inputTokens : await countInput(request);
  const knowsOutput = outputOf(usage) > 0 || (reported !== null && isEmpty && refusal === '');
  const isLate = reportOutdated && status !== 'FAILED';
  if (knowsOutput && !isLate) return { usage: { ...usage, inputTokens }, estimated: !knowsInput, isPartial: false };

  const outputTokens = (await countTokens(text)) + (await countTokens(refusal)) + images * IMAGE_OUTPUT_TOKENS;
  const reasoningTokens = await countTokens(reasoning);
  // The report covers all of a whole answer: it only came early.
  if (status === 'COMPLETED' && knowsOutput && outputOf(usage) >= outputTokens + reasoningTokens) {
    return { usage: { ...usage, inputTokens }, estimated: !knowsInput, isPartial: false };
  }
  return {
    usage: {
      ...usage,
      inputTokens,
      outputTokens: Math.max(usage.outputTokens, outputTokens),
      reasoningTokens: Math.max(usage.reasoningTokens, reasoningTokens),
    },
    estimated: true,
    isPartial: isLate,
  };
}

/**
 * Output tokens of an image, where its provider reports none: what Gemini bills for one of 1024 × 1024 pixels.
 * https://ai.google.dev/gemini-api/docs/image-generation
 */
export const IMAGE_OUTPUT_TOKENS = 1290;

const nothing: TokenUsage = {
  inputTokens: 0,
  cachedInputTokens: 0,
  cacheWriteInputTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
};

/** Joins two reports on one answer: input and output are taken from the later one, unless it reports less. */
export function laterUsage(earlier: TokenUsage | null, later: TokenUsage): TokenUsage {
  if (earlier === null) return later;
  const input = inputOf(later) >= inputOf(earlier) ? later : earlier;
  const output = outputOf(later) >= outputOf(earlier) ? later : earlier;
  const searches = Math.max(earlier.searches ?? 0, later.searches ?? 0);
  return {
    inputTokens: input.inputTokens,
    ...(input.imageInputTokens !== undefined && { imageInputTokens: input.imageInputTokens }),
    cachedInputTokens: input.cachedInputTokens,
    cacheWriteInputTokens: input.cacheWriteInputTokens,
    outputTokens: output.outputTokens,
    reasoningTokens: output.reasoningTokens,
    ...(searches > 0 && { searches }),
  };
}

function inputOf({ inputTokens, cachedInputTokens, cacheWriteInputTokens }: TokenUsage): number {
  return inputTokens + cachedInputTokens + cacheWriteInputTokens;
}

function outputOf({ outputTokens, reasoningTokens }: TokenUsage): number {
  return outputTokens + reasoningTokens;
}

/** The limit of each bucket: far beyond any context window, and small enough that its cost can be counted. */
const TOKENS_MAX = 1_000_000_000;
const SEARCHES_MAX = 1_000;

/** Whether a report can be true; one that cannot is ignored. */
export function isCredible(usage: TokenUsage): boolean {
  if ((usage.searches ?? 0) > SEARCHES_MAX) return false;
  return Object.values(usage).every((tokens) => Number.isInteger(tokens) && tokens >= 0 && tokens <= TOKENS_MAX);
}

export function countedUsage(
  counted: Pick<TokenUsage, 'inputTokens' | 'outputTokens' | 'reasoningTokens'>,
): TokenUsage {
  return { ...counted, cachedInputTokens: 0, cacheWriteInputTokens: 0 };
}

/** Tokens of a chat format's markers around each message. */
const MESSAGE_TOKENS = 4;

async function countInput({ content, fileRule }: AnsweredRequest): Promise<number> {
  const { system, messages, options } = content;
  let tokens = system === null ? 0 : (await countTokens(system)) + MESSAGE_TOKENS;
  for (const message of messages) {
    tokens += (await countTokens(textsOf(message).join(''))) + MESSAGE_TOKENS;
    for (const file of filesOf(message)) tokens += fileTokens(measuredFile(file), { fileRule }).likely;
    for (const file of storedFilesOf(message)) tokens += file.tokens.likely;
  }
  for (const text of textsOfOptions(options)) tokens += await countTokens(text);
  return tokens;
}
