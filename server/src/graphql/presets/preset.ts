import { knownModel } from '../../domain/catalogue/catalogue.ts';
import { encodeGlobalId } from '../../domain/ground/global-ids.ts';
import { FAVOURITES_MAX, findFavourites, setFavourite } from '../../domain/presets/favourites.ts';
import {
  createPreset,
  deletePreset,
  findDefaultPreset,
  findPresets,
  findPresetsById,
  mayChangePreset,
  PRESETS_MAX,
  type PresetRow,
  setDefaultPreset,
  updatePreset,
} from '../../domain/presets/presets.ts';
import { builder, prompting } from '../ground/builder.ts';
import type { GraphQLContext } from '../ground/context.ts';
import { localId } from '../ground/ids.ts';
import { Model } from '../model.ts';
import { Viewer } from '../viewer.ts';

/** For the complexity of a list: more than most presets name. */
const MODELS_USUAL = 6;

export const Preset = builder.loadableNodeRef('Preset', {
  id: { resolve: ({ id }: PresetRow) => id },
  load: async (ids: string[], { db, viewer }: GraphQLContext) => (viewer ? findPresetsById(db, viewer.id, ids) : []),
  toKey: ({ id }) => id,
  sort: true,
});

Preset.implement({
  description:
    'Named models, settings and a prompt, with which a client begins a prompt. The server applies none of it by itself.',
  fields: (t) => ({
    name: t.exposeString('name', {
      description: 'One of its member’s presets has it, regardless of case; one of the shared ones too.',
    }),
    models: t.field({
      type: [Model],
      complexity: { multiplier: MODELS_USUAL },
      description:
        'In the order of the lanes, as they were chosen; a model may be there twice. `access` says of each whether the viewer may ask it, and if it is gone or not in their plan; a client leaves those out. Empty: a client’s own choice stays.',
      resolve: ({ model_ids }, _args, { catalogue }) => model_ids.map((id) => knownModel(catalogue, id)),
    }),
    systemPrompt: t.exposeString('system_prompt', { nullable: true }),
    prompt: t.exposeString('prompt', {
      nullable: true,
      description:
        'What the composer is filled with. `{{name}}` and `{{name:default}}` are variables that a client asks for; any other brace is text.',
    }),
    temperature: t.float({ nullable: true, resolve: ({ parameters }) => parameters.temperature ?? null }),
    topP: t.float({ nullable: true, resolve: ({ parameters }) => parameters.topP ?? null }),
    maxOutputTokens: t.int({ nullable: true, resolve: ({ parameters }) => parameters.maxOutputTokens ?? null }),
    shared: t.exposeBoolean('shared', { description: 'An admin has shared it with all members.' }),
    changeable: t.boolean({
      description: 'Whether the viewer may change it and delete it: their own, or as an admin a shared one.',
      resolve: (preset, _args, { viewer }) => mayChangePreset(preset, viewer),
    }),
    updatedAt: t.expose('updated_at', { type: 'DateTime' }),
  }),
});

builder.objectFields(Viewer, (t) => ({
  presets: t.field({
    type: [Preset],
    complexity: { multiplier: 20 },
    description: `The viewer’s own presets, then those that an admin has shared with all; at most ${PRESETS_MAX} of each, by name.`,
    resolve: ({ id }, _args, { db }) => findPresets(db, id, 2 * PRESETS_MAX),
  }),
  defaultPreset: t.field({
    type: Preset,
    nullable: true,
    description:
      'The shared preset with which a client begins a new conversation; null: admins have chosen none. A prompt that comes by another way is not changed by it.',
    resolve: (_viewer, _args, { db }) => findDefaultPreset(db),
  }),
  favouriteModels: t.field({
    type: [Model],
    complexity: { multiplier: 10 },
    description: `The models that the viewer has marked, at most ${FAVOURITES_MAX}, the first marked first.`,
    resolve: async ({ id }, _args, { db, catalogue }) => toModels(catalogue, await findFavourites(db, id)),
  }),
}));

function toModels(catalogue: GraphQLContext['catalogue'], ids: readonly string[]) {
  return ids.map((id) => knownModel(catalogue, id));
}

const PresetInput = builder.inputType('PresetInput', {
  description:
    'What is left out stays as it is, and null or a blank text empties it. A new preset needs a name; it is the viewer’s own unless it is shared.',
  fields: (t) => ({
    name: t.string({ description: '1 to 100 characters.' }),
    modelIds: t.idList({ description: 'At most as many as the viewer’s plan asks at once.' }),
    systemPrompt: t.string({ description: 'At most 100,000 characters.' }),
    prompt: t.string({ description: 'At most 100,000 characters.' }),
    temperature: t.float({ description: '0 to 2.' }),
    topP: t.float({ description: 'Above 0, at most 1.' }),
    maxOutputTokens: t.int({ description: 'At least 1; a prompt’s plan may allow less.' }),
    shared: t.boolean({ description: 'With all members; admins only.' }),
  }),
});

builder.mutationFields((t) => ({
  createPreset: t.withAuth(prompting).field({
    skipTypeScopes: true,
    type: Preset,
    description: `A member has at most ${PRESETS_MAX}. Fails with BAD_USER_INPUT and the field if the name is taken or something is too long, with TIER_LIMIT if the plan does not ask so many models.`,
    args: { input: t.arg({ type: PresetInput, required: true }) },
    resolve: (_root, { input }, context) => createPreset(context, context.viewer, input),
  }),
  updatePreset: t.withAuth(prompting).field({
    skipTypeScopes: true,
    type: Preset,
    description: 'A shared preset that an admin shares no longer becomes the admin’s own.',
    args: { id: t.arg.id({ required: true }), input: t.arg({ type: PresetInput, required: true }) },
    resolve: (_root, { id, input }, context) => updatePreset(context, context.viewer, localId('Preset', id), input),
  }),
  deletePreset: t.withAuth(prompting).id({
    skipTypeScopes: true,
    description: 'Conversations that began with it stay as they are.',
    args: { id: t.arg.id({ required: true }) },
    resolve: async (_root, { id }, { db, viewer }) => {
      await deletePreset(db, viewer, localId('Preset', id));
      return encodeGlobalId('Preset', localId('Preset', id));
    },
  }),
  setDefaultPreset: t.withAuth({ admin: true }).field({
    type: Preset,
    nullable: true,
    description: 'Chooses the shared preset with which clients begin new conversations; null: none.',
    args: { id: t.arg.id() },
    resolve: (_root, { id }, { db, viewer }) => setDefaultPreset(db, viewer, id == null ? null : localId('Preset', id)),
  }),
  setFavouriteModel: t.withAuth(prompting).field({
    skipTypeScopes: true,
    type: [Model],
    complexity: { multiplier: 10 },
    description: 'Marks a model as a favourite of the viewer’s, or takes the mark away. Returns all favourites.',
    args: { modelId: t.arg.id({ required: true }), favourite: t.arg.boolean({ required: true }) },
    resolve: async (_root, args, { db, catalogue, viewer }) =>
      toModels(catalogue, await setFavourite(db, catalogue, viewer.id, args)),
  }),
}));
