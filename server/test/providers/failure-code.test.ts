import { describe, expect, it } from 'vitest';
import type { FailureCode } from '../../src/ports/language-model.ts';
import { failureCode } from '../../src/providers/failures/failure-code.ts';
import { retryAfter } from '../../src/providers/failures/retry-after.ts';
import { scrub } from '../../src/providers/failures/scrub.ts';

describe('the error message of a provider', () => {
  it.each<[FailureCode, number | null, string]>([
    ['QUOTA_EXCEEDED', 429, 'Budget has been exceeded! Current cost: 2.1, Max budget: 2.0'],
    ['QUOTA_EXCEEDED', 429, '余额不足或无可用资源包,请充值。'],
    ['QUOTA_EXCEEDED', 403, '用户额度不足, 剩余额度: ＄0.000000'],
    ['QUOTA_EXCEEDED', 403, 'Sorry, your account balance is insufficient'],
    ['QUOTA_EXCEEDED', 429, 'Your team has either used all available credits or reached its monthly spending limit.'],
    ['QUOTA_EXCEEDED', 400, 'Your credit balance is too low to access the Anthropic API.'],
    ['QUOTA_EXCEEDED', 403, 'user quota is not enough'],
    ['QUOTA_EXCEEDED', 429, 'token quota exhausted, please recharge'],
    ['QUOTA_EXCEEDED', null, 'Insufficient Balance'],
    ['RATE_LIMITED', 429, 'Quota exceeded: 10 requests per minute. Please retry in 25s.'],
    ['RATE_LIMITED', 429, 'Rate limit reached on tokens per min. Please try again in 1.2s.'],
    ['OVERLOADED', 503, 'The load balancer has no healthy upstream.'],
    ['CONTEXT_TOO_LONG', 400, 'input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000'],
    ['CONTEXT_TOO_LONG', 400, '<400> InternalError.Algo.InvalidParameter: Range of input length should be [1, 129024]'],
    ['CONTEXT_TOO_LONG', 400, 'prompt is too long: 208310 tokens > 200000 maximum'],
    ['CONTEXT_TOO_LONG', 400, 'the request exceeds the available context size. try increasing the context size'],
    ['CONTEXT_TOO_LONG', 400, 'Invalid request: Your request exceeded model token limit: 8192'],
    ['CONTEXT_TOO_LONG', 400, 'Input is too long for requested model.'],
    ['CONTEXT_TOO_LONG', 422, '`inputs` tokens + `max_new_tokens` must be <= 4097. Given: 5000'],
    ['CONTEXT_TOO_LONG', 400, 'Please reduce the length of the messages or completion.'],
    ['CONTEXT_TOO_LONG', 500, "This model's maximum context length is 4096 tokens."],
    ['CONTEXT_TOO_LONG', 400, 'Prompt contains 40000 tokens and 0 draft tokens, too large for model'],
    ['CONTEXT_TOO_LONG', 413, 'Request body too large for gpt-4o model. Max size: 8000 tokens.'],
    ['INVALID_REQUEST', 400, 'max_tokens is too large: 100000. This model supports at most 16384 completion tokens'],
    ['CONTENT_FILTERED', null, 'Output data may contain inappropriate content.'],
  ])('means %s, with status %s: %s', (code, status, sentence) => {
    expect(failureCode({ status, names: [], sentence })).toBe(code);
  });

  it.each([
    ['Please try again in 25s.', 25_000],
    ['Please try again in 7m12.5s. Visit', 432_500],
    ['Please try again in 20ms', 20],
    ['Please retry after 25 seconds.', 25_000],
    ['Please retry in 25.5s.', 25_500],
    ['Limit resets in 2 minutes', 120_000],
    ['Please try again later. Limit: 30 requests', null],
    ['Try again in 0s', null],
  ])('names the time to wait: %s', (sentence, ms) => {
    expect(retryAfter(undefined, [], sentence)).toBe(ms);
  });

  it.each([
    ['sk-proj-0123456789abcdef'],
    ['sk_live_0123456789abcdef'],
    ['gsk_0123456789abcdef'],
    ['xai-0123456789abcdef'],
    ['pplx-0123456789abcdef'],
    ['nvapi-0123456789abcdef'],
    ['AIzaSy0123456789abcdef'],
    ['hf_abcdefghijklmnopq0123456789'],
    ['plk_0123456789abcdef'],
    ['eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.sig-nature'],
  ])('is shown without a key like %s', (key) => {
    expect(scrub(`Bad key: ${key}, sorry.`, null)).toBe('Bad key: [key], sorry.');
  });

  it('is shown without the secret if the secret has at least 8 characters and is a whole word', () => {
    expect(scrub('x marks the next box', 'x')).toBe('x marks the next box');
    expect(scrub('ollama has no model', 'ollama')).toBe('ollama has no model');
    expect(scrub('The key "letmein1" is wrong', 'letmein1')).toBe('The key "[key]" is wrong');
    expect(scrub('providers provide', 'provider')).toBe('providers provide');
    expect(scrub('a+b(c)*d is wrong', 'a+b(c)*d')).toBe('[key] is wrong');
    expect(scrub('Missing bearer authentication', null)).toBe('Missing bearer authentication');
  });
});
