import type { Server } from 'node:http';
import type { Api } from './api.ts';

/**
 * Returns a function that lets the API refuse new prompts and end its answers, then closes all connections. It does so only
 * once: whoever stops the process may send both signals, and Ctrl-C reaches it as well.
 */
export function createStop(server: Server, api: Pick<Api, 'close'>): () => Promise<void> {
  let stopped: Promise<void> | undefined;
  async function stop() {
    // The server still listens meanwhile: new prompts are refused with the reason, and answers can be read to their end.
    await api.close();
    server.close();
    server.closeAllConnections();
  }
  return () => {
    stopped ??= stop();
    return stopped;
  };
}
