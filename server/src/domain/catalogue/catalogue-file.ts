import { z } from 'zod';
import { mediaKinds } from '../ground/media.ts';
import { tierIds } from '../ground/tiers.ts';
import { STAND_IN_PROVIDER_ID } from './catalogue.ts';

const text = z.string().trim().min(1, 'expected a text that is not empty');
const tokenCount = z
  .int('expected a whole number of tokens')
  .min(1, 'expected at least 1 token')
  .max(100_000_000, 'expected at most 100,000,000 tokens');
const usdPerMillion = z
  .number('expected a number: USD for a million tokens')
  .min(0, 'expected a price of at least 0')
  .max(1000, 'expected at most 1,000 USD for a million tokens');
const wholeNumber = z.int('expected a whole number').min(1, 'expected at least 1');
/** Parameters that this server sets for each request itself: another value would be charged for without being held. */
const ownParameters: ReadonlySet<string> = new Set([
  ...['model', 'models', 'fallbacks', 'messages', 'prompt', 'input', 'stream', 'stream_options'],
  ...['max_tokens', 'max_completion_tokens', 'max_output_tokens', 'max_new_tokens', 'n_predict', 'num_predict'],
  ...['n', 'best_of', 'num_return_sequences', 'tools', 'tool_choice', 'functions', 'function_call'],
  // A gateway would let this one override all of the above.
  'extra_body',
]);
const bodyParameters = z.record(z.string(), z.unknown(), 'expected an object').superRefine((parameters, context) => {
  for (const name of Object.keys(parameters).filter((key) => ownParameters.has(key.trim().toLowerCase()))) {
    const message = 'this server sets it for each request itself, as it holds credits for no more';
    context.addIssue({ code: 'custom', path: [name], message, input: parameters[name] });
  }
});
const chatOptions = {
  extraBody: bodyParameters.optional().describe('Chat completions: parameters sent with each request. Absent: none.'),
  systemRole: z
    .enum(['system', 'developer', 'user'], 'expected system, developer or user')
    .optional()
    .describe('Chat completions: the role of the system prompt; user: it goes into the first prompt. Absent: system.'),
  maxTokensParameter: z
    .enum(['max_tokens', 'max_completion_tokens'], 'expected max_tokens or max_completion_tokens')
    .optional()
    .describe(
      "Chat completions: the name of an answer's limit. Absent: max_completion_tokens for openai, else max_tokens.",
    ),
};

/** Headers that frame a request, or describe its body. */
const ownHeaders =
  /^(host|connection|keep-alive|content-(length|type|encoding)|transfer-encoding|te|trailer|upgrade|expect|accept|accept-encoding|proxy-.*)$/i;
/** Headers' names are checked here; their values are checked where the variables in them are known. */
const headers = z
  .record(z.string(), z.string('expected a text'), 'expected an object of texts')
  .superRefine((given, context) => {
    for (const [name, value] of Object.entries(given)) {
      const message = headerMistake(name, value);
      if (message !== null) context.addIssue({ code: 'custom', path: [name], message, input: value });
    }
  });

