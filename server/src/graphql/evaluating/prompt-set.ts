import {
  addPrompts,
  addTurns,
  changePrompt,
  createPromptSet,
  deletePromptSet,
  findFilesOfSetPrompts,
  findPromptSetItems,
  findPromptSets,
  findPromptSetsById,
  type PromptSetItemRow,
  type PromptSetRow,
  removePrompts,
  SET_PROMPTS_MAX,
  SETS_MAX,
  updatePromptSet,
} from '../../domain/evaluating/prompt-sets.ts';
import { FILES_PER_PROMPT_MAX } from '../../domain/files/files.ts';
import { encodeGlobalId } from '../../domain/ground/global-ids.ts';
import { File } from '../files/file.ts';
import { builder, prompting } from '../ground/builder.ts';
import type { GraphQLContext } from '../ground/context.ts';
import { grouped } from '../ground/grouped.ts';
import { localId } from '../ground/ids.ts';
import { PayingTeam } from '../payer.ts';

/** How many sets of others a list has at most, beside one's own. */
const SHARED_MAX = 200;
const PAGE_MAX = 200;

export const Audience = builder.enumType('Audience', {
  description: 'With whom a member shares what is theirs.',
  values: ['NOBODY', 'TEAM', 'MEMBERS'] as const,
});

export const PromptSet = builder.loadableNodeRef('PromptSet', {
  id: { resolve: ({ id }: PromptSetRow) => id },
  load: async (ids: string[], { db, viewer }: GraphQLContext) => (viewer ? findPromptSetsById(db, viewer.id, ids) : []),
  toKey: ({ id }) => id,
  sort: true,
});

const SetPrompt = builder.objectRef<PromptSetItemRow>('SetPrompt').implement({
  description: 'A prompt of a set, with the answer that is hoped for.',
  fields: (t) => ({
    id: t.globalID({ resolve: ({ id }) => ({ type: 'SetPrompt', id }) }),
    position: t.exposeInt('position', { description: 'Counted up; `after` of the next page.' }),
    prompt: t.exposeString('prompt'),
    reference: t.exposeString('reference', { nullable: true }),
    topic: t.exposeString('topic', { nullable: true }),
    files: t.loadableList({
      type: File,
      complexity: { multiplier: FILES_PER_PROMPT_MAX },
      description:
        'What is sent with it, in this order. Those with whom the set is shared see what it is, and their evaluations send it; its bytes are the owner’s to open.',
      load: async (itemIds: string[], { db }: GraphQLContext) => {
        const files = await findFilesOfSetPrompts(db, itemIds);
        return grouped(itemIds, files, ({ item_id }) => item_id);
      },
      resolve: ({ id }) => id,
    }),
  }),
});

PromptSet.implement({
  description: 'Prompts by which models are compared. Its owner changes it; those with whom it is shared use it.',
  fields: (t) => ({
    name: t.exposeString('name'),
    own: t.boolean({ resolve: ({ user_id }, _args, { viewer }) => user_id === viewer?.id }),
    ownerName: t.exposeString('owner_name'),
    sharedWith: t.expose('shared_with', { type: Audience }),
    team: t.field({
      type: PayingTeam,
      nullable: true,
      description: 'The team with which it is shared; null: none.',
      resolve: ({ team_id }) => team_id,
    }),
    promptCount: t.exposeInt('prompts'),
    prompts: t.field({
      type: [SetPrompt],
      complexity: ({ first }) => ({ multiplier: pageOf(first) }),
      description: `In order; at most ${PAGE_MAX} behind \`after\`, the position of the last one read.`,
      args: { first: t.arg.int({ defaultValue: 50 }), after: t.arg.int() },
      resolve: ({ id }, { first, after }, { db }) =>
        findPromptSetItems(db, id, { limit: pageOf(first), ...(after != null && { after }) }),
    }),
    createdAt: t.expose('created_at', { type: 'DateTime' }),
    updatedAt: t.expose('updated_at', { type: 'DateTime' }),
  }),
});

function pageOf(first: number | null | undefined): number {
  return Math.max(0, Math.min(first ?? 50, PAGE_MAX));
}

builder.queryFields((t) => ({
  promptSets: t.withAuth({ signedIn: true }).field({
    type: [PromptSet],
    complexity: { multiplier: 20 },
    description: `The viewer’s own sets, of which there are at most ${SETS_MAX}, and those that are shared with them, the latest changed first.`,
    resolve: (_root, _args, { db, viewer }) => findPromptSets(db, viewer.id, SETS_MAX + SHARED_MAX),
  }),
}));

const SetPromptInput = builder.inputType('SetPromptInput', {
  fields: (t) => ({
    prompt: t.string({ required: true }),
    reference: t.string(),
    topic: t.string(),
    fileIds: t.idList({
      description:
        'The viewer’s own files, at most 10. Absent: none; a prompt that is changed keeps those that it has.',
    }),
  }),
});

