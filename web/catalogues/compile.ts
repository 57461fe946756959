import MessageFormat from '@messageformat/core';
import compileModule from '@messageformat/core/lib/compile-module.js';
import type { Language } from '../app/languages/locales.ts';
import { allLanguages, type Messages, type Module, plainText, readCatalogue, readModule, valuesOf } from './read.ts';

/** The JavaScript module of one language's texts: each file is an export, each message a text or a function that makes one. */
export function compile(language: Language, module: string): string {
  const english = readModule('en', module);
  // A text that is not translated yet is shown in English.
  const own = language === 'en' ? english : merged(english, readModule(language, module));
  const composed: Record<string, Messages> = {};
  const plain: Record<string, Record<string, string>> = {};
  for (const [file, messages] of Object.entries(own)) {
    plain[file] = {};
    for (const [key, message] of Object.entries(messages)) {
      if (valuesOf(message).size === 0) plain[file][key] = plainText(message);
      else composed[file] = { ...composed[file], [key]: message };
    }
  }
  const functions = compileModule(new MessageFormat(language), composed).replace('export default', 'const composed =');
  const exports = Object.entries(plain).map(
    ([file, texts]) => `export const ${file} = { ...${JSON.stringify(texts)}, ...composed.${file} };`,
  );
  return [functions, ...exports].join('\n');
}

/** The module with all languages' texts, of which it offers those of the page: for the server, development and tests. */
export function compileForAll(module: string, localeFile: string): string {
  const imports = allLanguages.map(
    (language) => `import * as ${language} from ${JSON.stringify(idOf(language, module))};`,
  );
  const files = Object.keys(readModule('en', module));
  return [
    `import { language } from ${JSON.stringify(localeFile)};`,
    ...imports,
    `const texts = { ${allLanguages.join(', ')} }[language];`,
    ...files.map((file) => `export const ${file} = texts.${file};`),
  ].join('\n');
}

export function idOf(language: Language, module: string): string {
  return `texts-of:${language}/${module}`;
}

/** The types of all modules, as the English catalogue has them. */
export function declarations(): string {
  const modules = Object.entries(readCatalogue('en'))
    .filter(([, module]) => Object.keys(module).length > 0)
    .map(
      ([name, module]) =>
        `declare module 'texts:${name}' {\n${Object.entries(module).map(declarationOf).join('\n')}\n}\n`,
    );
  return `// Written by \`npm run generate\` from the English catalogue.\n\n${modules.join('\n')}`;
}

function declarationOf([file, messages]: [string, Messages]): string {
  const members = Object.entries(messages).map(([key, message]) => {
    const values = [...valuesOf(message)].map(([name, taken]) => `${name}: ${typeOf(taken)}`);
    return values.length === 0
      ? `    readonly ${key}: string;`
      : `    ${key}(values: { ${values.join('; ')} }): string;`;
  });
  return `  export const ${file}: {\n${members.join('\n')}\n  };`;
}

function typeOf(taken: 'number' | 'text' | readonly string[]): string {
  if (taken === 'number') return 'number';
  if (taken === 'text') return 'string | number';
  const cases = taken.filter((name) => name !== 'other').map((name) => JSON.stringify(name));
  return taken.includes('other') ? [...cases, '(string & {})'].join(' | ') : cases.join(' | ');
}

function merged(english: Module, own: Module): Module {
  return Object.fromEntries(Object.entries(english).map(([file, messages]) => [file, { ...messages, ...own[file] }]));
}
