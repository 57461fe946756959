import { segmentsOf } from './fences.ts';
import {
  isEscape,
  isInBrackets,
  isInDollars,
  isInDoubleDollars,
  isInParentheses,
  isNoFormulaYet,
  isPriceYet,
} from './formula-sense.ts';
import { mark, markSigns } from './marks.ts';

/** The longest formula, in characters. Signs without an end by then begin no formula. */
const lengthMax = 4_000;
/** After this many environments without an end, no more are looked for. */
const endlessMax = 50;
/** The longest formula in single dollars, in characters. */
const dollarsLengthMax = 500;

type Span =
  | { kind: 'formula'; apart: boolean; end: number }
  /** Is shown as it was written, whatever Markdown would make of its signs. */
  | { kind: 'verbatim'; end: number }
  /** Is left to Markdown. */
  | { kind: 'text'; end: number }
  /** Has an end that may still come. */
  | { kind: 'unfinished' };

/**
 * Marks the formulas in an answer's text (marks.ts), outside of code: formulas that models write between `\( \)`, `\[ \]`,
 * `$ $` and `$$ $$`, and LaTeX's environments. A dollar or a bracket of no formula is marked too, to be shown as it was
 * written. Without its marks, the result is the given text.
 *
 * @param writing whether more may come: then an unfinished formula is held back, with the text after it
 */
export function withFormulas(text: string, writing: boolean): string {
  if (!signs.test(text)) return text;
  let shown = '';
  const segments = segmentsOf(text);
  for (const [index, segment] of segments.entries()) {
    if (segment.isCode) {
      shown += withoutOwnSigns(segment.text);
      continue;
    }
    const scan = new Scan(segment.text, writing && index === segments.length - 1);
    shown += scan.marked();
  }
  return shown;
}

const signs = new RegExp(`[$\\\\${markSigns}]`);
const ownSigns = new RegExp(`[${markSigns}]`, 'g');

function withoutOwnSigns(text: string): string {
  return text.replace(ownSigns, (sign) => mark('verbatim', sign));
}

/** Matches signs that begin code or a formula, and escaped signs, which begin neither. */
const openers = new RegExp(`\`+|\\\\begin\\{([A-Za-z]+\\*?)\\}|\\\\[()[\\]]|\\$+|[${markSigns}]|\\\\[\\s\\S]`, 'g');

/** Marks a text without fenced code, in one pass. */
class Scan {
  private at = 0;
  /** The end of the last formula. The next formula may begin right there. */
  private formulaEnd = -1;
  private paragraph = { from: 0, end: -1 };
  /** How many environments without an end were found. */
  private endless = 0;

  constructor(
    private readonly text: string,
    private readonly writing: boolean,
  ) {}

  marked(): string {
    const { text } = this;
    let shown = '';
    for (let match = this.next(); match; match = this.next()) {
      const { index: start, 0: opener } = match;
      const span = this.spanAt(start, opener, match[1]);
      shown += text.slice(this.at, start);
      if (span.kind === 'unfinished') return shown;
      const raw = text.slice(start, span.end);
      if (span.kind === 'text') shown += withoutOwnSigns(raw);
      else if (span.kind === 'verbatim') shown += mark('verbatim', raw);
      else shown += mark(span.apart ? 'formula-apart' : 'formula', raw);
      if (span.kind === 'formula') this.formulaEnd = span.end;
      this.at = span.end;
    }
    const rest = text.slice(this.at);
    return shown + (this.writing && /(?<!\\)(?:\\\\)*\\$/.test(rest) ? rest.slice(0, -1) : rest);
  }

  private next(): RegExpExecArray | null {
    openers.lastIndex = this.at;
    return openers.exec(this.text);
  }

  private spanAt(start: number, opener: string, environment: string | undefined): Span {
    const inside = start + opener.length;
    if (opener.startsWith('`')) return this.code(inside, opener);
    if (environment !== undefined) return this.environment(start, inside, environment);
    if (opener === '\\(') return this.parentheses(start, inside);
    if (opener === '\\[') return this.brackets(start, inside);
    if (opener.startsWith('$')) return this.dollars(start, opener.length);
    if (opener === '\\)' || opener === '\\]' || opener.length === 1) return { kind: 'verbatim', end: inside };
    return { kind: 'text', end: inside };
  }

