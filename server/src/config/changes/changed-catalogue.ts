import type { Catalogue } from '../../domain/catalogue/catalogue.ts';
import {
  type CatalogueChanges,
  type CatalogueOrigins,
  hasSecret,
  type ModelOrigin,
  type Origin,
  type ProviderOrigin,
} from '../../domain/catalogue/changes.ts';
import type { LocalServer } from '../../providers/local-servers.ts';
import { builtInProviders } from '../../providers/providers.ts';
import { builtInCatalogue } from '../built-in-catalogue.ts';
import { sourceOf } from '../catalogue-basis.ts';
import type { CatalogueSource } from '../catalogue-source.ts';
import type { Credentials } from '../credentials.ts';
import { catalogueDoubts } from '../doubts.ts';
import { describeLocal, spendsMoney, usableCatalogue } from '../usable-catalogue.ts';
import { describeSound } from './sound-changes.ts';

/** The catalogue with what admins changed, and how each configured provider is asked. */
export interface ChangedCatalogue {
  catalogue: Catalogue;
  /** By provider id. */
  credentials: ReadonlyMap<string, Credentials>;
  /** Whether answers cost the operator money, or have done so, or would with keys that cannot be used now. */
  isPaid: boolean;
  origins: CatalogueOrigins;
  /** What is hardly meant, a sentence each, by the names of environment variables. */
  warnings: string[];
}

/**
 * Makes the catalogue again, with what admins changed. A change that has a mistake is left out and named: the file, or
 * this version of the server, may have come after it.
 */
export function changedCatalogue(
  { basis }: CatalogueSource,
  found: readonly LocalServer[],
  changes: CatalogueChanges,
): ChangedCatalogue {
  const { described, sound, mistakes } = describeSound(basis, found, changes);
  const stored = new Map(
    sound.providers.map(({ entry: { id, baseURL }, access, facts: { isReadable } }) => [
      id,
      { baseURL, access: isReadable ? (access ?? noAccess) : null },
    ]),
  );
  const defaultModels = sound.defaultModels ?? basis.file.defaultModels ?? [];
  const warnings: string[] = [];
  const source = sourceOf(basis, described, { defaultModels, stored, warnings });
  // A server that was found on this machine is asked around the proxy, unless an admin says how it is asked.
  const here = new Set(found.map(({ id }) => id).filter((id) => !stored.has(id)));
  const credentials = new Map([...source.credentials].filter(([id]) => !here.has(id)));
  // A key that is away for a while, as in a rotation, must not loosen what members may do by default.
  const wasPaid = changes.wasPaid || changes.providers.some(hasSecret);
  const mockProvider = wasPaid && source.mockProvider === 'auto' ? 'off' : source.mockProvider;
  const usable = usableCatalogue({ ...source, credentials, mockProvider, order: changes.order }, found);
  const known = { source, found, changes: sound };
  const origins = {
    providers: providerOrigins(usable.catalogue, known),
    models: modelOrigins(usable.catalogue, known),
    defaultModels: sound.defaultModels,
    mistakes,
  };
  const ofFile = sound.defaultModels === null ? (basis.file.defaultModels ?? []) : [];
  const { modelDefaults } = basis;
  warnings.push(...catalogueDoubts(usable.catalogue, { defaultModels: ofFile, modelDefaults }));
  return { ...usable, warnings, isPaid: wasPaid || spendsMoney(usable.credentials, usable.catalogue), origins };
}

const noAccess = { apiKey: null, headers: {}, query: {} };

/** What an origin is found by. `changes` are those without mistakes. */
interface Known {
  source: CatalogueSource;
  found: readonly LocalServer[];
  changes: CatalogueChanges;
}

/** The origin of an id: the first of those by which it was known. */
function originIn(known: readonly [Origin, ReadonlySet<string>][]): (id: string) => Origin {
  return (id) => known.find(([, ids]) => ids.has(id))?.[0] ?? 'ADMIN';
}

const idsOf = (list: readonly { id: string }[] = []): ReadonlySet<string> => new Set(list.map(({ id }) => id));

function providerOrigins(catalogue: Catalogue, { source, found, changes }: Known): Map<string, ProviderOrigin> {
  const originOf = originIn([
    ['BUILT_IN', new Set(['mock', ...idsOf(builtInProviders)])],
    ['FILE', idsOf(source.basis.file.providers)],
    ['ENVIRONMENT', idsOf(found)],
  ]);
  const stored = new Map(changes.providers.map(({ entry, facts }) => [entry.id, facts]));
  const origin = (id: string): ProviderOrigin => {
    const access = source.access.get(id) ?? { baseURL: null, key: null, keyVariables: [], isFixed: false };
    return { ...access, origin: originOf(id), stored: stored.get(id) ?? null };
  };
  return new Map([...catalogue.providers.keys()].map((id) => [id, origin(id)]));
}

function modelOrigins(catalogue: Catalogue, { source, found, changes }: Known): Map<string, ModelOrigin> {
  const originOf = originIn([
    ['BUILT_IN', idsOf(builtInCatalogue(source.basis.day).models)],
    ['FILE', idsOf(source.basis.file.models)],
    ['ENVIRONMENT', idsOf(describeLocal(found).models)],
  ]);
  const written = new Map(changes.models.map((entry) => [entry.id, entry]));
  return new Map(
    [...catalogue.models.keys()].map((id) => [id, { origin: originOf(id), change: written.get(id) ?? null }]),
  );
}
