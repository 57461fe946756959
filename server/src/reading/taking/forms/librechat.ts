import type { EntryFinder, Taken } from '../taken.ts';
import { type Fields, fieldsOf, idOf, listOf, textOf, timeOf } from './fields.ts';
import { requireFewMessages, type SourceMessage, takeTree } from './message-tree.ts';
import { SourceFiles } from './source-files.ts';

/** Whether a conversation is of LibreChat's export: a list of messages, or a tree of them. */
export function isLibreChat(value: Fields): boolean {
  const messages = value.messagesTree ?? value.messages;
  return idOf(value.conversationId) !== null && typeof messages === 'object' && messages !== null;
}

/** @throws NotTakenError */
export function takeLibreChat(value: Fields, entries: EntryFinder): Taken {
  const files = new SourceFiles(entries);
  const options = fieldsOf(value.options);
  const endpoint = textOf(value.endpoint) || textOf(options.endpoint);
  const messages = flat(value.messagesTree ?? value.messages).map((message) => messageOf(message, endpoint, files));
  const times = messages.flatMap(({ time }) => time ?? []);
  const latest = times.reduce((most, time) => Math.max(most, time), 0);
  return takeTree({
    form: 'librechat',
    source: idOf(value.conversationId) ?? '',
    title: textOf(value.title),
    pinned: false,
    archived: value.isArchived === true,
    systemPrompt: textOf(options.promptPrefix) || textOf(options.system) || null,
    createdAt: timeOf(value.createdAt) ?? times[0] ?? null,
    activeAt: timeOf(value.updatedAt) ?? (latest === 0 ? null : latest),
    messages,
    current: messages.findLast(({ time }) => time === null || time === latest)?.id ?? null,
    hasLanes: false,
    unnamedModel: modelOf(options.model, endpoint) ?? 'librechat/unknown',
    files: files.all,
    notes: files.notes,
  });
}

/** All messages, whether they are a list or hold those that follow them; each behind the one that holds it. */
function flat(given: unknown): Fields[] {
  const all: Fields[] = [];
  const waiting: { message: Fields; parent: string | null }[] = [];
  const push = (list: readonly unknown[], parent: string | null) => {
    for (const message of [...list].reverse()) waiting.push({ message: fieldsOf(message), parent });
  };
  push(Array.isArray(given) ? given : [given], null);
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { message, parent } = next;
    const { children, ...own } = message;
    const parentMessageId = own.parentMessageId ?? parent;
    all.push({ ...own, parentMessageId });
    requireFewMessages(all.length);
    push(listOf(children), idOf(own.messageId));
  }
  return all;
}

function messageOf(message: Fields, endpoint: string, files: SourceFiles): SourceMessage {
  const isUser = message.isCreatedByUser === true;
  const parts = partsOf(message);
  const isError = message.error === true;
  const said = parts.map((part) => (part.kind === 'text' ? part.text : '')).join('');
  return {
    id: idOf(message.messageId) ?? '',
    parent: idOf(message.parentMessageId),
    role: isUser ? 'user' : 'assistant',
    parts: isError && !isUser ? [] : parts,
    files: isUser ? listOf(message.files).map((file) => files.missing(textOf(fieldsOf(file).filename))) : [],
    model: modelOf(message.model, textOf(message.endpoint) || endpoint),
    time: timeOf(message.createdAt),
    lane: null,
    citations: [],
    status: message.unfinished === true ? 'STOPPED' : 'COMPLETED',
    failure: isError && !isUser ? said || 'The provider failed.' : null,
    isCut: message.finish_reason === 'length',
  };
}

function partsOf(message: Fields): SourceMessage['parts'] {
  const parts = listOf(message.content).flatMap((part): SourceMessage['parts'] => {
    const { type, text, think } = fieldsOf(part);
    const said = textOf(text) || textOf(fieldsOf(text).value);
    if (type === 'think') return textOf(think) === '' ? [] : [{ kind: 'reasoning', text: textOf(think) }];
    return (type === 'text' || type === 'error') && said !== '' ? [{ kind: 'text', text: said }] : [];
  });
  const text = textOf(message.text);
  return parts.length > 0 || text === '' ? parts : [{ kind: 'text', text }];
}

/** What LibreChat calls those whose models have a maker's name here. */
const makers: Readonly<Record<string, string>> = {
  openAI: 'openai',
  azureOpenAI: 'openai',
  gptPlugins: 'openai',
  assistants: 'openai',
  anthropic: 'anthropic',
  google: 'google',
};

function modelOf(model: unknown, endpoint: string): string | null {
  const name = idOf(model);
  if (name === null) return null;
  return name.includes('/')
    ? name
    : `${makers[endpoint] ?? (endpoint.toLowerCase().replace(/[^a-z0-9-]+/g, '-') || 'librechat')}/${name}`;
}
