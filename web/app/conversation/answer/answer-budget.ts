import { answers as texts } from 'texts:chat';
/**
 * The limits within which an answer is rendered as Markdown. The renderer's time grows with the square of some of these
 * figures, and its stack with the depth. It renders a block (a list, a table, or the lines between two blank lines) in one go.
 */
export const answerBudget = {
  /** Characters. */
  length: 300_000,
  /** Characters of a line outside of code. */
  lineLength: 20_000,
  /** Quotations and lists inside each other. */
  depth: 40,
  /** Lines, items, cells and signs of a block. Each becomes an element or more. */
  blockParts: 2_500,
  /** Characters of a block outside of code. */
  blockLength: 40_000,
  /** The parts of all blocks together. */
  parts: 15_000,
  /** Signs of emphasis, code, links and HTML in one paragraph, item or cell. For each, the renderer may search to its end. */
  signs: 700,
  /** The signs of a paragraph, item or cell times its characters. */
  signsTimesLength: 6_000_000,
  formulas: 600,
} as const;

/** The sentence that says why an answer exceeds its budget; null if it does not. */
export function excessOf(text: string): string | null {
  if (text.length > answerBudget.length) return texts.tooLong;
  return new Count().of(text);
}

/** Counts in one pass over the lines of an answer, without a look back. */
class Count {
  private fence: Fence | null = null;
  private formulas = 0;
  private parts = 0;
  private block = { parts: 0, length: 0 };
  /** The paragraph, item or cell that is being read. */
  private run = emptyRun();
  private previous = '';
  private blankBefore = true;

  of(text: string): string | null {
    for (let start = 0; start <= text.length; ) {
      const end = endOfLine(text, start);
      const excess = this.takeLine(text, start, end);
      if (excess) return excess;
      start = end + 1;
    }
    return null;
  }

  private takeLine(text: string, start: number, end: number): string | null {
    if (this.fence) {
      if (this.fence.isClosedBy(text.slice(start, Math.min(end, start + 400)))) this.fence = null;
      return null;
    }
    if (end - start > answerBudget.lineLength) return texts.lineTooLong;
    const line = text.slice(start, end);
    const lead = leadOf(line);
    if (lead.depth > answerBudget.depth) return texts.tooDeep;
    if (lead.width === line.length) {
      this.blankBefore = true;
      this.run = emptyRun();
      return null;
    }
    if (this.blankBefore && lead.indent === 0 && !lead.isItem) this.block = { parts: 0, length: 0 };
    this.blankBefore = false;
    this.fence = fenceAt(line.slice(lead.width));
    return this.fence ? null : this.takeText(line, lead);
  }

  private takeText(line: string, lead: Lead): string | null {
    const cells = line.includes('|') ? cellsOf(line.slice(lead.width)) : 0;
    const { run } = this;
    // Only a table's cells are read apart; a line with bars outside of a table belongs to a paragraph.
    if (cells > 0 && isDelimiterRow(line.slice(lead.width)) && cellsOf(this.previous) === cells) run.isTable = true;
    this.previous = line.slice(lead.width);
    if (lead.isItem && lead.indent < run.textAt + 4) this.run = { ...emptyRun(), textAt: lead.width };
    else if (run.isTable) this.run = { ...emptyRun(), isTable: true };
    else if (run.length === 0) run.textAt = Math.min(run.textAt, lead.indent);
    const { signs, formulas } = signsOf(line);
    this.run.signs += signs;
    this.run.length += line.length;
    this.formulas += formulas;
    const parts = 1 + lead.depth + cells + (signs >> 1);
    this.parts += parts;
    this.block.parts += parts;
    this.block.length += line.length;
    return this.excess();
  }

  private excess(): string | null {
    const { signs, length } = this.run;
    if (signs > answerBudget.signs || signs * length > answerBudget.signsTimesLength) return texts.tooManySigns;
    if (this.block.parts > answerBudget.blockParts || this.block.length > answerBudget.blockLength)
      return texts.blockTooLong;
    if (this.parts > answerBudget.parts) return texts.tooManyParts;
    return this.formulas > answerBudget.formulas ? 'it has too many formulas' : null;
  }
}

interface Run {
  signs: number;
  length: number;
  isTable: boolean;
  /** The column where its text begins. A list's sign four columns further in begins no item. */
  textAt: number;
}

function emptyRun(): Run {
  return { signs: 0, length: 0, isTable: false, textAt: 0 };
}

function endOfLine(text: string, start: number): number {
  const end = text.indexOf('\n', start);
  return end < 0 ? text.length : end;
}

interface Lead {
  /** The quotations and items that the line begins, and one more for every four columns of its indentation. */
  depth: number;
  /** Characters before the line's text. */
  width: number;
  /** Columns before its first sign or letter. */
  indent: number;
  isItem: boolean;
}

const item = /(?:[-*+]|\d{1,9}[.)])(?=[ \t]|$)/y;

function leadOf(line: string): Lead {
  let [at, depth, indent, isItem] = [0, 0, -1, false];
  let columns = 0;
  for (; at < line.length; at += 1) {
    const sign = line[at];
    if (sign === ' ' || sign === '\t' || sign === '\r') {
      columns += sign === '\t' ? 4 : 1;
      continue;
    }
    item.lastIndex = at;
    const found = sign === '>' ? sign : item.exec(line)?.[0];
    if (!found) break;
    if (indent < 0) indent = columns;
    isItem ||= found !== '>';
    depth += 1;
    at += found.length - 1;
  }
  if (indent < 0) indent = columns;
  return { depth: depth + Math.floor(indent / 4), width: at, indent, isItem };
}

interface Fence {
  isClosedBy(line: string): boolean;
}

function fenceAt(text: string): Fence | null {
  const opener = /^(`{3,}(?!.*`)|~{3,})/.exec(text.slice(0, 400))?.[1];
  if (!opener) return null;
  const closing = new RegExp(`^[ \\t>]*[${opener[0]}]{${opener.length},}[ \\t\\r]*$`);
  return { isClosedBy: (line) => closing.test(line) };
}

function isDelimiterRow(text: string): boolean {
  return /^[\s|:-]+$/.test(text) && text.includes('-');
}

/** Counts the cells between bars that are not escaped. A bar at either end of the line separates no two cells. */
function cellsOf(text: string): number {
  const row = text.trim();
  let bars = 0;
  for (let at = 0; at < row.length; at += 1) {
    if (row[at] === '\\') at += 1;
    else if (row[at] === '|') bars += 1;
  }
  const inner = bars - (row.startsWith('|') ? 1 : 0) - (/(?<!\\)\|$/.test(row) && row.length > 1 ? 1 : 0);
  return inner + 1;
}

/** Counts the signs of a line that Markdown may take for the beginning or the end of something. */
function signsOf(line: string): { signs: number; formulas: number } {
  let [signs, formulas] = [0, 0];
  for (let at = 0; at < line.length; at += 1) {
    switch (line.charCodeAt(at)) {
      case 0x24: // $
        formulas += 0.5;
        signs += 1;
        break;
      case 0x5c: // \
        at += 1;
        if (line[at] === '(' || line[at] === '[') formulas += 1;
        signs += 1;
        break;
      case 0x21: // !
      case 0x26: // &
      case 0x2a: // *
      case 0x3c: // <
      case 0x40: // @
      case 0x5b: // [
      case 0x5d: // ]
      case 0x5f: // _
      case 0x60: // `
      case 0x7e: // ~
        signs += 1;
    }
  }
  return { signs, formulas };
}
