import { encodeGlobalID } from '@pothos/plugin-relay';
import { type ApiKeyRow, createApiKey, findApiKeys, findApiKeysById, revokeApiKey } from '../domain/api-keys.ts';
import { builder } from './builder.ts';
import type { GraphQLContext } from './context.ts';
import { localId } from './ids.ts';
import { Viewer } from './viewer.ts';

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
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
    lastUsedAt: t.expose('lastUsedAt', { type: 'DateTime', nullable: true, description: 'Exact to a minute.' }),
  }),
});

builder.objectField(Viewer, 'apiKeys', (t) =>
  t.field({ type: [ApiKey], resolve: ({ id }, _args, { db }) => findApiKeys(db, id) }),
);

const CreateApiKeyPayload = builder.objectRef<{ apiKeyId: string; secret: string }>('CreateApiKeyPayload').implement({
  description: 'secret is shown this once.',
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
    args: { name: t.arg.string({ required: true }) },
    resolve: (_root, { name }, { apiKeys, viewer }) => createApiKey(apiKeys, viewer.id, name),
  }),
  revokeApiKey: t.withAuth({ signedIn: true }).id({
    args: { id: t.arg.id({ required: true }) },
    resolve: async (_root, { id }, { db, notifications, viewer }) => {
      await revokeApiKey({ db, notifications }, viewer.id, localId('ApiKey', id));
      return encodeGlobalID('ApiKey', localId('ApiKey', id));
    },
  }),
}));
