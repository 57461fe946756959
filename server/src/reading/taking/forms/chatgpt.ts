import { type EntryFinder, type Note, NotTakenError, type Taken } from '../taken.ts';
import { type Fields, fieldsOf, idOf, listOf, textOf, timeOf } from './fields.ts';
import { requireFewMessages, type SourceMessage, takeTree } from './message-tree.ts';
import { SourceFiles } from './source-files.ts';

/** Whether a conversation is of ChatGPT's export. */
export function isChatGpt(value: Fields): boolean {
  return typeof value.mapping === 'object' && value.mapping !== null;
}

/** @throws NotTakenError */
export function takeChatGpt(value: Fields, entries: EntryFinder): Taken {
  const source = idOf(value.conversation_id) ?? idOf(value.id);
  if (source === null) throw new NotTakenError('', 'The conversation has no id.');
  const files = new SourceFiles(entries);
  const notes: Note[] = [];
  const mapping = fieldsOf(value.mapping);
  requireFewMessages(Object.keys(mapping).length);
  const nodes = new Map(Object.entries(mapping));
  const messages = [...inOrder(nodes)].flatMap((id): SourceMessage | [] => {
    const node = fieldsOf(nodes.get(id));
    if (nodes.get(id) === null || typeof nodes.get(id) !== 'object') {
      notes.push({ where: `.mapping["${id.slice(0, 100)}"]`, why: 'This is no message.' });
      return [];
    }
    return messageOf(id, node, files);
  });
  return takeTree({
    form: 'chatgpt',
    source,
    title: textOf(value.title),
    pinned: value.is_starred === true,
    archived: value.is_archived === true,
    systemPrompt: null,
    createdAt: timeOf(value.create_time),
    activeAt: timeOf(value.update_time),
    messages,
    current: idOf(value.current_node),
    hasLanes: false,
    unnamedModel: modelOf(value.default_model_slug) ?? 'openai/chatgpt',
    files: files.all,
    notes: [...notes, ...files.notes],
  });
}

/** The ids of the nodes: the children of each in their order, and all others in that of the document. */
function inOrder(nodes: ReadonlyMap<string, unknown>): Iterable<string> {
  const order = new Set<string>();
  for (const [id, node] of nodes) {
    const { children } = fieldsOf(node);
    for (const child of listOf(children)) if (typeof child === 'string' && nodes.has(child)) order.add(child);
    if (!order.has(id) && fieldsOf(node).parent == null) order.add(id);
  }
  for (const id of nodes.keys()) order.add(id);
  return order;
}

function messageOf(id: string, node: Fields, files: SourceFiles): SourceMessage {
  const message = fieldsOf(node.message);
  const metadata = fieldsOf(message.metadata);
  const names = namesOf(metadata);
  const parts = partsOf(message, (id) => files.beginning(id, names.get(id) ?? ''));
  return {
    id,
    parent: typeof node.parent === 'string' ? node.parent : null,
    role: roleOf(message, metadata, parts),
    parts: parts.filter(({ kind }) => kind !== 'image' || textOf(fieldsOf(message.author).role) !== 'user'),
    files: filesOf(names, parts, files),
    model: modelOf(metadata.model_slug),
    time: timeOf(message.create_time),
    lane: null,
    citations: citationsOf(metadata),
    status: textOf(fieldsOf(metadata.finish_details).type) === 'interrupted' ? 'STOPPED' : 'COMPLETED',
    failure: null,
    isCut: textOf(fieldsOf(metadata.finish_details).type) === 'max_tokens',
  };
}

/** What tools were asked and said is left out, but for the images that they made. */
function roleOf(message: Fields, metadata: Fields, parts: SourceMessage['parts']): SourceMessage['role'] {
  const role = textOf(fieldsOf(message.author).role);
  if (metadata.is_visually_hidden_from_conversation === true) return 'none';
  if (role === 'user') return contentType(message) === 'user_editable_context' ? 'none' : 'user';
  if (role === 'tool') return parts.some(({ kind }) => kind === 'image') ? 'assistant' : 'none';
  if (role !== 'assistant') return 'none';
  const recipient = textOf(message.recipient);
  return recipient === '' || recipient === 'all' ? 'assistant' : 'none';
}

function contentType(message: Fields): string {
  return textOf(fieldsOf(message.content).content_type);
}

function partsOf(message: Fields, imageOf: (id: string) => string): SourceMessage['parts'] {
  const content = fieldsOf(message.content);
  const role = textOf(fieldsOf(message.author).role);
  if (contentType(message) === 'thoughts') {
    const thoughts = listOf(content.thoughts).map(fieldsOf);
    const text = thoughts
      .map(({ summary, content: said }) => [textOf(summary), textOf(said)].filter(Boolean).join('\n\n'))
      .join('\n\n');
    return text === '' ? [] : [{ kind: 'reasoning', text }];
  }
  if (contentType(message) === 'reasoning_recap') return [];
  const parts = listOf(content.parts).flatMap((part): SourceMessage['parts'] => {
    if (typeof part === 'string')
      return role === 'tool' || part === '' ? [] : [{ kind: 'text', text: withoutMarks(textOf(part)) }];
    const { content_type: type, asset_pointer: pointer, text } = fieldsOf(part);
    if (type === 'image_asset_pointer')
      return [{ kind: 'image', file: imageOf(textOf(pointer).replace(/^[a-z-]+:\/\//, '')) }];
    return typeof text === 'string' && role !== 'tool' ? [{ kind: 'text', text: textOf(text) }] : [];
  });
  if (parts.length > 0 || role === 'tool') return parts;
  const text = textOf(content.text) || textOf(content.result);
  return text === ''
    ? []
    : [{ kind: 'text', text: contentType(message) === 'code' ? `\`\`\`\n${text}\n\`\`\`` : text }];
}

/** The signs in which citations are wrapped, which mean nothing elsewhere. */
function withoutMarks(text: string): string {
  return text.replace(/\ue200[^\ue200\ue201]*\ue201/g, '');
}

/** What a message's files are called, by their ids. */
function namesOf(metadata: Fields): ReadonlyMap<string, string> {
  const attached = listOf(metadata.attachments).map(fieldsOf);
  return new Map(attached.flatMap(({ id, name }) => (idOf(id) === null ? [] : [[textOf(id), textOf(name)] as const])));
}

function filesOf(
  names: ReadonlyMap<string, string>,
  parts: SourceMessage['parts'],
  files: SourceFiles,
): SourceMessage['files'] {
  const images = parts.flatMap((part) => (part.kind === 'image' && part.file !== null ? part.file : []));
  return [...new Set([...images, ...[...names].map(([id, name]) => files.beginning(id, name))])];
}

function modelOf(slug: unknown): string | null {
  const name = idOf(slug);
  return name === null ? null : name.includes('/') ? name : `openai/${name}`;
}

const CITATIONS_MAX = 100;

function citationsOf(metadata: Fields): SourceMessage['citations'] {
  const sources = listOf(metadata.content_references)
    .map(fieldsOf)
    .flatMap((reference) => [reference, ...listOf(reference.items).map(fieldsOf)])
    .filter(({ url }) => /^https?:\/\//i.test(textOf(url)))
    .map(({ url, title }) => ({ url: textOf(url).slice(0, 5000), title: textOf(title).slice(0, 1000) || null }));
  return [...new Map(sources.map((source) => [source.url, source])).values()].slice(0, CITATIONS_MAX);
}