function headerMistake(name: string, value: string): string | null {
  if (!/^[!#$%&'*+.^_`|~0-9a-z-]+$/i.test(name)) return 'expected the name of a header';
  if (ownHeaders.test(name)) return 'this server sets this header itself';
  return /^[ -~]*$/.test(value) ? null : 'expected what a header can carry: ASCII in one line';
}

const modelId = z.string().regex(/^[^/\s]+\/\S(.*\S)?$/, "expected <provider>/<the provider's own name for the model>");

/** An entry of the file for a provider. */
export const providerEntry = z.strictObject({
  id: z
    .string()
    .regex(/^[a-z0-9][a-z0-9._-]*$/i, 'expected letters, digits, dots, dashes and underscores')
    .refine((id) => id !== STAND_IN_PROVIDER_ID, 'this id stands for hidden models')
    .describe("The first part of its models' ids. The id of a built-in provider changes that one."),
  name: text.optional().describe('Shown to members. A new provider needs one.'),
  kind: z
    .enum(
      ['openai-compatible', 'openai', 'anthropic', 'google'],
      'expected openai-compatible, openai, anthropic or google',
    )
    .optional()
    .describe('The API that it speaks. A new provider needs one.'),
  baseURL: z
    .url({ protocol: /^https?$/, error: 'expected an address that begins with http:// or https://', abort: true })
    // The SDK appends a path.
    .refine((value) => !/[?#]/.test(value), { error: 'expected an address without ? and #' })
    .optional()
    .describe('As the SDK expects it; an openai-compatible provider needs one.'),
  apiKeyEnv: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'expected the name of an environment variable, which holds the key')
    .optional()
    .describe('The environment variable with its key. Absent: it needs no key.'),
  defaultModel: modelId.optional().describe('The model that its bare id stands for. Absent: its first listed one.'),
  requestUsage: z
    .boolean('expected true or false')
    .optional()
    .describe('Chat completions: whether to ask for usage by stream_options. Absent: true.'),
  headers: headers.optional().describe(`Sent with each request. \${NAME} stands for an environment variable.`),
  query: z
    .record(z.string().min(1), z.string('expected a text'), 'expected an object of texts')
    .optional()
    .describe(`Added to the address of each request. \${NAME} stands for an environment variable.`),
  ...chatOptions,
  reasoningParameters: bodyParameters
    .optional()
    .describe('Chat completions: parameters sent if visible reasoning is wanted. Absent: none.'),
  searchParameters: bodyParameters
    .optional()
    .describe(
      'Chat completions: parameters sent if the model may search the web. Absent: web_search_options for openai.',
    ),
  legacyVersion: z
    .literal('2023-06-01', 'expected 2023-06-01')
    .optional()
    .describe("anthropic: for gateways that speak an older version of the API. Absent: the SDK's own version."),
});

const priceTier = z.strictObject({
  aboveInputTokens: tokenCount.describe('Tokens of input, cached ones included.'),
  inputPriceUsd: usdPerMillion,
  outputPriceUsd: usdPerMillion,
  cachedInputPriceUsd: usdPerMillion.optional().describe("Absent: the input's price."),
  cacheWriteInputPriceUsd: usdPerMillion.optional().describe("Absent: the input's price."),
});
const priceTiers = z.array(priceTier).superRefine((tiers, context) => {
  for (const [index, { aboveInputTokens }] of tiers.entries()) {
    const before = tiers[index - 1]?.aboveInputTokens ?? 0;
    if (aboveInputTokens > before) continue;
    const message = `expected more than the ${before} of the tier before`;
    context.addIssue({ code: 'custom', path: [index, 'aboveInputTokens'], message, input: aboveInputTokens });
  }
});

/** An entry of the file for a model. */
export const modelEntry = z.strictObject({
  id: modelId.describe("<provider>/<the provider's own name for it>. The id of a built-in model changes that one."),
  name: text.optional().describe('Shown to members. *'),
  minimumTier: z.enum(tierIds, 'expected FREE, PRO or ENTERPRISE').optional().describe('*'),
  contextWindow: tokenCount.optional().describe('Tokens, input and output together. *'),
  maxOutputTokens: tokenCount.optional().describe('Tokens of one answer, reasoning included. *'),
  inputPriceUsd: usdPerMillion.optional().describe('USD for a million tokens. *'),
  outputPriceUsd: usdPerMillion.optional().describe('USD for a million tokens, reasoning included. *'),
  cachedInputPriceUsd: usdPerMillion.optional().describe("Absent: the input's price."),
  cacheWriteInputPriceUsd: usdPerMillion.optional().describe("Absent: the input's price."),
  requestPriceUsd: z
    .number('expected a number: USD for a request')
    .min(0, 'expected a price of at least 0')
    .max(10, 'expected at most 10 USD for a request')
    .optional()
    .describe('USD for each request that is answered. Absent: 0.'),
  searchPriceUsd: z
    .number('expected a number: USD for a search')
    .min(0, 'expected a price of at least 0')
    .max(10, 'expected at most 10 USD for a search')
    .optional()
    .describe('USD for each search of the web that the model makes by itself. Absent: as built in, or it makes none.'),
  priceTiers: priceTiers
    .optional()
    .describe('The prices of all tokens of a request with more input; shorter first. Absent: as built in, or none.'),
  priceFrom: z
    .enum(['prices', 'provider'], 'expected prices or provider')
    .optional()
    .describe('provider: an answer costs what the provider reports, at most what the prices hold. Absent: prices.'),
  fallbacks: z.array(modelId).optional().describe('Model ids, tried in this order before the first character.'),
  sampling: z
    .boolean()
    .optional()
    .describe('Whether it accepts temperature and topP. Absent: false for anthropic, else true.'),
  reasoning: z.boolean().optional().describe('Whether it can show its reasoning when asked to. Absent: false.'),
  tools: z.boolean().optional().describe('Whether it can call tools. Absent: as built in, else true.'),
  accepts: z
    .array(z.enum(mediaKinds, 'expected TEXT, IMAGE, PDF or AUDIO'))
    .optional()
    .describe(
      'What it takes in as it is, beside text; of other files it gets the text. Absent: as built in, else everything for anthropic and google, and text for the other kinds.',
    ),
  budgetedThinking: z
    .boolean()
    .optional()
    .describe('anthropic: whether it thinks within a fixed budget only, not as long as it sees fit. Absent: false.'),
  thinkTags: z
    .boolean('expected true or false')
    .optional()
    .describe('openai-compatible: whether <think>…</think> at the beginning of an answer is reasoning. Absent: true.'),
  ...chatOptions,
  enabled: z.boolean().optional().describe('false removes the model from the catalogue.'),
});

const tierEntry = z.strictObject({
  name: text.optional(),
  promptsPerMinute: wholeNumber.optional(),
  modelsPerPrompt: wholeNumber.optional(),
  maxOutputTokens: tokenCount.optional(),
  monthlyCredits: z
    .int('expected a whole number of credits')
    .min(0, 'expected at least 0 credits')
    .optional()
    .describe('The balance that the account is topped up to at the start of each month.'),
  fileMegabytes: z
    .int('expected a whole number of megabytes')
    .min(0, 'expected at least 0 megabytes')
    .optional()
    .describe('Megabytes that all files of a member may have.'),
  growingHolds: z
    .boolean('expected true or false')
    .optional()
    .describe(
      'Whether an answer that may cost more than is left starts all the same, and is cut short when nothing more is there. Absent: false.',
    ),
});

/**
 * The content of `CATALOGUE_FILE`. Fields marked * are required for a new model and optional for a change of a built-in
 * one.
 */
export const catalogueFileSchema = z.strictObject({
  providers: z.array(providerEntry).optional(),
  models: z.array(modelEntry).optional(),
  tiers: z.strictObject({ FREE: tierEntry, PRO: tierEntry, ENTERPRISE: tierEntry }).partial().optional(),
  defaultModels: z.array(modelId).min(1, 'expected at least one model').optional(),
});

export type CatalogueFile = z.infer<typeof catalogueFileSchema>;
export type ProviderEntry = z.infer<typeof providerEntry>;
export type ModelEntry = z.infer<typeof modelEntry>;
