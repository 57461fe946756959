import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Plugin, Rollup } from 'vite';
import type { Language } from '../app/languages/locales.ts';
import { compile, compileForAll, idOf } from './compile.ts';
import { allLanguages, folder, readCatalogue } from './read.ts';

/** Where the browser finds texts, as the build of the pages' scripts tells that of the server's. */
export interface TextAssets {
  /** The addresses of the modules by language and name, below the folder of assets. */
  files: Readonly<Record<Language, Readonly<Record<string, string>>>>;
  /** The names of the modules that a route's script imports, by the route's file. */
  ofRoutes: Readonly<Record<string, readonly string[]>>;
}

const root = join(import.meta.dirname, '..');
const localeFile = join(root, 'app/languages/locale.ts');
const assetsFile = join(root, 'build/texts.json');

/**
 * Resolves `texts:<module>` to the texts of pages. In the browser it is a name that the page's import map leads to the texts
 * of its language, so that a browser loads one language only; elsewhere it is a module with all of them.
 */
export function catalogues(): Plugin {
  let forBrowser = false;
  return {
    name: 'catalogues',
    enforce: 'pre',
    configResolved(config) {
      forBrowser = config.command === 'build' && !config.build.ssr && config.mode !== 'test';
    },
    buildStart() {
      if (!forBrowser) return;
      for (const language of allLanguages) {
        for (const module of Object.keys(readCatalogue('en'))) {
          const name = `texts-${language}-${module}`;
          this.emitFile({ type: 'chunk', id: idOf(language, module), name, preserveSignature: 'strict' });
        }
      }
    },
    async resolveId(id, importer) {
      // Each module of texts has its own copy of the few lines that choose plurals: a file of theirs would cost more.
      const texts = importer?.match(/^\0texts-of:(.*)|[?]in=(.*)$/);
      if (forBrowser && texts) {
        const found = await this.resolve(id, importer, { skipSelf: true });
        return found && `${found.id}?in=${texts[1] ?? texts[2]}`;
      }
      if (id.startsWith('texts:')) return forBrowser ? { id, external: true } : `\0${id}`;
      if (id.startsWith('texts-of:') || id === 'texts-assets') return `\0${id}`;
      return undefined;
    },
    load(id) {
      if (id === '\0texts-assets') return `export default ${readAssets()};`;
      if (id.startsWith('\0texts:')) return compileForAll(id.slice('\0texts:'.length), localeFile);
      if (!id.startsWith('\0texts-of:')) return undefined;
      const [language, module] = id.slice('\0texts-of:'.length).split('/');
      return compile(language as Language, module ?? '');
    },
    generateBundle(_options, bundle) {
      if (!forBrowser) return;
      const chunks = Object.values(bundle).filter((file) => file.type === 'chunk');
      mkdirSync(dirname(assetsFile), { recursive: true });
      writeFileSync(assetsFile, JSON.stringify({ files: filesOf(chunks), ofRoutes: textsOfRoutes(chunks) }));
    },
    handleHotUpdate({ file, server }) {
      if (!file.startsWith(folder)) return;
      server.moduleGraph.invalidateAll();
      server.ws.send({ type: 'full-reload' });
    },
  };
}

/** Texts are compiled into the page's scripts in development, where there is no such file. */
function readAssets(): string {
  return existsSync(assetsFile) ? readFileSync(assetsFile, 'utf8') : '{ files: {}, ofRoutes: {} }';
}

function filesOf(chunks: readonly Rollup.OutputChunk[]): TextAssets['files'] {
  const files: Record<string, Record<string, string>> = {};
  for (const { facadeModuleId, fileName } of chunks) {
    const [language, module] = facadeModuleId?.match(/^\0texts-of:(.+)\/(.+)$/)?.slice(1) ?? [];
    if (language && module) files[language] = { ...files[language], [module]: fileName };
  }
  return files as TextAssets['files'];
}

function textsOfRoutes(chunks: readonly Rollup.OutputChunk[]): TextAssets['ofRoutes'] {
  const byName = new Map(chunks.map((chunk) => [chunk.fileName, chunk]));
  const textsOf = (chunk: Rollup.OutputChunk, seen: Set<string>): string[] => {
    if (seen.has(chunk.fileName)) return [];
    seen.add(chunk.fileName);
    return chunk.imports.flatMap((name) => {
      const imported = byName.get(name);
      return imported ? textsOf(imported, seen) : name.startsWith('texts:') ? name.slice('texts:'.length) : [];
    });
  };
  const routes = chunks.flatMap((chunk) => {
    const route = chunk.facadeModuleId?.match(/\/app\/((?:routes\/.+|root))[.]tsx(?:[?].*)?$/)?.[1];
    return route ? [[route, [...new Set(textsOf(chunk, new Set()))].sort()] as const] : [];
  });
  return Object.fromEntries(routes);
}
