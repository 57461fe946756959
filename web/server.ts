import { fileURLToPath } from 'node:url';
import {
  addressOf,
  basePathOf,
  type Config,
  createHttpServer,
  listen,
  localServerLines,
  plainly,
  takeOffBasePath,
} from '@polylogue/server';
import { type Api, openApi } from './api.ts';
import type { Log } from './app/graphql/load-context.ts';
import { createPageHandler } from './pages.ts';
import { createStop } from './stop.ts';

/**
 * Serves the API with its sockets, the assets and the pages from one process and one origin. With `API_URL`, another
 * server's API replaces the one in this process.
 */
async function main(): Promise<void> {
  process.env.NODE_ENV ??= 'production';
  const development = process.env.NODE_ENV === 'development';
  const { api, config, log } = await openApi(process.env);
  try {
    await serve(api, { config, log, development });
  } catch (error) {
    await api.close();
    throw error;
  }
}

async function serve(api: Api, options: { config: Config; log: Log; development: boolean }) {
  const { config, log, development } = options;
  const server = createHttpServer(config);
  const pages = await createPageHandler({
    root: fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? '.' : '..', import.meta.url)),
    development,
    server,
    publicUrl: config.publicUrl,
    trustedProxies: config.trustedProxies,
    log,
    fetch: (request) => api.fetch(request),
  });
  const basePath = basePathOf(config.publicUrl);
  server.on('request', (request, response) => {
    takeOffBasePath(request, basePath);
    api.request(request, response, () => pages(request, response));
  });
  server.on('upgrade', (request, socket, head) => {
    takeOffBasePath(request, basePath);
    // Sockets that are not the API's are Vite's in development, and nobody's otherwise.
    api.upgrade(request, socket, head, () => development || socket.destroy());
  });
  const stop = createStop(server, api);
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.once(signal, () => void stop().then(() => process.exit(0)));
  const port = await listen(server, config);
  console.log(`Polylogue is at ${addressOf(config.host, port)}${basePath}`);
  for (const line of localServerLines(config)) console.log(line);
}

main().catch((error: unknown) => {
  console.error(plainly(error));
  process.exit(1);
});
