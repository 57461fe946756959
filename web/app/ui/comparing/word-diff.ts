import { anchorsOf, type Place } from './anchors.ts';

/** A stretch of both texts, or of one of them. */
export interface Run {
  kind: 'same' | 'removed' | 'added';
  text: string;
}

/** How many tokens may be looked at for each token of the texts; what is left then counts as replaced. */
const looksPerToken = 48;
/** How many tokens are looked at between two pauses. */
const looksAtOnce = 5000;
/** How many runs are joined between two pauses. */
const runsAtOnce = 5000;
/** How many tokens a stretch without unique words may differ by; more counts as replaced. */
const editsMax = 200;

/**
 * Compares two texts by words. The runs are in order: the same and the removed ones together are `before`, the same and the
 * added ones `after`. The time is linear in the texts' lengths, whatever they are. The generator pauses often, so that
 * its caller can let others run.
 */
export function* diffWords(before: string, after: string): Generator<void, Run[]> {
  const a = tokensOf(before);
  yield;
  const b = tokensOf(after);
  yield;
  const comparison = new Comparison(a, b);
  yield* comparison.run();
  return yield* withoutIslands(comparison.runs);
}

/** Blanks between two changes are changed with them: a marked sentence is easier to read than its marked words. */
function* withoutIslands(runs: readonly Run[]): Generator<void, Run[]> {
  const joined: Run[] = [];
  for (const [at, { kind, text }] of runs.entries()) {
    const isIsland = kind === 'same' && text.trim() === '' && at > 0 && at < runs.length - 1;
    for (const one of isIsland ? (['removed', 'added'] as const) : [kind]) append(joined, { kind: one, text });
    if (at % runsAtOnce === runsAtOnce - 1) yield;
  }
  return joined;
}

/** Appends a run. Between two of the same text there is at most one removed and one added, in this order. */
function append(runs: Run[], { kind, text }: Run): void {
  const last = runs.at(-1);
  const before = runs.at(-2);
  if (text === '') return;
  if (last?.kind === kind) last.text += text;
  else if (kind !== 'removed' || last?.kind !== 'added') runs.push({ kind, text });
  else if (before?.kind === 'removed') before.text += text;
  else runs.splice(-1, 0, { kind, text });
}

const unspaced = '\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Thai}';
/** Blanks, single characters of scripts without spaces, words, and signs. Together they are the text. */
const token = new RegExp(`\\s+|[${unspaced}]|(?:(?![${unspaced}])[\\p{L}\\p{M}\\p{N}_])+|[^]`, 'gu');

function tokensOf(text: string): string[] {
  return text.match(token) ?? [];
}

/** A range of both texts. `divide`: it is still to be compared; `same` and `replace`: it is to be put as it is. */
interface Step {
  what: 'divide' | 'same' | 'replace';
  a: number;
  aEnd: number;
  b: number;
  bEnd: number;
}

/**
 * Words that both ranges have exactly once divide them, as in a patience diff. Between them Myers' greedy algorithm finds
 * the fewest edits, up to a bound.
 */
class Comparison {
  readonly runs: Run[] = [];
  readonly #texts: { a: readonly string[]; b: readonly string[] };
  /** Each token as a number, which is the same for the same token. */
  readonly #a: Uint32Array;
  readonly #b: Uint32Array;
  readonly #blanks = new Set<number>();
  #looksLeft: number;
  #pauseAt: number;

  constructor(a: readonly string[], b: readonly string[]) {
    const numbers = new Map<string, number>();
    const numberOf = (text: string) => {
      const number = numbers.get(text) ?? numbers.size;
      numbers.set(text, number);
      if (text.trim() === '') this.#blanks.add(number);
      return number;
    };
    this.#texts = { a, b };
    this.#a = Uint32Array.from(a, numberOf);
    this.#b = Uint32Array.from(b, numberOf);
    this.#looksLeft = looksPerToken * (a.length + b.length);
    this.#pauseAt = this.#looksLeft - looksAtOnce;
  }

