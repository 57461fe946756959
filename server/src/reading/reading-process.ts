import { setPriority } from 'node:os';
import { Worker } from 'node:worker_threads';
import { FileRefusedError } from '../ports/file-reader.ts';
import { PAGE_MS_MAX, READING_BYTES_MAX, READING_MS_MAX } from './limits.ts';
import type { ReadReply, ReadRequest } from './messages.ts';
import { readFileAt } from './read-file.ts';

/*
 * A process that reads files for a server, and ends with it. It has no secrets: its environment is empty. What a file does
 * to it, the server does not feel.
 */

try {
  setPriority(19);
} catch {
  // Not every system allows that; then files are read as fast as answers are written.
}

// The terminal's Ctrl-C reaches this process too; the server decides when it ends.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined);
process.once('disconnect', () => process.exit());

const watch = new Worker(new URL('./reading-watch.js', import.meta.url), {
  workerData: { bytesMax: READING_BYTES_MAX },
  execArgv: [],
  env: {},
});
watch.unref();

process.on('message', (request: ReadRequest) => {
  watch.postMessage('page' in request ? PAGE_MS_MAX : READING_MS_MAX);
  void answer(request)
    .catch(refusal)
    .then((reply) => {
      watch.postMessage(null);
      process.send?.(reply);
    });
});

async function answer(request: ReadRequest): Promise<ReadReply> {
  if ('name' in request) {
    const file = await readFileAt(request.path, request.name);
    return { type: 'read', file, memoryBytes: process.memoryUsage.rss() };
  }
  // What pages need takes longer to load than most files take.
  const { readPageAt } = await import('./pages/read-page.ts');
  const page = await readPageAt(request.path, request.page);
  return { type: 'readPage', page, memoryBytes: process.memoryUsage.rss() };
}

process.send?.({ type: 'ready' } satisfies ReadReply);

function refusal(error: unknown): ReadReply {
  if (error instanceof FileRefusedError) return { type: 'refused', code: error.code, message: error.message };
  return { type: 'failed', message: error instanceof Error ? `${error.name}: ${error.message}` : String(error) };
}
