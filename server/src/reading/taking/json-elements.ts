import { isUtf8 } from 'node:buffer';
import { CONVERSATION_BYTES_MAX, DEPTH_MAX, WEIGHT_MAX, weightOf, weightOfText } from './limits.ts';

/** A value of a list at the top of a JSON document, or the whole document if there is no such list. */
export interface JsonElement {
  /** `[3]`, `conversations[3]`; empty: the whole document. */
  where: string;
  /** Null: it has more bytes or values than one may, or they lie too deep. */
  text: string | null;
  /** Whether some of its bytes are no UTF-8: then signs stand for them. */
  isGarbled: boolean;
  /** Where it begins in the document: the line, and the bytes of that line before it. */
  line: number;
  column: number;
}

/** The document is no JSON, or ends too early. */
export class JsonFormError extends Error {}

/** The list of an object at the top whose values are read one by one. */
const LIST_NAME = 'conversations';

const OPENING = new Set([0x5b, 0x7b]);
const CLOSING = new Set([0x5d, 0x7d]);
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const LIST = 0x5b;
const OBJECT = 0x7b;
const LINE_END = 0x0a;
const FIRST_BYTES = 64 * 1024;

/**
 * Cuts a JSON document, as its bytes arrive, into the values of the list at its top, or of the list `conversations` in the
 * object at its top. It looks for no more than where values end: whoever parses them finds what is wrong within.
 */
export class JsonElements {
  readonly #bytesMax: number;
  /** What the object at the top has beside the list, as JSON. */
  readonly #fields: string[] = [];
  #fieldWeight = 0;
  #state: 'start' | 'value' | 'within' | 'behind' | 'key' | 'inKey' | 'colon' | 'end' = 'start';
  #isObject = false;
  /** Whether the values of a list are read. */
  #isList = false;
  #hadList = false;
  #index = 0;
  #key = '';
  /** The bytes of the value that is read: one memory for all of them, as large as the largest. */
  #memory = Buffer.allocUnsafeSlow(FIRST_BYTES);
  #bytes = 0;
  #depth = 0;
  /** The values within the value that is read, so far. */
  #values = 0;
  #isTooDeep = false;
  #fieldCount = 0;
  #areFieldsGarbled = false;
  #inString = false;
  #escaped = false;
  #isBare = false;
  #line = 1;
  #lineStart = 0;
  #read = 0;
  #begin = { line: 1, column: 1 };

  constructor(bytesMax: number = CONVERSATION_BYTES_MAX) {
    this.#bytesMax = bytesMax;
  }

