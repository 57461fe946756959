import { InvalidInputError } from '../ground/errors.ts';
import { toStorable } from '../ground/storable-text.ts';
import { validTopic } from '../judging/ballot.ts';

/** A prompt of a set, as it is typed, pasted or gathered. */
export interface SetPrompt {
  prompt: string;
  /** The answer that is hoped for; null: none is given. */
  reference: string | null;
  topic: string | null;
}

export type ImportFormat = 'CSV' | 'JSONL';

/** UTF-16 code units. */
export const SET_PROMPT_LENGTH_MAX = 20_000;
export const IMPORT_LENGTH_MAX = 2_000_000;
/** Prompts of a set. */
export const SET_PROMPTS_MAX = 1_000;

/**
 * Reads pasted prompts. CSV has a head with `prompt`, and perhaps `reference` and `topic`, in any order, separated by
 * commas, semicolons or tabs; JSONL has an object with these fields in each line.
 *
 * @throws InvalidInputError (`text`) that names the line with the first mistake
 */
export function importedPrompts(text: string, format: ImportFormat): SetPrompt[] {
  if (text.length > IMPORT_LENGTH_MAX) {
    throw new InvalidInputError(
      'text',
      `The text has ${text.length.toLocaleString('en')} characters; at most ${IMPORT_LENGTH_MAX.toLocaleString('en')} are read at once.`,
    );
  }
  const rows = format === 'CSV' ? csvPrompts(text) : jsonLines(text);
  const prompts: SetPrompt[] = [];
  for (const { line, row } of rows) {
    if (prompts.length === SET_PROMPTS_MAX) {
      throw new InvalidInputError('text', `Line ${line}: a set has at most ${SET_PROMPTS_MAX} prompts.`);
    }
    prompts.push(validPrompt(row, { field: 'text', where: `Line ${line}: ` }));
  }
  if (prompts.length === 0) throw new InvalidInputError('text', 'There is no prompt in this text.');
  return prompts;
}

/** @throws InvalidInputError about `field`; the message begins with `where` */
export function validPrompt(
  {
    prompt,
    reference,
    topic,
  }: { prompt: string; reference?: string | null | undefined; topic?: string | null | undefined },
  { field, where }: { field: string; where: string } = { field: 'prompts', where: '' },
): SetPrompt {
  const refuse = (message: string) => new InvalidInputError(field, `${where}${message}`);
  if (prompt.trim() === '') throw refuse('the prompt is empty.');
  for (const [name, text] of [
    ['prompt', prompt],
    ['reference', reference],
  ] as const) {
    if (text != null && text.length > SET_PROMPT_LENGTH_MAX) {
      throw refuse(
        `the ${name} has ${text.length.toLocaleString('en')} characters; at most ${SET_PROMPT_LENGTH_MAX.toLocaleString('en')} are allowed.`,
      );
    }
  }
  return {
    prompt: toStorable(prompt),
    reference: reference?.trim() ? toStorable(reference) : null,
    topic: topicOf(topic, refuse),
  };
}

/** The topic as verdicts have it, which take the prompt's. */
function topicOf(topic: string | null | undefined, refuse: (message: string) => InvalidInputError): string | null {
  try {
    return validTopic(topic);
  } catch (error) {
    throw error instanceof InvalidInputError ? refuse(error.message) : error;
  }
}

interface ReadRow {
  /** Counted from 1; of the row's beginning. */
  line: number;
  row: { prompt: string; reference?: string | null; topic?: string | null };
}

const columns = ['prompt', 'reference', 'topic'] as const;

function* csvPrompts(text: string): Generator<ReadRow> {
  const withoutMark = text.replace(/^\ufeff/, '');
  const [headLine = ''] = withoutMark.split(/\r?\n/, 1);
  const separator = [',', ';', '\t'].find((sign) => headLine.includes(sign)) ?? ',';
  let head: string[] | null = null;
  for (const { line, cells } of csvRows(withoutMark, separator)) {
    if (head === null) {
      head = cells.map((cell) => cell.trim().toLowerCase());
      requireHead(head, line);
    } else {
      if (cells.length > head.length) {
        throw new InvalidInputError(
          'text',
          `Line ${line}: there are ${cells.length} fields; the head names ${head.length}.`,
        );
      }
      const row: ReadRow['row'] = { prompt: '' };
      for (const [index, name] of head.entries()) row[name as 'prompt'] = cells[index] ?? '';
      yield { line, row };
    }
  }
}

function requireHead(head: readonly string[], line: number): void {
  const unknown = head.find((name) => !columns.includes(name as 'prompt'));
  const twice = head.find((name, index) => head.indexOf(name) !== index);
  if (head.includes('prompt') && unknown === undefined && twice === undefined) return;
  throw new InvalidInputError(
    'text',
    `Line ${line}: the first line names the columns: prompt, and perhaps reference and topic.`,
  );
}

/** The rows of a CSV text that are not empty. A field in quotes may have separators, line ends and doubled quotes. */
function* csvRows(text: string, separator: string): Generator<{ line: number; cells: string[] }> {
  let line = 1;
  let at = 0;
  while (at < text.length) {
    const begun = line;
    const cells: string[] = [];
    for (;;) {
      const cell = csvCell(text, at, { separator, line });
      cells.push(cell.text);
      line += cell.lines;
      at = cell.end;
      if (text[at] !== separator) break;
      at += 1;
    }
    if (text[at] === '\r') at += 1;
    if (text[at] === '\n') at += 1;
    line += 1;
    if (cells.length > 1 || cells[0] !== '') yield { line: begun, cells };
  }
}

function csvCell(
  text: string,
  start: number,
  { separator, line }: { separator: string; line: number },
): { text: string; end: number; lines: number } {
  if (text[start] !== '"') {
    let end = start;
    while (end < text.length && text[end] !== separator && text[end] !== '\n' && text[end] !== '\r') end += 1;
    return { text: text.slice(start, end), end, lines: 0 };
  }
  let value = '';
  for (let from = start + 1; ; ) {
    const quote = text.indexOf('"', from);
    if (quote === -1) throw new InvalidInputError('text', `Line ${line}: a quote is opened and not closed.`);
    value += text.slice(from, quote);
    if (text[quote + 1] === '"') {
      value += '"';
      from = quote + 2;
      continue;
    }
    const end = quote + 1;
    if (end < text.length && text[end] !== separator && text[end] !== '\n' && text[end] !== '\r') {
      throw new InvalidInputError('text', `Line ${line}: there is text behind a closing quote.`);
    }
    return { text: value, end, lines: value.split('\n').length - 1 };
  }
}

function* jsonLines(text: string): Generator<ReadRow> {
  for (const [index, source] of text
    .replace(/^\ufeff/, '')
    .split('\n')
    .entries()) {
    if (source.trim() === '') continue;
    const line = index + 1;
    yield { line, row: jsonRow(source, line) };
  }
}

function jsonRow(source: string, line: number): ReadRow['row'] {
  let value: unknown;
  try {
    value = JSON.parse(source);
  } catch {
    throw new InvalidInputError('text', `Line ${line}: this is not JSON.`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InvalidInputError(
      'text',
      `Line ${line}: each line is an object with prompt, and perhaps reference and topic.`,
    );
  }
  const { prompt, reference, topic } = value as Record<string, unknown>;
  for (const [name, field] of Object.entries({ prompt, reference, topic })) {
    if (typeof field !== 'string' && !(field == null && name !== 'prompt')) {
      throw new InvalidInputError('text', `Line ${line}: ${name} is a text.`);
    }
  }
  return { prompt: prompt as string, reference: reference as string | null, topic: topic as string | null };
}
