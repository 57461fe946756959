import { startTransition } from 'react';
import { flushSync } from 'react-dom';
import { whenIdle } from '../../ui/browser/idle.ts';

/** An answer that is shown as plain text until it is formatted. */
export interface WaitingAnswer {
  element: HTMLElement;
  /** The length of its text, in characters. */
  length: number;
  /** Makes React render the answer formatted from now on. */
  format(): void;
}

/** How many characters of the answers in sight are formatted in one go; on a new page, before anything is painted. */
const atOnceMax = 4_000;
/** React renders an answer with more characters in pieces, between which the page responds, and shows it once it is whole. */
const onePieceMax = 3_000;
/** An answer at most this many pixels beyond the view counts as in sight. */
const margin = 200;
/** How long a busy browser may keep the answers out of sight plain. */
const patienceMs = 1000;

/**
 * Decides when each answer is formatted: answers in sight at once, the others when the browser has nothing else to do, the
 * nearest first. A long one is formatted alone. Before the page is printed, all are formatted.
 */
export class FormattingQueue {
  private readonly waiting = new Set<WaitingAnswer>();
  private isReady = false;
  private isPassDue = false;
  private idle: (() => void) | null = null;
  /** The long answer that React is rendering. */
  private rendering: WaitingAnswer | null = null;

  /** To be called when the renderer has loaded. */
  begin(): void {
    this.isReady = true;
    this.wake();
  }

  /** @returns a function that takes the answer out again, to be called when it is formatted too */
  add(answer: WaitingAnswer): () => void {
    if (this.waiting.size === 0) this.listen(true);
    this.waiting.add(answer);
    this.wake();
    return () => {
      this.remove(answer);
      if (this.rendering !== answer) return;
      this.rendering = null;
      // The page is painted with this one before the next.
      setTimeout(this.wake);
    };
  }

  private readonly wake = (): void => {
    if (!this.isReady || this.isPassDue || this.rendering || this.waiting.size === 0) return;
    this.isPassDue = true;
    // A microtask runs after the task has put the page in its place, and before the page is painted.
    queueMicrotask(() => {
      this.isPassDue = false;
      this.formatSeen();
    });
  };

  private formatSeen(): void {
    if (this.rendering) return;
    const seen = this.byDistance().filter(({ distance }) => distance <= margin);
    let length = 0;
    const now: WaitingAnswer[] = [];
    for (const { answer } of seen) {
      if (length > 0 && length + answer.length > atOnceMax) break;
      length += answer.length;
      now.push(answer);
    }
    this.format(now);
    // The browser gets its turn before the others in sight are formatted, then the rest.
    if (this.rendering) return;
    if (now.length < seen.length) setTimeout(this.wake);
    else this.formatRest();
  }

  private formatRest(): void {
    if (this.idle !== null || this.waiting.size === 0) return;
    this.idle = whenIdle(() => {
      this.idle = null;
      if (this.rendering) return;
      const nearest = this.byDistance()[0]?.answer;
      if (nearest) this.format([nearest]);
      if (!this.rendering) this.formatRest();
    }, patienceMs);
  }

  private readonly formatAll = (): void => {
    const all = [...this.waiting, ...(this.rendering ? [this.rendering] : [])];
    for (const answer of all) this.remove(answer);
    flushSync(() => formatEach(all));
  };

  private format(answers: readonly WaitingAnswer[]): void {
    for (const answer of answers) this.remove(answer);
    const [first] = answers;
    if (!first) return;
    if (first.length <= onePieceMax || isInterrupted()) {
      flushSync(() => formatEach(answers));
      return;
    }
    this.rendering = first;
    startTransition(() => formatEach(answers));
  }

  private remove(answer: WaitingAnswer): void {
    this.waiting.delete(answer);
    if (this.waiting.size === 0) this.listen(false);
  }

  private byDistance(): { answer: WaitingAnswer; distance: number }[] {
    return [...this.waiting]
      .map((answer) => ({ answer, distance: distanceFromView(answer.element) }))
      .sort((a, b) => a.distance - b.distance);
  }

  private listen(wanted: boolean): void {
    if (wanted) {
      document.addEventListener('scroll', this.wake, { capture: true, passive: true });
      addEventListener('beforeprint', this.formatAll);
    } else {
      document.removeEventListener('scroll', this.wake, { capture: true });
      removeEventListener('beforeprint', this.formatAll);
    }
  }
}

/**
 * In pixels, upwards or downwards. Infinite if the element is not displayed, such as another lane on a phone. Of a turn out of
 * sight only its own place is asked for: the browser has not laid out what is in it.
 */
function distanceFromView(element: HTMLElement): number {
  const ofTurn = distanceOf(element.closest('.turn')?.getBoundingClientRect());
  if (ofTurn > margin) return ofTurn;
  const box = element.getBoundingClientRect();
  return box.width === 0 ? Number.POSITIVE_INFINITY : distanceOf(box);
}

function distanceOf(box: DOMRect | undefined): number {
  return box ? Math.max(0, box.top - innerHeight, -box.bottom) : 0;
}

function formatEach(answers: readonly WaitingAnswer[]): void {
  for (const answer of answers) answer.format();
}

/** Whether an answer arrives somewhere: React begins anew what it renders in pieces whenever that one grows. */
function isInterrupted(): boolean {
  return document.querySelector('[data-status="STREAMING"]') !== null;
}
