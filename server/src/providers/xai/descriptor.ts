import type { ProviderDescriptor } from '../descriptor.ts';

const sees = ['TEXT', 'IMAGE'] as const;
const fileRule = { by: 'grok' } as const;
/**
 * Pages that it opens are billed like searches; nothing bounds how many there are.
 * https://docs.x.ai/developers/pricing ("Tool Invocation Costs"), https://docs.x.ai/developers/tools/tool-usage-details
 */
const search = { when: 'asked', api: 'responses', max: 10, withTools: true, priceUsd: 0.005 } as const;

export const xai: ProviderDescriptor = {
  id: 'xai',
  name: 'xAI',
  kind: 'openai-compatible',
  baseURL: 'https://api.x.ai/v1',
  keyVariables: ['XAI_API_KEY'],
  baseURLVariables: ['XAI_BASE_URL'],
  defaultModelVariables: ['XAI_MODEL_DEFAULT'],
  keyBeginning: String.raw`(?<![\w-])xai-`,
  priceListId: 'x-ai',
  // https://docs.x.ai/docs/guides/image-understanding ("Image input general limits")
  imageTypes: ['image/png', 'image/jpeg'],
  models: [
    {
      providerModel: 'grok-4.3',
      search,
      name: 'Grok 4.3',
      minimumTier: 'FREE',
      maxOutputTokens: 131_072,
      sampling: true,
      reasoning: true,
      accepts: sees,
      fileRule,
    },
    {
      providerModel: 'grok-build-0.1',
      name: 'Grok Build 0.1',
      minimumTier: 'FREE',
      maxOutputTokens: 131_072,
      sampling: true,
      reasoning: true,
      accepts: ['TEXT'],
    },
    {
      providerModel: 'grok-4.5',
      search,
      name: 'Grok 4.5',
      minimumTier: 'PRO',
      maxOutputTokens: 131_072,
      sampling: true,
      reasoning: true,
      accepts: sees,
      fileRule,
    },
    {
      providerModel: 'grok-4.6',
      search,
      name: 'Grok 4.6',
      minimumTier: 'PRO',
      maxOutputTokens: 131_072,
      sampling: true,
      reasoning: true,
      accepts: sees,
      fileRule,
    },
  ],
  families: [
    { beginning: 'grok-', maxOutputTokens: 16_384, sampling: true, reasoning: false, accepts: ['TEXT'] },
    { beginning: 'grok-2-vision', maxOutputTokens: 16_384, sampling: true, reasoning: false, accepts: sees, fileRule },
    {
      beginning: 'grok-4',
      search,
      maxOutputTokens: 16_384,
      sampling: true,
      reasoning: false,
      accepts: sees,
      fileRule,
    },
  ],
};
