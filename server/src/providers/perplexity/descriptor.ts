import type { ProviderDescriptor } from '../descriptor.ts';

const accepts = ['TEXT', 'IMAGE'] as const;
const fileRule = { by: 'pixels' } as const;
/** Its fee is part of the price of a request. */
const search = { when: 'always', max: 1 } as const;

export const perplexity: ProviderDescriptor = {
  id: 'perplexity',
  name: 'Perplexity',
  kind: 'openai-compatible',
  baseURL: 'https://api.perplexity.ai',
  // Perplexity reports usage unasked, and knows no stream_options.
  dialect: { requestUsage: false },
  keyVariables: ['PERPLEXITY_API_KEY'],
  baseURLVariables: ['PERPLEXITY_BASE_URL'],
  defaultModelVariables: ['PERPLEXITY_MODEL_DEFAULT'],
  keyBeginning: String.raw`(?<![\w-])pplx-`,
  priceListId: 'perplexity',
  models: [
    {
      providerModel: 'sonar',
      name: 'Sonar',
      minimumTier: 'FREE',
      maxOutputTokens: 8_000,
      sampling: true,
      reasoning: false,
      accepts,
      fileRule,
      search,
      tools: false,
    },
    {
      providerModel: 'sonar-pro',
      name: 'Sonar Pro',
      minimumTier: 'PRO',
      maxOutputTokens: 8_000,
      sampling: true,
      reasoning: false,
      accepts,
      fileRule,
      search,
      tools: false,
    },
    {
      providerModel: 'sonar-reasoning-pro',
      name: 'Sonar Reasoning Pro',
      minimumTier: 'PRO',
      maxOutputTokens: 8_000,
      sampling: true,
      reasoning: false,
      accepts,
      fileRule,
      search,
      tools: false,
    },
  ],
  families: [
    { beginning: 'sonar', maxOutputTokens: 8_000, sampling: true, reasoning: false, accepts, fileRule, tools: false },
  ],
};