  /** The values that end within these bytes. @throws JsonFormError behind those before the fault */
  *write(chunk: Buffer): Generator<JsonElement> {
    let start = 0;
    for (let index = 0; index < chunk.length; index++) {
      const byte = chunk[index] as number;
      if (byte === LINE_END) {
        this.#line += 1;
        this.#lineStart = this.#read + index + 1;
      }
      if (this.#state === 'within' || this.#state === 'inKey') {
        const ends = this.#within(byte);
        if (ends === null) continue;
        // A number ends where something else begins, which is no part of it.
        const end = ends === 'before' ? index : index + 1;
        this.#take(chunk.subarray(start, end));
        const element = this.#endValue();
        if (element) yield element;
        if (ends === 'before') this.#between(byte, index);
      } else if (this.#between(byte, index)) start = index;
    }
    if (this.#state === 'within' || this.#state === 'inKey') this.#take(chunk.subarray(start));
    this.#read += chunk.length;
  }

  /** The whole document, if it is an object without the list. @throws JsonFormError if it is not at its end */
  end(): JsonElement[] {
    if (this.#state === 'start') throw new JsonFormError('The file is empty.');
    if (this.#state !== 'end') throw new JsonFormError(`The file ends too early: ${this.#whereNow()}${this.#here(0)}.`);
    if (!this.#isObject || this.#hadList) return [];
    const text = this.#areFieldsTooLarge() ? null : this.fields;
    return [{ where: '', text, isGarbled: this.#areFieldsGarbled, line: 1, column: 1 }];
  }

  /** How many fields there are beside the list so far, and they themselves as JSON, without those that are too large. */
  get fieldCount(): number {
    return this.#fieldCount;
  }

  get fields(): string {
    return `{${this.#fields.join(',')}}`;
  }

  /** Takes a byte of a value or a key. @returns whether it ends, with this byte or before it */
  #within(byte: number): 'with' | 'before' | null {
    if (this.#inString) {
      if (this.#escaped) this.#escaped = false;
      else if (byte === BACKSLASH) this.#escaped = true;
      else if (byte === QUOTE) {
        this.#inString = false;
        return this.#depth === 0 ? 'with' : null;
      }
      return null;
    }
    if (this.#isBare) return byte === COMMA || CLOSING.has(byte) || isSpace(byte) ? 'before' : null;
    if (byte === QUOTE) this.#inString = true;
    else if (byte === COMMA) this.#values += 1;
    else if (OPENING.has(byte)) {
      this.#values += 1;
      this.#depth += 1;
      if (this.#depth > DEPTH_MAX) this.#isTooDeep = true;
    } else if (CLOSING.has(byte)) {
      this.#depth -= 1;
      return this.#depth === 0 ? 'with' : null;
    }
    return null;
  }

  /** Takes a byte between values. @returns whether a value or key begins with it */
  #between(byte: number, index: number): boolean {
    if (isSpace(byte) || (this.#state === 'start' && this.#isMark(byte))) return false;
    switch (this.#state) {
      case 'start':
        return this.#open(byte, index);
      case 'key':
        if (byte === 0x7d) return this.#close();
        if (byte !== QUOTE) throw this.#wrong(index);
        this.#state = 'inKey';
        this.#begin = this.#place(index);
        this.#inString = true;
        return true;
      case 'colon':
        if (byte !== COLON) throw this.#wrong(index);
        this.#state = 'value';
        return false;
      case 'behind':
        if (byte === COMMA) this.#state = this.#isList ? 'value' : 'key';
        else if (byte === (this.#isList ? 0x5d : 0x7d)) return this.#close();
        else throw this.#wrong(index);
        return false;
      case 'value':
        return this.#beginValue(byte, index);
      default:
        throw this.#wrong(index);
    }
  }

  #isMark(byte: number): boolean {
    // The mark of UTF-8 at the beginning of a file.
    return byte === 0xef || byte === 0xbb || byte === 0xbf;
  }

  #open(byte: number, index: number): false {
    if (byte !== LIST && byte !== OBJECT) {
      throw new JsonFormError(`The file is neither a zip nor JSON with a list or an object${this.#here(index)}.`);
    }
    this.#isObject = byte === OBJECT;
    this.#isList = !this.#isObject;
    this.#state = this.#isObject ? 'key' : 'value';
    return false;
  }

  #beginValue(byte: number, index: number): boolean {
    if (this.#isList && byte === 0x5d) return this.#close();
    if (this.#isObject && !this.#isList && byte === LIST && this.#key === LIST_NAME) {
      this.#isList = true;
      this.#hadList = true;
      return false;
    }
    if (byte === COMMA || byte === COLON || CLOSING.has(byte)) throw this.#wrong(index);
    this.#begin = this.#place(index);
    this.#state = 'within';
    this.#inString = byte === QUOTE;
    this.#isBare = !this.#inString && !OPENING.has(byte);
    this.#depth = OPENING.has(byte) ? 1 : 0;
    return true;
  }

  #close(): false {
    if (this.#isObject && this.#isList) {
      this.#isList = false;
      this.#state = 'behind';
    } else this.#state = 'end';
    return false;
  }

  #take(piece: Buffer): void {
    const start = this.#bytes;
    this.#bytes += piece.length;
    if (this.#isTooLarge()) return;
    if (this.#bytes > this.#memory.length) {
      const grown = Buffer.allocUnsafeSlow(Math.min(Math.max(this.#bytes, 2 * this.#memory.length), this.#bytesMax));
      this.#memory.copy(grown, 0, 0, start);
      this.#memory = grown;
    }
    piece.copy(this.#memory, start);
  }

  #isTooLarge(): boolean {
    if (this.#bytes > this.#bytesMax || this.#isTooDeep) return true;
    return weightOf({ bytes: this.#bytes, values: this.#values }) > WEIGHT_MAX;
  }

  #endValue(): JsonElement | null {
    const bytes = this.#isTooLarge() ? null : this.#memory.subarray(0, this.#bytes);
    const text = bytes && this.#textOf(bytes);
    const isGarbled = bytes !== null && !isUtf8(bytes);
    const weight = weightOf({ bytes: this.#bytes, values: this.#values + 1 });
    this.#bytes = 0;
    this.#values = 0;
    this.#isTooDeep = false;
    this.#isBare = false;
    if (this.#state === 'inKey') {
      this.#key = keyOf(text);
      this.#fieldWeight += weight;
      this.#state = 'colon';
      return null;
    }
    this.#state = 'behind';
    if (!this.#isList) {
      this.#areFieldsGarbled ||= isGarbled;
      this.#keepField(text, weight);
      return null;
    }
    const element = { where: this.#whereNow(), text, isGarbled, ...this.#begin };
    this.#index += 1;
    return element;
  }

  /** Null: it takes too much memory. */
  #textOf(bytes: Buffer): string | null {
    const text = bytes.toString();
    return weightOfText(text, this.#values) > WEIGHT_MAX ? null : text;
  }

  /** What the object at its top has beside a list; once that is too large, nothing of it is kept. */
  #keepField(text: string | null, weight: number): void {
    this.#fieldCount += 1;
    this.#fieldWeight += text === null ? WEIGHT_MAX + 1 : weight;
    if (this.#areFieldsTooLarge()) this.#fields.length = 0;
    else this.#fields.push(`${JSON.stringify(this.#key)}:${text}`);
  }

  #areFieldsTooLarge(): boolean {
    return this.#fieldWeight > WEIGHT_MAX;
  }

  #whereNow(): string {
    if (this.#isList) return `${this.#isObject ? LIST_NAME : ''}[${this.#index}]`;
    return this.#key.slice(0, 100);
  }

  #place(index: number) {
    return { line: this.#line, column: this.#read + index - this.#lineStart + 1 };
  }

  #here(index: number): string {
    const { line, column } = this.#place(index);
    return ` (line ${line}, column ${column})`;
  }

  #wrong(index: number): JsonFormError {
    const where = this.#whereNow();
    return new JsonFormError(`The file is no JSON from ${where === '' ? 'here' : where} on${this.#here(index)}.`);
  }
}

function keyOf(text: string | null): string {
  try {
    return String(JSON.parse(text ?? '""'));
  } catch {
    return '';
  }
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}
