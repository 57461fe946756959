import { modelEntry } from '../../domain/catalogue/catalogue-file.ts';
import { type CatalogueChanges, type ChangeMistake, changedFile } from '../../domain/catalogue/changes.ts';
import type { LocalServer } from '../../providers/local-servers.ts';
import { builtInProviders } from '../../providers/providers.ts';
import { describeOverBuiltIn } from '../catalogue-basis.ts';
import type { CatalogueBasis } from '../catalogue-source.ts';
import { shown } from '../mistakes.ts';
import { describeLocal } from '../usable-catalogue.ts';

/** A mistake, and its place in the list that is the field; null: the field is no list, or all of it is wrong. */
interface PlacedMistake extends ChangeMistake {
  place: number | null;
}

/**
 * Describes the catalogue with the changes. Those with mistakes are left out, until there are none: what stands on
 * something that was left out goes with it.
 */
export function describeSound(basis: CatalogueBasis, found: readonly LocalServer[], changes: CatalogueChanges) {
  const local = describeLocal(found);
  const known = new Set([...builtInProviders, ...local.providers].map(({ id }) => id));
  const { sound: first, mistakes } = withSoundEntries(basis, changes);
  for (let sound = first; ; ) {
    const file = changedFile(basis.file, sound, known);
    const faults: PlacedMistake[] = [];
    const described = describeOverBuiltIn(
      file,
      basis,
      (path, clause) => faults.push(mistakeAt(file, path, clause)),
      local,
    );
    if (faults.length === 0) return { described, sound, mistakes };
    mistakes.push(...faults.map(({ place: _, ...mistake }) => mistake));
    sound = without(sound, faults);
  }
}

/**
 * Leaves out the entries of models that are none, as another version of this server may have stored them, and of models
 * that the file takes out of the catalogue.
 */
function withSoundEntries(
  { file }: CatalogueBasis,
  changes: CatalogueChanges,
): { sound: CatalogueChanges; mistakes: ChangeMistake[] } {
  const mistakes: ChangeMistake[] = [];
  const removed = new Set(file.models?.filter(({ enabled }) => enabled === false).map(({ id }) => id));
  const models = changes.models.flatMap((entry) => {
    const { success, data, error } = modelEntry.safeParse(entry, { reportInput: true });
    const ofModel = { of: 'model' as const, id: String(entry.id) };
    if (success && !removed.has(data.id)) return data;
    if (success) mistakes.push({ ...ofModel, field: 'id', clause: 'is taken out of the catalogue by CATALOGUE_FILE' });
    for (const { path, input, message } of error?.issues ?? []) {
      const clause = input === undefined ? `is missing: ${message}` : `${shown('', input).trimStart()}: ${message}`;
      mistakes.push({ ...ofModel, field: String(path[0] ?? 'id'), clause });
    }
    return [];
  });
  return { sound: { ...changes, models }, mistakes };
}

/** The mistake at a path in the file: `models[3].fallbacks[0]`. */
function mistakeAt(
  { providers = [], models = [], defaultModels = [] }: ReturnType<typeof changedFile>,
  path: string,
  clause: string,
): PlacedMistake {
  const [, list, index, field = '', at] = /^(\w+)(?:\[(\d+)\])?(?:\.(\w+)(?:\[(\d+)\])?)?/.exec(path) ?? [];
  const place = (written: string | undefined) => (written === undefined ? null : Number(written));
  const entry = Number(index);
  if (list === 'providers') return { of: 'provider', id: providers[entry]?.id ?? '', field, clause, place: place(at) };
  if (list === 'models') return { of: 'model', id: models[entry]?.id ?? '', field, clause, place: place(at) };
  return { of: 'defaults', id: defaultModels[entry] ?? '', field: 'defaultModels', clause, place: place(index) };
}

/** The changes without the faulty ones. An entry loses a fallback that is not there, and the defaults such a model. */
function without(changes: CatalogueChanges, faults: readonly PlacedMistake[]): CatalogueChanges {
  const faultsOf = (of: ChangeMistake['of'], id?: string) =>
    faults.filter((fault) => fault.of === of && (id === undefined || fault.id === id));
  const providers = changes.providers.filter(({ entry: { id } }) => faultsOf('provider', id).length === 0);
  const models = changes.models.flatMap((entry) => {
    const own = faultsOf('model', entry.id);
    if (own.some(({ field, place }) => field !== 'fallbacks' || place === null)) return [];
    const lost = new Set(own.map(({ place }) => place));
    return lost.size === 0 ? entry : { ...entry, fallbacks: entry.fallbacks?.filter((_, place) => !lost.has(place)) };
  });
  const defaultModels = withoutPlaces(changes.defaultModels, faultsOf('defaults'));
  const left = { ...changes, providers, models, defaultModels };
  // A fault that is nobody's would stay for ever.
  return sizeOf(left) < sizeOf(changes) ? left : { ...changes, providers: [], models: [], defaultModels: null };
}

function withoutPlaces(ids: readonly string[] | null, faults: readonly PlacedMistake[]): readonly string[] | null {
  if (ids === null || faults.length === 0) return ids;
  const lost = new Set(faults.map(({ place }) => place));
  const left = lost.has(null) ? [] : ids.filter((_, place) => !lost.has(place));
  return left.length > 0 ? left : null;
}

function sizeOf({ providers, models, defaultModels }: CatalogueChanges): number {
  const fallbacks = models.reduce((sum, { fallbacks: list = [] }) => sum + list.length, 0);
  return providers.length + models.length + fallbacks + (defaultModels === null ? 0 : defaultModels.length + 1);
}
