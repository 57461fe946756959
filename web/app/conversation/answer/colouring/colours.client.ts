import type { ColouredLine, ColoursReply, ColoursRequest } from './messages.ts';

// The server has no such module (Remix leaves out files of this name): colours come when the page is there.

let worker: Worker | null = null;
let blocks = 0;
/** The blocks that have asked, by their numbers. */
const asking = new Map<number, ColouredBlock>();

function workerOf(): Worker | null {
  if (worker || typeof Worker === 'undefined') return worker;
  worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
  worker.addEventListener('message', ({ data }: MessageEvent<ColoursReply>) => asking.get(data.block)?.take(data));
  return worker;
}

/** One block of code, which is coloured as it grows. */
export class ColouredBlock {
  readonly #number: number;
  /** The lines as they came last. */
  #lines: readonly ColouredLine[] = [];
  /** Those who wait for a reply, in the order in which they asked. */
  readonly #waiting: ((lines: readonly ColouredLine[] | null) => void)[] = [];

  constructor() {
    blocks += 1;
    this.#number = blocks;
  }

  /** The coloured lines of the code, without its last characters if it `isIncomplete`. Null: the language has no colours. */
  colour(asked: { code: string; language: string; isIncomplete: boolean }): Promise<readonly ColouredLine[] | null> {
    const worker = workerOf();
    if (!worker) return Promise.resolve(null);
    asking.set(this.#number, this);
    worker.postMessage({ block: this.#number, ...asked } satisfies ColoursRequest);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Takes the worker's reply. A finished line stays the same object. */
  take({ from, lines }: ColoursReply): void {
    if (lines) this.#lines = [...this.#lines.slice(0, from), ...lines];
    this.#waiting.shift()?.(lines && this.#lines);
  }

  /** To be called when the block is gone. It may be coloured anew. */
  end(): void {
    if (!asking.delete(this.#number)) return;
    this.#lines = [];
    this.#waiting.length = 0;
    worker?.postMessage({ block: this.#number, ended: true } satisfies ColoursRequest);
  }
}
