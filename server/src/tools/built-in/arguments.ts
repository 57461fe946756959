/** The text that a model gave, trimmed; null: it gave none, or one that is longer than it may be. */
export function textArgument(given: Readonly<Record<string, unknown>>, name: string, lengthMax: number): string | null {
  const value = given[name];
  if (typeof value !== 'string') return null;
  const text = value.trim();
  return text === '' || text.length > lengthMax ? null : text;
}

/** The whole number that a model gave, brought between the two; the default where it gave none. */
export function integerArgument(
  given: Readonly<Record<string, unknown>>,
  name: string,
  { min, max, otherwise }: { min: number; max: number; otherwise: number },
): number {
  const value = Number(given[name] ?? otherwise);
  return Number.isFinite(value) ? Math.min(max, Math.max(min, Math.trunc(value))) : otherwise;
}
