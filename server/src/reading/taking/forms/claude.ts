import { type EntryFinder, NotTakenError, type Taken } from '../taken.ts';
import { type Fields, fieldsOf, idOf, listOf, textOf, timeOf } from './fields.ts';
import { requireFewMessages, type SourceMessage, takeTree } from './message-tree.ts';
import { SourceFiles } from './source-files.ts';

/** Whether a conversation is of Claude's export. */
export function isClaude(value: Fields): boolean {
  return Array.isArray(value.chat_messages);
}

/** @throws NotTakenError */
export function takeClaude(value: Fields, entries: EntryFinder): Taken {
  const source = idOf(value.uuid);
  if (source === null) throw new NotTakenError('.uuid', 'The conversation has no id.');
  const files = new SourceFiles(entries);
  const given = listOf(value.chat_messages).map(fieldsOf);
  requireFewMessages(given.length);
  // Older exports do not say which message follows which: then each follows the one before.
  const areLinked = given.some(({ parent_message_uuid: parent }) => idOf(parent) !== null);
  const messages = given.map((message, index): SourceMessage => {
    const before = index === 0 ? null : idFor(given[index - 1] ?? {}, index - 1);
    return messageOf(message, {
      id: idFor(message, index),
      parent: areLinked ? idOf(message.parent_message_uuid) : before,
      files,
    });
  });
  const model = idOf(value.model);
  return takeTree({
    form: 'claude',
    source,
    title: textOf(value.name),
    pinned: value.is_starred === true,
    archived: false,
    systemPrompt: null,
    createdAt: timeOf(value.created_at),
    activeAt: timeOf(value.updated_at),
    messages,
    current: idOf(value.current_leaf_message_uuid) ?? messages.at(-1)?.id ?? null,
    hasLanes: false,
    unnamedModel: model === null ? 'anthropic/claude' : `anthropic/${model}`,
    files: files.all,
    notes: files.notes,
  });
}

function idFor({ uuid }: Fields, index: number): string {
  return idOf(uuid) ?? `message ${index}`;
}

function messageOf(
  message: Fields,
  { id, parent, files }: { id: string; parent: string | null; files: SourceFiles },
): SourceMessage {
  const sender = textOf(message.sender);
  return {
    id,
    parent,
    role: sender === 'human' ? 'user' : sender === 'assistant' ? 'assistant' : 'none',
    parts: partsOf(message),
    files: sender === 'human' ? filesOf(message, id, files) : [],
    model: idOf(message.model) === null ? null : `anthropic/${idOf(message.model)}`,
    time: timeOf(message.created_at),
    lane: null,
    citations: [],
    status: textOf(message.stop_reason) === 'user_canceled' ? 'STOPPED' : 'COMPLETED',
    failure: null,
    isCut: textOf(message.stop_reason) === 'max_tokens' || message.truncated === true,
  };
}

/** Texts and thoughts; what tools were asked and said is left out. */
function partsOf(message: Fields): SourceMessage['parts'] {
  const parts = listOf(message.content).flatMap((block): SourceMessage['parts'] => {
    const { type, text, thinking } = fieldsOf(block);
    if (type === 'thinking') return textOf(thinking) === '' ? [] : [{ kind: 'reasoning', text: textOf(thinking) }];
    return type === 'text' && textOf(text) !== '' ? [{ kind: 'text', text: textOf(text) }] : [];
  });
  const joined = parts.map((part, index) =>
    part.kind === 'text' && parts.slice(0, index).some(({ kind }) => kind === 'text')
      ? { ...part, text: `\n\n${part.text}` }
      : part,
  );
  // The text beside the blocks is what older exports have.
  const text = textOf(message.text);
  return joined.some(({ kind }) => kind === 'text') || text === '' ? joined : [...joined, { kind: 'text', text }];
}

function filesOf(message: Fields, id: string, files: SourceFiles): string[] {
  const read = listOf(message.attachments)
    .map(fieldsOf)
    .flatMap(({ file_name: name, extracted_content: content }, index) => {
      const text = textOf(content);
      const called = asText(textOf(name));
      return text === '' ? [] : files.held(`${id} ${index}`, called, () => Buffer.from(text));
    });
  const named = [...listOf(message.files), ...listOf(message.files_v2)].map(fieldsOf).flatMap((file) => {
    const name = textOf(file.file_name);
    const known = idOf(file.file_uuid);
    return name === '' ? [] : known === null ? files.missing(name) : files.beginning(known, name);
  });
  return [...new Set([...read, ...named])];
}

/** What was read out of a file is a text, whatever the file was. */
function asText(name: string): string {
  const plain = name === '' ? 'pasted.txt' : name;
  return /\.(txt|md|csv|json|xml|html?|log|ya?ml|[cm]?[jt]sx?|py|java|rb|go|rs|c|h|cpp|cs|sh|sql|css)$/i.test(plain)
    ? plain
    : `${plain}.txt`;
}
