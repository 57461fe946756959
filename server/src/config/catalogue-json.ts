import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { z } from 'zod';
import { type CatalogueFile, catalogueFileSchema } from '../domain/catalogue/catalogue-file.ts';
import { shown } from './mistakes.ts';

/** Reads the file as far as it is sound; its mistakes go to `problems`. */
export function readCatalogueFile(path: string | undefined, directory: string, problems: string[]): CatalogueFile {
  if (path === undefined) return {};
  let content: unknown;
  try {
    // Some editors begin a file with a byte order mark.
    content = JSON.parse(readFileSync(resolve(directory, path), 'utf8').replace(/^\uFEFF/, ''));
  } catch (error) {
    problems.push(`CATALOGUE_FILE is ${JSON.stringify(path)}: ${unreadable(error as NodeJS.ErrnoException)}`);
    return {};
  }
  return checkCatalogue(content, problems);
}

/** Takes from what a catalogue file holds all that is sound; the mistakes go to `problems`. */
export function checkCatalogue(content: unknown, problems: string[]): CatalogueFile {
  const result = catalogueFileSchema.safeParse(content, { reportInput: true });
  if (result.success) return result.data;
  problems.push(...result.error.issues.map(describeIssue));
  // The rest is checked further without the faulty parts, so that its mistakes are named in the same run. An entry that lost
  // its id ends the check: references to it would all look wrong.
  return catalogueFileSchema.safeParse(withoutFaults(content, result.error.issues)).data ?? {};
}

function unreadable(error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT') return 'there is no such file';
  if (!(error instanceof SyntaxError)) return `it cannot be read (${error.code})`;
  // The parser's message quotes the text around the mistake, which may hold a key.
  return error.message.includes('@') ? 'it is not JSON' : `it is not JSON (${error.message})`;
}

function describeIssue(issue: z.core.$ZodIssue): string {
  const place = ['CATALOGUE_FILE', pathInFile(issue.path)].filter((part) => part !== '').join(' ');
  if (issue.code === 'unrecognized_keys') {
    return `${place} has the unknown key${issue.keys.length === 1 ? '' : 's'} ${issue.keys.map((key) => `"${key}"`).join(', ')}`;
  }
  if (issue.input === undefined) return `${place} is missing: ${issue.message}`;
  return `${place}${shown(String(issue.path.at(-1)), issue.input, issue.path)}: ${issue.message}`;
}

/** `models[1].inputPriceUsd` */
function pathInFile(path: readonly PropertyKey[]): string {
  return path
    .map((key, index) => (typeof key === 'number' ? `[${key}]` : `${index > 0 ? '.' : ''}${String(key)}`))
    .join('');
}

function withoutFaults(content: unknown, issues: readonly z.core.$ZodIssue[]): unknown {
  const copy = structuredClone(content);
  for (const issue of issues) {
    if (issue.code === 'unrecognized_keys') for (const key of issue.keys) removeAt(copy, [...issue.path, key]);
    else removeAt(copy, issue.path);
  }
  return copy;
}

/** Removes the innermost named field on the path. Removing a list's element would move the elements after it. */
function removeAt(content: unknown, path: readonly PropertyKey[]) {
  const named = path.findLastIndex((key) => typeof key === 'string');
  const owner = path
    .slice(0, named)
    .reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown>)?.[key], content);
  const key = path[named];
  if (key !== undefined && typeof owner === 'object' && owner !== null)
    delete (owner as Record<PropertyKey, unknown>)[key];
}
