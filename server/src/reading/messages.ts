import type { FileRefusal, PageSource, ReadFile, ReadPage } from '../ports/file-reader.ts';

/** What the server asks the process that reads files: one file or page at a time. */
export type ReadRequest = { path: string; name: string } | { path: string; page: PageSource };

export type ReadReply =
  /** The process is ready for its first file. */
  | { type: 'ready' }
  | { type: 'read'; file: ReadFile; memoryBytes: number }
  | { type: 'readPage'; page: ReadPage; memoryBytes: number }
  | { type: 'refused'; code: FileRefusal; message: string }
  /** A fault of ours, for the log: it names no file. */
  | { type: 'failed'; message: string };
