import { createCodePlugin, type HighlightResult } from '@streamdown/code';
import type { ColouredLine, ColoursReply, ColoursRequest } from './messages.ts';

// Colours code apart from the page: a language's first piece takes hundreds of milliseconds, since its grammar is read then.

type Lines = HighlightResult['tokens'];

/** Every colour of these themes is legible on a block's ground. */
const highlighter = createCodePlugin({ themes: ['github-light-high-contrast', 'github-dark-default'] });
/** The lines of each block that the page has. */
const sent = new Map<number, Lines>();

function send(reply: ColoursReply): void {
  postMessage(reply);
}

addEventListener('message', ({ data }: MessageEvent<ColoursRequest>) => {
  const { block } = data;
  if ('ended' in data) {
    sent.delete(block);
    return;
  }
  const language = data.language as never;
  if (!highlighter.supportsLanguage(language)) {
    send({ block, from: 0, lines: null });
    return;
  }
  const { code, isIncomplete } = data;
  const themes = highlighter.getThemes();
  const show = ({ tokens }: HighlightResult) => send({ block, ...newLines(block, tokens) });
  const ready = highlighter.highlight({ code, language, themes, isIncomplete }, show);
  if (ready) show(ready);
});

/** The lines from the first one on that the page does not have. The highlighter gives a finished line as the same object again. */
function newLines(block: number, lines: Lines): { from: number; lines: ColouredLine[] } {
  const before = sent.get(block) ?? [];
  sent.set(block, lines);
  const changed = lines.findIndex((line, index) => line !== before[index]);
  const from = changed < 0 ? lines.length : changed;
  return { from, lines: lines.slice(from).map(colouredLine) };
}

function colouredLine(tokens: Lines[number]): ColouredLine {
  return tokens.map(({ content, htmlStyle }) => ({
    text: content,
    light: htmlStyle?.color,
    dark: htmlStyle?.['--shiki-dark'],
  }));
}
