import type { TakenConversation, TakenFile, TakenTurn } from '../../ports/conversation-reader.ts';

/** A conversation that is read from a file, whole. */
export interface Taken {
  conversation: TakenConversation;
  /** Each behind its parent. */
  turns: readonly TakenTurn[];
  files: readonly TakenFile[];
  /** What of it cannot be taken. */
  notes: readonly Note[];
}

export interface Note {
  /** Its place within the conversation; begins with a dot or a bracket, or is empty. */
  where: string;
  why: string;
}

/** A conversation cannot be taken; the message says why. */
export class NotTakenError extends Error {
  readonly where: string;

  constructor(where: string, why: string) {
    super(why);
    this.where = where;
  }
}

/** Finds the bytes of files beside the document. */
export interface EntryFinder {
  find(name: string): string | null;
  findBeginning(beginning: string): string | null;
  /** Keeps bytes that the document itself has, until the next conversation. @returns their name */
  add(bytes: Buffer): string;
}
