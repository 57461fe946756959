import { setPriority } from 'node:os';
import { type TakingStep, UnreadableExportError } from '../../ports/conversation-reader.ts';
import { HoldingSource } from './holding-source.ts';
import type { TakingReply, TakingRequest } from './messages.ts';
import { openSource } from './source-file.ts';
import { takingSteps } from './taking-steps.ts';

/*
 * A process that reads the conversations of one file for a server, and ends with it. It has no secrets: its environment is
 * empty. What a file does to it, the server does not feel.
 */

try {
  setPriority(19);
} catch {
  // Not every system allows that; then conversations are read as fast as answers are written.
}

// The terminal's Ctrl-C reaches this process too; the server decides when it ends.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined);
process.once('disconnect', () => process.exit());

let source: HoldingSource | null = null;
let steps: AsyncGenerator<TakingStep> | null = null;
let skips = false;

async function answer(request: TakingRequest): Promise<TakingReply> {
  if (request.type === 'open') {
    source = new HoldingSource(await openSource(request.path));
    steps = takingSteps(source, () => skips);
    return { type: 'opened' };
  }
  if (!source || !steps) throw new Error('No file is open.');
  if (request.type === 'extract') {
    return { type: 'extracted', isThere: await source.extract(request.entry, request.path, request.bytesMax) };
  }
  skips = request.skipsTurns;
  const { value } = await steps.next();
  return { type: 'step', step: (value as TakingStep | undefined) ?? { type: 'end' } };
}

process.on('message', (request: TakingRequest) => {
  void answer(request)
    .catch(
      (error: unknown): TakingReply =>
        error instanceof UnreadableExportError
          ? { type: 'unreadable', message: error.message }
          : { type: 'failed', message: error instanceof Error ? `${error.name}: ${error.message}` : String(error) },
    )
    .then((reply) => process.send?.(reply));
});
