import { z } from 'zod';
import { withoutUnseen } from '../ground/storable-text.ts';

/** The arguments of a call; a text: what is wrong with them, for the model. */
export function argumentsOf(
  json: string,
  parameters: Readonly<Record<string, unknown>> | null,
): Readonly<Record<string, unknown>> | string {
  const read = readObject(json.trim() === '' ? '{}' : json);
  if (typeof read === 'string') return read;
  const isTooMuch = parameters !== null && sizeOf(parameters) * sizeOf(read) > COMPARED_MAX;
  const schema = parameters === null || isTooMuch ? null : schemaOf(parameters);
  const checked = schema?.safeParse(read);
  if (!checked || checked.success) return read;
  return `The arguments do not fit: ${checked.error.issues.slice(0, ISSUES_MAX).map(describe).join('; ')}.`;
}

const ISSUES_MAX = 5;
/** Values of the arguments times those of the schema: each may be compared with each, and what does not fit takes memory. */
const COMPARED_MAX = 100_000;

/** How many values there are in JSON, at least one. */
function sizeOf(json: unknown): number {
  let size = 0;
  for (const left = [json]; left.length > 0; size += 1) {
    const one = left.pop();
    if (typeof one === 'object' && one !== null) for (const within of Object.values(one)) left.push(within);
  }
  return size;
}

/** Whether the arguments, which are valid JSON, have characters that nobody sees who is asked to approve them. */
export function hasUnseen(json: string): boolean {
  // An escape of one is such a character by the time it is shown.
  const plain = json.trim() === '' ? '{}' : plainOf(json);
  return plain === null || withoutUnseen(plain) !== plain;
}

/** Null: it is nested too deep to be shown. */
function plainOf(json: string): string | null {
  try {
    return JSON.stringify(JSON.parse(json));
  } catch {
    return null;
  }
}

function describe({ path, message }: z.core.$ZodIssue): string {
  return path.length === 0 ? message : `${path.join('.')}: ${message}`;
}

/** UTF-16 code units: as many as a prompt may have. */
const LENGTH_MAX = 500_000;

function readObject(json: string): Readonly<Record<string, unknown>> | string {
  if (json.length > LENGTH_MAX) return `The arguments are too long: at most ${LENGTH_MAX} characters.`;
  try {
    const value: unknown = JSON.parse(json);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'The arguments are no JSON object.';
    // Who reads the first of two values would approve another call than is made.
    if (namesIn(json) !== fieldsOf(value)) return 'The arguments name a field twice.';
    return value as Record<string, unknown>;
  } catch {
    return 'The arguments are no JSON.';
  }
}

/** How many names of fields are written in valid JSON. */
function namesIn(json: string): number {
  let names = 0;
  for (const [, colon] of json.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"(\s*:)?/g)) if (colon !== undefined) names += 1;
  return names;
}

/** How many fields there are in all objects of the value. */
function fieldsOf(value: object): number {
  let fields = 0;
  for (const left: unknown[] = [value]; left.length > 0; ) {
    const one = left.pop();
    if (typeof one !== 'object' || one === null) continue;
    const within = Object.values(one);
    if (!Array.isArray(one)) fields += within.length;
    for (const inner of within) left.push(inner);
  }
  return fields;
}

const schemas = new WeakMap<object, z.ZodType | null>();

/** Null: the schema says something that cannot be checked here, or not in bounded time; the tool checks it itself. */
function schemaOf(parameters: Readonly<Record<string, unknown>>): z.ZodType | null {
  const known = schemas.get(parameters);
  if (known !== undefined) return known;
  const made = madeSchema(parameters);
  schemas.set(parameters, made);
  return made;
}

function madeSchema(parameters: Readonly<Record<string, unknown>>): z.ZodType | null {
  if (isDear(parameters)) return null;
  try {
    return z.fromJSONSchema({ type: 'object', ...parameters } as Parameters<typeof z.fromJSONSchema>[0]);
  } catch {
    return null;
  }
}

/** Keywords by which the schema of a stranger could keep this process busy for good: expressions, and references in a maze. */
const dearWords = ['pattern', '$ref', '$dynamicRef', '$recursiveRef'];

function isDear(schema: unknown): boolean {
  if (typeof schema !== 'object' || schema === null) return false;
  const fields = schema as Readonly<Record<string, unknown>>;
  // A property may have such a name; then its value is a schema.
  if ('patternProperties' in fields || dearWords.some((word) => typeof fields[word] === 'string')) return true;
  return Object.values(fields).some(isDear);
}
