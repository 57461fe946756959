/*
 * A conversation as a file tells of it: what an export writes, and what an import takes, whichever program wrote the file.
 * docs/taking-along.md describes it. Times are RFC 3339; ids only tell what refers to what within the conversation.
 */

export const TOLD_FORMAT = 'polylogue.conversations';
/** A new field does not change the version; a field that goes or changes does. */
export const TOLD_VERSION = 1;

export interface ToldConversation {
  id: string;
  /** Names the conversation wherever it goes: the same after any number of exports and imports. */
  origin: string;
  title: string;
  /** Whether a person named it. */
  titledByUser: boolean;
  pinned: boolean;
  archived: boolean;
  /** The name of the folder that it is in; null: in none. */
  folder: string | null;
  systemPrompt: string | null;
  /** The ids of the models that its next prompt goes to. */
  models: readonly string[];
  createdAt: string;
  updatedAt: string;
  activeAt: string;
}

export interface ToldTurn {
  id: string;
  /** The turn before; null: it begins the conversation. A turn stands behind its parent. */
  parent: string | null;
  prompt: string;
  parameters: { temperature?: number; topP?: number; maxOutputTokens?: number };
  createdAt: string;
  /** Whether it was asked blind; `hidden`: its models are not known, and those of its answers stand for them. */
  blind: boolean;
  hidden: boolean;
  revealedAt: string | null;
  unpaced: boolean;
  withMerge: boolean;
  /** The answer that later turns take for this turn's; null: each lane its own. */
  chosen: { answer: string; lane: number } | null;
  /** The answer that the prompt goes on from; null: each model goes on from its own. */
  historyFrom: { turn: string; lane: number; answer: string } | null;
  files: readonly ToldFile[];
  /** The member's own. */
  verdict: ToldVerdict | null;
}

export interface ToldFile {
  name: string;
  mediaType: string;
  kind: string;
  bytes: number;
  /** SHA-256 in hex: in a zip, the bytes are in `files/<hash>`. */
  hash: string;
  pages: number | null;
  width: number | null;
  height: number | null;
}

/** A version of an answer. */
export interface ToldAnswer {
  id: string;
  /** The place among the models that were asked, from 0. */
  lane: number;
  /** Whether it was asked for after the prompt. */
  regenerated: boolean;
  model: string;
  servedBy: string | null;
  status: 'COMPLETED' | 'FAILED' | 'STOPPED' | 'INTERRUPTED';
  parts: readonly ToldPart[];
  /** What its tools were asked and said, in their order. */
  calls: readonly ToldCall[];
  refusal: string | null;
  citations: readonly { url: string; title: string | null }[];
  finishReason: string | null;
  shortenedBy: 'CREDITS' | 'STEPS' | 'MINUTES' | null;
  failure: { code: string; message: string } | null;
  attempts: readonly ToldAttempt[];
  usage: ToldUsage | null;
  /** As they were: no import charges anything. */
  creditsHeld: number;
  creditsCharged: number;
  firstTokenMs: number | null;
  durationMs: number | null;
  createdAt: string;
  finishedAt: string;
  /** When its lane was last made to show it; null: never. */
  chosenAt: string | null;
  /** The answer whose text it goes on with, in its own lane. */
  continues: string | null;
  /** What it was made from; null: from the prompt alone. */
  merge: { mode: 'COMBINE' | 'COMPARE' | 'JUDGE'; sources: readonly string[]; instruction: string | null } | null;
  mergedWithPrompt: boolean;
  filesSent: { forms: readonly ('NATIVE' | 'TEXT' | null)[]; leftOut: number } | null;
}

export type ToldPart =
  | { kind: 'text'; text: string }
  | { kind: 'reasoning'; text: string }
  /** Null: the image is not kept. */
  | { kind: 'image'; file: ToldFile | null };

/** A call of a tool. */
export interface ToldCall {
  /** How many of the answer's parts stand before it. */
  at: number;
  /** As the model knows the tool. */
  name: string;
  /** The id of the tool where the answer was written; null: there was none of that name. */
  tool: string | null;
  status: 'DONE' | 'FAILED' | 'REFUSED' | 'UNCERTAIN';
  /** JSON as the model wrote it, which may have been broken off. */
  arguments: string;
  /** Null: there is none. Of images only their form is told. */
  result: string | null;
  durationMs: number | null;
  creditsCharged: number;
}

export interface ToldAttempt {
  model: string;
  startedAt: string;
  durationMs: number;
  failure: { code: string; message: string } | null;
}

export interface ToldUsage {
  inputTokens: number;
  cachedInputTokens: number;
  cacheWriteInputTokens: number;
  outputTokens: number;
  reasoningTokens: number;
  estimated: boolean;
}

export interface ToldVerdict {
  kind: 'BEST' | 'TIE' | 'ALL_BAD';
  topic: string | null;
  note: string | null;
  blind: boolean;
  unpaced: boolean;
  named: boolean;
  createdAt: string;
  changedAt: string | null;
  /** What it compared, as the judge saw it. */
  contestants: readonly { answer: string; lane: number; model: string; best: boolean }[];
}
