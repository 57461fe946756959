import { Worker } from 'node:worker_threads';

/** Parses JSON that would stop the event loop for too long: 8 MB of escaped characters take 80 ms. */
export class JsonThread {
  #worker: Worker | null = null;
  /** The callers that wait, in the order of their texts, which is the order of the answers. */
  #waiting: { resolve(values: unknown[]): void; reject(reason: unknown): void }[] = [];
  #rest: NodeJS.Timeout | null = null;

  /**
   * Parses the pieces, whose memory moves to the thread: copying megabytes would stop the event loop as long as parsing
   * them.
   *
   * @returns a list with the value; an empty list if the pieces together are not JSON, or are nested too deeply
   */
  parse(pieces: readonly Buffer[]): Promise<[] | [unknown]> {
    const worker = this.#started();
    if (this.#rest) clearTimeout(this.#rest);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve: resolve as (values: unknown[]) => void, reject });
      const owners = pieces.map((piece) => (isAlone(piece) ? piece : new Uint8Array(piece)));
      worker.postMessage(
        owners,
        owners.map(({ buffer }) => buffer as ArrayBuffer),
      );
    });
  }

  #started(): Worker {
    if (this.#worker) return this.#worker;
    // The thread needs neither this process's options nor its secrets.
    const worker = new Worker(new URL('./json-thread-worker.js', import.meta.url), { execArgv: [], env: {} });
    worker.unref();
    worker.on('message', (values: unknown[]) => this.#answer(values));
    worker.on('messageerror', () => this.#answer([]));
    worker.on('error', (error) => this.#end(worker, error));
    worker.on('exit', () => this.#end(worker, new Error('The thread that parses JSON ended.')));
    this.#worker = worker;
    return worker;
  }

  #answer(values: unknown[]): void {
    this.#waiting.shift()?.resolve(values);
    if (this.#waiting.length > 0) return;
    this.#rest = setTimeout(() => void this.close(), REST_MS).unref();
  }

  #end(worker: Worker, reason: Error): void {
    if (worker !== this.#worker) return;
    this.#worker = null;
    for (const { reject } of this.#waiting.splice(0)) reject(reason);
  }

  /** Ends the thread; the next `parse` starts it again. */
  async close(): Promise<void> {
    const worker = this.#worker;
    if (!worker) return;
    if (this.#rest) clearTimeout(this.#rest);
    this.#end(worker, new Error('The thread that parses JSON was closed.'));
    await worker.terminate();
  }
}

/** Whether the piece has its memory to itself. */
function isAlone({ byteLength, buffer }: Buffer): boolean {
  return byteLength === buffer.byteLength;
}

/** How long an idle thread is kept before it ends and gives its memory back. */
const REST_MS = 60_000;
