/** A fence that opens or closes code: its indentation, its marks, and what stands behind them. */
const fence = /^ {0,3}(`{3,}|~{3,})(.*)$/;
const heading = /^ {0,3}(#{1,6})(?=[ \t]|$)/;
/** A line below a paragraph that makes a heading of it. */
const underline = /^ {0,3}(=+|-+)[ \t]*$/;
/** What begins another block than a paragraph. */
const otherBlock = /^(?: {4}|\t| {0,3}(?:#|>|[-*+][ \t]|\d{1,9}[.)][ \t]|\||`{3}|~{3}))/;
/** HTML that would swallow all that follows, if nothing closes it. */
const swallowing = /^( {0,3})<(?=!|\?|script|style|pre|textarea)/i;

/** By how much headings within a text are lowered, so that none of them looks like one of the document. */
const LOWERED = 3;
const DEEPEST = 6;

export interface MarkdownLine {
  text: string;
  /** Where code is: the marks of a fence are too. */
  isCode: boolean;
}

/** The lines of a text, in which code is told from the rest; code that is never closed is closed at the end. */
export function* linesOf(text: string): Generator<MarkdownLine> {
  let open: string | null = null;
  for (const line of eachLine(text)) {
    const [, marks, rest = ''] = fence.exec(line) ?? [];
    const isFence = marks !== undefined && (open === null ? isOpening(marks, rest) : isClosing(open, marks, rest));
    if (isFence) open = open === null ? marks : null;
    yield { text: line, isCode: isFence || open !== null };
  }
  if (open !== null) yield { text: open, isCode: true };
}

function isOpening(marks: string, rest: string): boolean {
  return marks[0] === '~' || !rest.includes('`');
}

function isClosing(open: string, marks: string, rest: string): boolean {
  return marks[0] === open[0] && marks.length >= open.length && rest.trim() === '';
}

function* eachLine(text: string): Generator<string> {
  for (let start = 0; start <= text.length; ) {
    const end = text.indexOf('\n', start);
    const stop = end === -1 ? text.length : end;
    yield text.slice(start, text[stop - 1] === '\r' && stop > start ? stop - 1 : stop);
    start = stop + 1;
  }
}

/** The text as a part of a larger document: its headings lie below the document's, and nothing in it runs on behind it. */
export function* withinDocument(text: string): Generator<string> {
  let before: MarkdownLine | null = null;
  for (const line of linesOf(text)) {
    const [, marks] = before && !line.isCode && canBeHeading(before) ? (underline.exec(line.text) ?? []) : [];
    if (before && marks !== undefined) {
      yield `${'#'.repeat(LOWERED + (marks[0] === '=' ? 1 : 2))} ${before.text.trim()}\n`;
      before = null;
      continue;
    }
    if (before) yield `${lowered(before)}\n`;
    before = line;
  }
  if (before) yield `${lowered(before)}\n`;
}

function canBeHeading({ text, isCode }: MarkdownLine): boolean {
  return !isCode && text.trim() !== '' && !otherBlock.test(text);
}

function lowered({ text, isCode }: MarkdownLine): string {
  if (isCode) return text;
  const [whole, marks] = heading.exec(text) ?? [];
  if (whole !== undefined && marks !== undefined) {
    return '#'.repeat(Math.min(marks.length + LOWERED, DEEPEST)) + text.slice(whole.length);
  }
  return text.replace(swallowing, '$1\\<');
}
