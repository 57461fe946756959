import type { Plugin, Rollup } from 'vite';

const door = ['app/routes/sign-in.tsx', 'app/routes/sign-up.tsx'];
const chat = ['app/routes/_chat.tsx'];
const conversation = ['app/routes/_chat._conversation.tsx', 'app/routes/_chat._conversation._index.tsx'];

/** The roots of what a browser loads in one piece, in the order in which a module goes to the first of them that needs it. */
const all: readonly { name: string; roots: readonly string[]; sharedBy?: readonly (readonly string[])[] }[] = [
  // What every page needs, and what the pages before and after signing in share.
  {
    name: 'base',
    roots: ['app/entry.client.tsx', 'app/root.tsx'],
    sharedBy: [door, [...chat, ...conversation]],
  },
  { name: 'frame', roots: chat },
  { name: 'conversation', roots: conversation },
  { name: 'arena', roots: ['app/routes/_chat._conversation.c.$id.tsx'] },
  { name: 'door', roots: door },
];

/**
 * Puts the modules that come together into one file: each file costs half a kilobyte of headers, and compresses worse by
 * itself. What several pages have in common beyond that is left to the bundler, and the server's code is one file anyway.
 */
export function pieces(): Plugin {
  return {
    name: 'pieces',
    apply: 'build',
    config: (_, { isSsrBuild }) =>
      isSsrBuild ? {} : { build: { rollupOptions: { output: { manualChunks: pieceOf() } } } },
  };
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
  const reached = (roots: readonly string[]) => {
    const seen = new Set<string>(ids.filter((id) => roots.some((root) => id.split('?')[0]?.endsWith(`/${root}`))));
    for (const id of seen) for (const next of modules.getModuleInfo(id)?.importedIds ?? []) seen.add(next);
    return seen;
  };
  const assigned = new Map<string, string>();
  for (const { name, roots, sharedBy } of all) {
    const [one, ...others] = (sharedBy ?? []).map(reached);
    const shared = [...(one ?? [])].filter((id) => others.every((other) => other.has(id)));
    for (const id of [...reached(roots), ...shared]) if (!assigned.has(id)) assigned.set(id, name);
  }
  return assigned;
}
