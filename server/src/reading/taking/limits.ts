/** Bytes of one conversation in a file: as JSON it takes several times as much memory. */
export const CONVERSATION_BYTES_MAX = 64 * 1024 * 1024;
/** Values in the JSON of one conversation, and how deep they lie: an empty list takes twenty times its bytes once it is parsed. */
export const VALUES_MAX = 10_000_000;
export const DEPTH_MAX = 500_000;
/** Unpacked bytes of all JSON in a zip. */
export const JSON_BYTES_MAX = 8 * 1024 * 1024 * 1024;
/** Files within a zip. */
export const ENTRIES_MAX = 100_000;
/** Messages of one conversation. */
export const MESSAGES_MAX = 200_000;
/** UTF-16 code units of a prompt or a part of an answer. */
export const TEXT_LENGTH_MAX = 4_000_000;
/** Parts and versions that are made of one conversation's messages. */
export const PARTS_MAX = 400_000;
/** How long the process may be silent about one request, in ms, and JavaScript's own memory, in MB. */
export const SILENCE_MS_MAX = 120_000;
export const HEAP_MB = 768;
/** UTF-16 code units of all texts of one turn: it is told to the server at once. */
export const TURN_LENGTH_MAX = 8_000_000;
