import { type EntryFinder, NotTakenError, type Taken } from '../taken.ts';
import { type Fields, fieldsOf, idOf, listOf, textOf, timeOf } from './fields.ts';
import { requireFewMessages, type SourceMessage, takeTree } from './message-tree.ts';
import { SourceFiles } from './source-files.ts';

/** Whether a conversation is of Open WebUI's export. */
export function isOpenWebUi(value: Fields): boolean {
  const chat = fieldsOf(value.chat);
  return typeof fieldsOf(chat.history).messages === 'object' || Array.isArray(chat.messages);
}

/** @throws NotTakenError */
export function takeOpenWebUi(value: Fields, entries: EntryFinder): Taken {
  const chat = fieldsOf(value.chat);
  const source = idOf(value.id) ?? idOf(chat.id);
  if (source === null) throw new NotTakenError('.id', 'The conversation has no id.');
  const files = new SourceFiles(entries);
  const history = fieldsOf(chat.history);
  const byId = fieldsOf(history.messages);
  requireFewMessages(Object.keys(byId).length);
  requireFewMessages(listOf(chat.messages).length);
  const kept = Object.entries(byId).map(([id, message]) => ({ id, message: fieldsOf(message) }));
  const given = kept.length > 0 ? kept : chained(listOf(chat.messages));
  const messages = given.map(({ id, message }) => messageOf(id, message, files));
  const system = messages.find(({ role, parts }) => role === 'none' && parts.length > 0);
  return takeTree({
    form: 'open-webui',
    source,
    title: textOf(value.title) || textOf(chat.title),
    pinned: value.pinned === true,
    archived: value.archived === true,
    systemPrompt: textOf(chat.system) || textOf(fieldsOf(chat.params).system) || textsOf(system) || null,
    createdAt: timeOf(value.created_at) ?? timeOf(chat.timestamp),
    activeAt: timeOf(value.updated_at),
    messages,
    current: idOf(history.currentId) ?? messages.at(-1)?.id ?? null,
    hasLanes: true,
    unnamedModel: modelOf(listOf(chat.models)[0]) ?? 'open-webui/unknown',
    files: files.all,
    notes: files.notes,
  });
}

function textsOf(message: SourceMessage | undefined): string {
  return message?.parts.map((part) => (part.kind === 'text' ? part.text : '')).join('') ?? '';
}

/** Messages of a list, each of which follows the one before unless it says otherwise. */
function chained(list: readonly unknown[]) {
  const messages = list.map(fieldsOf);
  const idFor = (index: number) => idOf(messages[index]?.id) ?? `message ${index}`;
  return messages.map((message, index) => ({
    id: idFor(index),
    message: { ...message, parentId: message.parentId ?? (index === 0 ? null : idFor(index - 1)) },
  }));
}

function messageOf(id: string, message: Fields, files: SourceFiles): SourceMessage {
  const role = textOf(message.role);
  const { error } = message;
  const failure = error
    ? textOf(fieldsOf(error).content) || textOf(fieldsOf(error).message) || textOf(error) || 'The model failed.'
    : null;
  return {
    id,
    parent: idOf(message.parentId),
    role: role === 'user' || role === 'assistant' ? role : 'none',
    parts: role === 'assistant' ? withReasoning(textOf(message.content)) : plain(textOf(message.content)),
    files: role === 'user' ? listOf(message.files).flatMap((file, index) => fileOf(file, `${id} ${index}`, files)) : [],
    model: modelOf(message.model),
    time: timeOf(message.timestamp),
    lane: typeof message.modelIdx === 'number' && message.modelIdx >= 0 ? message.modelIdx : null,
    citations: citationsOf(message),
    status: message.done === false ? 'STOPPED' : 'COMPLETED',
    failure: role === 'assistant' ? failure : null,
    isCut: false,
  };
}

function plain(text: string): SourceMessage['parts'] {
  return text === '' ? [] : [{ kind: 'text', text }];
}

const OPENING = '<details type="reasoning"';
const CLOSING = '</details>';

/** Tells the reasoning, which the text has in an element of its own, from the answer. */
function withReasoning(text: string): SourceMessage['parts'] {
  const parts: SourceMessage['parts'][number][] = [];
  for (let start = 0; start < text.length; ) {
    const opening = text.indexOf(OPENING, start);
    const closing = opening < 0 ? -1 : text.indexOf(CLOSING, opening);
    if (opening < 0 || closing < 0) {
      parts.push(...plain(text.slice(start)));
      break;
    }
    parts.push(...plain(text.slice(start, opening).trimEnd()));
    const inner = text.slice(text.indexOf('>', opening) + 1, closing).replace(/<summary>[^<]*<\/summary>/, '');
    const reasoning = inner
      .split('\n')
      .map((line) => line.replace(/^(?:>|&gt;) ?/, ''))
      .join('\n')
      .trim();
    if (reasoning !== '') parts.push({ kind: 'reasoning', text: reasoning });
    start = closing + CLOSING.length;
    while (text[start] === '\n') start += 1;
  }
  return parts;
}

/** Images are in the document itself, of other files the text that was read in them. */
function fileOf(given: unknown, id: string, files: SourceFiles): string | [] {
  const file = fieldsOf(given);
  const inner = fieldsOf(file.file);
  const name = textOf(file.name) || textOf(inner.filename) || textOf(fieldsOf(inner.meta).name);
  const [, form, data] = /^data:image\/(png|jpe?g|gif|webp);base64,(.*)$/s.exec(textOf(file.url)) ?? [];
  if (form !== undefined && data !== undefined) {
    return files.held(id, name || `image.${form}`, () => Buffer.from(data, 'base64'));
  }
  const content = textOf(fieldsOf(inner.data).content) || textOf(file.content);
  if (content !== '')
    return files.held(id, /\.(txt|md|csv)$/i.test(name) ? name : `${name}.txt`, () => Buffer.from(content));
  return name === '' ? [] : files.missing(name);
}

function modelOf(model: unknown): string | null {
  const name = idOf(model);
  return name === null ? null : name.includes('/') ? name : `open-webui/${name}`;
}

function citationsOf(message: Fields): SourceMessage['citations'] {
  const sources = listOf(message.sources ?? message.citations).map(fieldsOf);
  const cited = sources
    .map(({ source }) => fieldsOf(source))
    .filter(({ url, name }) => /^https?:\/\//i.test(textOf(url) || textOf(name)));
  return cited.slice(0, 100).map(({ url, name }) => ({
    url: (textOf(url) || textOf(name)).slice(0, 5000),
    title: textOf(name).slice(0, 1000) || null,
  }));
}
