import { createContextCache } from '@pothos/core';
import type { Origin, ProviderOrigin } from '../domain/catalogue/changes.ts';
import { NotFoundError } from '../domain/ground/errors.ts';
import { findLooks, setLookSeen } from '../domain/offering/model-looks.ts';
import { type ModelSuggestion, suggestionFor } from '../domain/offering/model-suggestions.ts';
import { removeProvider, setProvider } from '../domain/offering/provider-changes.ts';
import { testProvider } from '../domain/offering/provider-test.ts';
import { isAdmin } from '../domain/people/members.ts';
import { builder } from './ground/builder.ts';
import { type GraphQLContext, renewOffer } from './ground/context.ts';
import { MediaKind, Provider } from './model.ts';

export const CatalogueOrigin = builder.enumType('CatalogueOrigin', {
  description: 'Where something of the catalogue comes from.',
  values: {
    BUILT_IN: { description: 'This version of the server has it.' },
    FILE: { description: 'CATALOGUE_FILE.' },
    ENVIRONMENT: { description: 'The environment, or it was found on the server’s machine.' },
    ADMIN: { description: 'An admin entered it.' },
  } satisfies Record<Origin, object>,
});

const ProviderKind = builder.enumType('ProviderKind', {
  description: 'The API that a provider speaks.',
  values: {
    OPENAI: { value: 'openai' },
    OPENAI_COMPATIBLE: { value: 'openai-compatible' },
    ANTHROPIC: { value: 'anthropic' },
    GOOGLE: { value: 'google' },
  } as const,
});

const ProviderSetup = builder.objectRef<ProviderOrigin & { id: string }>('ProviderSetup').implement({
  description: 'How a provider is asked, without its secrets. Admins only.',
  fields: (t) => ({
    kind: t.field({
      type: ProviderKind,
      nullable: true,
      description: 'Null: it is the mock.',
      resolve: ({ id }, _args, { catalogue }) => {
        const kind = catalogue.providers.get(id)?.kind;
        return kind === undefined || kind === 'mock' ? null : kind;
      },
    }),
    origin: t.expose('origin', { type: CatalogueOrigin }),
    baseUrl: t.exposeString('baseURL', { nullable: true, description: 'Null: the usual one of its kind.' }),
    keyOrigin: t.expose('key', {
      type: CatalogueOrigin,
      nullable: true,
      description: 'Where its key, or another secret by which it is asked, comes from; null: it has none.',
    }),
    keyVariables: t.exposeStringList('keyVariables', {
      description: 'The environment variables that may hold its key.',
    }),
    fixed: t.exposeBoolean('isFixed', {
      description:
        'Whether the environment or CATALOGUE_FILE gives its key. Then it is asked as these say, and nothing that an admin enters counts.',
    }),
    stored: t.boolean({
      description: 'Whether an admin entered any of this.',
      resolve: ({ stored }) => stored !== null,
    }),
    keyEnding: t.string({
      nullable: true,
      description: 'The last characters of the key that an admin entered; null: there is none, or it is short.',
      resolve: ({ stored }) => stored?.keyEnding,
    }),
    headerNames: t.stringList({ resolve: ({ stored }) => [...(stored?.headerNames ?? [])] }),
    queryNames: t.stringList({ resolve: ({ stored }) => [...(stored?.queryNames ?? [])] }),
    changedAt: t.field({ type: 'DateTime', nullable: true, resolve: ({ stored }) => stored?.changedAt }),
    problem: t.string({
      nullable: true,
      description: 'Why what an admin entered does not count.',
      resolve: ({ stored, isFixed }) => (stored && !stored.isReadable && !isFixed ? unreadable : null),
    }),
    lookedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When its list of models was last looked at.',
      resolve: async ({ id }, _args, context) => (await looksOf(context)).get(id)?.looked_at,
    }),
    newModels: t.int({
      description: 'Models that it lists since an admin last looked, and that are not in the catalogue.',
      resolve: async ({ id }, _args, context) => {
        const names = (await looksOf(context)).get(id)?.new_names ?? [];
        return names.filter((name) => !context.catalogue.models.has(`${id}/${name}`)).length;
      },
    }),
  }),
});

