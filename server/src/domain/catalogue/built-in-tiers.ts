import type { TierId } from '../ground/tiers.ts';
import type { Tier } from './catalogue.ts';

/** Every limit grows from tier to tier. The month's credits are worth 2, 20 and 200 USD of provider cost. */
export function builtInTiers(creditsPerUsd: number): Record<TierId, Tier> {
  return {
    FREE: {
      id: 'FREE',
      name: 'Free',
      promptsPerMinute: 10,
      modelsPerPrompt: 3,
      maxOutputTokens: 8_192,
      monthlyCredits: 2 * creditsPerUsd,
      fileMegabytes: 200,
    },
    PRO: {
      id: 'PRO',
      name: 'Pro',
      promptsPerMinute: 30,
      modelsPerPrompt: 6,
      maxOutputTokens: 32_768,
      monthlyCredits: 20 * creditsPerUsd,
      fileMegabytes: 2_000,
    },
    ENTERPRISE: {
      id: 'ENTERPRISE',
      name: 'Enterprise',
      promptsPerMinute: 120,
      modelsPerPrompt: 12,
      maxOutputTokens: 128_000,
      monthlyCredits: 200 * creditsPerUsd,
      fileMegabytes: 20_000,
    },
  };
}
