import type { FileReader } from './file-reader.ts';
import type { Tool } from './tool.ts';

/** A tool that this server brings along, as an admin sees it before it is switched on. */
export interface BuiltInTool {
  tool: Tool;
  /** For members. */
  name: string;
  description: string;
  /** Whether a member approves its calls, unless an admin says otherwise; see `Tool.isExpected`. */
  needsApproval: boolean;
}

/** What of this server its tools reach. */
export interface BuiltInReach {
  /**
   * Finds the newest of a member's own prompts, answers and files. Temporary chats are left out, and of blind turns what
   * they do not show.
   *
   * @throws InvalidInputError if the search takes too long; the signal's reason once that is aborted
   */
  findOwnTexts(search: OwnTextSearch, signal: AbortSignal): Promise<OwnText[]>;
  /** What reads files and pages. It is started with the first of them. */
  reader(): Promise<FileReader>;
  /** Gives `work` a path in a folder of its own, which is removed when it settles. */
  withPath<T>(work: (path: string) => Promise<T>): Promise<T>;
}

export interface OwnTextSearch {
  userId: string;
  /** As it was typed. Its first five parts count. */
  search: string;
  /** The conversation that is left out; null: none. */
  besides: string | null;
  /** Of each kind: of lines in conversations, and of files. */
  limit: number;
}

/** What a member wrote, was answered or keeps as a file, in which all parts of a search are. */
export interface OwnText {
  kind: 'PROMPT' | 'ANSWER' | 'FILE';
  /** Of its conversation, or the file's name. */
  title: string;
  /** The model that answered, as the member is shown it; null: it is no answer. */
  modelId: string | null;
  createdAt: Date;
  excerpt: string;
}
