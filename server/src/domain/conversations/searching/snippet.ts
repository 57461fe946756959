import { asWord, withinWords } from '../../../database/searching/text-patterns.ts';
import { type FoldedText, foldText, type TextRange } from './folded-text.ts';

export type { TextRange } from './folded-text.ts';

/** A piece of a text around what was found in it. */
export interface Snippet {
  /** One line, with `…` where it is cut. */
  text: string;
  /** Where what was found stands in `text`, from left to right and apart from each other. */
  marks: TextRange[];
}

/** How long a snippet is, and how much of it stands before what was found: in UTF-16 code units, without `…`. */
export interface SnippetSize {
  length: number;
  before: number;
}

const usual: SnippetSize = { length: 160, before: 50 };
/** The places of one part that are looked at. */
const PLACES_MAX = 500;

/** @param parts of the search, folded. Where none is found, the snippet is the text's beginning. */
export function* snippetOf(source: string, parts: readonly string[], size = usual): Generator<void, Snippet> {
  const found = placesOf(yield* foldText(source), parts);
  const start = bestStart(found, size.length - size.before);
  const from = start <= size.before ? 0 : beginningNear(source, start - size.before, start);
  const first = found.find((place) => place.start >= from);
  const most = from + size.length;
  const to = endNear(source, { from, most, least: Math.min(first?.end ?? 0, most) });
  return inOneLine(source, { start: from, end: to }, merged(found));
}

interface Place extends TextRange {
  part: number;
}

/** Where the parts are, in order: as words if the text has the part as a word, else within words. */
function placesOf(text: FoldedText, parts: readonly string[]): Place[] {
  return parts
    .flatMap((part, index) => {
      const word = asWord(part);
      const needle = text.folded.includes(word) ? word : withinWords(part);
      const lead = needle.indexOf(part);
      const places: Place[] = [];
      for (let at = text.folded.indexOf(needle); at >= 0 && places.length < PLACES_MAX; ) {
        places.push({ part: index, ...text.sourceOf(at + lead, at + lead + part.length) });
        at = text.folded.indexOf(needle, at + 1);
      }
      return places;
    })
    .sort((a, b) => a.start - b.start || a.end - b.end);
}

/** Where the most different parts are together, within so many UTF-16 code units. */
function bestStart(places: readonly Place[], lengthMax: number): number {
  let best = { start: places[0]?.start ?? 0, parts: 0 };
  for (const [index, { start }] of places.entries()) {
    const near = new Set<number>();
    for (let at = index; at < places.length; at += 1) {
      const place = places[at] as Place;
      if (place.end - start > lengthMax) break;
      near.add(place.part);
    }
    if (near.size > best.parts) best = { start, parts: near.size };
    if (best.parts === 5) break;
  }
  return best.start;
}

/** The beginning of a word between the two places, else of a character. */
function beginningNear(source: string, from: number, to: number): number {
  const space = /\s\S/u.exec(source.slice(from, to + 1));
  return space ? from + space.index + 1 : characterAt(source, from);
}

/** The end of a word up to `most` and not before `least`, else of a character. */
function endNear(source: string, { from, most, least }: { from: number; most: number; least: number }): number {
  if (most >= source.length) return source.length;
  for (let at = most; at > Math.max(least, from); at -= 1) {
    if (/\s/u.test(source[at] ?? '')) return at;
  }
  return Math.max(characterAt(source, most), from + 1);
}

/** Not between the halves of a surrogate pair, and not before a mark. */
function characterAt(source: string, at: number): number {
  let place = at;
  while (place > 0 && place > at - 20 && inCharacter.test(source.slice(place, place + 2))) {
    place -= 1;
  }
  return place;
}

const inCharacter = /^(?:[\udc00-\udfff]|\p{M}|\u200d)/u;

function merged(places: readonly TextRange[]): TextRange[] {
  const apart: TextRange[] = [];
  for (const { start, end } of places) {
    const last = apart.at(-1);
    if (last && start <= last.end) last.end = Math.max(last.end, end);
    else apart.push({ start, end });
  }
  return apart;
}

/** Writes blanks as one space and leaves out Markdown's signs, unless they are marked. */
function inOneLine(source: string, { start, end }: TextRange, places: readonly TextRange[]): Snippet {
  const near = places
    .filter((place) => place.end > start && place.start < end)
    .map((place) => ({ start: Math.max(start, place.start), end: Math.min(end, place.end) }));
  let text = start > 0 && /\S/.test(source.slice(0, start)) ? '…' : '';
  const isEmpty = () => text === '' || text === '…';
  /** Adds the text up to `to` as it is seen, without marks. */
  const addPlain = (from: number, to: number) => {
    const piece = withoutSigns(source, from, to).replace(/\s+/gu, ' ');
    text += isEmpty() || text.endsWith(' ') ? piece.trimStart() : piece;
  };
  const marks: TextRange[] = [];
  let at = start;
  for (const place of near) {
    addPlain(at, place.start);
    const from = text.length;
    text += source.slice(place.start, place.end).replace(/\s+/gu, ' ');
    if (text.length > from) marks.push({ start: from, end: text.length });
    at = place.end;
  }
  addPlain(at, end);
  const last = marks.at(-1)?.end ?? 0;
  text = text.slice(0, last) + text.slice(last).trimEnd();
  return { text: /\S/.test(source.slice(end, end + 1000)) ? `${text}…` : text, marks };
}

function withoutSigns(source: string, from: number, to: number): string {
  let text = '';
  let at = from;
  markdown.lastIndex = from;
  for (let found = markdown.exec(source); found && found.index < to; found = markdown.exec(source)) {
    text += source.slice(at, found.index);
    at = Math.min(to, found.index + found[0].length);
  }
  return text + source.slice(at, to);
}

/** What begins a heading, a quotation or an item, and what emphasis and code stand between. */
const markdown = /(?<=^|\n)[ \t]{0,8}(?:(?:#{1,6}|>|[-*+])[ \t]+)+|\*\*|~~|`+/g;
