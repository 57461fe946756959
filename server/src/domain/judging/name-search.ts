import { TimeSlice } from '../ground/time-slice.ts';

/** Letters, or digits. Everything else only divides, so that `GPT-4.1`, `gpt 4.1` and `**GPT‑4.1**` are the same. */
const run = /[\p{L}\p{M}]+|\p{N}+/gu;
/** A sign of a script that puts no spaces between words. */
const unspaced =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}ー]/u;
const pieces = new RegExp(`${unspaced.source}|(?:(?!${unspaced.source}).)+`, 'gsu');
/** Characters without a width, which would divide a word that reads as one. */
const unseen = /\p{Default_Ignorable_Code_Point}+/gu;

/** UTF-16 code units of a text that are read at once. */
const READ_AT_ONCE = 16_384;
/** How far back from there a divider is looked for, so that no word is cut. */
const BACK_MAX = 1000;
/** Before one of these a text may be cut: a space, punctuation, or a sign that is a word by itself. Hangul's join. */
const dividers = new RegExp(
  `(?!\\p{Default_Ignorable_Code_Point})[\\s\\p{P}]|(?=\\p{L})(?!\\p{Script=Hangul})${unspaced.source}`,
  'gu',
);

/**
 * The words of a text as names are compared, without their case, in time linear in its length: runs of letters, numbers,
 * and each single sign of a script that writes no spaces.
 */
export function* wordsOf(text: string): Generator<string> {
  for (let start = 0; start < text.length; ) {
    const end = endOfPiece(text, start);
    const plain = text.slice(start, end).replace(unseen, '').normalize('NFKC').toLowerCase();
    for (const [found] of plain.matchAll(run)) {
      if (!unspaced.test(found)) yield found;
      else for (const [part] of found.matchAll(pieces)) yield part;
    }
    start = end;
  }
}

function endOfPiece(text: string, start: number): number {
  const most = start + READ_AT_ONCE;
  if (most >= text.length) return text.length;
  const back = most - BACK_MAX;
  const divider = [...text.slice(back, most).matchAll(dividers)].at(-1);
  if (divider) return back + divider.index;
  // Only a word that is no name goes on for so long.
  return isSecondHalf(text.charCodeAt(most)) ? most + 1 : most;
}

/** Whether the code unit is the second one of a pair. */
function isSecondHalf(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}

/** What may follow a word on the way to a name. */
class Step<Name> {
  readonly next = new Map<string, Step<Name>>();
  /** The names that end here. */
  readonly names: Name[] = [];
}

/** A longer name is looked for by its beginning. */
const WORDS_MAX = 12;
/** How many words are read before others are asked for their turn. */
const WORDS_AT_ONCE = 500;

/** Finds names in texts, in time linear in the texts' lengths, however many names there are. */
export class NameSearch<Name> {
  readonly #root = new Step<Name>();

  /** Looks for the words from now on; a name without a word is never found. */
  add(words: readonly string[], name: Name): void {
    let step = this.#root;
    for (const part of words.slice(0, WORDS_MAX)) {
      const next = step.next.get(part) ?? new Step();
      step.next.set(part, next);
      step = next;
    }
    if (step !== this.#root) step.names.push(name);
  }

  /** Whether the text has a name that is `wanted`. Lets others go on in between. */
  async has(text: string, wanted: (name: Name) => boolean): Promise<boolean> {
    const slice = new TimeSlice();
    let read = 0;
    // The ways on which the last words have come; no longer than the longest name.
    let ways: Step<Name>[] = [];
    for (const part of wordsOf(text)) {
      ways = [...ways, this.#root].flatMap((step) => step.next.get(part) ?? []);
      if (ways.some(({ names }) => names.some(wanted))) return true;
      if (++read % WORDS_AT_ONCE === 0 && slice.isUsedUp) await slice.next();
    }
    return false;
  }
}
