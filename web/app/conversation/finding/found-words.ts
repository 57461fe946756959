/*
 * Finds the words of a search again in a text that is drawn. The server decides what is found; this folds case, accents and
 * punctuation much as it does, so that the words can be marked.
 */

/** From `start` up to `end`, which is not in it, in UTF-16 code units. */
export interface FoundPlace {
  start: number;
  end: number;
}

const wordsMax = 5;

/** The first five different words of a search, folded. */
export function wordsOf(search: string): string[] {
  const typed = search.split(/\s+/).map((word) => word.replace(closing, ''));
  const folded = typed.map((word) => fold(word).text.trim()).filter((word) => word !== '');
  return [...new Set(folded)].slice(0, wordsMax);
}

/** Punctuation at the end of a word that has other characters before it. */
const closing = /(?<=[^"'“”’»›)\]},;:!?.…])["'“”’»›)\]},;:!?.…]+$/u;

/** Where the words are, as words of their own; a word that the text does not have so is found within others. In order. */
export function placesIn(text: string, words: readonly string[]): FoundPlace[] {
  const folded = fold(text);
  const places = words.flatMap((word) => {
    const all = occurrences(folded.text, word);
    const alone = all.filter((at) => isAlone(folded.text, at, word));
    return (alone.length > 0 ? alone : all).map((at) => ({
      start: folded.starts[at] ?? text.length,
      end: folded.ends[at + word.length - 1] ?? text.length,
    }));
  });
  return places.sort((one, other) => one.start - other.start || one.end - other.end);
}

function occurrences(text: string, word: string): number[] {
  const found: number[] = [];
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + word.length)) found.push(at);
  return found;
}

/** Whether no word goes on where this one begins and ends. */
function isAlone(text: string, at: number, word: string): boolean {
  const goesOn = (one: string | undefined, other: string | undefined) =>
    letter.test(one ?? '') && letter.test(other ?? '');
  const end = at + word.length;
  return !goesOn(text[at - 1], text[at]) && !goesOn(text[end - 1], text[end]);
}

const letter = /[\p{L}\p{N}]/u;

interface Folded {
  text: string;
  /** Where each of its code units begins and ends in the text. */
  starts: number[];
  ends: number[];
}

function fold(source: string): Folded {
  const pieces: string[] = [];
  const starts: number[] = [];
  const ends: number[] = [];
  for (const { 0: cluster, index } of source.matchAll(clusters)) {
    const piece = foldCluster(cluster);
    pieces.push(piece);
    for (let unit = 0; unit < piece.length; unit += 1) {
      starts.push(index);
      ends.push(index + cluster.length);
    }
  }
  return { text: pieces.join(''), starts, ends };
}

/** A character with its marks. */
const clusters = /[^\p{M}]\p{M}*|\p{M}+/gsu;

function foldCluster(cluster: string): string {
  if (cluster.length === 1 && cluster < '\x80') return gap.test(cluster) ? ' ' : cluster.toLowerCase();
  const plain = cluster
    .normalize('NFKD')
    .replace(/[\u0300-\u036f\u00ad\u200b-\u200f]+/g, '')
    .toLowerCase();
  const spelled = plain.replace(/[ßæœþøđðłħıŋς]/g, (one) => spellings[one] ?? one);
  return gap.test(spelled) ? ' ' : spelled.normalize('NFC');
}

const spellings: Record<string, string> = {
  ...{ ß: 'ss', æ: 'ae', œ: 'oe', þ: 'th' },
  ...{ ø: 'o', đ: 'd', ð: 'd', ł: 'l', ħ: 'h', ı: 'i', ŋ: 'n', ς: 'σ' },
};

/** What stands between words, and is not searched for. */
const gap = /^[\s!"'(),:;?`{}[\]¡¿«»·„“”\u2000-\u206f\u3000-\u3004\u3008-\u3020\u30fb]$/u;
