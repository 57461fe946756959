import type { ProviderDescription } from '../domain/catalogue/catalogue-description.ts';
import type { CatalogueFile } from '../domain/catalogue/catalogue-file.ts';
import type { Dialect, ProviderAccess } from '../ports/provider.ts';
import { builtInProviders } from '../providers/providers.ts';
import { kitNamesOf } from './variables.ts';

/** How a configured provider is asked. */
export interface Credentials extends Omit<ProviderAccess, 'fetch' | 'optionsOf'> {
  /** The provider runs on this machine, so requests to it go around the proxy. Absent: they may go through one. */
  isLocal?: true;
}

const descriptors = new Map(builtInProviders.map((provider) => [provider.id, provider]));

type Variables = Readonly<Record<string, string>>;

/** The credentials of every provider that has all it needs, by provider id. What another one lacks goes to `warnings`. */
export function findCredentials(
  providers: readonly ProviderDescription[],
  variables: Variables,
  warnings: string[],
): Map<string, Credentials> {
  const credentials = new Map<string, Credentials>();
  for (const provider of providers) {
    const builtIn = descriptors.get(provider.id);
    const keyNames = provider.apiKeyEnv === null ? (builtIn?.keyVariables ?? []) : [provider.apiKeyEnv];
    const kit = builtIn && kitNamesOf(builtIn);
    const heldNames = provider.apiKeyEnv === null ? [...keyNames, ...(kit?.keyVariables ?? [])] : keyNames;
    const apiKey = heldNames.map((name) => variables[name]).find((key) => key !== undefined) ?? null;
    const baseURLNames = [...(builtIn?.baseURLVariables ?? []), ...(kit?.baseURLVariables ?? [])];
    const baseURLName = baseURLNames.find((name) => variables[name] !== undefined);
    const baseURL = (baseURLName && variables[baseURLName]) ?? provider.baseURL;
    const { missing, ...additions } = additionsOf(provider.dialect, variables);
    const lacksKey = apiKey === null && keyNames.length > 0;
    if (!lacksKey && missing.length === 0) {
      credentials.set(provider.id, { kind: provider.kind, apiKey, baseURL, ...provider.dialect, ...additions });
    } else if (baseURLName !== undefined || provider.apiKeyEnv !== null || missing.length > 0) {
      const names = lacksKey ? shownVariables(keyNames) : shownVariables(missing, 'and', 'a variable in its headers');
      warnings.push(`${provider.name} cannot be used: ${names} is not set`);
    }
  }
  return credentials;
}

const reference = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g;

/** Headers and query as they are sent, the secrets in them, and the variables that they name and that are not set. */
function additionsOf({ headers, query }: Dialect, variables: Variables) {
  const missing = new Set<string>();
  const secrets = new Set<string>();

  function filled(given: Readonly<Record<string, string>> | undefined) {
    if (given === undefined) return undefined;
    const entries = Object.entries(given).map(([name, template]) => {
      const value = template.replace(reference, (_, variable: string) => {
        const held = variables[variable];
        if (held === undefined) missing.add(variable);
        else secrets.add(held);
        return held ?? '';
      });
      // A secret may be written out in the file; the header's name tells so, and a scheme (`Bearer`) may precede it.
      if (secretName.test(name))
        for (const secret of [value, value.slice(value.lastIndexOf(' ') + 1)]) secrets.add(secret);
      return [name, value] as const;
    });
    return Object.fromEntries(entries);
  }

  const filledHeaders = filled(headers);
  const filledQuery = filled(query);
  return {
    ...(filledHeaders && { headers: filledHeaders }),
    ...(filledQuery && { query: filledQuery }),
    ...(secrets.size > 0 && { secrets: [...secrets] }),
    missing: [...missing],
  };
}

const secretName = /auth|key|token|secret|cookie|passw|signature|credential/i;

/** Names the variables whose value no header can carry; never shows the value. */
export function keyProblems({ providers = [] }: CatalogueFile, variables: Variables): string[] {
  const names = builtInProviders.flatMap((one) => [...one.keyVariables, ...kitNamesOf(one).keyVariables]);
  const inHeaders = providers.flatMap(({ headers = {} }) => Object.values(headers).flatMap(namedIn));
  const all = new Set([...names, ...providers.flatMap(({ apiKeyEnv = [] }) => apiKeyEnv), ...inHeaders]);
  return [...all]
    .filter((name) => variables[name] !== undefined && !/^[ -~]+$/.test(variables[name]))
    .map((name) => `${shownVariables([name])} holds a key that no header can carry: expected ASCII in one line`);
}

/** The variables that the catalogue file names: keys, and parts of headers and queries. */
export function variablesOfFile({ providers = [] }: CatalogueFile): string[] {
  return providers.flatMap(({ apiKeyEnv = [], headers = {}, query = {} }) => [
    ...[apiKeyEnv].flat(),
    ...[...Object.values(headers), ...Object.values(query)].flatMap(namedIn),
  ]);
}

function namedIn(template: string): string[] {
  return [...template.matchAll(reference)].map(([, name = '']) => name);
}

/** Somebody may have put a key where a variable's name belongs; only what is written like a usual variable is shown. */
function shownVariables(
  names: readonly string[],
  conjunction = 'or',
  otherwise = 'the variable that its apiKeyEnv names',
): string {
  const usual = names.every((name) => /^[A-Z0-9_]+$/.test(name));
  return usual ? names.join(` ${conjunction} `) : otherwise;
}
