import type { Provider } from '../domain/catalogue/catalogue.ts';
import { nearNames } from '../domain/ground/near-names.ts';
import { builtInProviders } from '../providers/providers.ts';

/** A name on the command line that is no provider's; the message says so in a sentence. */
export class UnknownProviderError extends Error {
  override readonly name = 'UnknownProviderError';
}

/**
 * The providers that the names mean, in the order of the catalogue; all of them if there are no names. A provider is
 * named by its id, by its name, or as people call it: by its key's variable (GEMINI_API_KEY) or by its models (claude).
 *
 * @throws UnknownProviderError
 */
export function namedProviders(providers: readonly Provider[], names: readonly string[]): Provider[] {
  if (names.length === 0) return [...providers];
  const meant = new Set(names.map((name) => find(providers, name)));
  return providers.filter((provider) => meant.has(provider));
}

function find(providers: readonly Provider[], name: string): Provider {
  const wanted = name.toLowerCase();
  const found =
    providers.find(({ id }) => id.toLowerCase() === wanted) ??
    providers.find((provider) => provider.name.toLowerCase() === wanted) ??
    providers.find(({ id }) => otherNamesOf(id).has(wanted));
  if (found) return found;
  const ids = providers.map(({ id }) => id);
  const [near] = nearNames(name, [...ids, ...ids.flatMap((id) => [...otherNamesOf(id)])], 1);
  throw new UnknownProviderError(
    `There is no provider "${name}" here.${near === undefined ? '' : ` Did you mean ${near}?`} There are: ${ids.join(', ')}.`,
  );
}

function otherNamesOf(id: string): Set<string> {
  const descriptor = builtInProviders.find((provider) => provider.id === id);
  const variables = descriptor?.keyVariables.map((variable) => variable.replace(/_API_KEY$/, '').toLowerCase()) ?? [];
  const makes = descriptor?.families.flatMap(({ beginning }) => /^[a-z]{3,}/.exec(beginning)?.[0] ?? []) ?? [];
  return new Set([...variables, ...makes]);
}
