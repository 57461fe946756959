import { type CallError, invalid } from '../calls/call-problem.ts';

/** Deeper than any schema that a provider takes; what is deeper could not be written as JSON again. */
const DEPTH_MAX = 100;

/**
 * Reads the fields of an object in a request's body. A field that is null is absent, as in OpenAI's API. Every method
 * throws a CallError that names the field, if it is there and is not what it must be.
 */
export class BodyFields {
  readonly #values: Readonly<Record<string, unknown>>;
  /** Where the object is in the body: `messages[0].`; empty: it is the body. */
  readonly #path: string;

  constructor(values: Readonly<Record<string, unknown>>, path = '') {
    this.#values = values;
    this.#path = path;
  }

  /** Null: it is absent. */
  value(name: string): unknown {
    return (Object.hasOwn(this.#values, name) ? this.#values[name] : null) ?? null;
  }

  has(name: string): boolean {
    return this.value(name) !== null;
  }

  text(name: string): string | null {
    const value = this.value(name);
    if (value === null || typeof value === 'string') return value;
    throw this.refusal(name, 'must be a string');
  }

  /** A text that must be there, and not be empty. */
  requiredText(name: string): string {
    const value = this.text(name);
    if (value) return value;
    throw this.refusal(name, value === null ? 'is missing' : 'must not be empty');
  }

  flag(name: string): boolean | null {
    const value = this.value(name);
    if (value === null || typeof value === 'boolean') return value;
    throw this.refusal(name, 'must be true or false');
  }

  number(name: string, isGood: (value: number) => boolean, range: string): number | null {
    const value = this.value(name);
    if (value === null || (typeof value === 'number' && isGood(value))) return value;
    throw this.refusal(name, `must be ${range}`);
  }

  count(name: string): number | null {
    return this.number(name, (value) => Number.isSafeInteger(value) && value > 0, 'a whole number above 0');
  }

  word<Word extends string>(name: string, words: readonly Word[]): Word | null {
    const value = this.value(name);
    const word = words.find((one) => one === value);
    if (value === null || word !== undefined) return word ?? null;
    throw this.refusal(name, `must be one of ${words.join(', ')}`);
  }

  object(name: string): BodyFields | null {
    const value = this.value(name);
    if (value === null) return null;
    if (isObject(value)) return new BodyFields(value, `${this.at(name)}.`);
    throw this.refusal(name, 'must be an object');
  }

  requiredObject(name: string): BodyFields {
    const object = this.object(name);
    if (object) return object;
    throw this.refusal(name, 'is missing');
  }

  objects(name: string): BodyFields[] | null {
    const value = this.value(name);
    if (value === null) return null;
    if (!Array.isArray(value)) throw this.refusal(name, 'must be a list');
    return value.map((item, index) => {
      const place = `${name}[${index}]`;
      if (isObject(item)) return new BodyFields(item, `${this.at(place)}.`);
      throw this.refusal(place, 'must be an object');
    });
  }

  /** A JSON schema, which is taken as it is. */
  schema(name: string): Readonly<Record<string, unknown>> | null {
    const value = this.value(name);
    if (value === null) return null;
    if (!isObject(value)) throw this.refusal(name, 'must be a JSON schema');
    if (isDeeper(value, DEPTH_MAX)) throw this.refusal(name, `is nested more than ${DEPTH_MAX} times`);
    return value;
  }

  /** The path of a field in the body. */
  at(name: string): string {
    return this.#path + name;
  }

  refusal(name: string, because: string): CallError {
    const path = this.at(name);
    return invalid(path, `${path} ${because}.`);
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Goes through the levels one by one: a value may be nested deeper than a function can call itself. */
function isDeeper(value: object, levels: number): boolean {
  let level: object[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth === levels) return true;
    level = level.flatMap((one) => Object.values(one).filter((inner) => typeof inner === 'object' && inner !== null));
  }
  return false;
}
