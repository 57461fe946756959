import type { AdminModelsQuery, MediaKind, SetModelInput, TierId } from '../../graphql/generated/graphql.ts';

/** A model of the catalogue, or one that a provider lists and the price list may know. */
export interface FormModel extends Partial<Omit<AdminModelsQuery['models'][number], 'id' | 'name'>> {
  id: string;
  name: string;
  suggestion?: ModelSuggestion | null;
}

interface ModelSuggestion extends FormPrices {
  contextWindow: number | null;
  maxOutputTokens: number | null;
  /** Whether the model costs that without being told so. */
  inForce: boolean;
  accepts: MediaKind[] | null;
}

export type FormPrices = Record<(typeof priceNames)[number], number>;

export const priceNames = [
  'inputPriceUsd',
  'outputPriceUsd',
  'cachedInputPriceUsd',
  'cacheWriteInputPriceUsd',
] as const;

/** What the form shows before anything is typed. Null: nothing is known of a new model's prices. */
export function shownPrices({ setup, suggestion }: FormModel): FormPrices | null {
  return setup ?? suggestion ?? null;
}

export function shownFallbacks({ fallbacks }: FormModel): string {
  return fallbacks?.map((one) => one.id).join(', ') ?? '';
}

/** What the form shows as taken in beside text. */
export function shownMedia({ accepts, suggestion }: FormModel): MediaKind[] {
  return (accepts ?? suggestion?.accepts ?? []).filter((kind) => kind !== 'TEXT');
}

/** What the form says of the model. A field that still has what holds without it is not written down. */
export function modelInputOf(
  model: FormModel,
  text: (field: string) => string,
  media: readonly MediaKind[],
): SetModelInput {
  const { id, setup } = model;
  const change = setup?.change;
  const changed = (name: string, before: string | number | null | undefined, was: unknown) =>
    text(name) === '' || (setup && was == null && text(name) === String(before ?? '')) ? null : text(name);
  const figure = (name: 'contextWindow' | 'maxOutputTokens') => {
    const value = changed(name, model[name], change?.[name]);
    return value === null ? null : Number(value);
  };
  return {
    ...(change && { sampling: change.sampling, reasoning: change.reasoning }),
    id,
    name: changed('name', model.name, change?.name),
    minimumTier: changed('minimumTier', model.minimumTier, change?.minimumTier) as TierId | null,
    contextWindow: figure('contextWindow'),
    maxOutputTokens: figure('maxOutputTokens'),
    ...pricesOf(model, text),
    fallbackIds: fallbacksOf(model, text('fallbacks')),
    accepts: mediaOf(model, media),
  };
}

function mediaOf(model: FormModel, media: readonly MediaKind[]): MediaKind[] | null {
  const shown = shownMedia(model);
  const holds = model.setup ? model.setup.change?.accepts == null : model.suggestion?.accepts != null;
  return holds && shown.join() === media.join() ? null : ['TEXT', ...media];
}

/**
 * All prices are written down together or not at all: the server takes the price of input for those of the cache that are
 * absent beside one that is given.
 */
function pricesOf(model: FormModel, text: (field: string) => string): Partial<FormPrices> {
  const { setup, suggestion } = model;
  const shown = shownPrices(model);
  const isWritten = priceNames.some((name) => setup?.change?.[name] != null);
  const holds = setup ? !isWritten : (suggestion?.inForce ?? false);
  if (shown && holds && priceNames.every((name) => text(name) === String(shown[name]))) return {};
  return Object.fromEntries(
    priceNames.filter((name) => text(name) !== '').map((name) => [name, Number(text(name))]),
  ) as Partial<FormPrices>;
}

function fallbacksOf(model: FormModel, text: string): string[] | null {
  if (text === shownFallbacks(model)) return model.setup?.change?.fallbackIds ?? null;
  return text.split(/[\s,]+/).filter((id) => id !== '');
}
