import type { NamedValueInput } from '../../graphql/generated/graphql.ts';

/**
 * What the form says of a provider's headers; null: as they are stored. A list replaces all that are stored, so it names
 * those that stay, too; a value of null is the stored one.
 */
export function headersOf(
  stored: readonly string[],
  { removed, added }: { removed: ReadonlySet<string>; added: { name: string | null; value: string | null } },
): NamedValueInput[] | null {
  if (added.name === null && removed.size === 0) return null;
  const isReplaced = (name: string) => name.toLowerCase() === added.name?.toLowerCase();
  const kept = stored.filter((name) => !removed.has(name) && !isReplaced(name));
  return [
    ...kept.map((name) => ({ name, value: null })),
    ...(added.name === null ? [] : [{ name: added.name, value: added.value }]),
  ];
}
