import type { Kysely, Transaction } from 'kysely';
import { v7 as newId } from 'uuid';
import type { Database } from '../../database/database.ts';
import { setHouseSetting } from '../../database/people/house-settings.ts';
import {
  deletePresetRow,
  findPresetOfHouse,
  findPresetsById,
  insertPreset,
  lockPreset,
  measurePresets,
  type PresetRow,
  setPreset,
} from '../../database/presets/presets.ts';
import { lockUser } from '../../database/users.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { ForbiddenError, InvalidInputError, NotFoundError } from '../ground/errors.ts';
import { audit } from '../people/administration.ts';
import { isAdmin, type Viewer } from '../people/members.ts';
import { type PresetInput, presetColumns } from './preset-input.ts';

export { findPresets, findPresetsById, type PresetRow } from '../../database/presets/presets.ts';

/** How many presets a member may have, and how many all members may share. */
export const PRESETS_MAX = 200;
/** Of all prompts and system prompts of a member's presets, and of all shared ones, in characters. */
const LENGTH_MAX = 1_000_000;

interface Presets {
  db: Kysely<Database>;
  catalogue: Catalogue;
}

/**
 * Makes a preset, which its member alone uses unless an admin shares it with all members.
 *
 * @throws InvalidInputError (`name`: it is taken), ModelUnavailableError, TierLimitError; ForbiddenError if somebody
 *   else than an admin shares it
 */
export async function createPreset({ db, catalogue }: Presets, viewer: Viewer, input: PresetInput): Promise<PresetRow> {
  if (input.shared) requireAdmin(viewer);
  const { name, parameters, ...columns } = presetColumns(catalogue, viewer, { ...input, name: input.name ?? '' });
  return withFreeName(() =>
    db.transaction().execute(async (trx) => {
      await lockUser(trx, viewer.id);
      const preset = await insertPreset(trx, {
        id: newId(),
        user_id: viewer.id,
        name: name as string,
        model_ids: [],
        system_prompt: null,
        prompt: null,
        ...columns,
        parameters: parameters ?? '{}',
      });
      await requireRoom(trx, preset);
      if (preset.shared) await audit(trx, viewer, 'sharePreset', preset.name, noteOf(preset));
      return preset;
    }),
  );
}

/**
 * Changes a preset: its member's own or, for an admin, one that all share. One that is no longer shared becomes the
 * admin's own.
 *
 * @throws as `createPreset`; NotFoundError
 */
export async function updatePreset(
  { db, catalogue }: Presets,
  viewer: Viewer,
  id: string,
  input: PresetInput,
): Promise<PresetRow> {
  return withFreeName(() =>
    db.transaction().execute(async (trx) => {
      await lockUser(trx, viewer.id);
      const before = await requireOwn(trx, viewer, id);
      if (input.shared) requireAdmin(viewer);
      const columns = presetColumns(catalogue, viewer, input, before);
      const isTakenBack = before.shared && columns.shared === false;
      const preset = await setPreset(trx, id, { ...columns, ...(isTakenBack && { user_id: viewer.id }) });
      await requireRoom(trx, preset);
      const action = actionOf(before, preset);
      if (action) {
        const renamed = preset.name === before.name ? '' : `${before.name} → ${preset.name}: `;
        await audit(trx, viewer, action, preset.name, renamed + noteOf(preset));
      }
      return preset;
    }),
  );
}

/** Deletes a preset: its member's own or, for an admin, one that all share. @throws NotFoundError, ForbiddenError */
export async function deletePreset(db: Kysely<Database>, viewer: Viewer, id: string): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const preset = await requireOwn(trx, viewer, id);
    await deletePresetRow(trx, id);
    if (preset.shared) await audit(trx, viewer, 'deletePreset', preset.name, noteOf(preset));
  });
}

const DEFAULT_PRESET = 'default-preset';

/** The shared preset with which new conversations begin in clients; null: none. */
export async function findDefaultPreset(db: Kysely<Database>): Promise<PresetRow | null> {
  return (await findPresetOfHouse(db, DEFAULT_PRESET)) ?? null;
}

/** Has new conversations begin with a shared preset; null: with none. @throws NotFoundError if no such one is shared */
export async function setDefaultPreset(
  db: Kysely<Database>,
  viewer: Viewer,
  id: string | null,
): Promise<PresetRow | null> {
  return db.transaction().execute(async (trx) => {
    const [preset = null] = id === null ? [] : await findPresetsById(trx, viewer.id, [id]);
    if (id !== null && !preset?.shared) throw new NotFoundError('shared preset');
    await setHouseSetting(trx, DEFAULT_PRESET, { presetId: preset?.id ?? null });
    await audit(trx, viewer, 'setDefaultPreset', preset?.name ?? 'none', null);
    return preset;
  });
}

/** Whether the viewer may change the preset. */
export function mayChangePreset({ shared, user_id }: PresetRow, viewer: Viewer | null): boolean {
  return shared ? isAdmin(viewer) : user_id === viewer?.id;
}

async function requireOwn(trx: Transaction<Database>, viewer: Viewer, id: string): Promise<PresetRow> {
  const preset = await lockPreset(trx, viewer.id, id);
  if (!preset) throw new NotFoundError('preset');
  if (!mayChangePreset(preset, viewer)) throw new ForbiddenError('Only an admin changes what all members share.');
  return preset;
}

function requireAdmin(viewer: Viewer): void {
  if (!isAdmin(viewer)) throw new ForbiddenError('Only an admin shares presets with all members.');
}

async function requireRoom(trx: Transaction<Database>, { shared, user_id: userId }: PresetRow): Promise<void> {
  const { presets, characters } = await measurePresets(trx, shared ? { shared } : { userId });
  if (presets > PRESETS_MAX) {
    const who = shared ? 'All members share' : 'You have';
    throw new InvalidInputError('name', `${who} ${PRESETS_MAX} presets, which is the most. Delete one first.`);
  }
  if (characters > LENGTH_MAX) {
    throw new InvalidInputError(
      'prompt',
      `All presets together have at most ${LENGTH_MAX.toLocaleString('en')} characters of prompts.`,
    );
  }
}

/** The index on names refuses one that is taken, however many requests race. */
async function withFreeName(store: () => Promise<PresetRow>): Promise<PresetRow> {
  return store().catch((error) => {
    if (error?.code !== '23505') throw error;
    throw new InvalidInputError('name', 'There is a preset of this name already.');
  });
}

/** What an admin did to what all members share; null: it was not shared and is not. */
function actionOf(before: PresetRow, after: PresetRow): string | null {
  if (before.shared && after.shared) return 'changePreset';
  if (after.shared) return 'sharePreset';
  return before.shared ? 'unsharePreset' : null;
}

function noteOf({ model_ids, system_prompt, prompt }: PresetRow): string {
  const texts = [system_prompt === null ? null : 'a system prompt', prompt === null ? null : 'a prompt'];
  return [model_ids.join(', ') || 'no models', ...texts.filter((text) => text !== null)].join('; ').slice(0, 500);
}
