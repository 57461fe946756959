import { knownModel } from '../domain/catalogue/catalogue.ts';
import { resolveModels } from '../domain/catalogue/models.ts';
import { encodeGlobalId } from '../domain/ground/global-ids.ts';
import {
  type ApiKeyRow,
  type apiKeyScopes,
  createApiKey,
  findApiKeys,
  findApiKeysById,
  revokeApiKey,
} from '../domain/people/api-keys.ts';
import { builder } from './ground/builder.ts';
import type { GraphQLContext } from './ground/context.ts';
import { localId } from './ground/ids.ts';
import { Model } from './model.ts';
import { PayingTeam, teamOfArgument } from './payer.ts';
import { Viewer } from './viewer.ts';

const ApiKeyScope = builder.enumType('ApiKeyScope', {
  description: 'What an API key may do. None of them includes another.',
  values: {
    READ: { description: 'Queries, and the streams of answers and credits.' },
    PROMPT: { description: 'Asking models, following and stopping their answers, and keeping conversations.' },
    ADMIN: { description: 'Managing keys and the plan; with the role ADMIN, everything that an admin does.' },
  } satisfies Record<(typeof apiKeyScopes)[number], object>,
});

const ApiKey = builder.loadableNodeRef('ApiKey', {
  id: { resolve: ({ id }: ApiKeyRow) => id },
  load: async (ids: string[], { db, viewer }: GraphQLContext) => (viewer ? findApiKeysById(db, viewer.id, ids) : []),
  toKey: ({ id }) => id,
  sort: true,
});

ApiKey.implement({
  fields: (t) => ({
    name: t.exposeString('name'),
    prefix: t.exposeString('prefix', { description: 'The key’s first characters, to recognise it by.' }),
    scopes: t.expose('scopes', { type: [ApiKeyScope] }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      nullable: true,
      description: 'The key is refused from then on; null: it does not expire.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
    lastUsedAt: t.expose('lastUsedAt', { type: 'DateTime', nullable: true, description: 'Exact to a minute.' }),
    monthlyCredits: t.expose('monthlyCredits', {
      type: 'Credits',
      nullable: true,
      description: 'What may be spent with the key in a calendar month (UTC), held credits included; null: no limit.',
    }),
    spentThisMonth: t.expose('spentThisMonth', {
      type: 'Credits',
      description: 'What was charged this month for what the key asked, whoever paid. Held credits are not in it.',
    }),
    payer: t.field({
      type: PayingTeam,
      nullable: true,
      description: 'The team that pays for all that the key asks; null: each request may name its payer.',
      resolve: ({ payerTeamId }) => payerTeamId,
    }),
    models: t.field({
      type: [Model],
      nullable: true,
      complexity: (_args, { catalogue }) => ({ multiplier: catalogue.models.size }),
      description: 'The models that the key may ask; null: all that its member may.',
      resolve: ({ modelIds }, _args, { catalogue }) => modelIds?.map((id) => knownModel(catalogue, id)) ?? null,
    }),
  }),
});

builder.objectField(Viewer, 'apiKeys', (t) =>
  t.field({ type: [ApiKey], resolve: ({ id }, _args, { db }) => findApiKeys(db, id) }),
);

const CreateApiKeyPayload = builder.objectRef<{ apiKeyId: string; secret: string }>('CreateApiKeyPayload').implement({
  description: 'secret is shown only this once.',
  fields: (t) => ({
    apiKey: t.field({ type: ApiKey, resolve: ({ apiKeyId }) => apiKeyId }),
    secret: t.string({
      resolve({ secret }, _args, { answer }) {
        answer.holdsSecret = true;
        return secret;
      },
    }),
  }),
});

builder.mutationFields((t) => ({
  createApiKey: t.withAuth({ signedIn: true }).field({
    type: CreateApiKeyPayload,
    description:
      'A member has at most 50. scopes default to READ and PROMPT; expiresAt is at most ten years from now. Without monthlyCredits the key has no limit of its own, and without modelIds it may ask every model that its member may. A key with such limits, or with a payer, cannot make keys.',
    args: {
      name: t.arg.string({ required: true }),
      scopes: t.arg({ type: [ApiKeyScope] }),
      expiresAt: t.arg({ type: 'DateTime' }),
      monthlyCredits: t.arg({ type: 'Credits' }),
      modelIds: t.arg.idList(),
      payerId: t.arg.id({
        description:
          'The team that pays for all that the key asks. Absent, or the viewer’s id: each request may name its payer.',
      }),
    },
    resolve: (_root, { modelIds, payerId, ...key }, context) =>
      createApiKey(context.db, context.viewer, {
        ...key,
        models: modelIds && resolveModels(context.catalogue, modelIds),
        payer: teamOfArgument(payerId, context),
      }),
  }),
  revokeApiKey: t.withAuth({ signedIn: true }).id({
    args: { id: t.arg.id({ required: true }) },
    resolve: async (_root, { id }, { db, notifications, viewer }) => {
      await revokeApiKey({ db, notifications }, viewer, localId('ApiKey', id));
      return encodeGlobalId('ApiKey', localId('ApiKey', id));
    },
  }),
}));
