import { createHash } from 'node:crypto';
import type { BodyFields } from '../body-fields.ts';

/** The longest name that all providers take. */
const NAME_LENGTH_MAX = 64;
const HASH_LENGTH = 8;

/** @throws CallError */
export function requireToolName(tool: BodyFields, field: string): string {
  const name = tool.requiredText(field);
  if (/^[a-zA-Z0-9_-]{1,64}$/.test(name)) return name;
  throw tool.refusal(field, 'must have 1 to 64 letters of a-z and A-Z, digits, underscores and dashes');
}

/**
 * The name by which a model knows a tool of a namespace: no protocol but this one has namespaces. The same tool has the
 * same name in every request.
 */
export function joinedName(namespace: string | null, name: string): string {
  if (namespace === null) return name;
  const whole = `${namespace}${namespace.endsWith('__') ? '' : '__'}${name}`;
  const joined = whole.replace(/[^a-zA-Z0-9_-]/g, '_');
  if (joined === whole && joined.length <= NAME_LENGTH_MAX) return joined;
  const hash = createHash('sha256').update(whole).digest('hex').slice(0, HASH_LENGTH);
  return `${joined.slice(0, NAME_LENGTH_MAX - HASH_LENGTH - 1)}_${hash}`;
}
