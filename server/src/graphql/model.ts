import { createContextCache } from '@pothos/core';
import type { ProviderHealthReport } from '../domain/answering/provider-health.ts';
import { findKeyRests } from '../domain/asking/paying/key-limit.ts';
import {
  type Catalogue,
  knownProvider,
  type Model as ModelShape,
  type Provider as ProviderShape,
  type Tier as TierShape,
  tierOf,
} from '../domain/catalogue/catalogue.ts';
import { defaultModelOf } from '../domain/catalogue/model-names.ts';
import {
  type AccessRequest,
  disabledModels,
  type ModelAccess as ModelAccessShape,
  modelAccess,
  modelsOfTier,
} from '../domain/catalogue/models.ts';
import { mediaKinds } from '../domain/ground/media.ts';
import { tierIds } from '../domain/ground/tiers.ts';
import { renewAccount, shownAccount } from '../domain/money/credits.ts';
import { isAdmin } from '../domain/people/members.ts';
import {
  chosenPayer,
  findPayingTeam,
  payerOfId,
  requireTeam,
  shownRestOf,
  teamOf,
} from '../domain/people/paying-team.ts';
import { builder } from './ground/builder.ts';
import type { GraphQLContext } from './ground/context.ts';

export const TierId = builder.enumType('TierId', { values: tierIds });
export const MediaKind = builder.enumType('MediaKind', { values: mediaKinds });
const AccessDenial = builder.enumType('AccessDenial', {
  values: [
    'SIGNED_OUT',
    'NOT_FOR_API_KEY',
    'NOT_FOR_TEAM',
    'TIER_TOO_LOW',
    'INSUFFICIENT_CREDITS',
    'PROVIDER_NOT_CONFIGURED',
    'DISABLED',
  ] as const,
});
const HealthStatus = builder.enumType('HealthStatus', { values: ['UP', 'DEGRADED', 'DOWN', 'UNKNOWN'] as const });

export const Provider = builder.objectRef<ProviderShape>('Provider');
export const Model = builder.objectRef<ModelShape>('Model');
export const Tier = builder.objectRef<TierShape>('Tier');

const ModelAccess = builder.objectRef<ModelAccessShape>('ModelAccess').implement({
  fields: (t) => ({
    allowed: t.exposeBoolean('allowed'),
    denial: t.expose('denial', { type: AccessDenial, nullable: true }),
    message: t.exposeString('message', { nullable: true }),
  }),
});

const ProviderHealth = builder.objectRef<ProviderHealthReport>('ProviderHealth').implement({
  description: 'From the calls of the last minutes.',
  fields: (t) => ({
    status: t.expose('status', { type: HealthStatus }),
    checkedAt: t.expose('checkedAt', { type: 'DateTime', nullable: true }),
    firstTokenMs: t.exposeInt('firstTokenMs', { nullable: true, description: 'Median time to the first token.' }),
    errorRate: t.exposeFloat('errorRate', { nullable: true, description: 'Share of the calls that failed.' }),
    lastError: t.string({
      nullable: true,
      description: 'The last failure: its FailureCode or, for an admin, the provider’s own message.',
      resolve: ({ lastError }, _args, { viewer }) => (isAdmin(viewer) ? lastError?.message : lastError?.code),
    }),
  }),
});

Provider.implement({
  fields: (t) => ({
    id: t.exposeID('id'),
    name: t.exposeString('name'),
    configured: t.exposeBoolean('configured', { description: 'Has credentials (or needs none).' }),
    health: t.field({
      type: ProviderHealth,
      resolve: ({ id }, _args, { providerHealth }) => providerHealth.report(id),
    }),
    models: t.field({
      type: [Model],
      complexity: (_args, { catalogue }) => ({ multiplier: modelsOfProviderMax(catalogue) }),
      resolve: ({ id }, _args, { catalogue }) =>
        [...catalogue.models.values()].filter(({ providerId }) => providerId === id),
    }),
    defaultModel: t.field({
      type: Model,
      nullable: true,
      description: 'The model that the provider’s bare id stands for, wherever a model’s id is expected.',
      resolve: ({ id }, _args, { catalogue }) => defaultModelOf(catalogue, id),
    }),
  }),
});

