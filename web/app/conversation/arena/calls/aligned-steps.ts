import { type RefObject, useEffect } from 'react';
import { stepGaps } from './step-gaps.ts';

/**
 * Lets the steps of lanes that stand beside each other begin at the same heights: the step that is highest has room above it.
 * The style sheet heeds it where lanes are beside each other.
 */
export function useAlignedStep(step: RefObject<HTMLElement>): void {
  useEffect(() => {
    const element = step.current;
    const row = element?.closest<HTMLElement>('.lanes');
    const lane = element?.closest('article');
    if (!element || !row || !lane) return;
    const steps = rows.get(row) ?? new AlignedSteps(row);
    rows.set(row, steps);
    steps.add(element, lane);
    return () => steps.remove(element, lane);
  }, [step]);
}

const rows = new WeakMap<HTMLElement, AlignedSteps>();
/** Where the style sheet heeds the room. */
const beside = 'screen and (width >= 768px)';
/** Pixels; what differs less is a matter of rounding. */
const SEEN = 0.5;

/** The steps of the lanes of one turn. */
class AlignedSteps {
  readonly #row: HTMLElement;
  /** The steps of each lane that has any, in their order. */
  readonly #lanes = new Map<HTMLElement, HTMLElement[]>();
  /** The room that each step has, in pixels. */
  readonly #gaps = new Map<HTMLElement, number>();
  readonly #resized = new ResizeObserver(() => this.#align());

  constructor(row: HTMLElement) {
    this.#row = row;
  }

  add(step: HTMLElement, lane: HTMLElement): void {
    this.#lanes.set(lane, [...(this.#lanes.get(lane) ?? []), step].sort(inOrder));
    this.#watchAnew();
  }

  remove(step: HTMLElement, lane: HTMLElement): void {
    const others = this.#lanes.get(lane)?.filter((other) => other !== step) ?? [];
    if (others.length > 0) this.#lanes.set(lane, others);
    else this.#lanes.delete(lane);
    this.#gaps.delete(step);
    this.#watchAnew();
  }

  /** A lane that is watched is measured once before the next picture, and then whenever it grows. */
  #watchAnew(): void {
    // A lane that stayed in sight while others scroll would leave its steps beside others of theirs.
    this.#row.toggleAttribute('data-steps-aligned', this.#lanes.size > 1);
    this.#resized.disconnect();
    for (const lane of this.#lanes.keys()) this.#resized.observe(lane);
  }

  #align(): void {
    // A lane that is out of sight is beside no other.
    const lanes = [...this.#lanes].filter(([lane]) => lane.offsetHeight > 0);
    const heeded = matchMedia(beside).matches;
    const placed = lanes.map(([lane, steps]) => {
      const { top } = lane.getBoundingClientRect();
      let room = 0;
      return steps.map((step) => {
        if (heeded) room += this.#gaps.get(step) ?? 0;
        return step.getBoundingClientRect().top - top - room;
      });
    });
    const changes = stepGaps(placed).flatMap((gaps, lane) =>
      gaps.flatMap((gap, at) => {
        const step = lanes[lane]?.[1][at];
        return step && Math.abs(gap - (this.#gaps.get(step) ?? 0)) > SEEN ? { step, gap } : [];
      }),
    );
    if (changes.length === 0) return;
    // What it changes itself it would be told of in the same frame, which browsers count as an error.
    this.#resized.disconnect();
    for (const { step, gap } of changes) {
      this.#gaps.set(step, gap);
      step.style.setProperty('--step-gap', `${gap}px`);
    }
    requestAnimationFrame(() => this.#watchAnew());
  }
}

function inOrder(one: HTMLElement, other: HTMLElement): number {
  return one.compareDocumentPosition(other) & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : 1;
}
