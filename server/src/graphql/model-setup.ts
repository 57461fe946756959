import type { Model as ModelShape } from '../domain/catalogue/catalogue.ts';
import type { ChangeMistake, ModelOrigin } from '../domain/catalogue/changes.ts';
import { sentenceOf } from '../domain/offering/mistakes.ts';
import {
  changedModel,
  removeModel,
  setDefaultModels,
  setModel,
  setModelOrder,
} from '../domain/offering/model-changes.ts';
import { isAdmin } from '../domain/people/members.ts';
import { Admin } from './admin.ts';
import { builder } from './ground/builder.ts';
import { type GraphQLContext, renewOffer } from './ground/context.ts';
import { MediaKind, Model, TierId } from './model.ts';
import { CatalogueOrigin } from './provider-setup.ts';

const ModelChange = builder.objectRef<NonNullable<ModelOrigin['change']>>('ModelChange').implement({
  description: 'What an admin wrote of a model; null: as the server was started with.',
  fields: (t) => ({
    name: t.exposeString('name', { nullable: true }),
    minimumTier: t.expose('minimumTier', { type: TierId, nullable: true }),
    contextWindow: t.exposeInt('contextWindow', { nullable: true }),
    maxOutputTokens: t.exposeInt('maxOutputTokens', { nullable: true }),
    inputPriceUsd: t.exposeFloat('inputPriceUsd', { nullable: true }),
    outputPriceUsd: t.exposeFloat('outputPriceUsd', { nullable: true }),
    cachedInputPriceUsd: t.exposeFloat('cachedInputPriceUsd', { nullable: true }),
    cacheWriteInputPriceUsd: t.exposeFloat('cacheWriteInputPriceUsd', { nullable: true }),
    fallbackIds: t.idList({ nullable: true, resolve: ({ fallbacks }) => fallbacks }),
    sampling: t.exposeBoolean('sampling', { nullable: true }),
    reasoning: t.exposeBoolean('reasoning', { nullable: true }),
    accepts: t.field({
      type: [MediaKind],
      nullable: true,
      resolve: ({ accepts }) => (accepts ? [...accepts] : null),
    }),
  }),
});

const ModelSetup = builder.objectRef<{ model: ModelShape; origin: ModelOrigin }>('ModelSetup').implement({
  description: 'Where a model comes from, and what it costs in USD for a million tokens. Admins only.',
  fields: (t) => ({
    origin: t.field({ type: CatalogueOrigin, resolve: ({ origin }) => origin.origin }),
    change: t.field({ type: ModelChange, nullable: true, resolve: ({ origin }) => origin.change }),
    inputPriceUsd: t.float({ resolve: ({ model }) => model.pricesUsd.input }),
    outputPriceUsd: t.float({ resolve: ({ model }) => model.pricesUsd.output }),
    cachedInputPriceUsd: t.float({ resolve: ({ model }) => model.pricesUsd.cachedInput }),
    cacheWriteInputPriceUsd: t.float({ resolve: ({ model }) => model.pricesUsd.cacheWriteInput }),
    isDefault: t.boolean({
      description: 'Whether new conversations begin with it.',
      resolve: ({ model }, _args, { catalogue }) => catalogue.defaultModelIds.includes(model.id),
    }),
  }),
});

builder.objectField(Model, 'setup', (t) =>
  t.field({
    type: ModelSetup,
    nullable: true,
    description: 'Where it comes from. Null for everybody but admins.',
    resolve: (model, _args, { viewer, offered }) => {
      const origin = isAdmin(viewer) ? offered.origins.models.get(model.id) : undefined;
      return origin ? { model, origin } : null;
    },
  }),
);

const CatalogueMistake = builder.objectRef<ChangeMistake>('CatalogueMistake').implement({
  description: 'Why something that an admin stored is left out.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'The provider’s, or the model’s.' }),
    message: t.string({ resolve: sentenceOf }),
  }),
});

const CatalogueSetup = builder.objectRef<GraphQLContext['offered']>('CatalogueSetup').implement({
  description: 'What admins changed of the catalogue as a whole.',
  fields: (t) => ({
    ownDefaults: t.boolean({
      description: 'Whether an admin chose the models of new conversations.',
      resolve: ({ origins }) => origins.defaultModels !== null,
    }),
    answersCostMoney: t.exposeBoolean('isPaid', {
      description:
        'Whether a provider bills for answers, or did so before its key was taken away here. Then, unless the operator says otherwise, people sign up by invitation only and do not change their plan themselves.',
    }),
    mistakes: t.field({ type: [CatalogueMistake], resolve: ({ origins }) => [...origins.mistakes] }),
  }),
});

