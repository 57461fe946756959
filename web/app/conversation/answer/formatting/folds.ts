import { segmentsOf } from './fences.ts';

const tag = /^([ \t>]*)<(\/?)details(?:\s+open)?\s*>/i;

/**
 * Adds the blank lines that are missing around the tags of a fold: without them Markdown takes the fold's end for part of
 * the list above it.
 */
export function withFolds(text: string): string {
  if (!/<\/?details/i.test(text)) return text;
  return segmentsOf(text)
    .map((segment) => (segment.isCode ? segment.text : withBlankLines(segment.text)))
    .join('');
}

function withBlankLines(text: string): string {
  const lines = text.split('\n');
  const shown: string[] = [];
  lines.forEach((line, index) => {
    const [, lead = '', slash] = tag.exec(line) ?? [];
    const isTag = slash !== undefined;
    if (isTag && hasText(lines[index - 1])) shown.push(lead.trimEnd());
    shown.push(line);
    if (isTag && slash === '/' && hasText(lines[index + 1])) shown.push(lead.trimEnd());
  });
  return shown.join('\n');
}

function hasText(line: string | undefined): boolean {
  return line !== undefined && /[^ \t>\r]/.test(line);
}

/** Closes the folds that have no end yet in an answer that is being written. */
export function withClosedFolds(text: string): string {
  if (!/<details/i.test(text)) return text;
  let open = 0;
  let fence = '';
  for (const segment of segmentsOf(text)) {
    if (segment.isCode) fence = segment.isOpen ? `\n${segment.fence}` : '';
    else open += count(segment.text, /<details(?:\s+open)?\s*>/gi) - count(segment.text, /<\/details\s*>/gi);
  }
  return open > 0 ? `${text}${fence}${'\n\n</details>'.repeat(Math.min(open, 20))}` : text;
}

function count(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0;
}
