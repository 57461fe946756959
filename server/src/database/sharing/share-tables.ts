import type { Generated } from 'kysely';
import type { VerdictKind } from '../judging/verdict-tables.ts';

/** The tables of what members show to others, made by migrations/0052_shares.ts. */
export interface ShareTables {
  share: ShareTable;
  share_answer: ShareAnswerTable;
  share_verdict: ShareVerdictTable;
}

export type ShareAudience = 'MEMBERS' | 'LINK';

interface ShareTable {
  id: string;
  /** What its address has. */
  key: string;
  user_id: string;
  conversation_id: string;
  /** The last turn that is shown; those before it are its ancestors. */
  turn_id: string;
  audience: ShareAudience;
  /** As the conversation was called when it was shared. */
  title: string;
  with_figures: boolean;
  with_name: boolean;
  /** Whether readers are asked which answer is best before they are told the models. */
  asks_verdict: boolean;
  /** Null: it does not end by itself. */
  expires_at: Date | null;
  created_at: Generated<Date>;
}

interface ShareAnswerTable {
  share_id: string;
  response_id: string;
  /** Whether readers are asked how it compares with others of the last turn. */
  compared: boolean;
}

/** What somebody said of the answers who is no member. */
interface ShareVerdictTable {
  share_id: string;
  /** A keyed hash of the reader's cookie. */
  reader: string;
  /** A keyed hash of the reader's address; null: it had given one already, and this one does not count. */
  address: string | null;
  kind: VerdictKind;
  best_ids: string[];
}
