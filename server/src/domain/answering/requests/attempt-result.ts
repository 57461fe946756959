import type { StoredCitation } from '../../../database/database.ts';
import type { FinishReason, ModelFailure, ModelPart, TokenUsage } from '../../../ports/language-model.ts';
import { toStorable } from '../../ground/storable-text.ts';
import { isCredible, laterUsage } from '../token-usage.ts';

export interface AttemptResult {
  /** Null: the model said that the answer is complete. */
  failure: ModelFailure | null;
  finishReason: FinishReason | null;
  /** Which of the call's stop texts ended the answer; null: none, or the provider does not say. */
  stoppedAt: string | null;
  /** Whether the provider paused the answer, which goes on if the model is given it back. Absent: no. */
  isPaused?: boolean;
  /** Whether the account had no credits for more of the answer. */
  isShortened: boolean;
  /** The largest usage that the provider reported; null: none. */
  usage: TokenUsage | null;
  /** Whether text came after the usage report. */
  usageOutdated: boolean;
  /** The largest cost that the provider reported, in USD; null: none. */
  costUsd: number | null;
  refusal: string;
  citations: StoredCitation[];
  /** From this attempt's request to its first character; null: none came. */
  firstTokenMs: number | null;
}

/** The result of an attempt that brought nothing. */
export function nothingCame(failure: ModelFailure | null): AttemptResult {
  return {
    failure,
    finishReason: null,
    stoppedAt: null,
    isShortened: false,
    usage: null,
    usageOutdated: false,
    costUsd: null,
    refusal: '',
    citations: [],
    firstTokenMs: null,
  };
}

/** Bounds the memory that a provider gone wild can take, far beyond any model's answer. UTF-16 code units. */
export const TEXT_LENGTH_MAX = 8_000_000;
const CITATIONS_MAX = 1000;

/** Parts of which a program is told, or that the model itself is given back. */
export type ProgramPart = Extract<ModelPart, { type: 'toolCall' | 'toolArguments' | 'signature' | 'opaque' }>;

/** Notes what a part says of the answer. */
export function note(
  part: Exclude<ModelPart, { type: 'text' | 'reasoning' | 'image' } | ProgramPart>,
  result: AttemptResult,
): void {
  switch (part.type) {
    case 'activity':
      break;
    case 'ending':
      result.stoppedAt = part.stoppedAt ?? null;
      break;
    case 'refusal':
      if (result.refusal.length < TEXT_LENGTH_MAX) result.refusal += part.text;
      break;
    case 'citation':
      if (result.citations.length < CITATIONS_MAX && !result.citations.some(({ url }) => url === part.url)) {
        result.citations.push({ url: toStorable(part.url), title: part.title && toStorable(part.title) });
      }
      break;
    case 'usage':
      if (part.costUsd !== undefined && part.costUsd >= 0) result.costUsd = Math.max(result.costUsd ?? 0, part.costUsd);
      if (!isCredible(part.usage)) break;
      result.usage = laterUsage(result.usage, part.usage);
      // A report without output says nothing about what has been written by now.
      if (part.usage.outputTokens + part.usage.reasoningTokens > 0) result.usageOutdated = false;
      break;
    case 'finish':
      result.finishReason = part.reason;
      result.stoppedAt = part.stoppedAt ?? null;
      if (part.isPaused) result.isPaused = true;
      break;
  }
}
