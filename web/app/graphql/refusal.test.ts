import { expect, test } from 'vitest';
import { accessWords, errorWords, type Refusal, refusalWords, translated } from './refusal.ts';

test('English pages say what the API said', () => {
  const message = 'The Free plan allows 10 prompts a minute. Try again in 20 s.';
  expect(refusalWords({ code: 'RATE_LIMITED', message })).toBe(message);
  expect(errorWords({ graphQLErrors: [{ message, extensions: { code: 'RATE_LIMITED' } }] })).toBe(message);
  expect(errorWords({ graphQLErrors: [] })).toBeUndefined();
  expect(errorWords(null)).toBeUndefined();
});

test('a code has a sentence of the catalogue, with its figures and the names of models', () => {
  const nameOf = (id: string) => (id === 'mock/sage' ? 'Sage' : undefined);
  const told: [Refusal, string | undefined][] = [
    [
      { code: 'INSUFFICIENT_CREDITS', required: 120_000, available: 3310 },
      'This needs 120,000 credits; 3,310 are available.',
    ],
    [
      { __typename: 'InsufficientCreditsError', creditLimit: 'TEAM', required: 120_000, available: 3310 },
      'This needs 120,000 credits; the team has 3,310.',
    ],
    [{ code: 'INSUFFICIENT_CREDITS', creditLimit: 'API_KEY' }, undefined],
    [{ __typename: 'RateLimitError', rateLimit: 'SERVER_BUSY' }, 'The server is busy. Try again in a few seconds.'],
    [{ __typename: 'TierLimitError', missingModelId: 'mock/sage' }, 'Sage is not in your plan.'],
    [{ __typename: 'TierLimitError', missingModelId: null }, 'Your plan allows fewer models at once.'],
    [{ code: 'MODEL_UNAVAILABLE', modelId: 'mock/gone' }, 'One of the models cannot be asked at the moment.'],
    [{ code: 'NOT_FOUND' }, 'This is not here any more.'],
    [{ code: 'BAD_USER_INPUT', message: 'Too long.' }, undefined],
    [{ message: 'Too long.' }, undefined],
  ];
  for (const [refusal, words] of told) expect(translated(refusal, nameOf)).toBe(words);
});

test('a model that can be asked has no words', () => {
  const model = { name: 'Sage', provider: { id: 'mock', name: 'Mock' } };
  expect(accessWords({ ...model, access: { allowed: true, denial: null, message: null } })).toBeUndefined();
  const access = { allowed: false, denial: 'DISABLED' as const, message: 'Sage is switched off by the admin.' };
  expect(accessWords({ ...model, access })).toBe(access.message);
});
