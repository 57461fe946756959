/** Part of an answer: a block of code with its fences, or the text between two such blocks. */
export interface Segment {
  isCode: boolean;
  text: string;
  /** Whether the closing fence is still to come. */
  isOpen: boolean;
  /** The closing fence; empty outside of code. */
  fence: string;
}

interface Fence {
  /** The text before the fence in its line. */
  lead: string;
  sign: string;
  length: number;
  info: string;
}

const opening = /^([ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*)(?:(`{3,})([^`]*)|(~{3,})(.*))$/;

function fenceAt(line: string): Fence | null {
  const [, lead = '', ticks, ticksInfo = '', tildes, tildesInfo = ''] = opening.exec(line) ?? [];
  const run = ticks ?? tildes;
  if (!run) return null;
  return { lead, sign: run[0] as string, length: run.length, info: (ticks ? ticksInfo : tildesInfo).trim() };
}

/** Whether `other` closes the block that the first fence opens. */
function closes({ sign, length }: Fence, other: Fence): boolean {
  return other.info === '' && other.sign === sign && other.length >= length && /^[ \t>]*$/.test(other.lead);
}

/** Whether the line is outside of the quotation that the fence is in: code in a quotation ends with it. */
function leaves({ lead }: Fence, line: string): boolean {
  const depth = lead.split('>').length - 1;
  return depth > 0 && (/^[ \t>]*/.exec(line)?.[0].split('>').length ?? 1) - 1 < depth;
}

export function segmentsOf(text: string): Segment[] {
  const segments: Segment[] = [];
  let fence: Fence | null = null;
  let begin = 0;
  const cut = (at: number, isOpen: boolean) => {
    const signs = fence ? fence.sign.repeat(fence.length) : '';
    if (at > begin) segments.push({ isCode: fence !== null, text: text.slice(begin, at), isOpen, fence: signs });
    begin = at;
  };
  for (let start = 0; start < text.length; ) {
    const end = endOfLine(text, start);
    const line = text.slice(start, end).replace(/[\r\n]+$/, '');
    if (fence && leaves(fence, line)) {
      cut(start, false);
      fence = null;
    }
    const found = mayBeFence(line) ? fenceAt(line) : null;
    if (found && !fence) {
      cut(start, false);
      fence = found;
    } else if (found && fence && closes(fence, found)) {
      cut(end, false);
      fence = null;
    }
    start = end;
  }
  cut(text.length, fence !== null);
  return segments;
}

/** The index behind the line's end. */
function endOfLine(text: string, start: number): number {
  const end = text.indexOf('\n', start);
  return end < 0 ? text.length : end + 1;
}

function mayBeFence(line: string): boolean {
  return line.includes('```') || line.includes('~~~');
}

const markdown = /^(?:markdown|md|mdx|gfm|commonmark|[rq]md)\b/i;

/** After this many blocks without an end, no more nested ones are looked for: each costs a search to the end of the text. */
const unbalancedMax = 20;

/**
 * Makes the fences of quoted Markdown longer than those inside. Models quote Markdown in a block with as many backticks as
 * the blocks inside it have, and Markdown ends the outer block at the first inner fence. Outer fences are made longer only
 * if the inner ones are balanced, and no other line changes.
 *
 * @param writing whether more may come, so that a block without an end may still be balanced
 */
export function withNestedFences(text: string, writing: boolean): string {
  if (!/(?:`{3}|~{3})[ \t]*(?:markdown|md|mdx|gfm|commonmark|[rq]md)/i.test(text)) return text;
  const lines = text.split('\n');
  let unbalanced = 0;
  for (let at = 0; at < lines.length; at += 1) {
    const fence = fenceOf(lines, at);
    if (!fence) continue;
    const block = markdown.test(fence.info) && unbalanced < unbalancedMax ? nestedBlock(lines, at, fence) : null;
    if (block && !block.isClosed) unbalanced += 1;
    if (block && block.longest > 0 && (block.isClosed || writing)) {
      const longer = fence.sign.repeat(Math.max(fence.length, block.longest + 1));
      lines[at] = withFence(lines[at] as string, fence, longer);
      if (block.isClosed) lines[block.end] = withFence(lines[block.end] as string, fence, longer);
      at = block.end;
    } else at = endOfBlock(lines, at, fence);
  }
  return lines.join('\n');
}

function fenceOf(lines: readonly string[], at: number): Fence | null {
  const line = lines[at] as string;
  return mayBeFence(line) ? fenceAt(line.replace(/\r$/, '')) : null;
}

function withFence(line: string, { sign }: Fence, longer: string): string {
  return line.replace(sign === '`' ? /`{3,}/ : /~{3,}/, longer);
}

function endOfBlock(lines: readonly string[], at: number, fence: Fence): number {
  for (let next = at + 1; next < lines.length; next += 1) {
    if (leaves(fence, lines[next] as string)) return next - 1;
    const found = fenceOf(lines, next);
    if (found && closes(fence, found)) return next;
  }
  return lines.length;
}

interface NestedBlock {
  /** The index of its closing fence's line, or of its last line. */
  end: number;
  isClosed: boolean;
  /** The length of the longest fence inside that would end the block; 0 if there is none. */
  longest: number;
}

function nestedBlock(lines: readonly string[], at: number, fence: Fence): NestedBlock {
  const inside: Fence[] = [];
  let longest = 0;
  for (let next = at + 1; next < lines.length; next += 1) {
    if (leaves(fence, lines[next] as string)) return { end: next - 1, isClosed: false, longest };
    const found = fenceOf(lines, next);
    if (!found) continue;
    const inner = inside.at(-1);
    if (inner && closes(inner, found)) inside.pop();
    else if (
      inner ? found.info !== '' && markdown.test(inner.info) : found.info !== '' || looksLikeOpening(lines, next)
    ) {
      inside.push(found);
      if (found.sign === fence.sign) longest = Math.max(longest, found.length);
    } else if (!inner && closes(fence, found)) return { end: next, isClosed: true, longest };
  }
  return { end: lines.length - 1, isClosed: false, longest };
}

/** A fence without a language begins a block if a blank line or a colon stands before it, and text right after it. */
function looksLikeOpening(lines: readonly string[], at: number): boolean {
  const before = (lines[at - 1] ?? '').replace(/^[ \t>]+/, '').trim();
  const after = lines[at + 1];
  if (after === undefined || after.trim() === '' || mayBeFence(after)) return false;
  return before === '' || before.endsWith(':');
}
