import { toTitle } from '../ground/names.ts';

export const UNTITLED = 'New chat';
/** UTF-16 code units. */
export const TITLE_LENGTH_MAX = 200;

/** The segmenter is kept, since making one takes longer than making a title. */
const graphemes = new Intl.Segmenter();

/** Makes a title of the prompt's first line that says something, cut at a word near 60 characters. */
export function titleFromPrompt(prompt: string): string {
  // The line that opens a code block says nothing about it.
  const beginning = toTitle(prompt.trimStart().slice(0, 10 * TITLE_LENGTH_MAX));
  const lines = beginning.split(/\r?\n/).filter((text) => text.trim() !== '' && !/^\s*(```|~~~)/.test(text));
  const line = lines[0]?.replace(/\s+/g, ' ').trim() ?? '';
  let title = '';
  let characters = 0;
  // Characters are counted as a reader counts them: a family of emojis is one, and is not cut in the middle.
  for (const { segment } of graphemes.segment(line.slice(0, 2 * TITLE_LENGTH_MAX))) {
    characters += 1;
    if (characters > 60 || title.length + segment.length >= TITLE_LENGTH_MAX) break;
    title += segment;
  }
  if (title === '') return UNTITLED;
  if (title === line) return title;
  const lastSpace = title.lastIndexOf(' ');
  return `${lastSpace > 30 ? title.slice(0, lastSpace) : title}…`;
}
