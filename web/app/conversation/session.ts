import type { ConversationHeadFragment } from '../graphql/generated/graphql.ts';
import type { LoadedConversation } from './turns/conversation-state.ts';

/** What a conversation's page begins with. */
export interface Loaded {
  /** Null: a new chat. */
  conversation: LoadedConversation | null;
  /** The models that a new chat is wanted with. */
  asked: string[];
  /** The models that a new chat was begun with last, and who began it. */
  remembered: { viewerId: string; modelIds: string[] } | null;
}

/** Where the browser is. */
export interface Entry {
  /** Of the conversation in the address; undefined: the address is that of a new chat. */
  id: string | undefined;
  /** Of this entry in the browser's history. */
  key: string;
}

/** A page's time with one conversation: from its loading, or from the first letter of a new chat, until another is gone to. */
export interface Session {
  /** Another session is another page. */
  number: number;
  /** The entry in the history at which it began as a new chat; null: it began with a conversation. */
  newChatKey: string | null;
  /** What was loaded last. */
  loaded: Loaded;
  /** Null until the first prompt of a new chat is taken. */
  head: ConversationHeadFragment | null;
  /** The turn whose branch is shown; null: that of the latest turn. */
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

/** The session after the browser went somewhere, or the same page was loaded once more. */
export function continueSession(session: Session, loaded: Loaded, entry: Entry): Session {
  const { conversation } = loaded;
  // The address of a conversation that was begun here comes with nothing loaded.
  if (entry.id !== undefined && !conversation) return session;
  const isSame = entry.id === undefined ? session.newChatKey === entry.key : session.head?.id === entry.id;
  if (!isSame) return beginSession(loaded, entry, session.number + 1);
  if (session.loaded === loaded) return session;
  return conversation
    ? { ...session, loaded, head: conversation.head, through: conversation.through }
    : { ...session, loaded };
}

/** A prompt was taken in it. One that was sent in another's place has made a branch, which is shown since. */
export function withPrompt(session: Session, head: ConversationHeadFragment, through: string | null): Session {
  return { ...session, head, through };
}

export function withTitle(session: Session, title: string): Session {
  return session.head ? { ...session, head: { ...session.head, title } } : session;
}

/** Null while it has none but that of a new chat. */
export function addressOf({ head, through }: Pick<Session, 'head' | 'through'>): string | null {
  if (!head) return null;
  const search = through === null ? '' : `?through=${encodeURIComponent(through)}`;
  return `/c/${encodeURIComponent(head.id)}${search}`;
}
