import type { ModelPart } from '../ports/language-model.ts';

/** `onPart` as the port promises it: silent once the request is aborted, also in the midst of one piece of the body. */
export class PartSink {
  readonly #onPart: (part: ModelPart) => void;
  #aborted: boolean;
  /** Since `endPiece`. */
  #pushed = false;

  constructor(signal: AbortSignal, onPart: (part: ModelPart) => void) {
    this.#onPart = onPart;
    this.#aborted = signal.aborted;
    signal.addEventListener('abort', () => {
      this.#aborted = true;
    });
  }

  push(part: ModelPart): void {
    if (this.#aborted) return;
    this.#pushed = true;
    this.#onPart(part);
  }

  /** A piece of the body was read: where it was part of nothing yet, it still was a sign of life. */
  endPiece(): void {
    if (!this.#pushed) this.push({ type: 'activity' });
    this.#pushed = false;
  }
}

/** Pushes each web address once: providers repeat their sources, some in every chunk. Other schemes are no sources. */
export function citationsOnce(parts: PartSink): (url: unknown, title?: unknown) => void {
  let cited: Set<string> | undefined;
  return (url, title) => {
    if (typeof url !== 'string' || !/^https?:\/\//i.test(url) || cited?.has(url)) return;
    cited ??= new Set();
    cited.add(url);
    parts.push({ type: 'citation', url, title: typeof title === 'string' && title !== '' ? title : null });
  };
}

/** What GraphQL's Int holds: no request has as many. */
const tokenCountMax = 2 ** 31 - 1;

/** A provider's token count, or 0 where it sent none or nonsense. */
export function tokenCount(value: unknown): number {
  return Number.isSafeInteger(value) && (value as number) > 0 && (value as number) <= tokenCountMax
    ? (value as number)
    : 0;
}
