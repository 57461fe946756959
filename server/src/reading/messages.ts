import type { FileRefusal, ReadFile } from '../ports/file-reader.ts';

/** What the server asks the process that reads files: one file at a time. */
export interface ReadRequest {
  path: string;
  name: string;
}

export type ReadReply =
  /** The process is ready for its first file. */
  | { type: 'ready' }
  | { type: 'read'; file: ReadFile; memoryBytes: number }
  | { type: 'refused'; code: FileRefusal; message: string }
  /** A fault of ours, for the log: it names no file. */
  | { type: 'failed'; message: string };
