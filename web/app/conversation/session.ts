import { fromAddressId, toAddressId } from '../graphql/address-id.ts';
import type {
  ConversationHeadFragment,
  FolderBeginningQuery,
  PresetFieldsFragment,
} from '../graphql/generated/graphql.ts';
import type { Memory } from '../ui/browser/memory.ts';
import type { LoadedConversation } from './turns/conversation-state.ts';

/** A folder, with the preset that new chats in it begin with. */
export type FolderBeginning = Extract<FolderBeginningQuery['node'], { __typename: 'Folder' }>;

/** The data that a conversation's page begins with. */
export interface Loaded {
  /** Null for a new chat. */
  conversation: LoadedConversation | null;
  /** The models that the address names for a new chat. */
  asked: string[];
  /** Whether the address begins a new chat that is blind. */
  blind: boolean;
  /** The preset that the address names for a new chat; absent or null: none. */
  preset?: PresetFieldsFragment | null | undefined;
  /** The folder in which the address begins a new chat; absent or null: in none. */
  folder?: FolderBeginning | null | undefined;
  /** What was asked last in this browser, and who paid. */
  remembered: { models: Memory | null; payer: Memory | null; lanes: Memory | null };
}

/** The browser's address, and its entry in the history. */
export interface Entry {
  /** The id of the conversation in the address; undefined if the address is a new chat's. */
  id: string | undefined;
  /** The key of the entry in the browser's history. */
  key: string;
}

/** A page's time with one conversation: from its loading, or from the first letter of a new chat, until the page shows another. */
export interface Session {
  /** Tells one session from another, which is another page. */
  number: number;
  /** The entry in the history at which the session began as a new chat; null if it began with a conversation. */
  newChatKey: string | null;
  /** The data that were loaded last. */
  loaded: Loaded;
  /** Null until the first prompt of a new chat is taken. */
  head: ConversationHeadFragment | null;
  /** The turn whose branch is shown; null for the branch of the latest turn. */
  through: string | null;
}

export function beginSession(loaded: Loaded, { id, key }: Entry, number = 0): Session {
  const { conversation } = loaded;
  return {
    number,
    newChatKey: id === undefined ? key : null,
    loaded,
    head: conversation?.head ?? null,
    through: conversation?.through ?? null,
  };
}

/** The session after the browser went to an entry, or loaded the same page once more. */
export function continueSession(session: Session, loaded: Loaded, entry: Entry): Session {
  const { conversation } = loaded;
  // Nothing is loaded for the address of a conversation that began in this session.
  if (entry.id !== undefined && !conversation) return session;
  const isSame = entry.id === undefined ? session.newChatKey === entry.key : session.head?.id === entry.id;
  if (!isSame) return beginSession(loaded, entry, session.number + 1);
  if (session.loaded === loaded) return session;
  return conversation
    ? { ...session, loaded, head: conversation.head, through: conversation.through }
    : { ...session, loaded };
}

/** The session after the API took a prompt. A prompt in another's place has made a branch, which is shown since. */
export function withPrompt(session: Session, head: ConversationHeadFragment, through: string | null): Session {
  return { ...session, head, through };
}

export function withTitle(session: Session, title: string): Session {
  return session.head ? { ...session, head: { ...session.head, title } } : session;
}

/** The turn whose branch an address shows: the one that it names, or the one at which it opens. Null: the newest branch. */
export function throughIn(search: URLSearchParams): string | null {
  return idIn(search, 'through') ?? openedAtIn(search);
}

/** The turn at which an address opens; null: the newest one. */
export function openedAtIn(search: URLSearchParams): string | null {
  return idIn(search, 'turn');
}

function idIn(search: URLSearchParams, name: string): string | null {
  const id = search.get(name);
  return id === null ? null : fromAddressId('Turn', id);
}

/** The address of a session's branch; null while the session is a new chat. */
export function addressOf({ head, through }: Pick<Session, 'head' | 'through'>): string | null {
  if (!head) return null;
  const search = through === null ? '' : `?through=${toAddressId(through)}`;
  return `/c/${toAddressId(head.id)}${search}`;
}
