import type { BoardPlace, BoardRow } from '../../../database/judging/board-verdicts.ts';
import { emptyVerdicts, ofLanes, type Verdicts } from '../ratings/verdicts.ts';

/** What is rated: a model by its own answers, or by those that it made of others' answers. */
export interface Contestant {
  modelId: string;
  merged: boolean;
}

/** Gives each contestant a place, in the order in which they are met. */
export class Places {
  readonly contestants: Contestant[] = [];
  readonly #places = new Map<string, number>();

  placeOf(contestant: Contestant): number {
    const name = nameOf(contestant);
    const known = this.#places.get(name);
    if (known !== undefined) return known;
    const place = this.contestants.push(contestant) - 1;
    this.#places.set(name, place);
    return place;
  }
}

function nameOf({ modelId, merged }: Contestant): string {
  return `${modelId} ${merged}`;
}

export interface BoardPage {
  /** In the order of their times. */
  verdicts: Verdicts;
  /** Where the next page begins; null: there is none. */
  end: BoardPlace | null;
}

/** So many answers or verdicts are read at once. */
const AT_ONCE = 2048;

/** Reads what the database tells of a page, in slices. */
export function* readPage(rows: readonly BoardRow[], places: Places): Generator<void, BoardPage> {
  const ofAnswers = rows.flatMap(({ model_id, merged, ...row }) =>
    model_id === null ? [] : [{ modelId: model_id, merged: merged === true, ...row }],
  );
  // The database tells of contestants in any order.
  ofAnswers.sort((one, other) => (nameOf(one) < nameOf(other) ? -1 : 1));
  const head = rows.find(({ model_id }) => model_id === null);
  const verdicts = emptyVerdicts(
    head?.count ?? 0,
    ofAnswers.reduce((sum, { count }) => sum + count, 0),
  );
  yield* readVerdicts(verdicts, head?.numbers ?? '');
  const answers = new Answers(verdicts);
  for (const { modelId, merged, numbers, count } of ofAnswers) {
    yield* answers.read(numbers ?? '', count, places.placeOf({ modelId, merged }));
  }
  const id = head?.last_id ?? null;
  return {
    verdicts: yield* answers.byVerdict(),
    end: id === null ? null : { id, at: verdicts.times[0] as number },
  };
}

/** A page has the newest verdict first. */
function verdictAt(place: number, { count }: Verdicts): number {
  return count - 1 - place;
}

function* readVerdicts(verdicts: Verdicts, numbers: string): Generator<void> {
  const text = new Numbers(numbers);
  for (let index = 0; index < verdicts.count; index++) {
    if (index % AT_ONCE === 0) yield;
    const verdict = verdictAt(text.next(), verdicts);
    verdicts.judges[verdict] = text.next();
    verdicts.clusters[verdict] = text.next();
    verdicts.times[verdict] = text.next();
  }
}

/** The answers of a page, in the order in which the database tells of them. */
class Answers {
  readonly #read: Verdicts;
  /** Of each its verdict and its lane. */
  readonly #verdicts: Uint32Array;
  readonly #lanes: Uint32Array;
  #count = 0;

  /** @param verdicts is filled */
  constructor(verdicts: Verdicts) {
    this.#read = verdicts;
    this.#verdicts = new Uint32Array(verdicts.models.length);
    this.#lanes = new Uint32Array(verdicts.models.length);
  }

  /** @param model the place of the contestant who gave them */
  *read(numbers: string, count: number, model: number): Generator<void> {
    const text = new Numbers(numbers);
    const read = this.#read;
    for (let index = 0; index < count; index++) {
      if (index % AT_ONCE === 0) yield;
      const at = this.#count++;
      this.#verdicts[at] = verdictAt(text.next(), read);
      this.#lanes[at] = text.next();
      read.models[at] = model;
      read.best[at] = text.next();
      read.answers[at] = text.next();
      read.credits[at] = text.next();
      read.firstTokenMs[at] = text.next();
      read.outputTokens[at] = text.next();
      read.characters[at] = text.next();
    }
  }

  /** The verdicts with their answers, by lane. */
  *byVerdict(): Generator<void, Verdicts> {
    const read = this.#read;
    const order = yield* this.#order();
    const sorted = { ...read };
    for (const name of ofLanes) {
      yield;
      const column = read[name];
      const inOrder = column.slice();
      for (let at = 0; at < order.length; at++) inOrder[at] = column[order[at] as number] as number;
      Object.assign(sorted, { [name]: inOrder });
    }
    return sorted;
  }

  /** Finds out where each verdict's answers begin. @returns the answers by verdict and lane */
  *#order(): Generator<void, Uint32Array> {
    const { starts } = this.#read;
    const [verdicts, lanes] = [this.#verdicts, this.#lanes];
    for (let at = 0; at < verdicts.length; at++) {
      const behind = (verdicts[at] as number) + 1;
      starts[behind] = (starts[behind] as number) + 1;
    }
    for (let verdict = 1; verdict < starts.length; verdict++) {
      starts[verdict] = (starts[verdict] as number) + (starts[verdict - 1] as number);
    }
    const ends = starts.slice();
    const order = new Uint32Array(verdicts.length);
    for (let at = 0; at < verdicts.length; at++) {
      if (at % 16_384 === 0) yield;
      const verdict = verdicts[at] as number;
      let slot = ends[verdict] as number;
      ends[verdict] = slot + 1;
      // A verdict has few answers: those of higher lanes make room.
      for (; slot > (starts[verdict] as number); slot--) {
        const before = order[slot - 1] as number;
        if ((lanes[before] as number) < (lanes[at] as number)) break;
        order[slot] = before;
      }
      order[slot] = at;
    }
    return order;
  }
}

/** Whole numbers that a text has one after the other, with spaces between them. */
class Numbers {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  next(): number {
    let value = 0;
    const isBelow = this.#text.charCodeAt(this.#at) === MINUS;
    if (isBelow) this.#at++;
    for (;;) {
      const digit = this.#text.charCodeAt(this.#at++) - ZERO;
      // Behind the last one there is no character, and no digit either.
      if (!(digit >= 0)) return isBelow ? -value : value;
      value = value * 10 + digit;
    }
  }
}

const MINUS = '-'.charCodeAt(0);
const ZERO = '0'.charCodeAt(0);
