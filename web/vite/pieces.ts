import { join } from 'node:path';
import type { Plugin, Rollup } from 'vite';

type Roots = readonly string[];

/** It has a file of its own: it must not run before the scripts of the routes are there. */
const entry = 'entry.client.tsx';
const door = ['routes/sign-in.tsx', 'routes/sign-up.tsx'];
const frame = ['routes/_chat.tsx'];
const conversation = ['routes/_chat._conversation.tsx', 'routes/_chat._conversation._index.tsx'];
const turns = ['routes/_chat._conversation.c.$id.tsx'];
const shared = ['routes/s.$key.tsx'];

/**
 * What a browser loads in one piece, in the order in which a module goes to the first of them: one that is needed by one of the
 * `roots`, and by one of those that it is `sharedWith`. `others` are the pages within the frame that have no piece.
 */
const all: readonly { name: string; roots: Roots; sharedWith?: Roots | 'others' }[] = [
  { name: 'base', roots: [entry, 'root.tsx'] },
  { name: 'base', roots: door, sharedWith: [...frame, ...conversation] },
  { name: 'common', roots: shared, sharedWith: [...frame, ...conversation] },
  { name: 'answers', roots: shared, sharedWith: turns },
  { name: 'frame', roots: frame },
  { name: 'frame', roots: conversation, sharedWith: 'others' },
  { name: 'conversation', roots: conversation },
  { name: 'parts', roots: turns, sharedWith: 'others' },
  { name: 'turns', roots: turns },
  { name: 'door', roots: door },
];

/**
 * Puts the modules that come together into one file: each file costs half a kilobyte of headers, and compresses worse by
 * itself. What several pages have in common beyond that is left to the bundler, and the server's code is one file anyway.
 */
export function pieces(): Plugin {
  let forBrowser = false;
  return {
    name: 'pieces',
    apply: 'build',
    config: (_, { isSsrBuild }) =>
      isSsrBuild ? {} : { build: { rollupOptions: { output: { manualChunks: pieceOf() } } } },
    configResolved(config) {
      forBrowser = !config.build.ssr;
    },
    // A piece is the script of one of its pages, which needs no file of its own beside it then.
    buildStart() {
      if (!forBrowser) return;
      for (const root of new Set(all.flatMap(({ roots }) => roots))) {
        if (root !== entry)
          this.emitFile({ type: 'chunk', id: routeModule(root), preserveSignature: 'allow-extension' });
      }
    },
  };
}

/** A route's module as Remix asks the bundler for it: without what only the server needs. */
function routeModule(file: string): string {
  return `${join(import.meta.dirname, '../app', file)}?__remix-build-client-route`;
}

function pieceOf(): Rollup.GetManualChunk {
  let assigned: Map<string, string> | undefined;
  return (id, modules) => {
    assigned ??= assignedBy(modules);
    return assigned.get(id);
  };
}

function assignedBy(modules: Rollup.ManualChunkMeta): Map<string, string> {
  const ids = [...modules.getModuleIds()];
  const named = new Set(all.flatMap(({ roots }) => roots));
  const others = ids.map(fileOf).filter((file) => file.startsWith('routes/_chat') && !named.has(file));
  const reached = (roots: Roots) => {
    const seen = new Set(ids.filter((id) => roots.includes(fileOf(id))));
    for (const id of seen) for (const next of modules.getModuleInfo(id)?.importedIds ?? []) seen.add(next);
    return seen;
  };
  const assigned = new Map<string, string>();
  for (const { name, roots, sharedWith } of all) {
    const sharing = sharedWith && reached(sharedWith === 'others' ? others : sharedWith);
    for (const id of reached(roots)) {
      if (fileOf(id) !== entry && !assigned.has(id) && sharing?.has(id) !== false) assigned.set(id, name);
    }
  }
  return assigned;
}

/** The module's place below `app/`; that of a package is itself. A route's module is asked for with a query. */
function fileOf(id: string): string {
  return id.match(/.*\/web\/app\/([^?]+)/)?.[1] ?? id;
}
