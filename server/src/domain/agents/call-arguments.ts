import { z } from 'zod';

/** The arguments of a call; a text: what is wrong with them, for the model. */
export function argumentsOf(
  json: string,
  parameters: Readonly<Record<string, unknown>> | null,
): Readonly<Record<string, unknown>> | string {
  const read = readObject(json.trim() === '' ? '{}' : json);
  if (typeof read === 'string') return read;
  const schema = parameters === null ? null : schemaOf(parameters);
  const checked = schema?.safeParse(read);
  if (!checked || checked.success) return read;
  return `The arguments do not fit: ${checked.error.issues.slice(0, ISSUES_MAX).map(describe).join('; ')}.`;
}

const ISSUES_MAX = 5;

function describe({ path, message }: z.core.$ZodIssue): string {
  return path.length === 0 ? message : `${path.join('.')}: ${message}`;
}

function readObject(json: string): Readonly<Record<string, unknown>> | string {
  try {
    const value: unknown = JSON.parse(json);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
    return 'The arguments are no JSON object.';
  } catch {
    return 'The arguments are no JSON.';
  }
}

const schemas = new WeakMap<object, z.ZodType | null>();

/** Null: the schema says something that cannot be checked here, which the tool checks itself. */
function schemaOf(parameters: Readonly<Record<string, unknown>>): z.ZodType | null {
  const known = schemas.get(parameters);
  if (known !== undefined) return known;
  const made = madeSchema(parameters);
  schemas.set(parameters, made);
  return made;
}

function madeSchema(parameters: Readonly<Record<string, unknown>>): z.ZodType | null {
  try {
    return z.fromJSONSchema({ type: 'object', ...parameters } as Parameters<typeof z.fromJSONSchema>[0]);
  } catch {
    return null;
  }
}
