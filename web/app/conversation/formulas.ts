/** Of a formula, in characters: what has no end by then is none. */
const lengthMax = 4_000;

/** What begins code or a formula, or says that it begins neither. */
const openers =
  /(?<=^|\n)[ \t>]*(?:(?:[-*+]|\d+[.)])[ \t]+)*(?:(`{3,})[^`\n]*(?:\n|$)|(~{3,}).*(?:\n|$))|`+|\\\[|\\\(|\$\$?|\\[\s\S]/g;

type Span =
  | { kind: 'formula'; source: string; apart: boolean; end: number }
  /** Code, or nothing: to be left alone. */
  | { kind: 'text'; end: number }
  /** It may have an end one day. */
  | { kind: 'unfinished' }
  | { kind: 'endless' };

/**
 * An answer's text with its formulas as the renderer wants them, outside of code: `\( \)` and `$ $` become `$$ $$` in the
 * line, `\[ \]` and `$$ $$` that stand apart get lines of their own. Models write all of these, and Markdown would take
 * the backslashes and underscores for its own. While it is written, an unfinished formula is held back.
 */
export function withFormulas(text: string, writing: boolean): string {
  if (!/[$\\]/.test(text)) return text;
  let shown = '';
  let at = 0;
  openers.lastIndex = 0;
  for (let match = openers.exec(text); match; match = openers.exec(text)) {
    const { index: start, 0: opener } = match;
    const span = spanAt(text, match);
    shown += text.slice(at, start);
    if (span.kind === 'unfinished' && writing) return shown;
    at = 'end' in span ? span.end : start + opener.length;
    if (span.kind === 'text') shown += text.slice(start, at);
    else if (span.kind !== 'formula') shown += `\\${opener}`;
    else {
      const line = shown.slice(shown.lastIndexOf('\n') + 1);
      const cell = line.trimStart().startsWith('|');
      if (!span.apart || cell) shown += inLine(span.source, cell);
      else {
        const [after = '', stop = ''] = /^([.,;:]?)[ \t]*\n?/.exec(text.slice(at)) ?? [];
        at += after.length;
        const formula = oneLine(span.source) + (stop && ` ${stop}`);
        shown = shown.slice(0, shown.length - line.length) + onLinesOfItsOwn(line, formula);
        if (after.endsWith('\n')) shown += '\n';
        else if (at < text.length) shown += `\n${indentOf(line)}`;
      }
    }
    openers.lastIndex = at;
  }
  const rest = text.slice(at);
  return shown + (writing && rest.endsWith('\\') ? rest.slice(0, -1) : rest);
}

function spanAt(text: string, { index: start, 0: opener, 1: backticks, 2: tildes }: RegExpExecArray): Span {
  const inside = start + opener.length;
  const fence = backticks ?? tildes;
  if (fence) return { kind: 'text', end: endOfFence(text, inside, fence) };
  if (opener.startsWith('`')) return { kind: 'text', end: endOfCode(text, inside, opener) };
  if (opener === '$') return inDollars(text, start) ?? { kind: 'text', end: inside };
  const closer = closers[opener];
  return closer ? formulaUpTo(closer, text, start, inside) : { kind: 'text', end: inside };
}

const closers: Record<string, string | undefined> = { '\\[': '\\]', '\\(': '\\)', $$: '$$' };

function endOfFence(text: string, from: number, fence: string): number {
  const closing = new RegExp(`(?<=^|\\n)[ \\t>]*${fence[0]}{${fence.length},}[ \\t]*(?=\\n|$)`, 'g');
  closing.lastIndex = from;
  return closing.test(text) ? closing.lastIndex : text.length;
}

function endOfCode(text: string, from: number, ticks: string): number {
  const closing = new RegExp(`(?<!\`)${ticks}(?!\`)`, 'g');
  closing.lastIndex = from;
  return closing.test(text) ? closing.lastIndex : from;
}

function formulaUpTo(closer: string, text: string, start: number, inside: number): Span {
  const close = text.indexOf(closer, inside);
  const source = text.slice(inside, close < 0 ? text.length : close);
  if (source.length > lengthMax || (closer === '\\)' && /\n\s*\n/.test(source))) return { kind: 'endless' };
  if (close < 0) return { kind: 'unfinished' };
  const end = close + closer.length;
  const alone = standsAlone(text, start, end);
  // In Markdown \[1\] is a bracket that begins no link.
  const bracket = closer === '\\]' && !(alone ? /\D/ : /[\\^_=<>]/).test(source);
  if (bracket || !source.trim()) return { kind: 'text', end };
  return { kind: 'formula', source, apart: closer === '\\]' || (closer === '$$' && alone), end };
}

function standsAlone(text: string, start: number, end: number): boolean {
  const before = text.slice(text.lastIndexOf('\n', start - 1) + 1, start);
  return lead.exec(before)?.[0] === before && /^[.,;:]?[ \t]*(\n|$)/.test(text.slice(end, end + 200));
}

/** What a line begins with before its text: indentation, a quotation's sign, an item's. */
const lead = /^[ \t>]*(?:(?:[-*+]|\d+[.)])[ \t]+)*/;

/** Dollars are prices as well: a formula touches both of its own, and reads like one. */
function inDollars(text: string, start: number): Span | null {
  const dollars = /\$([^\s$`](?:\\.|[^\\$\n`])*)\$(?![\w$])/y;
  dollars.lastIndex = start;
  const source = dollars.exec(text)?.[1];
  if (!source || /\s$/.test(source) || /[\w$]/.test(text[start - 1] ?? '') || !readsLikeFormula(source)) return null;
  return { kind: 'formula', source, apart: false, end: dollars.lastIndex };
}

function readsLikeFormula(source: string): boolean {
  if (/^[\d.,_]+\s/.test(source) && !/[\\^=]/.test(source)) return false;
  return /[\\^_={}]/.test(source) || /^-?\d+$/.test(source) || (!/[a-z]{2}/i.test(source) && /[a-z]/i.test(source));
}

function inLine(source: string, cell: boolean): string {
  const formula = oneLine(source);
  return `$$${cell ? formula.replaceAll(/\\?\|/g, (bar) => (bar === '|' ? '\\vert ' : '\\Vert ')).trim() : formula}$$`;
}

/** In one line, which Markdown cannot take for a list's or a heading's; so far in that it is no item either. */
function onLinesOfItsOwn(line: string, formula: string): string {
  const indent = indentOf(line);
  const begun = lead.exec(line)?.[0] === line ? line : `${line.trimEnd()}\n${indent}`;
  return `${begun}$$\n${indent}    ${formula}\n${indent}$$`;
}

/** As far in as the line's text, so that what follows belongs to the same item. */
function indentOf(line: string): string {
  return (lead.exec(line)?.[0] ?? '').replaceAll(/[^>\s]/g, ' ');
}

function oneLine(source: string): string {
  return source
    .replaceAll(/(?<!\\)%.*/g, '')
    .replaceAll(/\s*\n[\s>]*/g, ' ')
    .trim();
}
