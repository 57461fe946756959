import { readFileSync } from 'node:fs';
import { type DocumentNode, print, stripIgnoredCharacters } from 'graphql';
import type { Plugin } from 'vite';

const generated = /import\s*\{([^}]*)\}\s*from\s*["'][^"']*graphql\/generated\/graphql\.ts["'];?/g;
const virtual = 'virtual:document/';

/**
 * Gives the browser each document of the API as a module of its own, and as the text that it was written as. The generated
 * file has all of them as trees, six times as long: every page would load those of all others.
 */
export function singleDocuments(): Plugin {
  const file = new URL('../app/graphql/generated/graphql.ts', import.meta.url);
  let documents: Map<string, string> | undefined;
  return {
    name: 'single-documents',
    apply: 'build',
    enforce: 'post',
    transform(code, id, options) {
      if (options?.ssr || id.includes('node_modules') || !code.includes('generated/graphql.ts')) return null;
      return code.replace(generated, (_, names: string) =>
        names
          .split(',')
          .map((name) => name.trim())
          .filter((name) => name !== '')
          .map((name) => `import { document as ${name} } from ${JSON.stringify(virtual + name)};`)
          .join('\n'),
      );
    },
    resolveId: (id) => (id.startsWith(virtual) ? `\0${id}` : null),
    load(id) {
      if (!id.startsWith(`\0${virtual}`)) return null;
      documents ??= textsIn(readFileSync(file, 'utf8'));
      const name = id.slice(virtual.length + 1);
      const text = documents.get(name);
      if (text === undefined) throw new Error(`The generated file has no document ${name}`);
      const code = `import { gql } from '@urql/core';\nexport const document = /* @__PURE__ */ gql(${JSON.stringify(text)});`;
      return { code, moduleSideEffects: false };
    },
  };
}

function textsIn(source: string): Map<string, string> {
  const trees = source.matchAll(/^export const (\w+Document) = (\{.*\}) as unknown as DocumentNode</gm);
  return new Map(
    [...trees].map(([, name, tree]) => [
      name as string,
      stripIgnoredCharacters(print(JSON.parse(tree as string) as DocumentNode)),
    ]),
  );
}
