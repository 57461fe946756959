import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  creditsAhead,
  creditsFor,
  type GrowingRequest,
  type Growth,
  grown,
  tokensFor,
} from '../../../src/domain/money/hold-growth.ts';

const price = fc.nat(100_000_000);
const prices = fc.record({
  input: price,
  cachedInput: price,
  cacheWriteInput: price,
  output: price,
  perRequest: fc.nat(10_000),
});
const tokens = fc.nat(1_000_000);
const request: fc.Arbitrary<GrowingRequest> = fc.record({
  prices,
  input: fc.tuple(tokens, tokens).map(([likely, more]) => ({ likely, most: likely + more })),
  reported: fc.option(
    fc.record({
      inputTokens: tokens,
      cachedInputTokens: tokens,
      cacheWriteInputTokens: tokens,
      outputTokens: tokens,
      reasoningTokens: tokens,
    }),
  ),
});
const credits = fc.nat(1_000_000_000);
const growth: fc.Arbitrary<Growth> = fc
  .tuple(credits, credits, credits, credits)
  .map(([held, needed, ahead, maximum]) => ({
    held,
    needed: Math.min(needed, Math.max(held, maximum)),
    ahead: Math.min(needed, Math.max(held, maximum)) + ahead,
    maximum: Math.max(held, maximum),
  }));

describe('a hold that grows', () => {
  it('never shrinks, and never takes more than is available or allowed', () => {
    fc.assert(
      fc.property(growth, fc.integer({ min: -1000, max: 1_000_000_000 }), (one, available) => {
        const hold = grown(one, available);
        expect(hold).toBeGreaterThanOrEqual(one.held);
        expect(hold - one.held).toBeLessThanOrEqual(Math.max(0, available));
        expect(hold).toBeLessThanOrEqual(one.maximum);
      }),
    );
  });

  it('covers what is needed whenever that is there', () => {
    fc.assert(
      fc.property(growth, credits, (one, available) => {
        if (one.needed <= one.held + available) expect(grown(one, available)).toBeGreaterThanOrEqual(one.needed);
        else expect(grown(one, available)).toBe(Math.min(one.maximum, one.held + available));
      }),
    );
  });

  it('leaves most of what is not needed to others', () => {
    fc.assert(
      fc.property(growth, credits, (one, available) => {
        const spare = Math.max(0, one.held + available - one.needed);
        const lead = grown(one, available) - Math.max(one.needed, one.held);
        expect(lead).toBeLessThanOrEqual(Math.max(0, spare / 8));
      }),
    );
  });

  it('pays for as many tokens as its credits buy, and not for one more', () => {
    fc.assert(
      fc.property(request, credits, (one, held) => {
        const paid = tokensFor(one, held);
        if (paid >= 0) expect(creditsFor(one, paid)).toBeLessThanOrEqual(held);
        if (paid < 100_000_000) expect(creditsFor(one, paid + 1)).toBeGreaterThan(held);
      }),
    );
  });

  it('covers ahead at least what the text so far costs', () => {
    fc.assert(
      fc.property(request, tokens, (one, written) => {
        expect(creditsAhead(one, written)).toBeGreaterThanOrEqual(creditsFor(one, written));
      }),
    );
  });
});
