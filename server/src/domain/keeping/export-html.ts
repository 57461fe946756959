import type { ToldAnswer, ToldCall, ToldConversation, ToldFile, ToldTurn } from '../../ports/told-conversation.ts';
import { inBase64 } from '../files/base64.ts';
import type { FileContents } from '../files/contents.ts';
import { isStoreUnavailable } from '../files/contents.ts';
import { callLine, dayAndTime, headingOf, type NameOf, partsAndCalls, shownAnswers } from './branch.ts';
import { htmlStyle } from './html-style.ts';
import { escapedHtml, markdownAsHtml } from './html-text.ts';
import type { KeptTurn } from './kept-turns.ts';

/** Nothing in the file is loaded from elsewhere, and nothing in it runs. */
const POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/** A branch as one file of HTML that needs no other, in pieces: with its images, for reading and for printing. */
export async function* branchAsHtml(
  conversation: ToldConversation,
  turns: AsyncIterable<KeptTurn>,
  { nameOf, contents }: { nameOf: NameOf; contents: Pick<FileContents, 'open'> },
): AsyncGenerator<string> {
  const title = escapedHtml(conversation.title);
  yield `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${escapedHtml(POLICY)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>${title}</title>
<style>${htmlStyle}</style>
</head>
<body>
<main>
<h1 dir="auto">${title}</h1>
<p class="when">${dayAndTime(conversation.createdAt)}</p>
`;
  if (conversation.systemPrompt !== null) {
    yield '<details class="aside"><summary>System prompt</summary>\n';
    yield* markdownAsHtml(conversation.systemPrompt);
    yield '</details>\n';
  }
  for await (const { turn, answers } of turns) {
    yield* promptOf(turn, contents);
    yield '<div class="answers">\n';
    for await (const answer of shownAnswers(answers)) yield* answerOf(answer, { nameOf, contents });
    yield '</div>\n</section>\n';
  }
  yield '</main>\n</body>\n</html>\n';
}

async function* promptOf(turn: ToldTurn, contents: Pick<FileContents, 'open'>): AsyncGenerator<string> {
  yield '<section>\n<article class="prompt" dir="auto">\n<h2>Prompt</h2>\n';
  yield* markdownAsHtml(turn.prompt);
  for (const file of turn.files) yield* fileOf(file, contents);
  yield '</article>\n';
}

async function* answerOf(
  answer: ToldAnswer,
  { nameOf, contents }: { nameOf: NameOf; contents: Pick<FileContents, 'open'> },
): AsyncGenerator<string> {
  yield `<article class="answer" dir="auto">\n<h3>${escapedHtml(headingOf(answer, nameOf))}</h3>\n`;
  for (const part of partsAndCalls(answer)) {
    if (part.kind === 'call') yield* callOf(part.call);
    else if (part.kind === 'image') {
      if (part.file) yield* fileOf(part.file, contents);
    } else if (part.kind === 'reasoning') {
      yield '<details class="aside"><summary>Reasoning</summary>\n';
      yield* markdownAsHtml(part.text);
      yield '</details>\n';
    } else yield* markdownAsHtml(part.text);
  }
  if (answer.refusal !== null) yield* markdownAsHtml(answer.refusal);
  if (answer.citations.length > 0) {
    yield '<ol class="sources">\n';
    for (const { url, title } of answer.citations) yield `<li>${sourceOf(url, title)}</li>\n`;
    yield '</ol>\n';
  }
  yield '</article>\n';
}

function* callOf(call: ToldCall): Generator<string> {
  yield `<details class="aside"><summary>${escapedHtml(callLine(call))}</summary>\n`;
  for (const text of [call.arguments, call.result ?? '']) {
    if (text !== '') yield `<pre dir="auto"><code>${escapedHtml(text)}</code></pre>\n`;
  }
  yield '</details>\n';
}

function sourceOf(url: string, title: string | null): string {
  const shown = escapedHtml(title ?? url);
  return /^https?:\/\//i.test(url) ? `<a href="${escapedHtml(url)}" rel="noreferrer noopener">${shown}</a>` : shown;
}

/** An image with its bytes; any other file by its name. */
async function* fileOf(file: ToldFile, contents: Pick<FileContents, 'open'>): AsyncGenerator<string> {
  const name = escapedHtml(file.name);
  const opened = file.kind === 'IMAGE' ? await openOrNull(file.hash, contents) : null;
  if (!opened) return yield `<p class="file">${name}</p>\n`;
  yield `<figure><img alt="${name}" src="data:${escapedHtml(file.mediaType)};base64,`;
  yield* inBase64(opened.stream);
  yield `"><figcaption>${name}</figcaption></figure>\n`;
}

async function openOrNull(hash: string, contents: Pick<FileContents, 'open'>) {
  return contents.open(hash).catch((error: unknown) => {
    if (isStoreUnavailable(error)) return null;
    throw error;
  });
}
