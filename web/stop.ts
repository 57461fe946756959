import type { Server } from 'node:http';
import type { Api } from './api.ts';

/**
 * A function that lets the API refuse new prompts and bring its answers to an end, then closes what is still open. It
 * does so once: whoever stops the process may send both signals, and Ctrl-C reaches it as well.
 */
export function createStop(server: Server, api: Pick<Api, 'close'>): () => Promise<void> {
  let stopped: Promise<void> | undefined;
  async function stop() {
    // Still listening: whoever asks meanwhile is told why not, and answers can be read to their end.
    await api.close();
    server.close();
    server.closeAllConnections();
  }
  return () => {
    stopped ??= stop();
    return stopped;
  };
}