const unreadable = 'The key cannot be read, as AUTH_SECRET has changed since it was entered. Enter it anew.';

/** Loaded once for all providers of an answer. */
const looksOf = createContextCache(
  async ({ db }: GraphQLContext) => new Map((await findLooks(db)).map((look) => [look.provider_id, look])),
);

builder.objectField(Provider, 'setup', (t) =>
  t.field({
    type: ProviderSetup,
    nullable: true,
    description: 'How it is asked. Null for everybody but admins.',
    resolve: ({ id }, _args, { viewer, offered }) => {
      const origin = isAdmin(viewer) ? offered.origins.providers.get(id) : undefined;
      return origin ? { ...origin, id } : null;
    },
  }),
);

const Suggestion = builder.objectRef<ModelSuggestion>('ModelSuggestion').implement({
  description: 'What the price list knows of a model. Prices are in USD for a million tokens.',
  fields: (t) => ({
    contextWindow: t.exposeInt('contextWindow', { nullable: true }),
    maxOutputTokens: t.exposeInt('maxOutputTokens', { nullable: true }),
    accepts: t.field({ type: [MediaKind], nullable: true, resolve: ({ accepts }) => accepts && [...accepts] }),
    inputPriceUsd: t.float({ resolve: ({ pricesUsd }) => pricesUsd.input }),
    outputPriceUsd: t.float({ resolve: ({ pricesUsd }) => pricesUsd.output }),
    cachedInputPriceUsd: t.float({ resolve: ({ pricesUsd }) => pricesUsd.cachedInput }),
    cacheWriteInputPriceUsd: t.float({ resolve: ({ pricesUsd }) => pricesUsd.cacheWriteInput }),
    inForce: t.exposeBoolean('isInForce', {
      description: 'Whether these prices hold for a model that is added without prices; else they must be given.',
    }),
  }),
});

interface SeenModelShape {
  providerId: string;
  name: string;
  isNew: boolean;
}

const SeenModel = builder.objectRef<SeenModelShape>('SeenModel').implement({
  description: 'A model in a provider’s own list.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'The provider’s name for it.' }),
    modelId: t.id({ resolve: ({ providerId, name }) => `${providerId}/${name}` }),
    listed: t.boolean({
      description: 'Whether the catalogue has it.',
      resolve: ({ providerId, name }, _args, { catalogue }) => catalogue.models.has(`${providerId}/${name}`),
    }),
    new: t.exposeBoolean('isNew', { description: 'Whether it appeared since an admin last looked.' }),
    suggestion: t.field({
      type: Suggestion,
      nullable: true,
      description: 'Null: the price list does not know it, and its price must be given.',
      resolve: (seen, _args, { offered }) => suggestionFor(offered, seen),
    }),
  }),
});

builder.queryField('providerModels', (t) =>
  t.field({
    type: [SeenModel],
    nullable: true,
    skipTypeScopes: true,
    authScopes: { admin: true },
    description: 'The provider’s own list of models, as it was last looked at. Null: it gives none. Admins only.',
    complexity: (_args, { viewer }) => ({ multiplier: isAdmin(viewer) ? 500 : 1 }),
    args: { providerId: t.arg.id({ required: true }) },
    resolve: async (_root, { providerId }, { catalogue, modelLooks }) => {
      if (!catalogue.providers.get(providerId)?.configured) return null;
      const look = await modelLooks.lastLook(providerId);
      const isNew = new Set(look?.new_names);
      return look?.names.map((name) => ({ providerId, name, isNew: isNew.has(name) })) ?? null;
    },
  }),
);

