import type { Readable } from 'node:stream';
import type { ModelPart } from '../ports/language-model.ts';

/** Calls `onPart` as the port promises: never again once the request is aborted, not even for the rest of the same piece. */
export class PartSink {
  readonly #onPart: (part: ModelPart) => void;
  #aborted: boolean;
  #body: Readable | null = null;
  /** Whether a part was pushed since the last `endPiece`. */
  #pushed = false;
  /** Addresses that were pushed as citations. */
  #urls: Set<string> | null = null;

  constructor(signal: AbortSignal, onPart: (part: ModelPart) => void) {
    this.#onPart = onPart;
    this.#aborted = signal.aborted;
    signal.addEventListener('abort', () => {
      this.#aborted = true;
      this.#body?.destroy(signal.reason);
    });
  }

  /** Destroys the body when the request is aborted. */
  readFrom(body: Readable | null): void {
    if (this.#aborted) body?.destroy();
    this.#body = body;
  }

  push(part: ModelPart): void {
    if (this.#aborted) return;
    this.#pushed = true;
    this.#onPart(part);
  }

  /** Pushes each web address once: providers repeat their sources, some in every chunk. Other schemes are dropped. */
  cite(url: unknown, title?: unknown): void {
    if (typeof url !== 'string' || !/^https?:\/\//i.test(url) || this.#urls?.has(url)) return;
    this.#urls ??= new Set();
    this.#urls.add(url);
    this.push({ type: 'citation', url, title: typeof title === 'string' && title !== '' ? title : null });
  }

  /** Pushes an image as Google sends it: `{ mimeType, data }`, in base64. Anything else is dropped. */
  draw(blob: unknown): void {
    if (typeof blob !== 'object' || blob === null) return;
    const { mimeType, data } = blob as { mimeType?: unknown; data?: unknown };
    if (typeof mimeType !== 'string' || !/^image\/[\w.+-]{1,40}$/i.test(mimeType)) return;
    if (typeof data !== 'string' || data === '') return;
    this.push({ type: 'image', mediaType: mimeType.toLowerCase(), data });
  }

  /** Ends a piece of the body. A piece that completed no part is still a sign of life, so it becomes an `activity`. */
  endPiece(): void {
    if (!this.#pushed) this.push({ type: 'activity' });
    this.#pushed = false;
  }
}

/** GraphQL's Int ends here; no request has as many tokens. */
const tokenCountMax = 2 ** 31 - 1;

/**
 * Reads a provider's token count, which some write as a string. A count that is missing or impossible (null, negative, a fraction,
 * words) is 0.
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
