import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, type Token } from '@messageformat/parser';
import { type Language, languages } from '../app/languages/locales.ts';

/** The messages of one file by their keys, in ICU MessageFormat. */
export type Messages = Readonly<Record<string, string>>;
/** The files of one module by their names. */
export type Module = Readonly<Record<string, Messages>>;
/** The modules of one language by their names: what is loaded together is a module. */
export type Catalogue = Readonly<Record<string, Module>>;

export const folder = import.meta.dirname;

export const allLanguages = Object.keys(languages) as Language[];

export function readCatalogue(language: Language): Catalogue {
  const modules = readdirSync(join(folder, language), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return Object.fromEntries(modules.map(({ name }) => [name, readModule(language, name)]));
}

export function readModule(language: Language, module: string): Module {
  const files = readdirSync(join(folder, language, module)).filter((name) => name.endsWith('.json'));
  return Object.fromEntries(
    files.map((name) => [
      name.slice(0, -'.json'.length),
      JSON.parse(readFileSync(join(folder, language, module, name), 'utf8')) as Messages,
    ]),
  );
}

/** What a message takes: `number` where it chooses a plural or writes a figure, the cases of a choice, else any text. */
export type Taken = 'number' | 'text' | readonly string[];

/**
 * The values that a message takes, by their names.
 *
 * @throws what the parser says where the message is no ICU MessageFormat
 */
export function valuesOf(message: string): ReadonlyMap<string, Taken> {
  const values = new Map<string, Taken>();
  const visit = (tokens: readonly Token[]): void => {
    for (const token of tokens) {
      if (token.type === 'content' || token.type === 'octothorpe') continue;
      const known = values.get(token.arg);
      if (token.type === 'argument') values.set(token.arg, known ?? 'text');
      else if (token.type === 'function') values.set(token.arg, 'number');
      else if (token.type === 'select')
        values.set(
          token.arg,
          token.cases.map(({ key }) => key),
        );
      else values.set(token.arg, 'number');
      if ('cases' in token) for (const { tokens } of token.cases) visit(tokens);
    }
  };
  visit(parse(message));
  return values;
}

/** The text of a message that takes no values: without what ICU MessageFormat escapes. */
export function plainText(message: string): string {
  return parse(message)
    .map((token) => (token.type === 'content' ? token.value : ''))
    .join('');
}

/** The names of the tags in a message, in their order. */
export function tagsOf(message: string): string[] {
  return [...message.matchAll(/<(\w+)>/g)].map(([, name]) => name ?? '').sort();
}
