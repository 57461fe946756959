/**
 * A stretch of an answer's source that Markdown must not read: it travels through the parser as a word of signs that
 * mean nothing to it, and remarkMarks puts in its place what it stands for.
 */
export type MarkKind = 'formula' | 'formula-apart' | 'verbatim';

const openings: Record<MarkKind, string> = { formula: '\uFDD0', 'formula-apart': '\uFDD1', verbatim: '\uFDD2' };
const kinds = new Map(Object.entries(openings).map(([kind, sign]) => [sign, kind as MarkKind]));
const closing = '\uFDD3';

/** Signs that have a meaning here: of an answer that holds one itself, `mark` makes it verbatim. */
export const markSigns = '\uFDD0-\uFDD3';

/** ASCII moves here, one sign for one; these signs themselves come after an `escapeSign`. */
const [first, last, escapeSign] = [0xe000, 0xe0ff, '\uE0FF'];

export function mark(kind: MarkKind, raw: string): string {
  const hidden = raw.replace(/[\0-\x7F\uFDD0-\uFDD3\uE000-\uE0FF]/g, (sign) => {
    const code = sign.charCodeAt(0);
    if (code < 0x80) return String.fromCharCode(first + code);
    if (code > last) return String.fromCharCode(first + 0x80 + (code & 3));
    return escapeSign + sign;
  });
  return openings[kind] + hidden + closing;
}

export type Piece = string | { kind: MarkKind; raw: string };

const marked = /([\uFDD0-\uFDD2])([^\uFDD0-\uFDD3]*)\uFDD3/g;

/** A text as the parser gives it back: what stands in it as it is, and what was marked. */
export function piecesOf(text: string): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  for (const { index, 0: whole, 1: opening = '', 2: hidden = '' } of text.matchAll(marked)) {
    if (index > at) pieces.push(text.slice(at, index));
    pieces.push({ kind: kinds.get(opening) ?? 'verbatim', raw: shown(hidden) });
    at = index + whole.length;
  }
  if (at < text.length) pieces.push(text.slice(at));
  return pieces;
}

/** The text as it was written. */
export function withoutMarks(text: string): string {
  return text.replace(marked, (_whole, _opening, hidden: string) => shown(hidden));
}

function shown(hidden: string): string {
  return hidden.replace(/\uE0FF([\s\S])|[\uE000-\uE0FE]/g, (sign, kept?: string) => {
    if (kept) return kept;
    const code = sign.charCodeAt(0) - first;
    return String.fromCharCode(code < 0x80 ? code : 0xfdd0 + (code & 3));
  });
}
