import { jsonText } from '../ground/json-text.ts';
import { type CallContent, describedIn, filesOf, fileTokens, textsOf } from '../ground/message-size.ts';
import { TimeSlice } from '../ground/time-slice.ts';
import { ByteMeter, MESSAGE_OVERHEAD_TOKENS, pieces, REQUEST_OVERHEAD_TOKENS, TokenMeter } from '../ground/tokens.ts';
import { OTHER_TOKENIZERS } from './context-window.ts';

/** Input tokens of a call. */
export interface CallSize {
  /** As `likelyInputTokens`. */
  likely: number;
  /** With a reserve for other tokenizers. */
  withReserve: number;
  /** The most that can be billed. */
  most: number;
}

/** Tokens of the marks around a message, without and with a reserve. */
const MESSAGE_TOKENS = 4;
const MESSAGE_TOKENS_RESERVED = 8;

/**
 * About how many input tokens a call has, without the reserve of `measureCall`. Long texts are counted in pieces, between
 * which others go on.
 */
export async function likelyInputTokens({ system, messages, options }: CallContent): Promise<number> {
  const texts = [...messages.flatMap(textsOf), ...(system === null ? [] : [system])];
  const slice = new TimeSlice();
  let tokens = messages.length * MESSAGE_TOKENS;
  for (const text of texts) tokens += await tokensOf(slicesOf(text), slice);
  for (const described of describedIn(options)) tokens += await tokensOf(jsonText(described), slice);
  for (const file of messages.flatMap(filesOf)) tokens += fileTokens(file).likely;
  return tokens;
}

/** Measures a call for its price. Like `likelyInputTokens`, it lets others go on: a call may have megabytes. */
export async function measureCall({ system, messages, options }: CallContent): Promise<CallSize> {
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
  for (const file of messages.flatMap(filesOf)) {
    const tokens = fileTokens(file);
    likely += tokens.likely;
    withReserve += tokens.likely;
    most += tokens.most;
  }
  return { likely, withReserve, most };
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
