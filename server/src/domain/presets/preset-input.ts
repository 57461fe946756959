import type { PresetParameters } from '../../database/presets/preset-tables.ts';
import { type Parameters, validatedParameters } from '../asking/prompt-input.ts';
import { type Catalogue, tierOf } from '../catalogue/catalogue.ts';
import { findModel, resolveModelName } from '../catalogue/model-names.ts';
import { requireNameable } from '../catalogue/models.ts';
import { validatedSystemPrompt } from '../conversations/system-prompt.ts';
import { InvalidInputError, TierLimitError } from '../ground/errors.ts';
import { toName } from '../ground/names.ts';
import { toStorable } from '../ground/storable-text.ts';
import { type TierId, tierIds } from '../ground/tiers.ts';

/** What is absent stays as it is; null, or a blank text, empties it. */
export interface PresetInput extends Parameters {
  name?: string | null | undefined;
  /** Ids or names of models, in the order of the lanes. */
  modelIds?: readonly string[] | null | undefined;
  systemPrompt?: string | null | undefined;
  prompt?: string | null | undefined;
  shared?: boolean | null | undefined;
}

interface PresetColumns {
  name?: string;
  model_ids?: string[];
  system_prompt?: string | null;
  prompt?: string | null;
  parameters?: string;
  shared?: boolean;
}

/** UTF-16 code units. */
const NAME_LENGTH_MAX = 100;
const PROMPT_LENGTH_MAX = 100_000;

/** What a preset had before the change. */
interface Before {
  model_ids: readonly string[];
  parameters: PresetParameters;
}

/**
 * The columns of a preset that the input sets. Models that it had before may stay, even if they are gone.
 *
 * @throws InvalidInputError, ModelUnavailableError; TierLimitError if the plan may not ask so many models at once
 */
export function presetColumns(
  catalogue: Catalogue,
  { tier }: { tier: TierId },
  input: PresetInput,
  before: Before = { model_ids: [], parameters: {} },
): PresetColumns {
  const { name, modelIds, systemPrompt, prompt, shared } = input;
  const parameters = changedParameters(before.parameters, input);
  return {
    ...(name != null && { name: validName(name) }),
    ...(modelIds !== undefined && { model_ids: validModels(catalogue, tier, modelIds ?? [], before.model_ids) }),
    ...(systemPrompt !== undefined && {
      system_prompt: systemPrompt?.trim() ? validatedSystemPrompt(systemPrompt) : null,
    }),
    ...(prompt !== undefined && { prompt: prompt?.trim() ? validPrompt(prompt) : null }),
    ...(parameters && { parameters: JSON.stringify(parameters) }),
    ...(shared != null && { shared }),
  };
}

/** @throws InvalidInputError */
export function validName(text: string): string {
  const name = toName(text.slice(0, 2 * NAME_LENGTH_MAX));
  if (name !== '' && name.length <= NAME_LENGTH_MAX) return name;
  throw new InvalidInputError('name', `A name must have 1 to ${NAME_LENGTH_MAX} characters.`);
}

function validModels(catalogue: Catalogue, tierId: TierId, names: readonly string[], before: readonly string[]) {
  requireNameable(catalogue, names);
  const ids = names.map((name) =>
    !findModel(catalogue, name) && before.includes(name) ? name : resolveModelName(catalogue, name).id,
  );
  const tier = tierOf(catalogue, { tier: tierId });
  if (ids.length <= tier.modelsPerPrompt) return ids;
  const enough = tierIds.find((id) => (catalogue.tiers.get(id)?.modelsPerPrompt ?? 0) >= ids.length);
  throw new TierLimitError(
    enough ?? null,
    `The ${tier.name} plan allows up to ${tier.modelsPerPrompt} models at once; this preset names ${ids.length}.`,
  );
}

function validPrompt(text: string): string {
  if (text.length <= PROMPT_LENGTH_MAX) return toStorable(text);
  throw new InvalidInputError(
    'prompt',
    `A preset’s prompt may have at most ${PROMPT_LENGTH_MAX.toLocaleString('en')} characters.`,
  );
}

/** Null: the input changes none of them. */
function changedParameters(
  before: PresetParameters,
  { temperature, topP, maxOutputTokens }: Parameters,
): PresetParameters | null {
  if (temperature === undefined && topP === undefined && maxOutputTokens === undefined) return null;
  return validatedParameters({
    temperature: temperature === undefined ? (before.temperature ?? null) : temperature,
    topP: topP === undefined ? (before.topP ?? null) : topP,
    maxOutputTokens: maxOutputTokens === undefined ? (before.maxOutputTokens ?? null) : maxOutputTokens,
  });
}
