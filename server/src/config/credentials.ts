import type { ProviderDescription } from '../domain/catalogue/catalogue-description.ts';
import type { CatalogueFile } from '../domain/catalogue/catalogue-file.ts';
import type { ProviderOrigin, StoredAccess } from '../domain/catalogue/changes.ts';
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

/** What admins stored of providers' access, by provider id. */
export type AccessOfProviders = ReadonlyMap<string, { baseURL: string | undefined; access: StoredAccess | null }>;

/** Where the access to a provider comes from. */
export type ProviderAccessFound = Pick<ProviderOrigin, 'baseURL' | 'key' | 'keyVariables' | 'isFixed'>;

/**
 * The credentials of every provider that has all it needs, and where its access comes from, by provider id. What another
 * one lacks goes to `warnings`.
 *
 * A secret of the environment or of the file goes to the address that these name, and to no other: where there is one,
 * nothing counts that an admin stored.
 */
export function findCredentials(
  providers: readonly ProviderDescription[],
  { variables, stored }: { variables: Variables; stored: AccessOfProviders },
  warnings: string[],
): { credentials: Map<string, Credentials>; access: Map<string, ProviderAccessFound> } {
  const credentials = new Map<string, Credentials>();
  const access = new Map<string, ProviderAccessFound>();
  for (const provider of providers) {
    const { keyNames, ownKey, baseURLName } = namedBy(provider, variables);
    const { missing, ...additions } = additionsOf(provider.dialect, variables);
    const isFixed = ownKey !== null || additions.secrets !== undefined;
    const given = isFixed ? undefined : stored.get(provider.id);
    const apiKey = ownKey ?? given?.access?.apiKey ?? null;
    const baseURL = (baseURLName && variables[baseURLName]) ?? given?.baseURL ?? provider.baseURL;
    const isUnreadable = given?.access === null;
    const lacksKey = apiKey === null && (keyNames.length > 0 || isUnreadable);
    if (!lacksKey && missing.length === 0) {
      const asked = { kind: provider.kind, apiKey, baseURL, ...provider.dialect, ...additions };
      credentials.set(provider.id, given?.access ? withStored(asked, given.access) : asked);
    } else if (!isUnreadable && (baseURLName !== undefined || provider.apiKeyEnv !== null || missing.length > 0)) {
      const names = lacksKey ? shownVariables(keyNames) : shownVariables(missing, 'and', 'a variable in its headers');
      warnings.push(`${provider.name} cannot be used: ${names} is not set`);
    }
    const isStored = given?.access != null && hasSecrets(given.access);
    const key = ownKey !== null ? 'ENVIRONMENT' : isFixed ? 'FILE' : isStored ? 'ADMIN' : null;
    access.set(provider.id, { baseURL: withoutPassword(baseURL), key, keyVariables: keyNames, isFixed });
  }
  return { credentials, access };
}

/** What the environment has for a provider. */
function namedBy({ id, apiKeyEnv }: ProviderDescription, variables: Variables) {
  const builtIn = descriptors.get(id);
  const keyNames = apiKeyEnv === null ? (builtIn?.keyVariables ?? []) : [apiKeyEnv];
  const kit = builtIn && kitNamesOf(builtIn);
  const heldNames = apiKeyEnv === null ? [...keyNames, ...(kit?.keyVariables ?? [])] : keyNames;
  const baseURLNames = [...(builtIn?.baseURLVariables ?? []), ...(kit?.baseURLVariables ?? [])];
  return {
    keyNames,
    ownKey: heldNames.map((name) => variables[name]).find((key) => key !== undefined) ?? null,
    baseURLName: baseURLNames.find((name) => variables[name] !== undefined),
  };
}

function hasSecrets({ apiKey, headers, query }: StoredAccess): boolean {
  return apiKey !== null || [headers, query].some((values) => Object.keys(values).length > 0);
}

/** All that an admin entered may be secret; nothing in it stands for a variable. */
function withStored(credentials: Credentials, { headers, query }: StoredAccess): Credentials {
  const values = [...Object.values(headers), ...Object.values(query)];
  const secrets = [...(credentials.secrets ?? []), ...values.flatMap(withoutScheme)];
  return {
    ...credentials,
    ...(Object.keys(headers).length > 0 && { headers: { ...credentials.headers, ...headers } }),
    ...(Object.keys(query).length > 0 && { query: { ...credentials.query, ...query } }),
    ...(secrets.length > 0 && { secrets }),
  };
}

/** A secret, and what of it follows a scheme (`Bearer`). */
function withoutScheme(secret: string): string[] {
  return [secret, secret.slice(secret.lastIndexOf(' ') + 1)];
}

/** An address may hold a password, which nobody is shown. */
function withoutPassword(address: string | null): string | null {
  if (address === null || !URL.canParse(address)) return null;
  const url = new URL(address);
  url.username = '';
  url.password = '';
  return url.username + url.password === '' && !address.includes('@') ? address : url.href;
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
      if (secretName.test(name)) for (const secret of withoutScheme(value)) secrets.add(secret);
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
