import type { JSONColumnType } from 'kysely';

/** The tables of what came from files. */
export interface KeepingTables {
  imported_conversation: ImportedConversationTable;
  imported_response: ImportedResponseTable;
  imported_verdict: ImportedVerdictTable;
}

interface ImportedConversationTable {
  user_id: string;
  /** What the file calls it. */
  source: string;
  conversation_id: string;
}

/** An answer that was given elsewhere, and its credits there. */
interface ImportedResponseTable {
  response_id: string;
  credits_held: number;
  credits_charged: number;
}

interface ImportedVerdictTable {
  turn_id: string;
  told: JSONColumnType<StoredVerdict>;
}

/** A verdict that was given elsewhere. It refers to the responses that its answers became. */
export interface StoredVerdict {
  kind: 'BEST' | 'TIE' | 'ALL_BAD';
  topic: string | null;
  note: string | null;
  blind: boolean;
  unpaced: boolean;
  named: boolean;
  /** RFC 3339. */
  createdAt: string;
  changedAt: string | null;
  contestants: readonly { responseId: string; lane: number; modelId: string; best: boolean }[];
}
