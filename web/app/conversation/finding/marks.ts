import { placesIn } from './found-words.ts';

/** How far beyond the view words are marked, in heights of the view. */
const margin = 1;

/** Marks the words of a search in the turns that are in sight, without changing the page's elements. */
export class Marks {
  readonly #arena: HTMLElement;
  readonly #watch: MutationObserver;
  #words: readonly string[] = [];
  /** The text that stands out. */
  #here: HTMLElement | null = null;
  #due: ReturnType<typeof setTimeout> | null = null;

  constructor(arena: HTMLElement) {
    this.#arena = arena;
    this.#watch = new MutationObserver(this.#later);
    this.#watch.observe(arena, { childList: true, subtree: true, characterData: true });
    arena.addEventListener('scroll', this.#later, { passive: true });
  }

  /** Marks these words, and lets those in `here` stand out. */
  show(words: readonly string[], here: HTMLElement | null): void {
    this.#words = words;
    this.#outline(here);
    this.#draw();
  }

  /** Takes all marks away. */
  close(): void {
    this.#watch.disconnect();
    this.#arena.removeEventListener('scroll', this.#later);
    if (this.#due !== null) clearTimeout(this.#due);
    this.#outline(null);
    highlights()?.delete('found');
    highlights()?.delete('found-here');
  }

  readonly #later = (): void => {
    this.#due ??= setTimeout(() => {
      this.#due = null;
      this.#draw();
    }, 100);
  };

  #draw(): void {
    const marks = highlights();
    if (!marks) return;
    const { top, bottom, height } = this.#arena.getBoundingClientRect();
    const isNear = (element: Element) => {
      const box = element.getBoundingClientRect();
      return box.bottom > top - margin * height && box.top < bottom + margin * height;
    };
    const turns = [...this.#arena.querySelectorAll<HTMLElement>('.turn')].filter(isNear);
    const here = this.#here?.isConnected ? this.#here : null;
    const ranges = this.#words.length === 0 ? [] : turns.flatMap((turn) => rangesIn(turn, this.#words));
    const [inside, others] = [[] as Range[], [] as Range[]];
    for (const range of ranges) (here?.contains(range.startContainer) ? inside : others).push(range);
    marks.set('found', new Highlight(...others));
    marks.set('found-here', new Highlight(...inside));
  }

  /** Where words cannot be marked, or none is drawn, the text as a whole is. */
  #outline(here: HTMLElement | null): void {
    this.#here?.removeAttribute('data-found');
    this.#here = here;
    const isMarked = here && highlights() && rangesIn(here, this.#words).length > 0;
    if (here && !isMarked) here.setAttribute('data-found', '');
  }
}

/** Null: this browser marks no text. */
function highlights(): HighlightRegistry | null {
  return typeof CSS !== 'undefined' && 'highlights' in CSS ? CSS.highlights : null;
}

/** Where the words are in what an element shows of a prompt or an answer, in order. */
export function rangesIn(element: Element, words: readonly string[]): Range[] {
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT, (node) => {
    if (node.nodeType === Node.TEXT_NODE) return NodeFilter.FILTER_ACCEPT;
    return (node as Element).matches(left) ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_SKIP;
  });
  const nodes: { node: Text; at: number }[] = [];
  let text = '';
  let block: Element | null = null;
  for (let node = walker.nextNode() as Text | null; node; node = walker.nextNode() as Text | null) {
    const around = node.parentElement?.closest(blocks) ?? null;
    // Two paragraphs stand apart, though nothing is between them.
    if (around !== block && text !== '') text += '\n';
    block = around;
    nodes.push({ node, at: text.length });
    text += node.data;
  }
  return placesIn(text, words).flatMap(({ start, end }) => {
    const from = pointAt(nodes, start);
    const to = pointAt(nodes, end - 1);
    if (!from || !to) return [];
    const range = document.createRange();
    range.setStart(from.node, from.offset);
    range.setEnd(to.node, to.offset + 1);
    return [range];
  });
}

/** What is no text of a prompt or an answer. */
const left =
  'button, textarea, input, select, svg, h2, header, footer, style, script, .sr-only, .judging-row, [role="tablist"], [aria-hidden="true"]';
const blocks = 'p, li, td, th, h1, h3, h4, h5, h6, pre, blockquote, dd, dt, summary, div';

function pointAt(nodes: readonly { node: Text; at: number }[], place: number): { node: Text; offset: number } | null {
  let [low, high] = [0, nodes.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((nodes[middle]?.at ?? 0) <= place) low = middle;
    else high = middle - 1;
  }
  const found = nodes[low];
  if (!found) return null;
  const offset = place - found.at;
  return offset >= 0 && offset < found.node.length ? { node: found.node, offset } : null;
}
