import type { z } from 'zod';
import type { CatalogueChanges, ChangeMistake } from '../catalogue/changes.ts';
import { InvalidInputError } from '../ground/errors.ts';
import type { Assembly } from './assembly.ts';

/** The fields of entries, as the API names them and as people call them. */
const fields: Readonly<Record<string, readonly [field: string, name: string]>> = {
  id: ['id', 'The id'],
  name: ['name', 'The name'],
  kind: ['kind', 'The kind'],
  baseURL: ['baseUrl', 'The address'],
  headers: ['headers', 'A header'],
  query: ['query', 'A parameter'],
  minimumTier: ['minimumTier', 'The plan'],
  contextWindow: ['contextWindow', 'The context window'],
  maxOutputTokens: ['maxOutputTokens', 'The longest answer'],
  inputPriceUsd: ['inputPriceUsd', 'The price of input'],
  outputPriceUsd: ['outputPriceUsd', 'The price of output'],
  cachedInputPriceUsd: ['cachedInputPriceUsd', 'The price of cached input'],
  cacheWriteInputPriceUsd: ['cacheWriteInputPriceUsd', 'The price of writing to the cache'],
  fallbacks: ['fallbackIds', 'A fallback'],
  defaultModels: ['modelIds', 'A default model'],
};

/** A mistake as a sentence for an admin. */
export function sentenceOf({ field, clause }: Pick<ChangeMistake, 'field' | 'clause'>): string {
  const name = fields[field]?.[1] ?? 'The entry';
  return `${name} ${clause}.`.replace(/\.\.$/, '.');
}

/**
 * Requires that the change of this one thing has no mistake, by the rules of the catalogue's file.
 *
 * @throws InvalidInputError
 */
export function requireSound(
  assembly: Assembly,
  changes: CatalogueChanges,
  changed: { of: ChangeMistake['of']; id?: string },
): void {
  const mistake = assembly.mistakesIn(changes).find(({ of, id }) => of === changed.of && (changed.id ?? id) === id);
  if (mistake) throw new InvalidInputError(fields[mistake.field]?.[0] ?? 'id', sentenceOf(mistake));
}

/**
 * The entry, as the catalogue's file would take it.
 *
 * @throws InvalidInputError for the first mistake; the message shows no value
 */
export function soundEntry<Entry>(schema: z.ZodType<Entry>, entry: unknown): Entry {
  const result = schema.safeParse(entry);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const [field = 'id', name] = (issue?.path ?? []).map(String);
  const about = name === undefined ? '' : ` ${name}`;
  const [apiField, label] = fields[field] ?? ['id', 'The entry'];
  throw new InvalidInputError(apiField, `${label}${about} is not right: ${issue?.message}.`);
}
