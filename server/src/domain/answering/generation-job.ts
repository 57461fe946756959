import type { Shortening } from '../../database/agents/agent-tables.ts';
import type { StoredCitation } from '../../database/database.ts';
import type { CallOptions, FinishReason, LanguageModel, ModelFailure, TokenUsage } from '../../ports/language-model.ts';
import type { RequestOrigin } from '../../ports/observer.ts';
import type { Model } from '../catalogue/catalogue.ts';
import type { SentFiles, StoredMessage } from '../ground/stored-files.ts';
import type { InputTokens } from '../money/hold-growth.ts';
import type { LiveResponse, ResponseIdentity, TextBefore } from './live-responses.ts';
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
  /** How long it was written by other processes, in ms, since its admission. Absent: it is a new one. */
  ageMs?: number;
  /** The request that asks. Absent: none. */
  origin?: RequestOrigin | null;
  /** What a program's call asks beside the conversation. Absent: the response is of a turn. */
  call?: CallJob;
  /** Writes the answer step by step. Absent: its model is asked once. */
  agent?: AgentWriter;
  /** Whether its model is asked once at most, and not while its provider rests: nobody waits for it. Absent: no. */
  isSpare?: boolean;
  /** Whether whoever follows the response here is given the images that the model makes, in memory. Absent: no. */
  givesImages?: boolean;
  /** Called when the response is final, with null if this process could not make it so. Absent: nobody waits for it. */
  onEnd?: (end: AnswerEnd | null) => void;
}

/** What is asked of a job's candidates. */
export type AskedJob = Pick<
  GenerationJob,
  | 'identity'
  | 'apiKeyId'
  | 'candidates'
  | 'languageModels'
  | 'system'
  | 'temperature'
  | 'topP'
  | 'origin'
  | 'call'
  | 'isSpare'
  | 'givesImages'
>;

export interface CallJob {
  options: CallOptions;
  /** Whether to ask for visible reasoning, of models that show it on request. */
  reasoning: boolean;
  /** Whether images that the model makes are kept, as those of conversations are. Absent: no. */
  keepsImages?: boolean;
}

/** Writes one answer step by step, with as many requests and tools as it takes. */
export interface AgentWriter {
  /**
   * Writes the answer, and charges nothing: it keeps what each step costs.
   *
   * @param hold must cover each step before it is made
   * @returns how it ended; null: another process has the answer now, or is to go on with it
   */
  write(response: LiveResponse, hold: AnswerHold): Promise<AgentEnd | null>;
}

/** The hold of an answer, as far as its writer uses it. */
export interface AnswerHold {
  /** Credits. */
  readonly held: number;
  /** The most that it may grow to. */
  readonly maximum: number;
  /** As `GrowingHold.cover`. */
  cover(
    growth: () => { needed: number; ahead: number },
    onHeld: (() => void) | undefined,
    isGivenUp: () => boolean,
  ): Promise<boolean>;
}

/** How an answer of several steps ended. */
export interface AgentEnd {
  /** Null: it is whole, or was shortened or stopped. */
  failure: ModelFailure | null;
  finishReason: FinishReason | null;
  shortenedBy: Shortening | null;
  refusal: string;
  citations: readonly StoredCitation[];
  /** The model of its last request. */
  candidate: Candidate;
  /** What all its steps cost. */
  spent: SpentOnSteps;
}

/** The sum of the steps of an answer. */
export interface SpentOnSteps {
  credits: number;
  /** The exact decimal. */
  usd: string;
  /** Null: no model said anything. */
  usage: TokenUsage | null;
  /** Whether the server counted some of it. */
  estimated: boolean;
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
