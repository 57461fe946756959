import type { ToldAnswer, ToldConversation, ToldFile, ToldPart, ToldTurn } from './told-conversation.ts';

/** Reads the conversations in files of other programs and of this one, in a process of its own. */
export interface ConversationReader {
  /**
   * Opens a file, of whichever known form; its process ends with `close`.
   *
   * @throws UnreadableExportError
   */
  open(path: string, signal: AbortSignal): Promise<ConversationFile>;
}

/** A file whose conversations are read one after the other. */
export interface ConversationFile {
  /**
   * The next step. After a conversation come its turns.
   *
   * @param skipsTurns whether those that are left of the last conversation are not wished
   * @throws UnreadableExportError
   */
  next(skipsTurns?: boolean): Promise<TakingStep>;
  /** Writes the bytes of a file within to a path; false: they are not there, or more than `bytesMax`. */
  extract(entry: string, path: string, bytesMax: number): Promise<boolean>;
  close(): Promise<void>;
}

export type TakingStep =
  /** `where` is its place in the file; `files` are all that its turns and answers have, each once. */
  | { type: 'conversation'; where: string; conversation: TakenConversation; files: readonly TakenFile[] }
  /** Some turns, each behind its parent. */
  | { type: 'turns'; turns: readonly TakenTurn[]; areLast: boolean }
  /** What cannot be taken, and why, in words for the member. */
  | { type: 'notTaken'; where: string; why: string }
  /** How much more cannot be taken, of which nothing else is told. */
  | { type: 'moreNotTaken'; count: number }
  /** How many of the bytes have been read. */
  | { type: 'progress'; read: number; bytes: number }
  | { type: 'end' };

/** Who wrote the file. */
export type TakingForm = 'polylogue' | 'chatgpt' | 'claude' | 'librechat' | 'open-webui';

export interface TakenConversation extends ToldConversation {
  form: TakingForm;
}

/** A file of a conversation; its key is what its turns call it by. */
export interface TakenFile extends Pick<ToldFile, 'name'> {
  key: string;
  /** SHA-256 in hex, as its file says; null: it does not. */
  hash: string | null;
  /** Where its bytes are; null: they are not in the file. */
  entry: string | null;
}

export interface TakenTurn extends Omit<ToldTurn, 'files'> {
  /** Keys. */
  files: readonly string[];
  answers: readonly TakenAnswer[];
}

export interface TakenAnswer extends Omit<ToldAnswer, 'parts'> {
  parts: readonly (Exclude<ToldPart, { kind: 'image' }> | { kind: 'image'; file: string | null })[];
}

/** A file cannot be read, or no further; the message says in a plain sentence why and where. */
export class UnreadableExportError extends Error {
  override readonly name = 'UnreadableExportError';
}
