import { setModelEntry } from '../../database/catalogue/models.ts';
import { setCatalogueSetting } from '../../database/catalogue/setting.ts';
import type { Model } from '../catalogue/catalogue.ts';
import { type ModelEntry, modelEntry } from '../catalogue/catalogue-file.ts';
import { InvalidInputError, NotFoundError } from '../ground/errors.ts';
import { type Actor, audit } from '../people/administration.ts';
import { requireSound, soundEntry } from './mistakes.ts';
import type { OfferKeeper } from './offer-keeper.ts';

/** What an admin writes of a model. A field that is null is as the server was started with, or as the price list has it. */
export interface ModelInput {
  id: string;
  name: string | null;
  minimumTier: ModelEntry['minimumTier'] | null;
  contextWindow: number | null;
  maxOutputTokens: number | null;
  /** USD for a million tokens, as the other prices. */
  inputPriceUsd: number | null;
  outputPriceUsd: number | null;
  cachedInputPriceUsd: number | null;
  cacheWriteInputPriceUsd: number | null;
  fallbacks: readonly string[] | null;
  sampling: boolean | null;
  reasoning: boolean | null;
  /** What it takes in as it is, beside text. */
  accepts: ModelEntry['accepts'] | null;
}

/** Models that admins write of; all are laid over the catalogue at every change. */
const ENTRIES_MAX = 1000;
const FALLBACKS_MAX = 10;
const ID_LENGTH_MAX = 300;
const NAME_LENGTH_MAX = 100;
/** More models than any list of an admin's orders by hand. */
const ORDER_MAX = 5000;

/**
 * Adds a model of a known provider to the catalogue, or changes one. What is asked from now on is planned and held by it,
 * on all replicas within seconds; answers under way keep their prices.
 *
 * @throws InvalidInputError
 */
export async function setModel(keeper: OfferKeeper, actor: Actor, { fallbacks, ...input }: ModelInput): Promise<void> {
  const { id } = input;
  if (id.length > ID_LENGTH_MAX) throw new InvalidInputError('id', 'This id is too long.');
  if ((input.name?.length ?? 0) > NAME_LENGTH_MAX) {
    throw new InvalidInputError('name', `A name has at most ${NAME_LENGTH_MAX} characters.`);
  }
  if ((fallbacks?.length ?? 0) > FALLBACKS_MAX) {
    throw new InvalidInputError('fallbackIds', `A model has at most ${FALLBACKS_MAX} fallbacks.`);
  }
  const given = Object.entries({ ...input, fallbacks }).filter(([, value]) => value !== null);
  const entry = soundEntry(modelEntry, Object.fromEntries(given));
  await keeper.change(async (trx, stored) => {
    const others = stored.models.filter((one) => one.id !== id);
    if (others.length >= ENTRIES_MAX) {
      throw new InvalidInputError('id', `At most ${ENTRIES_MAX} models can be changed or added here.`);
    }
    const changes = { ...stored, models: [...others, entry] };
    requireSound(keeper.assembly, changes, { of: 'model', id });
    const before = keeper.offer.now.catalogue.models.get(id);
    const { id: _, ...written } = entry;
    await setModelEntry(trx, id, written);
    await audit(trx, actor, before ? 'changeModel' : 'addModel', id, noteOf(entry));
  });
}

/**
 * Takes back what an admin wrote: a model of theirs leaves the catalogue, another one is as the server was started with.
 *
 * @throws NotFoundError
 */
export async function removeModel(keeper: OfferKeeper, actor: Actor, id: string): Promise<void> {
  await keeper.change(async (trx, stored) => {
    if (!stored.models.some((entry) => entry.id === id)) throw new NotFoundError('model');
    await setModelEntry(trx, id, null);
    await audit(trx, actor, 'removeModel', id, null);
  });
}

/** Puts these models first, in this order. @throws InvalidInputError */
export async function setModelOrder(keeper: OfferKeeper, actor: Actor, modelIds: readonly string[]): Promise<void> {
  const ids = knownIds(keeper, modelIds, ORDER_MAX);
  await keeper.change(async (trx) => {
    await setCatalogueSetting(trx, { model_order: ids });
    await audit(trx, actor, 'setModelOrder', `${ids.length} models`, ids.slice(0, 5).join(', ') || null);
  });
}

/**
 * Chooses the models of new conversations; null: those that the server was started with.
 *
 * @throws InvalidInputError
 */
export async function setDefaultModels(
  keeper: OfferKeeper,
  actor: Actor,
  modelIds: readonly string[] | null,
): Promise<void> {
  const ids = modelIds && knownIds(keeper, modelIds, 100);
  if (ids?.length === 0) throw new InvalidInputError('modelIds', 'Choose at least one model.');
  await keeper.change(async (trx, stored) => {
    requireSound(keeper.assembly, { ...stored, defaultModels: ids }, { of: 'defaults' });
    await setCatalogueSetting(trx, { default_model_ids: ids });
    await audit(trx, actor, 'setDefaultModels', ids?.join(', ') ?? 'as started', null);
  });
}

/** @throws InvalidInputError */
function knownIds({ offer }: OfferKeeper, modelIds: readonly string[], countMax: number): string[] {
  if (modelIds.length > countMax) throw new InvalidInputError('modelIds', `Name at most ${countMax} models.`);
  const { models } = offer.now.catalogue;
  const unknown = modelIds.find((id) => !models.has(id));
  if (unknown !== undefined) {
    throw new InvalidInputError('modelIds', `There is no model "${unknown.slice(0, 100)}" in the catalogue.`);
  }
  return [...new Set(modelIds)];
}

/** The model after a change. @throws NotFoundError */
export function changedModel({ offer }: OfferKeeper, id: string): Model {
  const model = offer.now.catalogue.models.get(id);
  if (!model) throw new NotFoundError('model');
  return model;
}

function noteOf({ id: _, ...entry }: ModelEntry): string | null {
  const parts = Object.entries(entry).map(
    ([field, value]) => `${field} ${Array.isArray(value) ? value.join(' ') : value}`,
  );
  return parts.length > 0 ? parts.join('; ').slice(0, 500) : null;
}
