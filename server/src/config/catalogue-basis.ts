import type { ModelDescription } from '../domain/catalogue/catalogue.ts';
import { type BuiltInProvider, describeCatalogue } from '../domain/catalogue/catalogue-description.ts';
import type { CatalogueFile } from '../domain/catalogue/catalogue-file.ts';
import { builtInProviders } from '../providers/providers.ts';
import { builtInCatalogue, pricedProviders } from './built-in-catalogue.ts';
import type { CatalogueBasis, CatalogueSource } from './catalogue-source.ts';
import { type AccessOfProviders, findCredentials, variablesOfFile } from './credentials.ts';
import { withDefaults } from './model-defaults.ts';
import { kitNamesOf } from './variables.ts';

type Described = ReturnType<typeof describeCatalogue>;

/** Lays a file over the built-in catalogue, and over what was found besides. */
export function describeOverBuiltIn(
  file: CatalogueFile,
  { day, creditsPerUsd }: Pick<CatalogueBasis, 'day' | 'creditsPerUsd'>,
  problem: (path: string, message: string) => void,
  found: { providers: readonly BuiltInProvider[]; models: readonly ModelDescription[] } = { providers: [], models: [] },
): Described {
  const { providers, models, describeUnlisted } = builtInCatalogue(day);
  const builtIn = {
    providers: [...providers, ...found.providers],
    models: [...models, ...found.models],
    describeUnlisted,
  };
  return describeCatalogue(file, { builtIn, creditsPerUsd, problem });
}

/** Adds to what is described how it is asked. */
export function sourceOf(
  basis: CatalogueBasis,
  { removedIds, ...described }: Described,
  {
    defaultModels,
    stored,
    warnings,
  }: {
    defaultModels: readonly string[];
    /** What admins stored, by provider id. */
    stored: AccessOfProviders;
    /** What providers lack is added. */
    warnings: string[];
  },
): CatalogueSource {
  const { variables, day, creditsPerUsd, mockProvider, offersUnlisted, modelDefaults } = basis;
  const { credentials, access } = findCredentials(described.providers, { variables, stored }, warnings);
  return {
    ...described,
    basis,
    providers: withDefaults(described.providers, modelDefaults),
    priceList: { providers: pricedProviders, day, removedIds, offered: offersUnlisted },
    credentials,
    access,
    mockProvider,
    creditsPerUsd,
    defaultModels,
    order: [],
  };
}

/** Of all variables those by which providers are asked. */
export function variablesOfProviders(
  variables: Readonly<Record<string, string>>,
  file: CatalogueFile,
): Record<string, string> {
  const names = builtInProviders.flatMap((provider) => {
    const { keyVariables, baseURLVariables } = provider;
    const kit = kitNamesOf(provider);
    return [...keyVariables, ...baseURLVariables, ...kit.keyVariables, ...kit.baseURLVariables];
  });
  const known = new Set([...names, ...variablesOfFile(file)]);
  return Object.fromEntries(Object.entries(variables).filter(([name]) => known.has(name)));
}