const PromptFormat = builder.enumType('PromptFormat', {
  values: {
    CSV: { description: 'A head with prompt, and perhaps reference and topic; commas, semicolons or tabs.' },
    JSONL: { description: 'An object with prompt, and perhaps reference and topic, in each line.' },
  } as const,
});

const PromptSetInput = builder.inputType('PromptSetInput', {
  description: 'What is left out stays as it is; a new set needs a name, and is shared with nobody.',
  fields: (t) => ({
    name: t.string(),
    sharedWith: t.field({ type: Audience }),
    teamId: t.id({ description: 'The team with which it is shared.' }),
  }),
});

const PromptsInput = builder.inputType('PromptsInput', {
  description: `Prompts as a list, or as a text in one of the formats. A set has at most ${SET_PROMPTS_MAX.toLocaleString('en')}.`,
  fields: (t) => ({
    prompts: t.field({ type: [SetPromptInput] }),
    text: t.string({ description: 'An error names the line of the first mistake, and nothing is added.' }),
    format: t.field({ type: PromptFormat }),
  }),
});

function toPrompts({ prompts, ...input }: typeof PromptsInput.$inferInput) {
  return { ...input, prompts: prompts?.map(toPrompt) ?? null };
}

function toPrompt({ fileIds, ...prompt }: typeof SetPromptInput.$inferInput) {
  return { ...prompt, fileIds: fileIds?.map((id) => localId('File', id)) ?? null };
}

export function teamIdOf(teamId: string | null | undefined): string | null {
  return teamId == null ? null : localId('Team', teamId);
}

/** Complexity of an act that may bring a thousand prompts. */
const IMPORT_COST = 1_000;

builder.mutationFields((t) => ({
  createPromptSet: t.withAuth(prompting).field({
    skipTypeScopes: true,
    type: PromptSet,
    complexity: { field: IMPORT_COST },
    args: { input: t.arg({ type: PromptSetInput, required: true }), prompts: t.arg({ type: PromptsInput }) },
    resolve: (_root, { input, prompts }, { db, viewer }) =>
      createPromptSet(db, viewer.id, {
        ...(prompts && toPrompts(prompts)),
        name: input.name ?? '',
        sharedWith: input.sharedWith,
        teamId: teamIdOf(input.teamId),
      }),
  }),
  updatePromptSet: t.withAuth(prompting).field({
    skipTypeScopes: true,
    type: PromptSet,
    args: { id: t.arg.id({ required: true }), input: t.arg({ type: PromptSetInput, required: true }) },
    resolve: (_root, { id, input }, { db, viewer }) =>
      updatePromptSet(db, viewer.id, localId('PromptSet', id), { ...input, teamId: teamIdOf(input.teamId) }),
  }),
  deletePromptSet: t.withAuth(prompting).id({
    skipTypeScopes: true,
    description: 'Evaluations keep the prompts with which they began.',
    args: { id: t.arg.id({ required: true }) },
    resolve: async (_root, { id }, { db, viewer }) => {
      await deletePromptSet(db, viewer.id, localId('PromptSet', id));
      return encodeGlobalId('PromptSet', localId('PromptSet', id));
    },
  }),
  addPromptsToSet: t.withAuth(prompting).field({
    skipTypeScopes: true,
    type: PromptSet,
    complexity: { field: IMPORT_COST },
    args: { id: t.arg.id({ required: true }), input: t.arg({ type: PromptsInput, required: true }) },
    resolve: (_root, { id, input }, { db, viewer }) =>
      addPrompts(db, viewer.id, localId('PromptSet', id), toPrompts(input)),
  }),
  addTurnsToPromptSet: t.withAuth(prompting).field({
    skipTypeScopes: true,
    type: PromptSet,
    complexity: { field: IMPORT_COST },
    description: 'Adds the prompts of the viewer’s own turns with their files, without their answers.',
    args: { id: t.arg.id({ required: true }), turnIds: t.arg.idList({ required: true }) },
    resolve: (_root, { id, turnIds }, { db, viewer }) =>
      addTurns(
        db,
        viewer.id,
        localId('PromptSet', id),
        turnIds.map((turnId) => localId('Turn', turnId)),
      ),
  }),
  changeSetPrompt: t.withAuth(prompting).field({
    skipTypeScopes: true,
    type: PromptSet,
    args: {
      setId: t.arg.id({ required: true }),
      id: t.arg.id({ required: true }),
      input: t.arg({ type: SetPromptInput, required: true }),
    },
    resolve: (_root, { setId, id, input }, { db, viewer }) =>
      changePrompt(db, viewer.id, localId('PromptSet', setId), {
        id: localId('SetPrompt', id),
        ...toPrompt(input),
      }),
  }),
  removePromptsFromSet: t.withAuth(prompting).field({
    skipTypeScopes: true,
    type: PromptSet,
    args: { id: t.arg.id({ required: true }), promptIds: t.arg.idList({ required: true }) },
    resolve: (_root, { id, promptIds }, { db, viewer }) =>
      removePrompts(
        db,
        viewer.id,
        localId('PromptSet', id),
        promptIds.map((promptId) => localId('SetPrompt', promptId)),
      ),
  }),
}));
