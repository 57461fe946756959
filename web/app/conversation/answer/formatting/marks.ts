/**
 * The kinds of marks. A mark hides part of an answer's source from Markdown: it passes through the parser as a word of
 * signs that mean nothing there, and remarkMarks replaces it by its content.
 */
export type MarkKind = 'formula' | 'formula-apart' | 'verbatim';

const openings: Record<MarkKind, string> = { formula: '\uFDD0', 'formula-apart': '\uFDD1', verbatim: '\uFDD2' };
const kinds = new Map(Object.entries(openings).map(([kind, sign]) => [sign, kind as MarkKind]));
const closing = '\uFDD3';

/** The signs that begin or end a mark. If an answer itself has such a sign, formulas.ts marks it as verbatim. */
export const markSigns = '\uFDD0-\uFDD3';

/** A mark's content is moved from ASCII to this range, sign by sign. Signs that are in this range already get an `escapeSign`. */
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

/** Splits a text that the parser gives back into plain text and marks. */
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

/** The text as it was written, with each mark replaced by its content. */
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
