import { type ModelMessage, textOf } from '../../ports/language-model.ts';
import { TimeSlice } from './time-slice.ts';

/** Tokens that a provider may add to a request on its own: a hidden system prompt, its chat format's frame. */
export const REQUEST_OVERHEAD_TOKENS = 1024;
/** Tokens of the role's markers around a message, in any chat format. */
export const MESSAGE_OVERHEAD_TOKENS = 16;
/** Tokenizers differ: one token of the estimate can be up to 1.35 tokens of another tokenizer. */
export const OTHER_TOKENIZERS = 1.35;

/**
 * The most input tokens a request can be billed for, whichever tokenizer the provider uses: a byte-level one has no
 * token shorter than a byte, after whatever normalization. Far above the real count (about 4 times for English);
 * for holds, not for display.
 */
export function inputTokensMax(system: string | null, messages: readonly ModelMessage[]): number {
  const texts = messages.map(textOf);
  if (system !== null) texts.push(system);
  return texts.reduce((sum, text) => sum + bytesMax(text) + MESSAGE_OVERHEAD_TOKENS, REQUEST_OVERHEAD_TOKENS);
}

/** Sizes of texts, each measured once for any number of models: measuring the longest text takes 10 ms. */
export class TextSizes {
  readonly #tokens = new Map<string, number>();
  readonly #bytes = new Map<string, number>();

