import {
  countInFolders,
  createFolder,
  deleteFolder,
  FOLDERS_MAX,
  type FolderRow,
  findFolders,
  findFoldersById,
  updateFolder,
} from '../../domain/conversations/folders.ts';
import { encodeGlobalId } from '../../domain/ground/global-ids.ts';
import { Conversation } from '../conversation.ts';
import { builder, prompting } from '../ground/builder.ts';
import type { GraphQLContext } from '../ground/context.ts';
import { localId } from '../ground/ids.ts';
import { Viewer } from '../viewer.ts';
import { Preset } from './preset.ts';

export const Folder = builder.loadableNodeRef('Folder', {
  id: { resolve: ({ id }: FolderRow) => id },
  load: async (ids: string[], { db, viewer }: GraphQLContext) => (viewer ? findFoldersById(db, viewer.id, ids) : []),
  toKey: ({ id }) => id,
  sort: true,
});

Folder.implement({
  description: 'A folder of the viewer’s conversations. A conversation is in one folder or in none.',
  fields: (t) => ({
    name: t.exposeString('name'),
    preset: t.field({
      type: Preset,
      nullable: true,
      description:
        'The preset with which a client begins a new conversation in the folder; null: as any other. It is null too when its preset is gone, or shared no longer.',
      resolve: ({ preset_id }, _args, context) =>
        preset_id === null
          ? null
          : Preset.getDataloader(context)
              .load(preset_id)
              .catch(() => null),
    }),
    conversationCount: t.loadable({
      type: 'Int',
      description: 'How many conversations lists show of it, without archived ones.',
      load: async (ids: string[], { db, viewer }: GraphQLContext) => {
        const counts = viewer ? await countInFolders(db, viewer.id, ids) : new Map<string, number>();
        return ids.map((id) => counts.get(id) ?? 0);
      },
      resolve: ({ id }) => id,
    }),
    collapsed: t.exposeBoolean('collapsed', {
      description: 'Whether clients show it without its conversations.',
    }),
    createdAt: t.expose('created_at', { type: 'DateTime' }),
  }),
});

builder.objectField(Conversation, 'folder', (t) =>
  t.field({
    type: Folder,
    nullable: true,
    description: 'The folder that it is in; null: none.',
    resolve: ({ folder_id }) => folder_id,
  }),
);

builder.objectField(Viewer, 'folders', (t) =>
  t.field({
    type: [Folder],
    complexity: { multiplier: 20 },
    description: `At most ${FOLDERS_MAX}, by name.`,
    resolve: ({ id }, _args, { db }) => findFolders(db, id),
  }),
);

const FolderInput = builder.inputType('FolderInput', {
  description: 'What is left out stays as it is; a new folder needs a name.',
  fields: (t) => ({
    name: t.string({ description: '1 to 100 characters. The viewer has no other folder of it, regardless of case.' }),
    presetId: t.id({ description: 'A preset that the viewer may use; null: none.' }),
    collapsed: t.boolean(),
  }),
});

function toFolder({ presetId, ...input }: typeof FolderInput.$inferInput) {
  return { ...input, presetId: presetId == null ? presetId : localId('Preset', presetId) };
}

builder.mutationFields((t) => ({
  createFolder: t.withAuth(prompting).field({
    skipTypeScopes: true,
    type: Folder,
    description: `A member has at most ${FOLDERS_MAX}.`,
    args: { input: t.arg({ type: FolderInput, required: true }) },
    resolve: (_root, { input }, { db, viewer }) => createFolder(db, viewer.id, toFolder(input)),
  }),
  updateFolder: t.withAuth(prompting).field({
    skipTypeScopes: true,
    type: Folder,
    args: { id: t.arg.id({ required: true }), input: t.arg({ type: FolderInput, required: true }) },
    resolve: (_root, { id, input }, { db, viewer }) =>
      updateFolder(db, viewer.id, localId('Folder', id), toFolder(input)),
  }),
  deleteFolder: t.withAuth(prompting).id({
    skipTypeScopes: true,
    description: 'Its conversations stay, outside all folders.',
    args: { id: t.arg.id({ required: true }) },
    resolve: async (_root, { id }, { db, viewer }) => {
      await deleteFolder(db, viewer.id, localId('Folder', id));
      return encodeGlobalId('Folder', localId('Folder', id));
    },
  }),
}));
