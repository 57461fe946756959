import {
  deleteFile,
  FILES_PER_PROMPT_MAX,
  type FileRow,
  fileUsageOf,
  findFilePage,
  findFiles,
  findFilesOfTurns,
  textOfFile,
} from '../../domain/files/files.ts';
import { encodeGlobalId } from '../../domain/ground/global-ids.ts';
import type { Member } from '../../domain/people/members.ts';
import { builder, forMembers, prompting } from '../ground/builder.ts';
import type { GraphQLContext } from '../ground/context.ts';
import { grouped } from '../ground/grouped.ts';
import { localId } from '../ground/ids.ts';
import { forwardsOnly, notACursor, type PageArguments, pageSize, toForwardConnection } from '../ground/pagination.ts';
import { Server } from '../sign-up.ts';
import { Turn } from '../turn.ts';
import { Viewer } from '../viewer.ts';

export const FileKind = builder.enumType('FileKind', {
  description:
    'What a file is, by its bytes. A DOCUMENT is a text with a form of its own (DOCX, PPTX, XLSX, ODT): of it and of a TEXT, models are sent the text.',
  values: ['IMAGE', 'PDF', 'DOCUMENT', 'TEXT', 'AUDIO'] as const,
});

/** Complexity of a text, which may have megabytes: a dozen fit into an operation. */
const TEXT_COST = 4000;

export const File = builder.loadableNodeRef('File', {
  id: { resolve: ({ id }: FileRow) => id },
  load: async (ids: string[], { db, viewer }: GraphQLContext) => (viewer ? findFiles(db, viewer.id, ids) : []),
  toKey: ({ id }) => id,
  sort: true,
  cacheResolved: true,
});

File.implement({
  description:
    'A file that its member uploaded with POST /files, or that a model made. Nobody else can open it; those with whom a prompt set is shared see what its files are.',
  fields: (t) => ({
    name: t.exposeString('name'),
    mediaType: t.exposeString('media_type'),
    kind: t.expose('kind', { type: FileKind }),
    bytes: t.exposeInt('bytes', { description: 'As it is kept: an image is encoded anew, without what it told.' }),
    pages: t.exposeInt('pages', { nullable: true }),
    width: t.exposeInt('width', { nullable: true, description: 'Of an image, in pixels.' }),
    height: t.exposeInt('height', { nullable: true }),
    text: t.string({
      nullable: true,
      complexity: forMembers(TEXT_COST),
      description:
        'What models that cannot see the file are sent of it, with a line [Page 1] before each page; null: it has no text, or is of a set that another member shares.',
      args: { length: t.arg.int({ description: 'At most so many characters (UTF-16) from its beginning.' }) },
      resolve: async (file, { length }, { fileContents, budget, viewer }) => {
        if (file.user_id !== viewer?.id) return null;
        const wanted = length == null ? null : Math.max(0, length);
        let ahead = 0;
        const onBytes = (bytes: number) => {
          ahead = bytes;
          budget.take(bytes);
        };
        try {
          return await textOfFile(fileContents, file, { length: wanted, onBytes });
        } finally {
          budget.giveBack(ahead);
        }
      },
    }),
    textTokens: t.exposeInt('text_tokens', {
      nullable: true,
      description: 'Of its text, as they are estimated for a quote.',
    }),
    url: t.string({
      description: 'Where the bytes are: a path of this server. With ?download, browsers save it.',
      resolve: ({ id }, _args, { basePath }) => pathOf(basePath, id),
    }),
    thumbnailUrl: t.string({
      nullable: true,
      description: 'A WebP of at most 320 × 320 pixels; null: there is none.',
      resolve: ({ id, thumbnail_hash }, _args, { basePath }) =>
        thumbnail_hash === null ? null : `${pathOf(basePath, id)}/thumbnail`,
    }),
    createdAt: t.expose('created_at', { type: 'DateTime' }),
  }),
});

function pathOf(basePath: string, id: string): string {
  return `${basePath}/files/${encodeGlobalId('File', id)}`;
}

builder.objectField(Turn, 'files', (t) =>
  t.loadableList({
    type: File,
    complexity: { multiplier: FILES_PER_PROMPT_MAX },
    description: 'What was sent with the prompt, in its order.',
    load: async (turnIds: string[], { db, viewer }: GraphQLContext) => {
      const files = viewer ? await findFilesOfTurns(db, viewer.id, turnIds) : [];
      return grouped(turnIds, files, ({ turn_id }) => turn_id);
    },
    resolve: ({ id }) => id,
  }),
);

const FileUsage = builder.objectRef<{ bytes: number; bytesMax: number }>('FileUsage').implement({
  fields: (t) => ({
    bytes: t.exposeFloat('bytes', {
      description: 'Of all files of the member together, and of the texts that were read out of them.',
    }),
    bytesMax: t.exposeFloat('bytesMax', { description: 'What the plan allows.' }),
  }),
});

const FileEdge = builder.edgeObject({ type: File, name: 'FileEdge' });
const FileConnection = builder.connectionObject({ type: File, name: 'FileConnection' }, FileEdge);

builder.objectFields(Viewer, (t) => ({
  fileUsage: t.field({
    type: FileUsage,
    resolve: (member: Member, _args, { db, catalogue }) => fileUsageOf(db, catalogue, member),
  }),
  files: t.connection(
    {
      type: File,
      description:
        'The files of the member, the newest first; forwards only. Those of temporary conversations are not listed.',
      complexity: (args) => ({ multiplier: pageSize(args) }),
      resolve: (member: Member, args, context) => filePage(member, args, context),
    },
    FileConnection,
    FileEdge,
  ),
}));

async function filePage({ id: userId }: Member, args: PageArguments, { db }: GraphQLContext) {
  forwardsOnly(args);
  const size = pageSize(args);
  const after = args.after ?? null;
  if (after !== null && !/^[0-9a-f-]{36}$/.test(after)) throw notACursor();
  const { rows, count } = findFilePage(db, userId, { after, limit: size + 1 });
  return toForwardConnection({ rows: await rows, size, after, toCursor: ({ id }) => id, count });
}

builder.objectFields(Server, (t) => ({
  fileBytesMax: t.int({
    description: 'Of a file that is uploaded.',
    resolve: ({ uploads }) => uploads.bytesMax,
  }),
  filesPerPromptMax: t.int({ resolve: () => FILES_PER_PROMPT_MAX }),
}));

builder.mutationField('deleteFile', (t) =>
  t.withAuth(prompting).id({
    skipTypeScopes: true,
    description: 'Deletes a file that no prompt has; others go with the last conversation or prompt set that has them.',
    args: { id: t.arg.id({ required: true }) },
    resolve: async (_root, { id }, { db, viewer, fileCleaner }) => {
      await deleteFile(db, viewer.id, localId('File', id));
      fileCleaner.wake();
      return encodeGlobalId('File', localId('File', id));
    },
  }),
);
