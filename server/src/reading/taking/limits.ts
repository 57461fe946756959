/** Conversations of one file, whatever becomes of them. */
export const CONVERSATIONS_MAX = 100_000;
/** Bytes of one conversation in a file. */
export const CONVERSATION_BYTES_MAX = 24 * 1024 * 1024;
/** What a conversation may take of memory once it is parsed, in bytes, as `weightOf` estimates it. */
export const WEIGHT_MAX = 96 * 1024 * 1024;
/** How deep its values may lie within each other. */
export const DEPTH_MAX = 500_000;

/** What JSON takes of memory as a text and parsed, in bytes. A value of two letters may be an object with a key of its own. */
export function weightOf({ bytes, values }: { bytes: number; values: number }): number {
  return 2 * bytes + 100 * values;
}

/** `weightOf` a text that is read: one sign that is not in Latin-1 makes all of it take twice as much, whatever is made of it. */
export function weightOfText(text: string, values: number): number {
  const bytes = /[\u0100-\uffff]/.test(text) ? 2 : 1;
  return 3 * bytes * text.length + 100 * values;
}

/** Unpacked bytes of all JSON in a zip. */
export const JSON_BYTES_MAX = 8 * 1024 * 1024 * 1024;
/** Files within a zip, and of one conversation. */
export const ENTRIES_MAX = 50_000;
export const FILES_MAX = 10_000;
/**
 * Messages of one conversation, and answers to one prompt. A conversation is stored in one transaction, for which everybody
 * waits where the database is embedded; and a prompt is told to the server with all its answers.
 */
export const MESSAGES_MAX = 20_000;
export const ANSWERS_MAX = 2000;
/** UTF-16 code units of a prompt or a part of an answer. */
export const TEXT_LENGTH_MAX = 4_000_000;
/** Parts and versions that are made of one conversation's messages. */
export const PARTS_MAX = 400_000;
/** How long the process may be silent about one request, in ms. */
export const SILENCE_MS_MAX = 120_000;
/** JavaScript's own memory in the process, in MB: of all objects, and of those that are new. */
export const HEAP_MB = 160;
export const NEW_SPACE_MB = 8;
/** UTF-16 code units of all texts of one turn, which is told to the server at once, and of a conversation. */
export const TURN_LENGTH_MAX = 8_000_000;
export const LENGTH_MAX = 64_000_000;
/** What could not be taken that is told one by one; of what is more, only how much it is. */
export const NOTES_MAX = 200;
