import { type CallError, invalid } from '../calls/call-problem.ts';

/** No schema or input that is meant is nested deeper, and who writes or walks one calls itself for each level. */
const DEPTH_MAX = 100;

/** A value of a request together with its place in it, which every refusal names. */
export class Field {
  /** Undefined or null: it was left out. */
  readonly value: unknown;
  /** Such as `messages.0.content`; empty for the request itself. */
  readonly path: string;

  constructor(value: unknown, path = '') {
    this.value = value;
    this.path = path;
  }

  get isAbsent(): boolean {
    return this.value === undefined || this.value === null;
  }

  refuse(message: string): CallError {
    return invalid(this.path, message);
  }

  /** @throws CallError if this is no object */
  member(name: string): Field {
    return new Field(this.object()[name], this.path === '' ? name : `${this.path}.${name}`);
  }

  /** Reads the value unless it was left out. */
  optional<T>(read: (field: Field) => T): T | undefined {
    return this.isAbsent ? undefined : read(this);
  }

  /** @throws CallError */
  object(): Record<string, unknown> {
    const { value } = this;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw this.#wrong('an object');
    return value as Record<string, unknown>;
  }

  /** An object of any members. @throws CallError, also if it is nested too deeply */
  json(): Record<string, unknown> {
    const value = this.object();
    if (isDeeper(value, DEPTH_MAX)) throw this.refuse(`It is nested more than ${DEPTH_MAX} levels deep.`);
    return value;
  }

  /** @throws CallError */
  list(): Field[] {
    const { value, path } = this;
    if (!Array.isArray(value)) throw this.#wrong('a list');
    return value.map((entry, index) => new Field(entry, `${path}.${index}`));
  }

  /** @throws CallError */
  text(): string {
    if (typeof this.value !== 'string') throw this.#wrong('a string');
    return this.value;
  }

  /** A text that is not empty. @throws CallError */
  filledText(): string {
    const text = this.text();
    if (text === '') throw this.refuse('It must not be empty.');
    return text;
  }

  /** @throws CallError */
  flag(): boolean {
    if (typeof this.value !== 'boolean') throw this.#wrong('true or false');
    return this.value;
  }

  /** @throws CallError */
  number(min: number, max: number): number {
    const { value } = this;
    if (typeof value !== 'number' || !(value >= min && value <= max))
      throw this.#wrong(`a number from ${min} to ${max}`);
    return value;
  }

  /** @throws CallError */
  integer(min: number): number {
    const { value } = this;
    if (!Number.isSafeInteger(value) || (value as number) < min) throw this.#wrong(`a whole number, at least ${min}`);
    return value as number;
  }

  /** @throws CallError */
  oneOf<T extends string>(words: readonly T[]): T {
    const word = words.find((one) => one === this.value);
    if (word === undefined) throw this.#wrong(`one of ${words.join(', ')}`);
    return word;
  }

  #wrong(expected: string): CallError {
    return this.refuse(this.isAbsent ? `This is needed: ${expected}.` : `It must be ${expected}.`);
  }
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((member) => isDeeper(member, levels - 1));
}