Model.implement({
  fields: (t) => ({
    id: t.exposeID('id', { description: '`<provider>/<the provider’s own name for it>`' }),
    name: t.exposeString('name'),
    provider: t.field({
      type: Provider,
      resolve: ({ providerId }, _args, { catalogue }) => knownProvider(catalogue, providerId),
    }),
    contextWindow: t.exposeInt('contextWindow', { nullable: true }),
    maxOutputTokens: t.exposeInt('maxOutputTokens', { nullable: true }),
    inputPrice: t.field({
      type: 'Credits',
      description: 'Credits for a million tokens.',
      resolve: ({ prices }) => prices.input,
    }),
    outputPrice: t.field({
      type: 'Credits',
      description: 'Credits for a million tokens.',
      resolve: ({ prices }) => prices.output,
    }),
    minimumTier: t.expose('minimumTier', { type: TierId }),
    reasoning: t.exposeBoolean('reasoning', { description: 'Whether it shows its reasoning.' }),
    tools: t.boolean({ description: 'Whether it can call tools.', resolve: ({ tools }) => tools !== false }),
    sampling: t.exposeBoolean('sampling', {
      description: 'Whether it takes temperature and topP; other models ignore them.',
    }),
    accepts: t.field({
      type: [MediaKind],
      description: 'What it takes in as it is. Of any other file it gets the text.',
      resolve: ({ accepts }) => [...accepts],
    }),
    fallbacks: t.field({
      type: [Model],
      complexity: (_args, { catalogue }) => ({ multiplier: fallbacksMax(catalogue) }),
      resolve: ({ fallbacks }, _args, { catalogue }) => fallbacks.flatMap((id) => catalogue.models.get(id) ?? []),
    }),
    access: t.field({
      type: ModelAccess,
      description: 'Whether the viewer may use it now, and if not, why.',
      args: {
        payerId: t.arg.id({
          description: 'Who is to pay, as in SendPromptInput; absent: the viewer, or the API key’s team.',
        }),
      },
      resolve: async (model, { payerId }, context) => modelAccess(model, await accesses(context).of(payerId ?? null)),
    }),
  }),
});

/** What decides on the viewer's access, found out once for each payer that an operation names. */
const accesses = createContextCache((context: GraphQLContext) => {
  const known = new Map<string | null, Promise<AccessRequest>>();
  return {
    of(payerId: string | null): Promise<AccessRequest> {
      const access = known.get(payerId) ?? accessOfViewer(context, payerId);
      known.set(payerId, access);
      return access;
    },
  };
});

async function accessOfViewer(
  { db, catalogue, viewer }: GraphQLContext,
  payerId: string | null,
): Promise<AccessRequest> {
  const disabledModelIds = await disabledModels(db);
  if (!viewer) return { catalogue, member: null, disabledModelIds, availableCredits: null };
  const payer = teamOf(chosenPayer(viewer, payerId === null ? null : payerOfId(payerId, viewer)));
  const team = payer && requireTeam(await findPayingTeam(db, payer, viewer.id));
  const account = await renewAccount(db, payer ?? { userId: viewer.id, tier: tierOf(catalogue, viewer) });
  const { balance, held } = shownAccount(account);
  const rest = (team && shownRestOf(team)) ?? Number.POSITIVE_INFINITY;
  return {
    catalogue,
    member: viewer,
    team,
    disabledModelIds,
    availableCredits: Math.min(balance - held, rest, (await findKeyRests(db, viewer)).shown),
  };
}

Tier.implement({
  fields: (t) => ({
    id: t.expose('id', { type: TierId }),
    name: t.exposeString('name'),
    promptsPerMinute: t.exposeInt('promptsPerMinute'),
    modelsPerPrompt: t.exposeInt('modelsPerPrompt'),
    maxOutputTokens: t.exposeInt('maxOutputTokens'),
    monthlyCredits: t.expose('monthlyCredits', {
      type: 'Credits',
      description: 'The balance that the account is topped up to at the start of each month.',
    }),
    fileMegabytes: t.exposeInt('fileMegabytes', {
      description: 'Megabytes (of a million bytes) that all files of a member may have.',
    }),
    growingHolds: t.boolean({
      description:
        'Whether a prompt holds what is used, and more as its answers grow, in place of the most that they can cost. It then starts if what it is likely to cost is there.',
      resolve: ({ growingHolds }) => growingHolds === true,
    }),
    models: t.field({
      type: [Model],
      description: 'The models that a member of this tier may use.',
      complexity: (_args, { catalogue }) => ({ multiplier: catalogue.models.size }),
      resolve: ({ id }, _args, { catalogue }) => modelsOfTier(catalogue, id),
    }),
  }),
});

/** Measures each catalogue once: it never changes while the process runs. */
function once(measure: (catalogue: Catalogue) => number): (catalogue: Catalogue) => number {
  const measured = new WeakMap<Catalogue, number>();
  return (catalogue) => {
    const known = measured.get(catalogue) ?? measure(catalogue);
    measured.set(catalogue, known);
    return known;
  };
}

const fallbacksMax = once(({ models }) => Math.max(0, ...[...models.values()].map((model) => model.fallbacks.length)));

const modelsOfProviderMax = once(({ models, providers }) => {
  const ofProvider = (id: string) => [...models.values()].filter(({ providerId }) => providerId === id).length;
  return Math.max(0, ...[...providers.keys()].map(ofProvider));
});

// These fields are public, so any API key may read them, whatever its scopes.
builder.queryFields((t) => ({
  models: t.field({
    skipTypeScopes: true,
    type: [Model],
    complexity: (_args, { catalogue }) => ({ multiplier: catalogue.models.size }),
    resolve: (_root, _args, { catalogue }) => [...catalogue.models.values()],
  }),
  providers: t.field({
    skipTypeScopes: true,
    type: [Provider],
    complexity: (_args, { catalogue }) => ({ multiplier: catalogue.providers.size }),
    resolve: (_root, _args, { catalogue }) => [...catalogue.providers.values()],
  }),
  tiers: t.field({
    skipTypeScopes: true,
    type: [Tier],
    complexity: (_args, { catalogue }) => ({ multiplier: catalogue.tiers.size }),
    resolve: (_root, _args, { catalogue }) => [...catalogue.tiers.values()],
  }),
}));
