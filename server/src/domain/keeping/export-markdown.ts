import type { ToldAnswer, ToldCall, ToldConversation, ToldFile, ToldTurn } from '../../ports/told-conversation.ts';
import { callLine, dayAndTime, headingOf, type NameOf, partsAndCalls, shownAnswers } from './branch.ts';
import type { KeptTurn } from './kept-turns.ts';
import { withinDocument } from './markdown-lines.ts';

/** A branch as Markdown, in pieces: a heading for each prompt and each answer, and none of their own beside these. */
export async function* branchAsMarkdown(
  conversation: ToldConversation,
  turns: AsyncIterable<KeptTurn>,
  nameOf: NameOf,
): AsyncGenerator<string> {
  yield `# ${escaped(conversation.title)}\n\n_${dayAndTime(conversation.createdAt)}_\n`;
  if (conversation.systemPrompt !== null) {
    yield '\n**System prompt**\n\n';
    yield* quoted(conversation.systemPrompt);
  }
  let number = 0;
  for await (const { turn, answers } of turns) {
    number += 1;
    yield* promptOf(turn, number);
    for await (const answer of shownAnswers(answers)) yield* answerOf(answer, nameOf);
  }
}

function* promptOf(turn: ToldTurn, number: number): Generator<string> {
  yield `\n---\n\n## Prompt ${number}\n\n`;
  yield* withinDocument(turn.prompt);
  if (turn.files.length > 0) yield `\n${filesLine(turn.files)}\n`;
}

function* answerOf(answer: ToldAnswer, nameOf: NameOf): Generator<string> {
  yield `\n### ${escaped(headingOf(answer, nameOf))}\n\n`;
  for (const part of partsAndCalls(answer)) {
    if (part.kind === 'call') yield* callOf(part.call);
    else if (part.kind === 'reasoning') {
      yield '> _Reasoning_\n>\n';
      yield* quoted(part.text);
      yield '\n';
    } else if (part.kind === 'text') yield* withinDocument(part.text);
    else yield `_Image${part.file ? `: ${escaped(part.file.name)}` : ''}_\n\n`;
  }
  if (answer.refusal !== null) yield* withinDocument(answer.refusal);
  if (answer.citations.length > 0) yield '\nSources:\n\n';
  for (const [index, { url, title }] of answer.citations.entries()) {
    yield `${index + 1}. ${escaped(title ?? url)} <${url.replace(/[\s<>]/g, encodeURIComponent)}>\n`;
  }
}

function* callOf(call: ToldCall): Generator<string> {
  yield `\n> _${escaped(callLine(call))}_\n`;
  if (call.arguments !== '') yield* codeWithin(call.arguments);
  if (call.result !== null) yield* codeWithin(call.result);
  yield '\n';
}

/** A text in a quote, as it is. */
function* codeWithin(text: string): Generator<string> {
  const fence = '`'.repeat(Math.max(2, ...(text.match(/`+/g) ?? []).map(({ length }) => length)) + 1);
  yield `>\n> ${fence}\n`;
  for (const line of text.split(/\r\n|[\r\n]/)) yield `> ${line}\n`;
  yield `> ${fence}\n`;
}

function* quoted(text: string): Generator<string> {
  for (const line of withinDocument(text)) yield `> ${line}`;
}

function filesLine(files: readonly ToldFile[]): string {
  return `Files: ${files.map(({ name }) => escaped(name)).join(', ')}`;
}

/** A text of one line, in which nothing is a sign of Markdown. */
function escaped(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/[\\`*_[\]<>#|~]/g, '\\$&');
}
