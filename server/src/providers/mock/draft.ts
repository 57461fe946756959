import {
  type AnswerFormat,
  type CallOptions,
  type FilePart,
  GO_ON,
  type MessagePart,
  type ModelMessage,
  type ModelRequest,
  textOf,
} from '../../ports/language-model.ts';
import { exampleOf } from './example.ts';
import { verdictOf } from './judge.ts';
import { pictureOf } from './picture.ts';
import { randomOf } from './random.ts';
import { type Script, type Subject, toSubject, type Writing } from './scripts.ts';
import { callsOf, quoteResults, resultsOf, type ToolCall, wordsOf } from './tools.ts';

/** What is going to be said: reasoning, then the answer, then the calls. */
export interface Draft extends Writing {
  calls?: readonly ToolCall[];
  /** A picture after the answer: a PNG in base64. */
  picture?: string;
  /** The stop text before which the answer ends. */
  stoppedAt?: string;
}

/** @throws {ModelFailure} INVALID_REQUEST: see `callsOf` */
export function draftOf(script: Script, request: ModelRequest, random: () => number): Draft {
  const begun = toBegunAnswer(request);
  if (!begun) return wholeDraft(script, request, random);
  const whole = wholeDraft(script, begun.request, randomOf(begun.request));
  const { answer, failure, stoppedAt } = whole;
  if (begun.text.length < answer.length && answer.startsWith(begun.text)) {
    const rest = answer.slice(begun.text.length);
    return { answer: rest, ...(failure && { failure }), ...(stoppedAt !== undefined && { stoppedAt }) };
  }
  return begun.isPrefill ? whole : wholeDraft(script, request, random);
}

interface BegunAnswer {
  text: string;
  /** The request that it answers. */
  request: ModelRequest;
  /** Whether the request just ends with it, and does not say that it was cut off. */
  isPrefill: boolean;
}

function toBegunAnswer(request: ModelRequest): BegunAnswer | null {
  const last = request.messages.at(-1);
  const isPrefill = last?.role === 'assistant';
  if (!isPrefill && !(last && textOf(last) === GO_ON)) return null;
  const end = request.messages.length - (isPrefill ? 1 : 2);
  const said = request.messages[end];
  return said
    ? { text: textOf(said), request: { ...request, messages: request.messages.slice(0, end) }, isPrefill }
    : null;
}

function wholeDraft(script: Script, request: ModelRequest, random: () => number): Draft {
  const verdict = verdictOf(request);
  if (verdict !== null) return { answer: verdict };
  const written = script.write(toSubject(topicOf(request.messages), random));
  // A model that fails before its first word understands nothing.
  if (written.failure && written.answer === '') return written;
  const { effort, format, stop } = request.options ?? {};
  const { reasoning = '', failure } = written;
  const thought = effort === 'none' || reasoning === '' ? {} : { reasoning };
  const calls = callsOf(request);
  if (calls.length > 0) return { ...thought, answer: '', calls };
  const said = quoteResults(request) ?? written.answer;
  const picture = !format && wantsPicture(request) ? { picture: pictureOf(Math.floor(random() * 2 ** 24)) } : {};
  const answer = format ? toFormat(format, said, request.messages) : `${describeFiles(request.messages)}${said}`;
  return { ...thought, ...picture, ...beforeStop(answer, stop, failure) };
}

/** Whether the model that has a hand for it is asked to draw something. */
function wantsPicture({ model, messages }: ModelRequest): boolean {
  return model === 'poet' && /^\s*(?:please )?(?:draw|paint)\b/i.test(topicOf(messages).prompt);
}

/** After tools' results it is still that of the prompt before them. */
function topicOf(messages: readonly ModelMessage[]): Pick<Subject, 'prompt' | 'earlier'> {
  const asked = messages.filter(({ role }) => role === 'user');
  const [last] = asked.slice(-1);
  const prompt = last && resultsOf(last).length > 0 ? asked.findLast((one) => textOf(one) !== '') : last;
  const said = prompt?.parts.filter((part) => fileNameOf(part) === null) ?? [];
  return { prompt: textOf({ parts: said }), earlier: asked.length - 1 };
}

/** Empty: the last message has no files. */
function describeFiles(messages: readonly ModelMessage[]): string {
  const parts = messages.at(-1)?.parts ?? [];
  const files = parts.flatMap((part) => (part.type === 'toolResult' ? part.content : part)).filter(isFile);
  const images = files.filter(isImage);
  const others = files.filter((file) => !isImage(file));
  const names = parts.flatMap((part) => fileNameOf(part) ?? []);
  const read = names.length === 0 ? '' : `the text of ${names.join(', ')}`;
  const counts = [describe(images, 'image'), describe(others, 'file'), read].filter((text) => text !== '');
  return counts.length === 0 ? '' : `I see ${counts.join(' and ')}.\n\n`;
}

/** The name of a file that was sent as its text; null: the part is no such file. */
function fileNameOf(part: MessagePart): string | null {
  return (part.type === 'text' && /^<file name="([^"]{0,300})"/.exec(part.text)?.[1]) || null;
}

function isFile(part: { type: string }): part is FilePart {
  return part.type === 'file';
}

function isImage({ mediaType }: FilePart): boolean {
  return mediaType.startsWith('image/');
}

function describe(files: readonly FilePart[], noun: string): string {
  if (files.length === 0) return '';
  const types = [...new Set(files.map(({ mediaType }) => mediaType))].join(', ');
  return `${files.length} ${noun}${files.length === 1 ? '' : 's'} (${types})`;
}

function toFormat(format: AnswerFormat, said: string, messages: readonly ModelMessage[]): string {
  if (format.type === 'json') return JSON.stringify({ answer: said });
  const words = quotedWords(messages);
  return JSON.stringify(exampleOf(format.schema, words));
}

/** The words of the last message, results included. */
function quotedWords(messages: readonly ModelMessage[]): string[] {
  const parts = messages.at(-1)?.parts ?? [];
  const said = parts.flatMap((part) => (part.type === 'toolResult' ? part.content : part));
  return wordsOf(said.map((part) => (part.type === 'text' ? part.text : '')).join(' '));
}

/** What comes before the first of the texts that end the answer. */
function beforeStop(answer: string, stop: CallOptions['stop'] = [], failure: Writing['failure']): Draft {
  const met = stop.filter((text) => text !== '' && answer.includes(text));
  const [first] = met.sort((one, other) => answer.indexOf(one) - answer.indexOf(other));
  if (first !== undefined) return { answer: answer.slice(0, answer.indexOf(first)), stoppedAt: first };
  return { answer, ...(failure && { failure }) };
}
