import type { FailureCode, FinishReason } from '../../src/ports/language-model.ts';
import type { WireAnswer } from '../wire-server.ts';

/** What a user of some system reported of a provider's answer, and what is to come of it here. */
export interface ReportedCase {
  case: string;
  provider: 'compat' | 'anthropic' | 'google' | 'perplexity';
  answer: Pick<WireAnswer, 'status' | 'headers' | 'body' | 'encoding' | 'pauses' | 'pieces' | 'ending'>;
  expect: Expected;
  /** The public report that it goes back to. */
  source?: string;
  /** Of the model's entry in the catalogue file. */
  entry?: object;
}

/** Only what is named counts. */
export interface Expected {
  status?: 'COMPLETED' | 'FAILED';
  /** Trimmed, as `reasoning` is. */
  text?: string;
  reasoning?: string;
  finish?: FinishReason | null;
  code?: FailureCode;
  /** Part of the failure's message. */
  says?: string;
  retryable?: boolean;
  charged?: 'some' | 'none';
  estimated?: boolean;
  /** Billed tokens. */
  input?: number;
  output?: number;
  outputMin?: number;
  /** Requests that the provider saw. */
  calls?: number;
  /** The least time between two of them. */
  spacedMs?: number;
}

export const reportedCases: readonly ReportedCase[] = [];
