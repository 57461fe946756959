import type { Transaction } from 'kysely';
import { deleteLook } from '../../database/catalogue/looks.ts';
import { deleteModelEntriesOf, deleteProviderSetting, setProviderSetting } from '../../database/catalogue/providers.ts';
import type { Database } from '../../database/database.ts';
import { providerEntry } from '../catalogue/catalogue-file.ts';
import type { CatalogueChanges, ProviderChange, StoredAccess } from '../catalogue/changes.ts';
import type { Offer } from '../catalogue/offer.ts';
import { InvalidInputError, NotFoundError } from '../ground/errors.ts';
import { type Actor, audit } from '../people/administration.ts';
import { requireSound, soundEntry } from './mistakes.ts';
import type { OfferKeeper } from './offer-keeper.ts';
import { closeAccess } from './stored-changes.ts';

/** A provider as an admin enters it. */
export interface ProviderInput {
  id: string;
  /** Null, as `kind` is: as the server was started with. A new provider needs both. */
  name: string | null;
  kind: ProviderChange['entry']['kind'] | null;
  /** Null: the usual one. */
  baseURL: string | null;
  /** Null: the stored one stays; empty: none. */
  apiKey: string | null;
  /** Null: the stored ones stay. */
  headers: readonly NamedValue[] | null;
  query: readonly NamedValue[] | null;
}

/** A value of null is the stored one of this name. */
export interface NamedValue {
  name: string;
  value: string | null;
}

/** Providers that admins store; each is read at every change, and asked for its models. */
const PROVIDERS_MAX = 100;
const KEY_LENGTH_MAX = 4096;
const TEXT_LENGTH_MAX = 2000;
const VALUES_MAX = 20;

/**
 * Stores a provider, or the access to one that the server was started with. What is asked from now on is asked with it,
 * on all replicas within seconds. Like every change below, it is written to the audit log, without its secrets.
 *
 * @throws InvalidInputError
 */
export async function setProvider(keeper: OfferKeeper, actor: Actor, input: ProviderInput): Promise<void> {
  await keeper.change(async (trx, stored) => {
    const offer = keeper.offer.now;
    const before = stored.providers.find(({ entry }) => entry.id === input.id);
    if (!before && stored.providers.length >= PROVIDERS_MAX) {
      throw new InvalidInputError('id', `At most ${PROVIDERS_MAX} providers can be stored. Remove one first.`);
    }
    const entry = entryOf(input, offer);
    requireFree(input, offer);
    requireEnteredAnew(input, entry, before, offer);
    const access = accessOf(input, before?.access ?? null);
    soundEntry(providerEntry, { ...entry, headers: access.headers, query: access.query });
    const facts = {
      keyEnding: endingOf(access.apiKey),
      headerNames: [],
      queryNames: [],
      changedAt: new Date(),
      isReadable: true,
    };
    const change: ProviderChange = { entry, access, facts };
    const others = stored.providers.filter((one) => one !== before);
    requireSound(keeper.assembly, { ...stored, providers: [...others, change] }, { of: 'provider', id: entry.id });
    await store(trx, keeper, change);
    await audit(trx, actor, before ? 'changeProvider' : 'addProvider', entry.id, noteOf(input, change));
  });
}

/**
 * Takes away what an admin stored: a provider of theirs leaves the catalogue with its models; another one is asked as the
 * server was started with. Answers under way are written to their end.
 *
 * @throws NotFoundError
 */
export async function removeProvider(keeper: OfferKeeper, actor: Actor, id: string): Promise<void> {
  await keeper.change(async (trx, stored) => {
    if (!stored.providers.some(({ entry }) => entry.id === id)) throw new NotFoundError('provider');
    await deleteProviderSetting(trx, id);
    await deleteLook(trx, id);
    if (keeper.offer.now.origins.providers.get(id)?.origin === 'ADMIN') await deleteModelEntriesOf(trx, id);
    await audit(trx, actor, 'removeProvider', id, null);
  });
}

async function store(trx: Transaction<Database>, { seal }: OfferKeeper, { entry, access, facts }: ProviderChange) {
  const { id, ...fields } = entry;
  const { apiKey, headers, query } = access as StoredAccess;
  const [headerNames, queryNames] = [Object.keys(headers), Object.keys(query)];
  const isEmpty = apiKey === null && headerNames.length + queryNames.length === 0;
  await setProviderSetting(trx, {
    id,
    entry: JSON.stringify(fields),
    sealed: isEmpty ? null : closeAccess(access as StoredAccess, entry, seal),
    key_ending: facts.keyEnding,
    header_names: headerNames,
    query_names: queryNames,
  });
}

/** @throws InvalidInputError */
function entryOf({ id, name, kind, baseURL }: ProviderInput, { catalogue, origins }: Offer): ProviderChange['entry'] {
  for (const [field, text] of [
    ['id', id],
    ['name', name],
    ['baseUrl', baseURL],
  ] as const) {
    if ((text?.length ?? 0) > (field === 'baseUrl' ? TEXT_LENGTH_MAX : 100))
      throw new InvalidInputError(field, 'This is too long.');
  }
  if (id === 'mock') throw new InvalidInputError('id', 'The mock models are switched by MOCK_PROVIDER alone.');
  const origin = origins.providers.get(id)?.origin ?? 'ADMIN';
  if (baseURL !== null && URL.canParse(baseURL) && new URL(baseURL).username + new URL(baseURL).password !== '') {
    throw new InvalidInputError(
      'baseUrl',
      'The address must hold no user name and no password. Enter a header in their place.',
    );
  }
  const address = baseURL === null ? {} : { baseURL };
  if (origin === 'ADMIN') return { id, ...(name !== null && { name }), ...(kind && { kind }), ...address };
  const provider = catalogue.providers.get(id);
  const differs = (kind && kind !== provider?.kind) || (name !== null && name !== provider?.name);
  if (!differs) return { id, ...address };
  const where = { BUILT_IN: 'is built in', FILE: 'is in CATALOGUE_FILE', ENVIRONMENT: 'was found on this machine' }[
    origin
  ];
  throw new InvalidInputError('id', `The id "${id}" is taken: this provider ${where}. Choose another id for yours.`);
}