  private code(inside: number, ticks: string): Span {
    const end = this.endOfParagraph(inside);
    const close = new RegExp(`(?<!\`)${ticks}(?!\`)`).exec(this.text.slice(inside, end));
    if (close) return { kind: 'text', end: inside + close.index + ticks.length };
    return { kind: 'text', end: this.writing && end === this.text.length ? end : inside };
  }

  private parentheses(start: number, inside: number): Span {
    const { text } = this;
    const limit = Math.min(this.endOfParagraph(inside), inside + lengthMax);
    const close = text.indexOf('\\)', inside);
    const source = text.slice(inside, close < 0 || close > limit ? limit : close);
    if (/\\\(/.test(source)) return { kind: 'verbatim', end: inside };
    if (close < 0 || close > limit) return this.open(start, inside, source, limit);
    if (!isInParentheses(source)) return { kind: 'verbatim', end: inside };
    return { kind: 'formula', apart: false, end: close + 2 };
  }

  private brackets(start: number, inside: number): Span {
    const { text } = this;
    const limit = Math.min(this.beginsLine(start) ? text.length : this.endOfParagraph(inside), inside + lengthMax);
    const close = text.indexOf('\\]', inside);
    const source = text.slice(inside, close < 0 || close > limit ? limit : close);
    if (/(?<!\\)\\\[/.test(source)) return { kind: 'verbatim', end: inside };
    if (close < 0 || close > limit) return this.open(start, inside, source, limit);
    const end = close + 2;
    if (isEscape(source) || text[end] === '(') return { kind: 'text', end };
    if (!isInBrackets(source, this.standsAlone(start, end))) return { kind: 'verbatim', end: inside };
    return { kind: 'formula', apart: !this.isInRow(start), end };
  }

  /** The span of a formula that has no end so far. */
  private open(start: number, inside: number, source: string, limit: number): Span {
    const isOver = limit < this.text.length || isNoFormulaYet(source) || (this.isInRow(start) && source.includes('\n'));
    return this.writing && !isOver ? { kind: 'unfinished' } : { kind: 'verbatim', end: inside };
  }

  private environment(start: number, inside: number, name: string): Span {
    const asWritten: Span = { kind: 'text', end: inside };
    if (!this.beginsLine(start) && !environments.has(name.replace('*', ''))) return asWritten;
    if (this.endless >= endlessMax) return asWritten;
    const limit = inside + 2 * lengthMax;
    const rest = this.text.slice(inside, limit);
    let depth = 1;
    for (const { index, 0: border, 1: kind } of rest.matchAll(/\\(begin|end)\{[A-Za-z]+\*?\}/g)) {
      if (border !== `\\${kind}{${name}}`) continue;
      depth += kind === 'begin' ? 1 : -1;
      if (depth === 0) return { kind: 'formula', apart: !this.isInRow(start), end: inside + index + border.length };
    }
    if (this.writing && this.text.length <= limit) return { kind: 'unfinished' };
    this.endless += 1;
    return asWritten;
  }

  private dollars(start: number, length: number): Span {
    const asWritten: Span = { kind: 'verbatim', end: start + length };
    if (this.writing && start + length === this.text.length) return { kind: 'unfinished' };
    if (length > 2 || this.isAloneInCell(start, length)) return asWritten;
    if (length === 2) return this.doubleDollars(start, start + 2) ?? asWritten;
    if (/[a-zA-Z0-9À-ɏ$]/.test(this.text[start - 1] ?? '') && this.formulaEnd !== start) return asWritten;
    return this.singleDollars(start + 1) ?? asWritten;
  }

  private singleDollars(inside: number): Span | null {
    const { text } = this;
    if (/\s/.test(text[inside] ?? ' ')) return null;
    const limit = Math.min(endOfLine(text, inside), inside + dollarsLengthMax);
    for (let at = inside; at < limit; at += 1) {
      if (text[at] === '\\') at += 1;
      else if (text[at] === '`') return null;
      else if (text[at] === '$') {
        const source = text.slice(inside, at);
        if (!this.closesAt(at, 1) || !this.fitsCell(inside, source)) return null;
        return isInDollars(source, text.slice(at + 1, at + 12)) ? { kind: 'formula', apart: false, end: at + 1 } : null;
      }
    }
    return null;
  }

  private doubleDollars(start: number, inside: number): Span | null {
    const { text } = this;
    const begins = this.beginsLine(start);
    const oneLine = this.isInRow(start) || (!begins && !/^[ \t]*\n/.test(text.slice(inside, inside + 80)));
    const bound = oneLine ? endOfLine(text, inside) : begins ? text.length : this.endOfParagraph(inside);
    const limit = Math.min(bound, inside + lengthMax);
    const close = this.closeOf(inside, limit);
    const source = text.slice(inside, close < 0 ? limit : close);
    if (close < 0) {
      if (!this.writing || limit < text.length || isPriceYet(source)) return null;
      return { kind: 'unfinished' };
    }
    if (!isInDoubleDollars(source) || !this.fitsCell(inside, source)) return null;
    const end = close + 2;
    return {
      kind: 'formula',
      apart: !this.isInRow(start) && (source.includes('\n') || this.standsAlone(start, end)),
      end,
    };
  }

  private closeOf(inside: number, limit: number): number {
    const { text } = this;
    for (let at = text.indexOf('$$', inside); at >= 0 && at < limit; at = text.indexOf('$$', at)) {
      if (text[at - 1] !== '\\' && text[at - 1] !== '$') return this.closesAt(at, 2) ? at : -1;
      while (text[at] === '$') at += 1;
    }
    return -1;
  }

  /** Whether the run of dollars at `at` closes a formula in `wanted` dollars. The rest of the run may begin another. */
  private closesAt(at: number, wanted: number): boolean {
    const { text } = this;
    let end = at;
    while (text[end] === '$') end += 1;
    const more = end - at - wanted;
    if (more === 0) return true;
    if (more < 0 || more > 2 || /[\s$]/.test(text[end] ?? ' ')) return false;
    const next = text.indexOf('$'.repeat(more), end);
    return next >= 0 && next < endOfLine(text, end);
  }

  private endOfParagraph(from: number): number {
    const { paragraph, text } = this;
    if (from >= paragraph.from && from <= paragraph.end) return paragraph.end;
    const blank = /\n[ \t>\r]*(?=\n)/g;
    blank.lastIndex = from;
    const end = blank.exec(text)?.index ?? text.length;
    this.paragraph = { from, end };
    return end;
  }

  private lineBefore(start: number): string {
    return this.text.slice(this.text.lastIndexOf('\n', start - 1) + 1, start);
  }

  private beginsLine(start: number): boolean {
    return lead.test(this.lineBefore(start));
  }

  private standsAlone(start: number, end: number): boolean {
    return this.beginsLine(start) && /^[.,;:]?[ \t\r]*(?:\n|$)/.test(this.text.slice(end, end + 200));
  }

  private isInRow(start: number): boolean {
    return row.test(this.lineBefore(start));
  }

  /** Whether a table's cell holds nothing but these dollars: then they belong to no formula. */
  private isAloneInCell(start: number, length: number): boolean {
    const before = this.lineBefore(start);
    const after = this.text.slice(start + length, endOfLine(this.text, start));
    if (!/\|[ \t]*$/.test(before) || !/^[ \t]*(?:\||$)/.test(after)) return false;
    return /[ \t]$/.test(before) === /^(?:[ \t]|$)/.test(after);
  }

  /** Whether bars between dollars in a table belong to a formula: they do in pairs, if no blank follows them. Others end cells. */
  private fitsCell(inside: number, source: string): boolean {
    const bars = source.match(/(?<!\\)\|/g)?.length ?? 0;
    if (bars === 0 || !this.isInRow(inside)) return true;
    return bars % 2 === 0 && source.trim() === source && !/\|\s+\|?\s*|\s\|\s/.test(source);
  }
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  return end < 0 ? text.length : end;
}

/** Matches the beginning of a line before its text: indentation, signs of quotations and of items. */
const lead = /^[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*$/;
const row = /^[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*\|/;

/** The environments of LaTeX that are formulas wherever they stand. Others are only at the beginning of a line. */
const environments = new Set(
  (
    'align aligned alignat alignedat flalign equation gather gathered multline eqnarray split cases dcases rcases array ' +
    'matrix pmatrix bmatrix Bmatrix vmatrix Vmatrix smallmatrix subarray math displaymath CD'
  ).split(' '),
);
