import type { ProviderDescriptor } from '../descriptor.ts';

const accepts = ['TEXT', 'IMAGE', 'PDF', 'AUDIO'] as const;
const tiles = { by: 'gemini-tiles' } as const;
const budget = { by: 'gemini-budget' } as const;

/**
 * From Gemini 3 on each query is billed, and nothing bounds how many there are; before, a prompt with any. No function may
 * stand beside the search. https://ai.google.dev/gemini-api/docs/google-search
 */
const search = { when: 'asked', max: 10, priceUsd: 0.014 } as const;
const searchByRequest = { when: 'asked', billed: 'request', max: 1, priceUsd: 0.035 } as const;

export const google: ProviderDescriptor = {
  id: 'google',
  name: 'Google',
  kind: 'google',
  baseURL: null,
  keyVariables: ['GEMINI_API_KEY', 'GOOGLE_API_KEY'],
  baseURLVariables: ['GEMINI_BASE_URL', 'GOOGLE_BASE_URL'],
  defaultModelVariables: ['GEMINI_MODEL_DEFAULT', 'GOOGLE_MODEL_DEFAULT'],
  keyBeginning: String.raw`\b(?:AIza|AQ\.|ya29\.)`,
  priceListId: 'google',
  models: [
    {
      providerModel: 'gemini-3.5-flash-lite',
      search,
      name: 'Gemini 3.5 Flash Lite',
      minimumTier: 'FREE',
      maxOutputTokens: 65_536,
      sampling: false,
      reasoning: true,
      accepts,
      fileRule: budget,
    },
    {
      providerModel: 'gemini-3.1-flash-lite',
      search,
      name: 'Gemini 3.1 Flash Lite',
      minimumTier: 'FREE',
      maxOutputTokens: 65_536,
      sampling: true,
      reasoning: true,
      accepts,
      fileRule: budget,
    },
    {
      providerModel: 'gemini-2.5-flash-lite',
      search: searchByRequest,
      name: 'Gemini 2.5 Flash Lite',
      minimumTier: 'FREE',
      maxOutputTokens: 65_536,
      sampling: true,
      reasoning: false,
      accepts,
      fileRule: tiles,
    },
    {
      providerModel: 'gemini-3.8-flash',
      search,
      name: 'Gemini 3.8 Flash',
      minimumTier: 'PRO',
      maxOutputTokens: 65_536,
      sampling: false,
      reasoning: true,
      accepts,
      fileRule: budget,
    },
    {
      providerModel: 'gemini-3.1-pro-preview',
      search,
      name: 'Gemini 3.1 Pro',
      minimumTier: 'PRO',
      contextWindow: 1_048_576,
      maxOutputTokens: 65_536,
      sampling: true,
      reasoning: true,
      accepts,
      fileRule: budget,
    },
  ],
  families: [
    { beginning: 'gemini-', maxOutputTokens: 8_192, sampling: true, reasoning: false, accepts, fileRule: tiles },
    { beginning: 'gemini-2.5', maxOutputTokens: 65_536, sampling: true, reasoning: false, accepts, fileRule: tiles },
    {
      beginning: 'gemini-2.5-pro',
      search: searchByRequest,
      contextWindow: 1_048_576,
      maxOutputTokens: 65_536,
      sampling: true,
      reasoning: true,
      accepts,
      fileRule: tiles,
    },
    { beginning: 'gemini-3', maxOutputTokens: 65_536, sampling: false, reasoning: true, accepts, fileRule: budget },
  ],
};
