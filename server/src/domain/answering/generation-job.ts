import type { StoredCitation } from '../../database/database.ts';
import type { ModelMessage } from '../../ports/language-model.ts';
import type { Model } from '../catalogue/catalogue.ts';
import type { ResponseIdentity, TextBefore } from './live-responses.ts';

export interface GenerationJob {
  identity: ResponseIdentity;
  /** The account that pays and holds `creditsHeld` for the response. */
  creditAccountId: string;
  /** The API key that asks; null: a session does. */
  apiKeyId: string | null;
  creditsHeld: number;
  /** The model that was asked, then its fallbacks, each with the messages that it is to be sent. Not empty. */
  candidates: readonly Candidate[];
  system: string | null;
  temperature?: number;
  topP?: number;
  /**
   * The text that the response goes on from, which its row already has and which is not charged again. Absent: none.
   */
  before?: TextBefore & { citations: readonly StoredCitation[] };
}

export interface Candidate {
  model: Model;
  messages: readonly ModelMessage[];
  maxOutputTokens: number;
}
