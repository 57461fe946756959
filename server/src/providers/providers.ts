import { anthropic } from './anthropic/descriptor.ts';
import type { ProviderDescriptor } from './descriptor.ts';
import { google } from './google/descriptor.ts';
import { openai } from './openai/descriptor.ts';
import { perplexity } from './perplexity/descriptor.ts';
import { xai } from './xai/descriptor.ts';

/** Always listed, in this order; the keys in the environment decide which of them are configured. */
export const builtInProviders: readonly ProviderDescriptor[] = [openai, anthropic, google, xai, perplexity];
