import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { type Api, inProcessApi, proxiedApi } from './api.ts';
import { createPageHandler } from './pages.ts';

/**
 * One process, one origin: the API with its sockets, the assets, and the pages.
 * `API_URL` puts another server's API in the place of the one in this process.
 */
async function main(): Promise<void> {
  process.env.NODE_ENV ??= 'production';
  const development = process.env.NODE_ENV === 'development';
  const remote = process.env.API_URL;
  const { api, port, host } = remote ? proxiedApi(remote, process.env) : await inProcessApi(process.env);
  try {
    await serve(api, { port, host, development });
  } catch (error) {
    await api.close();
    throw error;
  }
}

async function serve(api: Api, { port, host, development }: { port: number; host: string; development: boolean }) {
  const server = createServer();
  const pages = await createPageHandler({
    root: fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? '.' : '..', import.meta.url)),
    development,
    server,
    fetch: (request) => api.fetch(request),
  });
  server.on('request', (request, response) => api.request(request, response, () => pages(request, response)));
  server.on('upgrade', (request, socket, head) => {
    // What is not the API's is Vite's in development, and nobody's otherwise.
    api.upgrade(request, socket, head, () => development || socket.destroy());
  });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void stop(server, api));
  await listen(server, port, host);
  const named = host === '0.0.0.0' || host === '::' ? 'localhost' : host;
  console.log(`Polylogue is at http://${named}:${(server.address() as AddressInfo).port}`);
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** Lets the API refuse new prompts and bring its answers to an end, then closes what is still open. */
async function stop(server: Server, api: Api): Promise<void> {
  await api.close();
  server.close();
  server.closeAllConnections();
  process.exit(0);
}

const plainErrors = new Set(['ConfigError', 'DataFolderInUseError', 'SchemaTooNewError', 'DatabaseUnavailableError']);

main().catch((error: unknown) => {
  // What the operator can put right is said plainly; anything else with where it came from.
  const plain = error instanceof Error && (plainErrors.has(error.name) || 'syscall' in error);
  console.error(plain ? error.message : error);
  process.exit(1);
});
