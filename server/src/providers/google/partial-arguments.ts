import { asList } from '../model-parts.ts';

/** A value at a place within the arguments of a call, or a piece of a text there. */
interface PartialArgument {
  /** `$.operations[0].price`, or `$['a key']`. */
  jsonPath?: unknown;
  stringValue?: unknown;
  numberValue?: unknown;
  boolValue?: unknown;
  nullValue?: unknown;
}

type Container = Record<string, unknown> | unknown[];
type Key = string | number;

/** The deepest place that is written to; arguments of tools are far less deep. */
const depthMax = 64;

/** The arguments of a call that come value by value: Gemini streams them so where it is asked to. */
export class PartialArguments {
  readonly #root: Record<string, unknown> = Object.create(null);

  /** @param list pieces in their order; what cannot be understood is ignored */
  add(list: unknown): void {
    for (const piece of asList(list) as PartialArgument[]) {
      const keys = keysOf(piece.jsonPath);
      const value = toValue(piece);
      if (keys && value !== undefined) this.#write(keys, value);
    }
  }

  /** @returns JSON */
  toString(): string {
    return JSON.stringify(this.#root);
  }

  #write(keys: readonly Key[], value: unknown): void {
    let container: Container = this.#root;
    for (const [index, key] of keys.entries()) {
      if (!fits(container, key)) return;
      const fields = container as Record<Key, unknown>;
      const before = fields[key];
      const next = keys[index + 1];
      if (next === undefined) {
        // A text comes in pieces, of which the last may be empty.
        fields[key] = typeof before === 'string' && typeof value === 'string' ? before + value : value;
        return;
      }
      if (typeof before !== 'object' || before === null)
        fields[key] = typeof next === 'number' ? [] : Object.create(null);
      container = fields[key] as Container;
    }
  }
}

/** A list grows by one item at a time: an item far behind its end would fill the memory with nothing. */
function fits(container: Container, key: Key): boolean {
  return Array.isArray(container) ? typeof key === 'number' && key <= container.length : typeof key === 'string';
}

function toValue({ stringValue, numberValue, boolValue, nullValue }: PartialArgument): unknown {
  return nullValue === undefined ? (stringValue ?? numberValue ?? boolValue) : null;
}

/** Null: the path cannot be understood. */
function keysOf(path: unknown): Key[] | null {
  if (typeof path !== 'string' || !path.startsWith('$')) return null;
  const keys: Key[] = [];
  const step = /\.([^.[\]]+)|\[(\d+)\]|\['([^']*)'\]|\["([^"]*)"\]/y;
  step.lastIndex = 1;
  while (step.lastIndex < path.length) {
    const [found, name, index, quoted, doubleQuoted] = step.exec(path) ?? [];
    if (found === undefined || keys.length >= depthMax) return null;
    keys.push(index === undefined ? (name ?? quoted ?? doubleQuoted ?? '') : Number(index));
  }
  return keys.length > 0 ? keys : null;
}
