import type { StoredCitation } from '../../database/database.ts';
import type { CallOptions, LanguageModel, ModelFailure } from '../../ports/language-model.ts';
import type { RequestOrigin } from '../../ports/observer.ts';
import type { Model } from '../catalogue/catalogue.ts';
import type { SentFiles, StoredMessage } from '../ground/stored-files.ts';
import type { InputTokens } from '../money/hold-growth.ts';
import type { ResponseIdentity, TextBefore } from './live-responses.ts';
import type { Outcome } from './stored-response.ts';

export interface GenerationJob {
  identity: ResponseIdentity;
  /** The account that pays and holds `creditsHeld` for the response. */
  creditAccountId: string;
  /** The API key that asks; null: a session does. */
  apiKeyId: string | null;
  creditsHeld: number;
  /** The most that the hold may grow to, in credits. Absent: it covers the worst case, and does not grow. */
  growsTo?: number | undefined;
  /** The model that was asked, then its fallbacks, each with the messages that it is to be sent. Not empty. */
  candidates: readonly Candidate[];
  /** What asks the candidates, by provider id: those of the offer by which the job was planned. */
  languageModels: ReadonlyMap<string, LanguageModel>;
  system: string | null;
  temperature?: number;
  topP?: number;
  /**
   * The text that the response goes on from, which its row already has and which is not charged again. Absent: none.
   */
  before?: TextBefore & { citations: readonly StoredCitation[] };
  /**
   * Waits for what the response begins after, which may be stopped by the signal. Resolves with the candidates, or with the
   * reason why none is asked. Absent: it begins at once.
   */
  begin?: (signal: AbortSignal) => Promise<readonly Candidate[] | ModelFailure>;
  /** The request that asks. Absent: none. */
  origin?: RequestOrigin | null;
  /** What a program's call asks beside the conversation. Absent: the response is of a turn. */
  call?: CallJob;
  /** Whether its model is asked once at most, and not while its provider rests: nobody waits for it. Absent: no. */
  isSpare?: boolean;
  /** Whether whoever follows the response here is given the images that the model makes, in memory. Absent: no. */
  givesImages?: boolean;
  /** Called when the response is final, with null if this process could not make it so. Absent: nobody waits for it. */
  onEnd?: (end: AnswerEnd | null) => void;
}

export interface CallJob {
  options: CallOptions;
  /** Whether to ask for visible reasoning, of models that show it on request. */
  reasoning: boolean;
}

/** How a response ended, and what it cost. */
export interface AnswerEnd {
  outcome: Outcome;
  /** Credits charged. */
  credits: number;
}

export interface Candidate {
  model: Model;
  messages: readonly StoredMessage[];
  /** What it is sent of files. Absent: it is a program's call, whose messages have their files in them. */
  files?: SentFiles | undefined;
  maxOutputTokens: number;
  /** Tokens of what is sent. */
  input: InputTokens;
  /** Whether `maxOutputTokens` is what the account can pay, and less than was asked for. Absent: no. */
  isBoundByCredits?: boolean | undefined;
}