  *run(): Generator<void, void> {
    const open: Step[] = [{ what: 'divide', a: 0, aEnd: this.#a.length, b: 0, bEnd: this.#b.length }];
    for (let step = open.pop(); step !== undefined; step = open.pop()) {
      yield* this.#pause();
      if (step.what !== 'divide') this.#put(step);
      else for (const part of (yield* this.#divide(step)).reverse()) open.push(part);
    }
  }

  *#pause(): Generator<void, void> {
    if (this.#looksLeft >= this.#pauseAt) return;
    this.#pauseAt = this.#looksLeft - looksAtOnce;
    yield;
  }

  /** The steps, in order, that do together what this one does. */
  *#divide({ a, aEnd, b, bEnd }: Step): Generator<void, Step[]> {
    let [from, to] = [0, 0];
    const shorter = Math.min(aEnd - a, bEnd - b);
    while (from < shorter && this.#a[a + from] === this.#b[b + from]) from += 1;
    while (to < shorter - from && this.#a[aEnd - 1 - to] === this.#b[bEnd - 1 - to]) to += 1;
    this.#looksLeft -= from + to + 1;
    const inner: Step = { what: 'replace', a: a + from, aEnd: aEnd - to, b: b + from, bEnd: bEnd - to };
    return [
      { what: 'same', a, aEnd: inner.a, b, bEnd: inner.b },
      ...(yield* this.#divideInner(inner)),
      { what: 'same', a: inner.aEnd, aEnd, b: inner.bEnd, bEnd },
    ];
  }

  *#divideInner(inner: Step): Generator<void, Step[]> {
    const { a, aEnd, b, bEnd } = inner;
    const size = aEnd - a + (bEnd - b);
    if (a === aEnd || b === bEnd || this.#looksLeft < size) return [inner];
    this.#looksLeft -= size;
    const anchors = yield* anchorsOf(this.#a.subarray(a, aEnd), this.#b.subarray(b, bEnd), this.#blanks);
    if (anchors.length > 0) return betweenAnchors(inner, anchors);
    return (yield* this.#fewestEdits(inner)) ?? [inner];
  }

  /** The steps with the fewest edits; null if there are too many. */
  *#fewestEdits({ a, aEnd, b, bEnd }: Step): Generator<void, Step[] | null> {
    const [width, height] = [aEnd - a, bEnd - b];
    const max = Math.min(editsMax, width + height);
    // How far each diagonal reached before each number of edits. Diagonal k is at k + max + 1.
    const history: Int32Array[] = [];
    const reach = new Int32Array(2 * max + 3);
    for (let edits = 0; edits <= max; edits += 1) {
      history.push(reach.slice());
      for (let k = -edits; k <= edits; k += 2) {
        const from = stepBefore(reach, { k, edits, max }).x;
        let x = from;
        while (x < width && x - k < height && this.#a[a + x] === this.#b[b + x - k]) x += 1;
        reach[k + max + 1] = x;
        if (x >= width && x - k >= height) return stepsBack(history, { what: 'divide', a, aEnd, b, bEnd }, max);
        this.#looksLeft -= x - from + 1;
        if (this.#looksLeft < 0) return null;
        yield* this.#pause();
      }
    }
    return null;
  }

  #put({ what, a, aEnd, b, bEnd }: Step): void {
    const text = this.#texts.a.slice(a, aEnd).join('');
    append(this.runs, { kind: what === 'same' ? 'same' : 'removed', text });
    if (what === 'replace') append(this.runs, { kind: 'added', text: this.#texts.b.slice(b, bEnd).join('') });
  }
}

/** The words at the anchors are the same; what lies between them is still to be compared. */
function betweenAnchors({ a, aEnd, b, bEnd }: Step, anchors: readonly Place[]): Step[] {
  const steps: Step[] = [];
  let [aFrom, bFrom] = [a, b];
  for (const anchor of anchors) {
    const [aAt, bAt] = [a + anchor.a, b + anchor.b];
    steps.push({ what: 'divide', a: aFrom, aEnd: aAt, b: bFrom, bEnd: bAt });
    steps.push({ what: 'same', a: aAt, aEnd: aAt + 1, b: bAt, bEnd: bAt + 1 });
    [aFrom, bFrom] = [aAt + 1, bAt + 1];
  }
  return [...steps, { what: 'divide', a: aFrom, aEnd, b: bFrom, bEnd }];
}

/** The place on diagonal `k` after one more edit, and the diagonal from which the edit leads there. */
function stepBefore(reach: Int32Array, { k, edits, max }: { k: number; edits: number; max: number }) {
  const at = (diagonal: number) => reach[diagonal + max + 1] ?? 0;
  const adds = k === -edits || (k !== edits && at(k - 1) < at(k + 1));
  return adds
    ? { x: at(k + 1), beforeK: k + 1, beforeX: at(k + 1) }
    : { x: at(k - 1) + 1, beforeK: k - 1, beforeX: at(k - 1) };
}

/** The steps of the way that reached the end of the range. */
function stepsBack(history: readonly Int32Array[], { a, aEnd, b, bEnd }: Step, max: number): Step[] {
  const steps: Step[] = [];
  let x = aEnd - a;
  let y = bEnd - b;
  for (let edits = history.length - 1; edits >= 0; edits -= 1) {
    const before = stepBefore(history[edits] ?? new Int32Array(), { k: x - y, edits, max });
    const start = edits === 0 ? 0 : before.x;
    steps.push({ what: 'same', a: a + start, aEnd: a + x, b: b + y - (x - start), bEnd: b + y });
    if (edits === 0) break;
    const beforeY = before.beforeX - before.beforeK;
    steps.push({
      what: 'replace',
      a: a + before.beforeX,
      aEnd: a + start,
      b: b + beforeY,
      bEnd: b + y - (x - start),
    });
    [x, y] = [before.beforeX, beforeY];
  }
  return steps.reverse();
}
