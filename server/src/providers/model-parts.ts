import type { Readable } from 'node:stream';
import type { ModelPart } from '../ports/language-model.ts';

/** `onPart` as the port promises it: silent once the request is aborted, also in the midst of one piece of the body. */
export class PartSink {
  readonly #onPart: (part: ModelPart) => void;
  #aborted: boolean;
  #body: Readable | null = null;
  /** Since `endPiece`. */
  #pushed = false;
  /** What was cited. */
  #urls: Set<string> | null = null;

  constructor(signal: AbortSignal, onPart: (part: ModelPart) => void) {
    this.#onPart = onPart;
    this.#aborted = signal.aborted;
    signal.addEventListener('abort', () => {
      this.#aborted = true;
      this.#body?.destroy(signal.reason);
    });
  }

  /** Has the body that the parts are read from let go of once the request is aborted. */
  readFrom(body: Readable | null): void {
    if (this.#aborted) body?.destroy();
    this.#body = body;
  }

  push(part: ModelPart): void {
    if (this.#aborted) return;
    this.#pushed = true;
    this.#onPart(part);
  }

  /** Each web address once: providers repeat their sources, some in every chunk. Other schemes are no sources. */
  cite(url: unknown, title?: unknown): void {
    if (typeof url !== 'string' || !/^https?:\/\//i.test(url) || this.#urls?.has(url)) return;
    this.#urls ??= new Set();
    this.#urls.add(url);
    this.push({ type: 'citation', url, title: typeof title === 'string' && title !== '' ? title : null });
  }

  /** A piece of the body was read: where it was part of nothing yet, it still was a sign of life. */
  endPiece(): void {
    if (!this.#pushed) this.push({ type: 'activity' });
    this.#pushed = false;
  }
}

/** What GraphQL's Int holds: no request has as many. */
const tokenCountMax = 2 ** 31 - 1;

/**
 * A provider's token count, which some write as a string. 0 stands for a count that is missing or cannot be: null, negative, a
 * fraction, words.
 */
export function tokenCount(value: unknown): number {
  const count = typeof value === 'string' && /^\s*\d+(\.0*)?\s*$/.test(value) ? Number(value) : value;
  return Number.isSafeInteger(count) && (count as number) > 0 && (count as number) <= tokenCountMax
    ? (count as number)
    : 0;
}

// biome-ignore lint/suspicious/noExplicitAny: whatever is in the list, its fields are looked at before they are used
export function asList(value: unknown): any[] {
  return Array.isArray(value) ? value.filter((item) => item !== null && item !== undefined) : [];
}
