import type { StoredCitation } from '../../database/database.ts';
import type { ModelMessage } from '../../ports/language-model.ts';
import type { Model } from '../catalogue/catalogue.ts';
import type { ResponseIdentity, TextBefore } from './live-responses.ts';

export interface GenerationJob {
  identity: ResponseIdentity;
  /** The account that pays, and what it holds for this. */
  creditAccountId: string;
  creditsHeld: number;
  /** The model that was asked, then its fallbacks, each with what it is to be sent. Not empty. */
  candidates: readonly Candidate[];
  system: string | null;
  temperature?: number;
  topP?: number;
  /** What it goes on from: stored in its row already, and not to be charged again. Absent: it begins. */
  before?: TextBefore & { citations: readonly StoredCitation[] };
}

export interface Candidate {
  model: Model;
  messages: readonly ModelMessage[];
  maxOutputTokens: number;
}