const ProviderTest = builder.objectRef<Awaited<ReturnType<typeof testProvider>>>('ProviderTest').implement({
  fields: (t) => ({
    reachable: t.exposeBoolean('reachable', { description: 'Whether it answered or listed its models.' }),
    answered: t.boolean({ resolve: ({ failure }) => failure === null }),
    firstTokenMs: t.exposeInt('firstTokenMs', { nullable: true }),
    modelId: t.exposeID('modelId', { nullable: true, description: 'The model that was asked.' }),
    problem: t.string({
      nullable: true,
      description: 'Why it did not answer, in its own words.',
      resolve: ({ failure }) => failure?.message,
    }),
    modelsSeen: t.exposeInt('modelsSeen', { nullable: true, description: 'Null: it lists none.' }),
    provider: t.field({ type: Provider, resolve: ({ id }, _args, { catalogue }) => known(catalogue, id) }),
  }),
});

/** @throws NotFoundError */
function known({ providers }: GraphQLContext['catalogue'], id: string) {
  const provider = providers.get(id);
  if (!provider) throw new NotFoundError('provider');
  return provider;
}

const NamedValue = builder.inputType('NamedValueInput', {
  fields: (t) => ({
    name: t.string({ required: true }),
    value: t.string({ description: 'Absent: the stored value of this name.' }),
  }),
});

const SetProviderInput = builder.inputType('SetProviderInput', {
  fields: (t) => ({
    id: t.id({ required: true, description: 'The first part of its models’ ids. One that is known changes that one.' }),
    name: t.string({ description: 'A new provider needs one, as it needs a kind.' }),
    kind: t.field({ type: ProviderKind }),
    baseUrl: t.string({ description: 'Absent: the usual one. An OPENAI_COMPATIBLE provider needs one.' }),
    apiKey: t.string({ description: 'Absent: the stored one stays. Empty: none.' }),
    headers: t.field({ type: [NamedValue], description: 'Sent with each request. Absent: the stored ones stay.' }),
    query: t.field({ type: [NamedValue], description: 'Added to each address. Absent: the stored ones stay.' }),
  }),
});

builder.mutationFields((t) => ({
  setProvider: t.withAuth({ admin: true }).field({
    type: Provider,
    description:
      'Stores a provider, or the key of one; its secrets are encrypted and never sent back. If its address changes, its secrets must be given again.',
    args: { input: t.arg({ type: SetProviderInput, required: true }) },
    resolve: async (_root, { input: { name, kind, baseUrl, apiKey, headers, query, id } }, context) => {
      const values = (given: typeof headers) => given?.map((one) => ({ ...one, value: one.value ?? null })) ?? null;
      await setProvider(context.offerKeeper, context.viewer, {
        id,
        name: name?.trim() || null,
        kind: kind ?? null,
        baseURL: baseUrl?.trim() || null,
        apiKey: apiKey ?? null,
        headers: values(headers),
        query: values(query),
      });
      renewOffer(context);
      return known(context.catalogue, id);
    },
  }),
  removeProvider: t.withAuth({ admin: true }).id({
    description:
      'Takes away what admins entered of a provider. One of theirs leaves the catalogue with its models; answers under way are written to their end.',
    args: { id: t.arg.id({ required: true }) },
    resolve: async (_root, { id }, context) => {
      await removeProvider(context.offerKeeper, context.viewer, id);
      renewOffer(context);
      return id;
    },
  }),
  testProvider: t.withAuth({ admin: true }).field({
    type: ProviderTest,
    description:
      'Looks at the provider’s list of models, and asks the cheapest one for a word, which costs a few tokens.',
    args: { id: t.arg.id({ required: true }) },
    resolve: (_root, { id }, context) => {
      known(context.catalogue, id);
      return testProvider(context, id);
    },
  }),
  markModelsSeen: t.withAuth({ admin: true }).field({
    type: Provider,
    description: 'Nothing in the provider’s list of models is new any more.',
    args: { providerId: t.arg.id({ required: true }) },
    resolve: async (_root, { providerId }, { db, catalogue }) => {
      await setLookSeen(db, providerId);
      return known(catalogue, providerId);
    },
  }),
}));
