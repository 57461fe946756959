import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import {
  type ConversationFile,
  type ConversationReader,
  type TakingStep,
  UnreadableExportError,
} from '../ports/conversation-reader.ts';
import { HEAP_MB, NEW_SPACE_MB, SILENCE_MS_MAX } from './taking/limits.ts';
import type { TakingReply, TakingRequest } from './taking/messages.ts';

/**
 * Reads conversations in processes of their own, one for each file, which ends with it.
 *
 * @param program what they run; only tests name another than the one of this version
 */
export function createConversationReader({ program = ofThisVersion() }: { program?: URL } = {}): ConversationReader {
  return {
    async open(path, signal) {
      signal.throwIfAborted();
      const file = new ProcessConversationFile(program, signal);
      try {
        await file.open(path);
        return file;
      } catch (error) {
        await file.close();
        throw error;
      }
    },
  };
}

/** As source the program is in its room, and beside this file in the bundle. */
function ofThisVersion(): URL {
  const isSource = import.meta.url.endsWith('.ts');
  return new URL(isSource ? './taking/taking-process.ts' : './taking-process.js', import.meta.url);
}

class ProcessConversationFile implements ConversationFile {
  readonly #child: ChildProcess;
  readonly #signal: AbortSignal;
  readonly #ended: Promise<unknown>;
  readonly #end = () => void this.#child.kill('SIGKILL');
  #hasEnded = false;
  /** Takes the reply to the request that is under way; null: the process has ended. */
  #take: (reply: TakingReply | null) => void = () => undefined;

  constructor(program: URL, signal: AbortSignal) {
    this.#child = start(program);
    this.#signal = signal;
    this.#child.on('message', (reply: TakingReply) => this.#take(reply));
    this.#ended = once(this.#child, 'close')
      .catch(() => undefined)
      .then(() => {
        this.#hasEnded = true;
        this.#take(null);
      });
    signal.addEventListener('abort', this.#end, { once: true });
  }

  async open(path: string): Promise<void> {
    await this.#ask({ type: 'open', path });
  }

  async next(skipsTurns = false): Promise<TakingStep> {
    const reply = await this.#ask({ type: 'next', skipsTurns });
    if (reply.type !== 'step') throw new Error(`Reading conversations: ${reply.type} is no step.`);
    return reply.step;
  }

  async extract(entry: string, path: string, bytesMax: number): Promise<boolean> {
    const reply = await this.#ask({ type: 'extract', entry, path, bytesMax });
    return reply.type === 'extracted' && reply.isThere;
  }

  async #ask(request: TakingRequest): Promise<TakingReply> {
    let isLate = false;
    const late = setTimeout(() => {
      isLate = true;
      this.#end();
    }, SILENCE_MS_MAX);
    try {
      const reply = await this.#reply(request);
      this.#signal.throwIfAborted();
      if (reply === null) throw endingOf(isLate);
      if (reply.type === 'unreadable') throw new UnreadableExportError(reply.message);
      if (reply.type === 'failed') throw new Error(`Reading conversations failed: ${reply.message}`);
      return reply;
    } finally {
      clearTimeout(late);
    }
  }

  /** Null if the process ends first. A file may have millions of replies: none leaves anything behind. */
  #reply(request: TakingRequest): Promise<TakingReply | null> {
    return new Promise((resolve) => {
      if (this.#hasEnded) return resolve(null);
      this.#take = resolve;
      // What cannot be sent any more is answered by the end.
      this.#child.send(request, () => undefined);
    });
  }

  async close(): Promise<void> {
    this.#signal.removeEventListener('abort', this.#end);
    this.#end();
    await this.#ended;
  }
}

function endingOf(isLate: boolean): UnreadableExportError {
  return new UnreadableExportError(
    isLate ? 'Reading the file takes too long here.' : 'Reading the file takes too much memory here.',
  );
}

function start(program: URL): ChildProcess {
  // As source, the program is compiled while it is loaded.
  const isSource = program.pathname.endsWith('.ts');
  const child = fork(program, [], {
    cwd: fileURLToPath(new URL('.', program)),
    env: {} as NodeJS.ProcessEnv,
    execArgv: [
      `--max-old-space-size=${HEAP_MB}`,
      `--max-semi-space-size=${NEW_SPACE_MB}`,
      '--disallow-code-generation-from-strings',
      ...(isSource ? ['--import', 'tsx'] : []),
    ],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    serialization: 'advanced',
  });
  // A process that could not be started has no number, and ends with an error.
  child.on('error', () => undefined);
  return child;
}
