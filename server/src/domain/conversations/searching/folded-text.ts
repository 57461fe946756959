/*
 * Folds a text as the database does (`fold_for_search`, migrations/0006_search_parts.ts), and keeps where each folded
 * character comes from. The database decides what is found; this only finds it again in the text, to mark it.
 */

/** A text as it is searched. */
export interface FoldedText {
  readonly folded: string;
  /** Where the characters come from that are at `from` up to `to` in the folded text, in UTF-16 code units. */
  sourceOf(from: number, to: number): TextRange;
}

/** From `start` up to `end`, which is not in it, in UTF-16 code units. */
export interface TextRange {
  start: number;
  end: number;
}

/** Yields at least once a thousand characters. */
export function* foldText(source: string): Generator<void, FoldedText> {
  const pieces: string[] = [' '];
  const starts: number[] = [0];
  const ends: number[] = [0];
  const add = (text: string, start: number, end: number) => {
    pieces.push(text);
    for (let at = 0; at < text.length; at += 1) {
      starts.push(start);
      ends.push(end);
    }
  };
  let inGap = false;
  let count = 0;
  for (const found of source.matchAll(clusters)) {
    count += 1;
    if (count % 1000 === 0) yield;
    const start = found.index;
    const end = start + found[0].length;
    for (const character of foldCluster(found[0])) {
      const isGap = character <= ' ' || character === '\x7f' || gaps.test(character);
      if (!isGap) add(alone.test(character) ? ` ${character} ` : character, start, end);
      else if (!inGap) add(' ', start, end);
      inGap = isGap;
    }
  }
  add(' ', source.length, source.length);
  return {
    folded: pieces.join(''),
    sourceOf: (from, to) => ({ start: starts[from] ?? source.length, end: ends[to - 1] ?? source.length }),
  };
}

const jamo = String.raw`[\u1100-\u11ff\ua960-\ua97c\ud7b0-\ud7fb]`;
/** Signs that stand with the character before them: besides marks those that folding takes out, and kana's voices. */
const following = String.raw`[\p{M}\u0640\u200b-\u200f\ufe00-\ufe0f\uff9e\uff9f]`;
/** Jamo, which become one syllable with each other; or a character with the marks that may become one with it. */
const clusters = new RegExp(`${jamo}+${following}*|[^\\p{M}]${following}*|\\p{M}+`, 'gsu');

function foldCluster(cluster: string): string {
  if (cluster.length === 1 && cluster < '\x80') return signOf(cluster.toLowerCase());
  const plain = cluster.normalize('NFKD').replace(marks, '').toLowerCase();
  const spelled = plain.replace(/[ßæœþøđðłħıŋς]/g, (letter) => spellings[letter] ?? letter);
  return [...spelled.normalize('NFC')].map(signOf).join('');
}

const takenOut = String.raw`\u0300-\u036f\u0591-\u05bd\u05bf-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06ed\u00ad\u200b-\u200f\u2060\ufe00-\ufe0f\ufeff`;
const marks = new RegExp(`[${takenOut}]+`, 'g');

const spellings: Record<string, string> = {
  ...{ ß: 'ss', æ: 'ae', œ: 'oe', þ: 'th' },
  ...{ ø: 'o', đ: 'd', ð: 'd', ł: 'l', ħ: 'h', ı: 'i', ŋ: 'n', ς: 'σ' },
};

function signOf(character: string): string {
  const at = signs.indexOf(character);
  return at < 0 ? character : String.fromCodePoint(0xa000 + at);
}

const signs = '#$%&*+-./<=>@\\^_|~';

const gaps = /[!"'(),:;?`{}[\]¡¿«»·„“”\u2000-\u206f\u3000-\u3004\u3008-\u3020\u30fb]/u;

const alone =
  /[\ua000-\ua011\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\u{20000}-\u{3ffff}]/u;