builder.objectField(Admin, 'catalogue', (t) =>
  t.field({ type: CatalogueSetup, resolve: (_admin, _args, { offered }) => offered }),
);

const SetModelInput = builder.inputType('SetModelInput', {
  description:
    'What is absent is as the server was started with or, of a model that it does not know, as the price list has it. What neither knows must be given.',
  fields: (t) => ({
    id: t.id({ required: true, description: '`<provider>/<the provider’s own name for it>`' }),
    name: t.string(),
    minimumTier: t.field({ type: TierId }),
    contextWindow: t.int({ description: 'Tokens, input and output together.' }),
    maxOutputTokens: t.int({ description: 'Tokens of one answer, reasoning included.' }),
    inputPriceUsd: t.float({ description: 'USD for a million tokens, as the other prices.' }),
    outputPriceUsd: t.float(),
    cachedInputPriceUsd: t.float({ description: 'Absent: the price of input, if that is given.' }),
    cacheWriteInputPriceUsd: t.float({ description: 'Absent: the price of input, if that is given.' }),
    fallbackIds: t.idList({ description: 'Tried in this order before the first character.' }),
    sampling: t.boolean({ description: 'Whether it takes temperature and topP.' }),
    reasoning: t.boolean({ description: 'Whether it can show its reasoning.' }),
    accepts: t.field({
      type: [MediaKind],
      description: 'What it takes in as it is; text always, and of other files their text.',
    }),
  }),
});

const modelIds = (context: GraphQLContext, ids: readonly string[]) =>
  ids.flatMap((id) => context.catalogue.models.get(id) ?? []);

builder.mutationFields((t) => ({
  setModel: t.withAuth({ admin: true }).field({
    type: Model,
    description: 'Adds a model to the catalogue, or changes one. Answers under way keep their prices.',
    args: { input: t.arg({ type: SetModelInput, required: true }) },
    resolve: async (_root, { input: { fallbackIds, id, ...input } }, context) => {
      await setModel(context.offerKeeper, context.viewer, {
        id,
        name: input.name?.trim() || null,
        minimumTier: input.minimumTier ?? null,
        contextWindow: input.contextWindow ?? null,
        maxOutputTokens: input.maxOutputTokens ?? null,
        inputPriceUsd: input.inputPriceUsd ?? null,
        outputPriceUsd: input.outputPriceUsd ?? null,
        cachedInputPriceUsd: input.cachedInputPriceUsd ?? null,
        cacheWriteInputPriceUsd: input.cacheWriteInputPriceUsd ?? null,
        fallbacks: fallbackIds ?? null,
        sampling: input.sampling ?? null,
        reasoning: input.reasoning ?? null,
        accepts: input.accepts ?? null,
      });
      renewOffer(context);
      return changedModel(context.offerKeeper, id);
    },
  }),
  removeModel: t.withAuth({ admin: true }).id({
    description: 'Takes back what admins wrote of a model: one of theirs leaves the catalogue, others are as before.',
    args: { id: t.arg.id({ required: true }) },
    resolve: async (_root, { id }, context) => {
      await removeModel(context.offerKeeper, context.viewer, id);
      renewOffer(context);
      return id;
    },
  }),
  setModelOrder: t.withAuth({ admin: true }).field({
    type: [Model],
    description: 'Lists these models first, in this order; none: all as the server was started with.',
    args: { modelIds: t.arg.idList({ required: true }) },
    resolve: async (_root, { modelIds: ids }, context) => {
      await setModelOrder(context.offerKeeper, context.viewer, ids);
      renewOffer(context);
      return [...context.catalogue.models.values()];
    },
  }),
  setDefaultModels: t.withAuth({ admin: true }).field({
    type: [Model],
    description: 'Chooses the models of new conversations; null: as the server was started with.',
    args: { modelIds: t.arg.idList() },
    resolve: async (_root, { modelIds: ids }, context) => {
      await setDefaultModels(context.offerKeeper, context.viewer, ids ?? null);
      renewOffer(context);
      return modelIds(context, context.catalogue.defaultModelIds);
    },
  }),
}));
