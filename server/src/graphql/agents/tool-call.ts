import DataLoader from 'dataloader';
import { answerToolCall } from '../../domain/agents/approvals.ts';
import { type ToolCallPart as ToolCallPartShape, toolCallPartOf } from '../../domain/answering/answer-parts.ts';
import { loadShownCalls, type ShownCall } from '../../domain/answering/calls/shown-calls.ts';
import { callStatuses, LiveToolCall } from '../../domain/answering/live-tool-call.ts';
import { builder, prompting } from '../ground/builder.ts';
import type { GraphQLContext } from '../ground/context.ts';
import { localId } from '../ground/ids.ts';
import { type EventOf, Response, ResponseEvent, ResponsePart } from '../response.ts';

const ToolCallStatus = builder.enumType('ToolCallStatus', {
  description: 'DONE, FAILED, REFUSED and UNCERTAIN are final.',
  values: Object.fromEntries(callStatuses.map((status) => [status, { description: describe(status) }])) as Record<
    (typeof callStatuses)[number],
    { description: string }
  >,
});

function describe(status: (typeof callStatuses)[number]): string {
  switch (status) {
    case 'WRITING':
      return 'The model writes its arguments.';
    case 'WAITING_FOR_APPROVAL':
      return 'It is made if its member approves it (answerToolCall).';
    case 'RUNNING':
      return 'The tool works.';
    case 'DONE':
      return 'It has a result.';
    case 'FAILED':
      return 'It could not be made, or the tool reported a failure.';
    case 'REFUSED':
      return 'Its member refused it, or did not answer in time: it was not made.';
    case 'UNCERTAIN':
      return 'It was begun, and nobody knows what became of it: it was broken off. It is not made again.';
  }
}

const ToolResultImage = builder
  .objectRef<{ callId: string; place: number; mediaType: string }>('ToolResultImage')
  .implement({
    description: 'An image that a tool gave. It is kept as the tool made it: nothing of it is loaded from elsewhere.',
    fields: (t) => ({
      url: t.string({
        description: 'Where the bytes are, for its member alone: a path of this server.',
        resolve: ({ callId, place }, _args, { basePath }) => `${basePath}/tool-results/${callId}/${place}`,
      }),
      mediaType: t.exposeString('mediaType'),
    }),
  });

const ToolCallPart = builder.objectRef<ToolCallPartShape>('ToolCallPart').implement({
  description:
    'A call of a tool. Its arguments and its result were written by a model and by a tool: they are no HTML.',
  interfaces: [ResponsePart],
  fields: (t) => ({
    // What the part itself tells is there with it, and costs nothing more.
    id: t.id({ complexity: 0, resolve: ({ data }) => data.id }),
    name: t.string({ complexity: 0, description: 'As the model knows the tool.', resolve: ({ data }) => data.name }),
    toolId: t.id({
      nullable: true,
      complexity: 0,
      description: 'Null: there is no such tool.',
      resolve: ({ data }) => data.toolId,
    }),
    arguments: t.string({
      description: 'JSON; so far, while it is written.',
      resolve: async ({ responseId, data }, _args, context) =>
        writtenHere(context, responseId, data.id)?.arguments.toString() ??
        (await textsOf(context, data.id))?.arguments ??
        '',
    }),
    result: t.string({
      nullable: true,
      description: 'What the tool told the model; null: nothing yet.',
      resolve: async ({ responseId, data }, _args, context) => {
        const here = writtenHere(context, responseId, data.id);
        return here ? (here.progress?.result?.text ?? null) : ((await textsOf(context, data.id))?.result ?? null);
      },
    }),
    images: t.field({
      type: [ToolResultImage],
      description: 'The images of the result, which `result` does not tell of.',
      resolve: async ({ responseId, data: { id } }, _args, context) => {
        const here = writtenHere(context, responseId, id);
        const images = here ? here.progress?.result?.images : (await textsOf(context, id))?.images;
        return (images ?? []).map((image) => ({ ...image, callId: id }));
      },
    }),
    status: t.field({ type: ToolCallStatus, complexity: 0, resolve: ({ data }) => data.status }),
    durationMs: t.int({
      nullable: true,
      complexity: 0,
      description: 'Of the tool’s work; null: it was not asked, has not ended, or nobody knows when it did.',
      resolve: ({ data }) => data.durationMs,
    }),
    creditsCharged: t.field({
      type: 'Credits',
      nullable: true,
      complexity: 0,
      description: 'The tool’s price; the model’s words are charged apart.',
      resolve: ({ data }) => data.credits,
    }),
  }),
});

/** The id by which a call is told of. Of one that is being written, the part has the provider's id beside it. */
function idOf(data: unknown): unknown {
  return data instanceof LiveToolCall ? data.progress?.id : (data as { id?: unknown } | undefined)?.id;
}

builder.objectField(Response, 'toolCall', (t) =>
  t.field({
    type: ToolCallPart,
    nullable: true,
    description: 'The one of its parts that is the call with this id; null: it has no such call.',
    args: { id: t.arg.id({ required: true }) },
    resolve: ({ id, parts }, { id: callId }) => {
      const index = parts?.findIndex(({ data }) => idOf(data) === callId) ?? -1;
      const part = parts?.[index];
      return part ? toolCallPartOf(id, { ...part, index }) : null;
    },
  }),
);

function writtenHere({ live }: GraphQLContext, responseId: string, id: string) {
  return live.get(responseId)?.calls.find(({ progress }) => progress?.id === id);
}

/** The arguments and the result of a call, which its part does not have; null: it was broken off while it was written. */
async function textsOf(context: GraphQLContext, id: string): Promise<ShownCall | null> {
  const texts = await loaderOf(context).load(id);
  return texts?.withheld ? context.budget.refuse() : texts;
}

const loaders = new WeakMap<GraphQLContext, DataLoader<string, ShownCall | null>>();

/** Loads the calls of an answer together. It remembers none of them: an event of a subscription reads its data anew. */
function loaderOf(context: GraphQLContext): DataLoader<string, ShownCall | null> {
  const known = loaders.get(context);
  if (known) return known;
  const loader = new DataLoader(
    async (ids: readonly string[]) => {
      const { viewer, budget } = context;
      const wanted = { ids: [...new Set(ids)], bytesMax: budget.bytesMax };
      const calls = viewer ? await loadShownCalls(context, viewer.id, wanted) : [];
      return ids.map((id) => calls.find((call) => call.id === id) ?? null);
    },
    { cache: false },
  );
  loaders.set(context, loader);
  return loader;
}

builder.objectRef<EventOf<'toolCall'>>('ToolCallChanged').implement({
  description: 'A call of a tool began, goes on, or has ended.',
  interfaces: [ResponseEvent],
  fields: (t) => ({ part: t.expose('part', { type: ToolCallPart }) }),
});

builder.mutationField('answerToolCall', (t) =>
  t.withAuth(prompting).field({
    skipTypeScopes: true,
    type: Response,
    description:
      'Approves or refuses a call that waits for it, and with it every call of the same tool with the same arguments that waits in the same turn. With remember the answer holds for all calls of the tool in the conversation. A call that was answered already stays as it is.',
    args: {
      responseId: t.arg.id({ required: true }),
      toolCallId: t.arg.id({ required: true }),
      approve: t.arg.boolean({ required: true }),
      remember: t.arg.boolean({ defaultValue: false }),
    },
    resolve: (_root, { responseId, toolCallId, approve, remember }, context) =>
      answerToolCall(context, context.viewer.id, {
        responseId: localId('Response', responseId),
        callId: toolCallId,
        approve,
        remember: remember ?? false,
      }),
  }),
);
