import type { TakingStep } from '../../ports/conversation-reader.ts';

/** What the server asks the process that reads conversations: one request at a time. */
export type TakingRequest =
  | { type: 'open'; path: string }
  | { type: 'next'; skipsTurns: boolean }
  | { type: 'extract'; entry: string; path: string; bytesMax: number };

export type TakingReply =
  | { type: 'opened' }
  | { type: 'step'; step: TakingStep }
  | { type: 'extracted'; isThere: boolean }
  | { type: 'unreadable'; message: string }
  /** A fault of ours, for the log: it names nothing of the file. */
  | { type: 'failed'; message: string };
