/**
 * Not what is secret: a database's address holds its password, and another one's may; where the name of a key's
 * variable is due, some put the key.
 */
export function shown(name: string, value: unknown, path: readonly PropertyKey[] = []): string {
  // They may hold keys.
  if (path.includes('headers') || path.includes('query')) return '';
  const text = JSON.stringify(value);
  if (/^(DATABASE_URL|OPERATOR_TOKEN|apiKeyEnv)$/.test(name) || /@|"(api_?key|headers|query)"?/i.test(text)) return '';
  // A query may hold a key.
  if (/base_?url$/i.test(name) && /[?#]/.test(text)) return '';
  return ` is ${text.length > 80 ? `${text.slice(0, 80)}…` : text}`;
}