  /** See `estimateTokens`. */
  tokens(text: string): number {
    return remembered(this.#tokens, text, estimateTokens);
  }

  /** `inputTokensMax` of a request whose messages are joined of these texts; measured text by text, so never less. */
  inputTokensMax(system: string | null, messages: readonly (readonly string[])[]): number {
    let max = REQUEST_OVERHEAD_TOKENS;
    for (const texts of system === null ? messages : [[system], ...messages]) {
      max += MESSAGE_OVERHEAD_TOKENS;
      for (const text of texts) max += remembered(this.#bytes, text, bytesMax);
    }
    return max;
  }
}

function remembered(sizes: Map<string, number>, text: string, measure: (text: string) => number): number {
  let size = sizes.get(text);
  if (size === undefined) {
    size = measure(text);
    sizes.set(text, size);
  }
  return size;
}

/** See `ByteMeter`. */
function bytesMax(text: string): number {
  const bytes = Buffer.byteLength(text);
  if (bytes === text.length) return bytes;
  const meter = new ByteMeter();
  for (const piece of pieces(text)) meter.add(piece);
  return meter.bytesMax;
}

/**
 * UTF-8 bytes of a text as it is or after compatibility normalization, whichever is more: some tokenizers
 * (Anthropic's was one) normalize first, which can turn one character of 3 bytes into 33 bytes. It takes a text in
 * `pieces`.
 */
export class ByteMeter {
  #bytes = 0;
  #normalizedBytes = 0;

  add(piece: string): void {
    const bytes = Buffer.byteLength(piece);
    this.#bytes += bytes;
    // ASCII is normal.
    this.#normalizedBytes += bytes === piece.length ? bytes : normalizedBytes(piece);
  }

  get bytesMax(): number {
    return Math.max(this.#bytes, this.#normalizedBytes);
  }
}

/** UTF-16 code units. */
const NORMALIZED_LENGTH = 64;

/**
 * A long run of combining marks takes time quadratic in its length, so that it is normalized in short pieces. A text in
 * pieces never becomes shorter than a whole one: only what is composed gets fewer bytes.
 */
function normalizedBytes(text: string): number {
  let bytes = 0;
  for (let start = 0; start < text.length; ) {
    let end = start + NORMALIZED_LENGTH;
    if (isHighSurrogate(text.charCodeAt(end - 1))) end += 1;
    bytes += Buffer.byteLength(text.slice(start, end).normalize('NFKC'));
    start = end;
  }
  return bytes;
}

/**
 * Tokens of a text as OpenAI's o200k tokenizer counts them, at most about a hundredth more (a long text is counted
 * in pieces). Markers such as `<|endoftext|>` count as plain text. For answers whose provider reported no usage.
 */
export async function countTokens(text: string): Promise<number> {
  if (text === '') return 0;
  const tokenizer = await loadTokenizer();
  const slice = new TimeSlice();
  let tokens = 0;
  for (const piece of pieces(text)) {
    tokens += tokenizer.countTokens(piece, { disallowedSpecial: new Set() });
    if (slice.isUsedUp) await slice.next();
  }
  return tokens;
}

let tokenizer: Promise<typeof import('gpt-tokenizer/encoding/o200k_base')> | undefined;

/** Loads the tokenizer when it is first needed: it takes 300 ms and 110 MB. */
function loadTokenizer() {
  tokenizer ??= import('gpt-tokenizer/encoding/o200k_base').then((loaded) => {
    // The tokenizer's cache keeps whole pieces; with the default of 100,000 it would hold the memory of a hostile text
    // for good.
    loaded.setMergeCacheSize(2_000);
    return loaded;
  });
  return tokenizer;
}

const PIECE_LENGTH = 1024;

/**
 * A text in pieces of at most `PIECE_LENGTH` code units, cut before white space where there is some, never inside
 * a surrogate pair. The tokenizer is quadratic in the length of a run without a break; a piece bounds the run.
 */
export function* pieces(text: string): Generator<string> {
  let start = 0;
  while (text.length - start > PIECE_LENGTH) {
    const piece = text.slice(start, start + PIECE_LENGTH);
    const space = Math.max(piece.lastIndexOf(' '), piece.lastIndexOf('\n'));
    let length = PIECE_LENGTH;
    if (space > PIECE_LENGTH / 2) length = space;
    else if (isHighSurrogate(piece.charCodeAt(PIECE_LENGTH - 1))) length -= 1;
    yield piece.slice(0, length);
    start += length;
  }
  if (start < text.length) yield text.slice(start);
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff;
}

/**
 * About how many tokens a text has, by the kinds of its characters: for prose, code and most scripts a tenth to a
 * half more than there are, seldom fewer. Synchronous, one pass.
 */
export function estimateTokens(text: string): number {
  return new TokenMeter().add(text);
}

/**
 * `estimateTokens` for a text that grows: every piece is read once, and the estimate does not depend on where it is
 * cut.
 */
export class TokenMeter {
  #weight = 0;
  #lastCode = 0;
  #lastKind = kindOf(0);

  /** A meter that has seen the same text. */
  copy(): TokenMeter {
    const copy = new TokenMeter();
    copy.#weight = this.#weight;
    copy.#lastCode = this.#lastCode;
    copy.#lastKind = this.#lastKind;
    return copy;
  }

  /** Takes the next piece of a text and gives the estimate for all of it so far, a whole number. */
  add(piece: string): number {
    let weight = this.#weight;
    let lastCode = this.#lastCode;
    let lastKind = this.#lastKind;
    for (let index = 0; index < piece.length; index++) {
      const code = piece.charCodeAt(index);
      const kind = kindOf(code);
      weight += kind[code === lastCode ? 2 : kind === lastKind ? 1 : 0];
      lastCode = code;
      lastKind = kind;
    }
    this.#weight = weight;
    this.#lastCode = lastCode;
    this.#lastKind = lastKind;
    return Math.ceil(weight / 100);
  }
}

/**
 * Hundredths of a token for a character [after one of another kind, after one of its own kind, after the very same
 * character]; hundredths, because V8 keeps a fraction in an object of its own.
 * Measured with o200k on prose in 18 languages, code, JSON, tables and noise.
 */
const weights = {
  lower: [60, 11, 13],
  upper: [80, 60, 25],
  digit: [80, 40, 40],
  space: [8, 4, 4],
  newline: [80, 50, 10],
  sign: [90, 70, 15],
  alphabet: [70, 35, 35],
  indic: [70, 50, 50],
  ideograph: [100, 90, 70],
  surrogate: [120, 120, 100],
  other: [160, 200, 80],
} satisfies Record<string, CharacterWeights>;

type CharacterWeights = readonly [afterAnotherKind: number, afterItsKind: number, afterItself: number];

function kindOf(code: number): CharacterWeights {
  if (code < 0x80) {
    if (code >= 0x61 && code <= 0x7a) return weights.lower;
    if (code === 0x20) return weights.space;
    if (code >= 0x41 && code <= 0x5a) return weights.upper;
    if (code >= 0x30 && code <= 0x39) return weights.digit;
    return code <= 0x0d ? weights.newline : weights.sign;
  }
  // Accented Latin, Greek, Cyrillic, Hebrew, Arabic; the second range is Vietnamese and polytonic Greek.
  if (code < 0x700 || (code >= 0x1e00 && code < 0x2000)) return weights.alphabet;
  if (code >= 0x900 && code < 0xe80) return weights.indic;
  if ((code >= 0x3000 && code < 0x3100) || (code >= 0x4e00 && code < 0xa000)) return weights.ideograph;
  if (code >= 0xac00 && code < 0xd800) return weights.ideograph;
  return code >= 0xd800 && code < 0xe000 ? weights.surrogate : weights.other;
}
