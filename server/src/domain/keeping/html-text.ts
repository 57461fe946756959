import { linesOf, type MarkdownLine } from './markdown-lines.ts';

/** UTF-16 code units of a paragraph in which signs of Markdown are looked for; a longer one is shown as it was written. */
const FORMATTED_LENGTH_MAX = 20_000;

const signs: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** The text where HTML has text or the value of an attribute. */
export function escapedHtml(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => signs[sign] ?? '');
}

/**
 * A text in Markdown as HTML, in pieces. Only what most answers have is formatted: code, headings, lists, quotes, tables,
 * emphasis and links. All else, HTML too, is shown as it was written.
 */
export function* markdownAsHtml(text: string): Generator<string> {
  let block: Block | null = null;
  for (const line of linesOf(text)) {
    const kind = kindOf(line, block);
    if (block && (block.kind !== kind || kind === 'heading')) {
      yield* htmlOf(block);
      block = null;
    }
    if (kind === 'blank') continue;
    block ??= { kind, lines: [] };
    block.lines.push(line.text);
    if (kind === 'code' && block.lines.length > 1 && isClosed(block.lines)) {
      yield* htmlOf(block);
      block = null;
    }
  }
  if (block) yield* htmlOf(block);
}

type Kind = 'blank' | 'code' | 'heading' | 'list' | 'quote' | 'table' | 'text';

interface Block {
  kind: Kind;
  lines: string[];
}

const item = /^(\s*)([-*+]|\d{1,9}[.)])\s+(.*)$/s;

function kindOf({ text, isCode }: MarkdownLine, block: Block | null): Kind {
  if (isCode) return 'code';
  if (text.trim() === '') return 'blank';
  if (/^ {0,3}#{1,6}\s/.test(text)) return 'heading';
  if (/^ {0,3}>/.test(text)) return 'quote';
  if (/^ {0,3}\|.*\|\s*$/.test(text)) return 'table';
  // A line that is indented goes on with its item.
  if (item.test(text) || (block?.kind === 'list' && /^\s{2,}\S/.test(text))) return 'list';
  return 'text';
}

/** Whether the last line of code is the fence that closes it. */
function isClosed([first = '', ...rest]: readonly string[]): boolean {
  const marks = /`{3,}|~{3,}/.exec(first)?.[0] ?? '';
  const last = rest.at(-1)?.trim() ?? '';
  return last.startsWith(marks) && last === (marks[0] ?? '').repeat(last.length);
}

function* htmlOf({ kind, lines }: Block): Generator<string> {
  if (kind === 'code') {
    yield '<pre><code>';
    for (const line of lines.slice(1, -1)) yield `${escapedHtml(line)}\n`;
    yield '</code></pre>\n';
  } else if (kind === 'heading') {
    const [, marks = '', title = ''] = /^\s*(#{1,6})\s+(.*)$/s.exec(lines[0] ?? '') ?? [];
    const level = Math.min(marks.length + 3, 6);
    yield `<h${level}>${inline(title)}</h${level}>\n`;
  } else if (kind === 'list') yield* listOf(lines);
  else if (kind === 'table') yield* tableOf(lines);
  else if (kind === 'quote') {
    yield '<blockquote>';
    yield* paragraphOf(lines.map((line) => line.replace(/^ {0,3}> ?/, '')));
    yield '</blockquote>\n';
  } else yield* paragraphOf(lines);
}

function* paragraphOf(lines: readonly string[]): Generator<string> {
  yield '<p>';
  for (const [index, line] of lines.entries()) yield (index === 0 ? '' : '<br>\n') + inline(line);
  yield '</p>\n';
}

function* listOf(lines: readonly string[]): Generator<string> {
  yield '<ul class="list">\n';
  for (const line of lines) {
    const [, indent = '', mark = '', rest = line.trim()] = item.exec(line) ?? [];
    const depth = Math.min(Math.floor(indent.length / 2), 8);
    const number = /\d/.test(mark) ? `<span class="mark">${escapedHtml(mark)}</span> ` : '';
    const style = mark === '' ? ' class="more"' : number === '' ? '' : ' class="numbered"';
    yield `<li${style} style="margin-left:${depth}em">${number}${inline(rest)}</li>\n`;
  }
  yield '</ul>\n';
}

function* tableOf(lines: readonly string[]): Generator<string> {
  const isTable = /^[\s|:-]+$/.test(lines[1] ?? '');
  yield '<table>\n';
  for (const [index, line] of lines.entries()) {
    if (isTable && index === 1) continue;
    const cells = line
      .trim()
      .replace(/^\||\|$/g, '')
      .split('|');
    const cell = isTable && index === 0 ? 'th' : 'td';
    yield `<tr>${cells.map((text) => `<${cell}>${inline(text.trim())}</${cell}>`).join('')}</tr>\n`;
  }
  yield '</table>\n';
}

// Each of these ends at the next sign that could begin one anew, so that no text is read more than once or twice.
const formatted = /`([^`\n]+)`|\*\*([^*\n]+)\*\*|\*([^*\s][^*\n]*)\*|\[([^[\]\n]+)\]\((https?:\/\/[^\s()[\]<>"]+)\)/g;

function inline(text: string): string {
  if (text.length > FORMATTED_LENGTH_MAX) return escapedHtml(text);
  let html = '';
  let end = 0;
  for (const match of text.matchAll(formatted)) {
    const [whole, code, bold, italic, label, url] = match;
    html += escapedHtml(text.slice(end, match.index));
    if (code !== undefined) html += `<code>${escapedHtml(code)}</code>`;
    else if (bold !== undefined) html += `<strong>${escapedHtml(bold)}</strong>`;
    else if (italic !== undefined) html += `<em>${escapedHtml(italic)}</em>`;
    else html += `<a href="${escapedHtml(url ?? '')}" rel="noreferrer noopener">${escapedHtml(label ?? '')}</a>`;
    end = match.index + whole.length;
  }
  return html + escapedHtml(text.slice(end));
}