/** Requires that what is entered would count. @throws InvalidInputError */
function requireFree({ id }: ProviderInput, { origins }: Offer): void {
  const known = origins.providers.get(id);
  if (!known?.isFixed) return;
  const where =
    known.key === 'ENVIRONMENT'
      ? `The environment has this provider's key (${known.keyVariables.join(' or ')})`
      : 'CATALOGUE_FILE has the headers by which this provider is asked';
  throw new InvalidInputError('apiKey', `${where}: nothing that is entered here would count.`);
}

/**
 * Requires that a secret is entered anew if the address or the kind changes: it was stored for another one, and whoever
 * has an admin's session for a moment must not be able to send it to an address of theirs.
 *
 * @throws InvalidInputError
 */
function requireEnteredAnew(
  input: ProviderInput,
  entry: ProviderChange['entry'],
  before: ProviderChange | undefined,
  { origins }: Offer,
): void {
  if (!before) return;
  const keepsKey = input.apiKey === null && before.access?.apiKey != null;
  const keepsOther = [...(input.headers ?? [null]), ...(input.query ?? [null])].some(
    (one) => one === null || one.value === null,
  );
  const hasOther = before.facts.headerNames.length + before.facts.queryNames.length > 0;
  if (!before.facts.isReadable) {
    if (input.apiKey === null || (keepsOther && hasOther)) throw new InvalidInputError('apiKey', unreadable);
    return;
  }
  if (!keepsKey && !(keepsOther && hasOther)) return;
  const usual =
    origins.providers.get(input.id)?.origin === 'ADMIN' ? null : (origins.providers.get(input.id)?.baseURL ?? null);
  const addressOf = (baseURL: string | null | undefined) =>
    baseURL ?? (before.entry.baseURL === undefined ? usual : null);
  const isSamePlace = placeOf(addressOf(input.baseURL)) === placeOf(addressOf(before.entry.baseURL));
  if (isSamePlace && entry.kind === before.entry.kind) return;
  throw new InvalidInputError(
    'apiKey',
    'Enter the key and the headers anew: they were stored for another address or kind, and are sent to no other.',
  );
}

const unreadable =
  'What was stored cannot be read, as AUTH_SECRET has changed since. Enter the key and the headers anew.';

/** Where requests to an address go: behind one gateway, each path may be another provider. */
function placeOf(address: string | null): string | null {
  if (address === null || !URL.canParse(address)) return address;
  const { origin, pathname, search } = new URL(address);
  return origin + pathname.replace(/\/$/, '') + search;
}

/** @throws InvalidInputError */
function accessOf({ apiKey, headers, query }: ProviderInput, before: StoredAccess | null): StoredAccess {
  const key = apiKey === null ? (before?.apiKey ?? null) : apiKey.trim();
  if (key !== null && (key.length > KEY_LENGTH_MAX || !/^[ -~]*$/.test(key))) {
    throw new InvalidInputError('apiKey', `A key is one line of ASCII of at most ${KEY_LENGTH_MAX} characters.`);
  }
  return {
    apiKey: key === '' ? null : key,
    headers: valuesOf('headers', headers, before?.headers ?? {}),
    query: valuesOf('query', query, before?.query ?? {}),
  };
}

/** @throws InvalidInputError */
function valuesOf(
  field: 'headers' | 'query',
  given: readonly NamedValue[] | null,
  before: Readonly<Record<string, string>>,
): Record<string, string> {
  if (given === null) return { ...before };
  if (given.length > VALUES_MAX) throw new InvalidInputError(field, `Enter at most ${VALUES_MAX} of them.`);
  const names = new Set(given.map(({ name }) => name.toLowerCase()));
  if (names.size < given.length) throw new InvalidInputError(field, 'Each name can be entered once.');
  const values = given.map(({ name, value }): [string, string] => {
    const kept = value ?? (Object.hasOwn(before, name) ? before[name] : undefined);
    if (kept === undefined) throw new InvalidInputError(field, `${name} needs a value.`);
    if (name.length > 200 || kept.length > TEXT_LENGTH_MAX) throw new InvalidInputError(field, `${name} is too long.`);
    return [name, kept];
  });
  return Object.fromEntries(values);
}

/** Characters of a key that are shown, if it has far more. */
const ENDING_LENGTH = 4;

function endingOf(apiKey: string | null): string | null {
  return apiKey !== null && apiKey.length >= 5 * ENDING_LENGTH ? apiKey.slice(-ENDING_LENGTH) : null;
}

/** What changed, without any secret. */
function noteOf({ apiKey, headers, query }: ProviderInput, { entry, facts, access }: ProviderChange): string {
  const key =
    apiKey === null
      ? null
      : access?.apiKey == null
        ? 'no key'
        : `new key${facts.keyEnding ? ` …${facts.keyEnding}` : ''}`;
  const names = (label: string, values: readonly NamedValue[] | null) =>
    values && values.length > 0 ? `${label} ${values.map(({ name }) => name).join(', ')}` : null;
  return [entry.name, entry.baseURL, key, names('headers', headers), names('query', query)]
    .filter((part) => part != null)
    .join('; ');
}

export type { CatalogueChanges };
