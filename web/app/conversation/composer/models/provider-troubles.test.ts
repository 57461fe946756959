import { expect, test } from 'vitest';
import { troubleOf } from './provider-troubles.ts';

const words = (health: Partial<Parameters<typeof troubleOf>[1]>) =>
  troubleOf('lab', { status: 'UP', firstTokenMs: 400, errorRate: 0, ...health })[0]?.[1] ?? null;

test('a provider that fails or is slow is said to, and one that works is not', () => {
  expect(words({})).toBeNull();
  expect(words({ status: 'UNKNOWN', firstTokenMs: null, errorRate: null })).toBeNull();
  expect(words({ status: 'DOWN', errorRate: 0.9 })).toBe('not answering now');
  expect(words({ status: 'DEGRADED', errorRate: 0.25 })).toBe('25% of answers fail now');
  expect(words({ status: 'DEGRADED', errorRate: 0.01 })).toBeNull();
  expect(words({ firstTokenMs: 12_340 })).toBe('slow now: first word after 12.3 s');
});
