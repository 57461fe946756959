type Schema = Readonly<Record<string, unknown>>;

/** What an example may be made of at most: a schema may refer to itself, or ask for a thousand items. */
const nodesMax = 500;
const depthMax = 16;
const itemsMax = 8;
/** Of one text. */
const charactersMax = 200;
/** Of everything that the schema itself brings in: its constants and names. A mock model's longest answer is shorter. */
const givenCharactersMax = 32_768;

/**
 * A value that fits a JSON schema, as far as the common keywords say: what is required and nothing else, of an
 * enumeration the first value, the number 1. Its texts are the last of the words, in their order.
 */
export function exampleOf(schema: Schema, words: readonly string[]): unknown {
  let texts = 0;
  new Example(schema, () => String(texts++)).build(schema);
  const last = words.slice(-texts);
  let next = 0;
  return new Example(schema, () => last[next++ % last.length] ?? 'text').build(schema);
}

class Example {
  #nodes = 0;
  #givenCharacters = 0;
  readonly #root: Schema;
  readonly #nextWord: () => string;

  constructor(root: Schema, nextWord: () => string) {
    this.#root = root;
    this.#nextWord = nextWord;
  }

  build(given: unknown, depth = 0): unknown {
    if (++this.#nodes > nodesMax || depth > depthMax || this.#isFull) return null;
    const schema = this.#referred(given);
    if (schema.const !== undefined) return this.#counted(schema.const);
    if (Array.isArray(schema.enum) && schema.enum.length > 0) return this.#counted(schema.enum[0]);
    const choices = asSchemas(schema.anyOf ?? schema.oneOf ?? (schema.properties ? [] : schema.allOf));
    const choice = choices.find(({ type }) => type !== 'null') ?? choices[0];
    if (choice) return this.build(choice, depth + 1);
    switch (typeOf(schema)) {
      case 'object':
        return this.#object(schema, depth);
      case 'array':
        return this.#list(schema, depth);
      case 'number':
      case 'integer':
        return toNumber(schema);
      case 'boolean':
        return true;
      case 'null':
        return null;
      default:
        return toText(schema, this.#nextWord);
    }
  }

  get #isFull(): boolean {
    return this.#givenCharacters > givenCharactersMax;
  }

  #counted<Value>(value: Value): Value {
    this.#givenCharacters += JSON.stringify(value).length;
    return value;
  }

  #object({ properties, required }: Schema, depth: number): unknown {
    const entries: [string, unknown][] = [];
    for (const name of Array.isArray(required) ? required : []) {
      if (this.#nodes > nodesMax || this.#isFull) break;
      if (typeof name === 'string') entries.push([this.#counted(name), this.build(field(properties, name), depth + 1)]);
    }
    return Object.fromEntries(entries);
  }

  #list({ items, prefixItems, minItems, maxItems }: Schema, depth: number): unknown[] {
    const first = Array.isArray(prefixItems) ? prefixItems.slice(0, itemsMax) : [];
    const count = Math.min(toLimit(minItems, 1), toLimit(maxItems, itemsMax), itemsMax);
    const rest = Array.from({ length: Math.max(0, count - first.length) }, () => items);
    return [...first, ...rest].map((item) => this.build(item, depth + 1));
  }

  /** What a reference within the whole schema stands for. */
  #referred(given: unknown): Schema {
    let schema = asSchema(given);
    for (let step = 0; typeof schema.$ref === 'string' && step < depthMax; step++) {
      const path = schema.$ref.replace(/^#\/?/, '').split('/', depthMax).filter(Boolean);
      schema = asSchema(path.reduce<unknown>((found, name) => field(found, unescaped(name)), this.#root));
    }
    return schema;
  }
}

function asSchema(value: unknown): Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Schema) : {};
}

function asSchemas(value: unknown): Schema[] {
  return Array.isArray(value) ? value.slice(0, itemsMax).map(asSchema) : [];
}

function field(value: unknown, name: string): unknown {
  return Object.hasOwn(asSchema(value), name) ? asSchema(value)[name] : undefined;
}

/** A name within a JSON pointer. */
function unescaped(name: string): string {
  return name.replaceAll('~1', '/').replaceAll('~0', '~');
}

function typeOf({ type, properties, items }: Schema): unknown {
  if (Array.isArray(type)) return type.find((one) => one !== 'null') ?? 'null';
  return type ?? (properties ? 'object' : items ? 'array' : 'string');
}

function toNumber({ minimum, exclusiveMinimum, maximum, exclusiveMaximum, multipleOf, type }: Schema): number {
  const isWhole = type === 'integer';
  const step = typeof multipleOf === 'number' && multipleOf > 0 ? multipleOf : 1;
  const least =
    typeof minimum === 'number' ? minimum : typeof exclusiveMinimum === 'number' ? exclusiveMinimum + step : step;
  const most =
    typeof maximum === 'number' ? maximum : typeof exclusiveMaximum === 'number' ? exclusiveMaximum - step : step;
  const wanted = least > step ? Math.ceil(least / step) * step : Math.min(step, most);
  return isWhole ? Math.round(wanted) : wanted;
}

/** Texts of the formats that programs check. */
const formats: ReadonlyMap<unknown, string> = new Map([
  ['date-time', '2026-01-01T00:00:00Z'],
  ['date', '2026-01-01'],
  ['time', '00:00:00Z'],
  ['email', 'someone@example.com'],
  ['uri', 'https://example.com/'],
  ['url', 'https://example.com/'],
  ['uuid', '00000000-0000-4000-8000-000000000000'],
]);

function toText({ format, minLength, maxLength }: Schema, nextWord: () => string): string {
  const formatted = formats.get(format);
  if (formatted !== undefined) return formatted;
  const most = Math.min(toLimit(maxLength, charactersMax), charactersMax);
  const text = Array.from(nextWord().slice(0, 2 * charactersMax))
    .slice(0, most)
    .join('');
  return text.padEnd(Math.min(toLimit(minLength, 0), most), '.');
}

function toLimit(value: unknown, otherwise: number): number {
  return typeof value === 'number' && value >= 0 ? Math.floor(value) : otherwise;
}
