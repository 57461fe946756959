import { encodeGlobalId } from '../../domain/ground/global-ids.ts';
import type { verdictKinds } from '../../domain/judging/ballot.ts';
import { type GivingName as GivingNameShape, givingNames } from '../../domain/judging/self-naming.ts';
import {
  changeableUntil,
  contestantsOfTurns,
  judgeTurn,
  type OwnVerdict,
  ownVerdicts,
  revealTurn,
  suggestTopics,
  type TopicRow,
  verdictsOfTurns,
} from '../../domain/judging/verdicts.ts';
import { Admin } from '../admin.ts';
import { builder, forMembers, prompting } from '../ground/builder.ts';
import type { GraphQLContext } from '../ground/context.ts';
import { localId } from '../ground/ids.ts';
import { Response } from '../response.ts';
import { Turn } from '../turn.ts';

export const VerdictKind = builder.enumType('VerdictKind', {
  values: {
    BEST: { description: 'One answer is better than all others.' },
    TIE: { description: 'Two answers or more are equally good, and better than the rest.' },
    ALL_BAD: { description: 'No answer is any good. It counts for no model and against none.' },
  } as const satisfies Record<(typeof verdictKinds)[number], object>,
});

const Verdict = builder.loadableNodeRef('Verdict', {
  id: { resolve: ({ id }: OwnVerdict) => id },
  load: async (ids: string[], { db, viewer }: GraphQLContext) => (viewer ? ownVerdicts(db, viewer.id, ids) : []),
  toKey: ({ id }) => id,
  sort: true,
});

Verdict.implement({
  description:
    'What the viewer said of a turn’s answers. It compares the answers that were shown when it was first given, and outlives their conversation.',
  fields: (t) => ({
    kind: t.expose('kind', { type: VerdictKind }),
    best: t.field({
      type: [Response],
      description: 'The answer that is best, or those that tie; empty once their conversation is deleted.',
      resolve: ({ contestants }, _args, context) =>
        responsesOf(
          context,
          contestants.filter(({ best }) => best),
        ),
    }),
    topic: t.exposeString('topic', {
      nullable: true,
      description: 'In lower case. All members see which topics there are.',
    }),
    note: t.exposeString('note', { nullable: true, description: 'Only the viewer reads it.' }),
    blind: t.exposeBoolean('blind', {
      description: 'Whether the viewer did not know the models when they last said what is best.',
    }),
    unpaced: t.exposeBoolean('unpaced', {
      description: 'Whether the viewer saw the answers arrive at the models’ own speeds, which may give models away.',
    }),
    named: t.exposeBoolean('named', {
      description:
        'Whether a compared answer names its model or maker, or is a merge that speaks of the others, so that the verdict is left out of blind ratings.',
    }),
    imported: t.exposeBoolean('imported', {
      description: 'Whether it came with a conversation from a file: it counts nowhere, and cannot be changed.',
    }),
    createdAt: t.expose('created_at', { type: 'DateTime' }),
    changedAt: t.expose('changed_at', { type: 'DateTime', nullable: true }),
    changeableUntil: t.field({ type: 'DateTime', resolve: changeableUntil }),
  }),
});

/** Those of the responses that are still there and the viewer's. */
async function responsesOf(context: GraphQLContext, responses: readonly { responseId: string }[]) {
  const found = await Response.getDataloader(context).loadMany(responses.map(({ responseId }) => responseId));
  return found.flatMap((response) => (response && !(response instanceof Error) ? [response] : []));
}

builder.objectField(Turn, 'verdict', (t) =>
  t.loadable({
    type: Verdict,
    nullable: true,
    description: 'Null until the viewer judged it.',
    load: async (turnIds: string[], { db, viewer }: GraphQLContext) =>
      viewer ? verdictsOfTurns(db, viewer.id, turnIds) : turnIds.map(() => null),
    resolve: ({ id }) => id,
  }),
);

