import type { TokenUsage } from '../../ports/language-model.ts';
import type { Prices } from '../catalogue/catalogue.ts';
import { charge, hold } from '../catalogue/pricing.ts';

/*
 * How a hold follows an answer. A hold that grows covers what was written, and some text ahead of it while the account
 * has plenty; the less is left, the shorter is that lead, down to nothing. So holds stay near what is used, and one
 * answer does not keep another out with credits that it will give back.
 */

/** Tokens of input that a request may be billed for. */
export interface InputTokens {
  /** With a reserve for other tokenizers. */
  likely: number;
  /** The most, whichever tokenizer the provider uses. */
  most: number;
}

/** What the cost of an answer that is being written depends on. */
export interface GrowingRequest {
  prices: Prices;
  input: InputTokens;
  /** The provider's report on the input; null: none came yet. */
  reported: TokenUsage | null;
}

/** Tokens of an answer that are held before anything of it is there: it must not end before its first words. */
export const FIRST_TOKENS = 16;
/** Tokens ahead of the text that are held while there is plenty. A long answer takes longer steps. */
const STEP_TOKENS_MIN = 512;
/** A hold takes at most this part of what is left for the text ahead. */
const LEAD_SHARE = 8;
/** More than any answer has. */
const OUTPUT_TOKENS_MAX = 100_000_000;

/** Credits that an answer of so many tokens costs, as far as that is known while it is written. */
export function creditsFor({ prices, input, reported }: GrowingRequest, outputTokens: number): number {
  if (!reported) return hold(prices, input.likely, outputTokens);
  return charge(prices, { ...reported, outputTokens, reasoningTokens: 0 });
}

/** Credits that cover an answer of so many tokens for certain, and a step ahead of it. */
export function creditsAhead({ prices, input, reported }: GrowingRequest, outputTokens: number): number {
  const most = reported
    ? reported.inputTokens + reported.cachedInputTokens + reported.cacheWriteInputTokens
    : input.most;
  return hold(prices, most, outputTokens + Math.max(STEP_TOKENS_MIN, Math.floor(outputTokens / 2)));
}

/** The most tokens of an answer that so many credits pay for; -1 if they do not even pay for its input. */
export function tokensFor(request: GrowingRequest, credits: number): number {
  let [paid, unpaid] = [-1, OUTPUT_TOKENS_MAX + 1];
  while (unpaid - paid > 1) {
    const middle = Math.floor((paid + unpaid) / 2);
    if (creditsFor(request, middle) <= credits) paid = middle;
    else unpaid = middle;
  }
  return paid;
}

export interface Growth {
  /** Credits held now. */
  held: number;
  /** Credits that cover what is there. */
  needed: number;
  /** Credits that cover a step ahead of it too. */
  ahead: number;
  /** The most that the hold may grow to. */
  maximum: number;
}

/**
 * The hold that an answer gets of an account, a key or a team with `available` credits that nobody holds: what is
 * needed, as far as it is there, and of the rest a share for what is yet to come. It never shrinks, and never takes more
 * than is available.
 */
export function grown({ held, needed, ahead, maximum }: Growth, available: number): number {
  const left = Math.max(0, available);
  const most = Math.min(maximum, held + left);
  const rest = Math.max(0, held + left - needed);
  const wanted = Math.max(needed, Math.min(ahead, needed + Math.floor(rest / LEAD_SHARE)));
  return Math.max(held, Math.min(wanted, most));
}
