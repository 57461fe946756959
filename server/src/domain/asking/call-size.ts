import type { Model } from '../catalogue/catalogue.ts';
import { fileTokens, type MeasuredFile } from '../ground/file-tokens/file-tokens.ts';
import { jsonText } from '../ground/json-text.ts';
import { type CallContent, describedIn, filesOf, measuredFile, textsOf } from '../ground/message-size.ts';
import { TimeSlice } from '../ground/time-slice.ts';
import {
  ByteMeter,
  MESSAGE_OVERHEAD_TOKENS,
  OTHER_TOKENIZERS,
  pieces,
  REQUEST_OVERHEAD_TOKENS,
  TokenMeter,
} from '../ground/tokens.ts';

/** Input tokens of a call. */
export interface CallSize {
  /** As `likelyInputTokens`. */
  likely: number;
  /** With a reserve for other tokenizers. */
  withReserve: number;
  /** The most that can be billed. */
  most: number;
}

/** What a call has, before it is known which model counts its files. */
export interface MeasuredCall {
  /** Without the files. */
  texts: CallSize;
  files: readonly MeasuredFile[];
}

/** The size of a call for a model. */
export function sizeFor({ texts, files }: MeasuredCall, model: Pick<Model, 'fileRule'>): CallSize {
  const size = { ...texts };
  for (const file of files) {
    const { likely, most } = fileTokens(file, model);
    size.likely += likely;
    size.withReserve += likely;
    size.most += most;
  }
  return size;
}

/** Tokens of the marks around a message, without and with a reserve. */
const MESSAGE_TOKENS = 4;
const MESSAGE_TOKENS_RESERVED = 8;

/**
 * About how many input tokens a call has, without the reserve of `measureCall`. Long texts are counted in pieces, between
 * which others go on.
 */
export async function likelyInputTokens(
  { system, messages, options }: CallContent,
  model: Pick<Model, 'fileRule'>,
): Promise<number> {
  const texts = [...messages.flatMap(textsOf), ...(system === null ? [] : [system])];
  const slice = new TimeSlice();
  let tokens = messages.length * MESSAGE_TOKENS;
  for (const text of texts) tokens += await tokensOf(slicesOf(text), slice);
  for (const described of describedIn(options)) tokens += await tokensOf(jsonText(described), slice);
  for (const file of await measuredFiles(messages, slice)) tokens += fileTokens(file, model).likely;
  return tokens;
}

/** Measures a call for its price. Like `likelyInputTokens`, it lets others go on: a call may have megabytes. */
export async function measureCall({ system, messages, options }: CallContent): Promise<MeasuredCall> {
  const described = describedIn(options);
  const read: Iterable<string>[][] = [
    ...(system === null ? [] : [[pieces(system)]]),
    ...messages.map((message) => textsOf(message).map(pieces)),
    ...(described.length > 0 ? [described.map(jsonPieces)] : []),
  ];
  const slice = new TimeSlice();
  let likely = messages.length * MESSAGE_TOKENS;
  let withReserve = messages.length * MESSAGE_TOKENS_RESERVED;
  let most = REQUEST_OVERHEAD_TOKENS;
  for (const texts of read) {
    most += MESSAGE_OVERHEAD_TOKENS;
    for (const text of texts) {
      const { tokens, bytesMax } = await sizeOf(text, slice);
      likely += tokens;
      withReserve += Math.ceil(tokens * OTHER_TOKENIZERS);
      most += bytesMax;
    }
  }
  return { texts: { likely, withReserve, most }, files: await measuredFiles(messages, slice) };
}

async function measuredFiles(messages: CallContent['messages'], slice: TimeSlice): Promise<MeasuredFile[]> {
  const files: MeasuredFile[] = [];
  for (const file of messages.flatMap(filesOf)) {
    files.push(measuredFile(file));
    if (slice.isUsedUp) await slice.next();
  }
  return files;
}

async function tokensOf(text: Iterable<string>, slice: TimeSlice): Promise<number> {
  const meter = new TokenMeter();
  let tokens = 0;
  for (const piece of text) {
    tokens = meter.add(piece);
    if (slice.isUsedUp) await slice.next();
  }
  return tokens;
}

async function sizeOf(text: Iterable<string>, slice: TimeSlice): Promise<{ tokens: number; bytesMax: number }> {
  const [tokenMeter, byteMeter] = [new TokenMeter(), new ByteMeter()];
  let tokens = 0;
  for (const piece of text) {
    tokens = tokenMeter.add(piece);
    byteMeter.add(piece);
    if (slice.isUsedUp) await slice.next();
  }
  return { tokens, bytesMax: byteMeter.bytesMax };
}

/** UTF-16 code units. */
const SLICE_LENGTH = 64 * 1024;

function* slicesOf(text: string): Generator<string> {
  for (let start = 0; start < text.length; start += SLICE_LENGTH) yield text.slice(start, start + SLICE_LENGTH);
}

function* jsonPieces(value: object): Generator<string> {
  for (const part of jsonText(value)) yield* pieces(part);
}