builder.objectField(Turn, 'contestants', (t) =>
  t.loadableList({
    type: 'ID',
    description:
      'The ids of the responses that a verdict would compare, by lane: complete answers of the models that were asked, in the versions that are shown. Empty while one is being written, and if there are fewer than two. While the models are hidden, an answer that a fallback wrote, or that credits ended, is among them: judgeTurn leaves it out.',
    load: async (turnIds: string[], { db }: GraphQLContext) => {
      const compared = await contestantsOfTurns(db, turnIds);
      return compared.map((ids) => ids.map((id) => encodeGlobalId('Response', id)));
    },
    resolve: ({ id }) => id,
  }),
);

/** Complexity of a verdict: the answers are read and searched for names. */
const JUDGING_COST = 5_000;
/** Complexity of counting all verdicts. */
const TOPICS_COST = 1_000;

const JudgeTurnInput = builder.inputType('JudgeTurnInput', {
  fields: (t) => ({
    turnId: t.id({ required: true }),
    kind: t.field({ type: VerdictKind, required: true }),
    bestResponseIds: t.idList({
      description: 'BEST: the one; TIE: those that tie, absent: all that are compared; ALL_BAD: none.',
    }),
    topic: t.string({ description: 'By which verdicts are grouped: a word or a few, up to 80 characters.' }),
    note: t.string({ description: 'For the viewer alone, up to 2,000 characters; deleted with the conversation.' }),
  }),
});

builder.mutationFields((t) => ({
  judgeTurn: t.withAuth(prompting).field({
    skipTypeScopes: true,
    type: Turn,
    complexity: forMembers(JUDGING_COST),
    description:
      'Says which of a turn’s answers is best, once all are complete. A blind turn is revealed by it. Given again within a day, it replaces the viewer’s verdict; if it then says something else, it is no longer blind.',
    args: { input: t.arg({ type: JudgeTurnInput, required: true }) },
    resolve: (_root, { input: { turnId, bestResponseIds, ...ballot } }, context) =>
      judgeTurn(context, context.viewer.id, {
        ...ballot,
        turnId: localId('Turn', turnId),
        bestResponseIds: bestResponseIds?.map((id) => localId('Response', id)),
      }),
  }),
  revealTurn: t.withAuth(prompting).field({
    skipTypeScopes: true,
    type: Turn,
    description: 'Shows the models of a blind turn. A verdict that is given afterwards is not blind.',
    args: { turnId: t.arg.id({ required: true }) },
    resolve: (_root, { turnId }, context) => revealTurn(context, context.viewer.id, localId('Turn', turnId)),
  }),
}));

const VerdictTopic = builder.objectRef<TopicRow>('VerdictTopic').implement({
  fields: (t) => ({ topic: t.exposeString('topic'), verdicts: t.exposeInt('verdicts') }),
});

builder.queryField('verdictTopics', (t) =>
  t.withAuth({ signedIn: true }).field({
    type: [VerdictTopic],
    complexity: (_args, { viewer }) => ({ field: viewer ? TOPICS_COST : 1, multiplier: 100 }),
    description: 'The topics of all members’ verdicts, the most frequent first; at most a hundred.',
    resolve: (_root, _args, { db }) => suggestTopics(db),
  }),
);

const GivingName = builder.objectRef<GivingNameShape>('GivingName').implement({
  description: 'A name by which an answer gives away who wrote it.',
  fields: (t) => ({
    name: t.exposeString('name', {
      description: 'Found as whole words, whatever their case and what is between them.',
    }),
    everywhere: t.exposeBoolean('everywhere', {
      description: 'Whether it counts in any answer; else only in those of the models whose name or maker it is.',
    }),
    modelIds: t.exposeIDList('modelIds', { description: 'The models of the catalogue whose name or maker it is.' }),
  }),
});

builder.objectField(Admin, 'givingNames', (t) =>
  t.field({
    type: [GivingName],
    complexity: (_args, { catalogue }) => ({ field: TOPICS_COST, multiplier: 100 + 4 * catalogue.models.size }),
    description:
      'The names that mark a verdict, if a compared answer has one: made from the catalogue and the names of well-known assistants and their makers.',
    resolve: (_admin, _args, { catalogue }) => givingNames(catalogue),
  }),
);
