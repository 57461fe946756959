import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { vitePlugin as remix } from '@remix-run/dev';
import tailwindcss from '@tailwindcss/vite';
import { defineConfig, type Plugin } from 'vite';
import { catalogues } from './catalogues/plugin.ts';
import { directIcons } from './vite/direct-icons.ts';
import { pieces } from './vite/pieces.ts';
import { singleDocuments } from './vite/single-documents.ts';
import { wholeManifest } from './vite/whole-manifest.ts';

declare module '@remix-run/node' {
  interface Future {
    v3_singleFetch: true;
  }
}

export default defineConfig(({ isSsrBuild }) => ({
  plugins: [
    catalogues(),
    tailwindcss(),
    remix({
      ignoredRouteFiles: ['**/*.test.*', '**/*.graphql'],
      future: {
        v3_fetcherPersist: true,
        // Lazy discovery looks through the whole page for links after every change, once for each new node: opening a long
        // answer froze the tab for seconds. The app has a dozen routes, so that their manifest is small.
        v3_lazyRouteDiscovery: false,
        v3_relativeSplatPath: true,
        v3_singleFetch: true,
        v3_throwAbortReason: true,
      },
    }),
    directIcons(),
    singleDocuments(),
    wholeManifest(),
    pieces(),
    compressed(),
  ],
  // Vite looks for all dependencies before the first page, so that no page is reloaded for one that is found later.
  optimizeDeps: { entries: ['app/entry.client.tsx', 'app/root.tsx', 'app/routes/**/*.tsx'] },
  // The browser finds assets beside each other, whatever path the server is below; what the server writes, pages.ts completes.
  experimental: { renderBuiltUrl: (_name, { ssr }) => (ssr ? undefined : { relative: true }) },
  // A worker loads the grammars of languages as it needs them.
  worker: { format: 'es' },
  // Nothing is inlined: the Content-Security-Policy (pages.ts) refuses `data:` URLs except for images.
  build: {
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    // The server's pages are one file, of which the server has an instance for each locale (pages.ts).
    rollupOptions: { output: { inlineDynamicImports: isSsrBuild === true } },
  },
}));

/** The best level saves a twelfth over level 6. It takes ten times as long, which is too long for files that few ever load. */
const quality = (bytes: number) => (bytes < 300_000 ? 11 : 6);

/** Writes each asset compressed beside itself, once, so that the server compresses nothing. */
function compressed(): Plugin {
  return {
    name: 'compressed',
    apply: 'build',
    async writeBundle({ dir }, bundle) {
      // Assets that only the server's code names, such as the library in drawing-document.ts, are moved to the client's later.
      const isClient = dir?.endsWith('client') === true;
      const folder = isClient ? dir : join(dir ?? '', '../client');
      const done: Promise<void>[] = [];
      for (const [name, file] of Object.entries(bundle)) {
        if (
          !/\.(js|css|svg)$/.test(name) ||
          (!isClient && (file.type === 'chunk' || existsSync(join(folder, `${name}.br`))))
        )
          continue;
        done.push(compress(join(folder, name), Buffer.from(file.type === 'chunk' ? file.code : file.source)));
      }
      await Promise.all(done);
      if (isClient) return;
      // Remix writes the list of modules by itself, before the server's bundle.
      const assets = join(folder, 'assets');
      for (const name of readdirSync(assets).filter((name) => /^manifest-.*[.]js$/.test(name))) {
        await compress(join(assets, name), readFileSync(join(assets, name)));
      }
    },
  };
}

async function compress(path: string, contents: Buffer): Promise<void> {
  if (contents.length < 512) return;
  const params = { [constants.BROTLI_PARAM_QUALITY]: quality(contents.length) };
  const [zipped, smaller] = await Promise.all([
    promisify(gzip)(contents),
    promisify(brotliCompress)(contents, { params }),
  ]);
  await Promise.all([writeFile(`${path}.gz`, zipped), writeFile(`${path}.br`, smaller)]);
}
