import { knownModel } from '../../domain/catalogue/catalogue.ts';
import {
  countHitsInside,
  countHitsOf,
  findHitsInside,
  findHitsOf,
  type HitPlace,
  type Hit as HitShape,
  type Snippet as SnippetShape,
  type TextRange as TextRangeShape,
} from '../../domain/conversations/searching/hits.ts';
import { encodeGlobalId } from '../../domain/ground/global-ids.ts';
import { Conversation } from '../conversation.ts';
import { builder } from '../ground/builder.ts';
import type { SignedInContext } from '../ground/context.ts';
import {
  forwardsOnly,
  notACursor,
  type PageArguments,
  pageSize,
  SEARCH_COST,
  toForwardConnection,
} from '../ground/pagination.ts';
import { Model } from '../model.ts';
import { Turn } from '../turn.ts';

const TextRange = builder.objectRef<TextRangeShape>('TextRange').implement({
  description: 'From start up to end, which is not in it, in UTF-16 code units.',
  fields: (t) => ({ start: t.exposeInt('start'), end: t.exposeInt('end') }),
});

const Snippet = builder.objectRef<SnippetShape>('Snippet').implement({
  fields: (t) => ({
    text: t.exposeString('text', {
      description: 'One line of about 160 characters, with … where it is cut, without Markdown’s signs.',
    }),
    marks: t.expose('marks', { type: [TextRange], description: 'Where in it the search’s words are, in order.' }),
  }),
});

const SearchHit = builder.objectRef<HitShape>('SearchHit').implement({
  description: 'A prompt or an answer with all words of a search.',
  fields: (t) => ({
    conversation: t.field({ type: Conversation, resolve: ({ conversationId }) => conversationId }),
    turn: t.field({ type: Turn, resolve: ({ turnId }) => turnId }),
    responseId: t.id({
      nullable: true,
      description: 'The answer, which may be an older version of its lane; null: it is the turn’s prompt.',
      resolve: ({ response }) => (response ? encodeGlobalId('Response', response.id) : null),
    }),
    model: t.field({
      type: Model,
      nullable: true,
      description: 'Whose answer it is, as Response.model tells it; null: it is the prompt.',
      resolve: ({ response }, _args, { catalogue }) => (response ? knownModel(catalogue, response.model_id) : null),
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
    snippet: t.expose('snippet', { type: Snippet }),
  }),
});

const SearchHitEdge = builder.edgeObject({ type: SearchHit, name: 'SearchHitEdge' });
const SearchHitConnection = builder.connectionObject({ type: SearchHit, name: 'SearchHitConnection' }, SearchHitEdge);

builder.queryField('searchHits', (t) =>
  t.connection(
    {
      type: SearchHit,
      description:
        'The viewer’s prompts and answers with all words of the search, the first five different ones, regardless of case and accents; those of the newest turns first, and of one turn the prompt before its answers. Parts of words count if no text has them as words; a part of one or two letters is looked for in the newest 1,000 turns. At most 1,000 are counted.',
      authScopes: { signedIn: true },
      complexity: ({ first }) => ({ field: SEARCH_COST, multiplier: pageSize({ first }) }),
      args: { search: t.arg.string({ required: true }) },
      resolve: async (_root, { search, ...args }, context) => {
        forwardsOnly(args);
        const { db, viewer } = context as SignedInContext;
        const of = { userId: viewer.id, search };
        const page = pageOf(args);
        const rows = await findHitsOf(db, { ...of, ...page });
        return toConnection(rows, { ...args, count: () => countHitsOf(db, of) });
      },
    },
    SearchHitConnection,
    SearchHitEdge,
  ),
);

builder.objectField(Conversation, 'hits', (t) =>
  t.connection(
    {
      type: SearchHit,
      description:
        'The prompts and answers of this conversation with all words of the search, or parts of words, on all its branches, in the order in which they were asked.',
      complexity: ({ first }) => ({ field: SEARCH_COST, multiplier: pageSize({ first }) }),
      args: { search: t.arg.string({ required: true }) },
      resolve: async ({ id, user_id }, { search, ...args }, { db }) => {
        forwardsOnly(args);
        const of = { userId: user_id, conversationId: id, search };
        const page = pageOf(args);
        const rows = await findHitsInside(db, { ...of, ...page });
        return toConnection(rows, { ...args, count: () => countHitsInside(db, of) });
      },
    },
    SearchHitConnection,
    SearchHitEdge,
  ),
);

function pageOf(args: PageArguments) {
  return { after: args.after == null ? null : parseCursor(args.after), limit: pageSize(args) + 1 };
}

function toConnection(rows: readonly HitShape[], { count, ...args }: PageArguments & { count: () => Promise<number> }) {
  return toForwardConnection({ rows, size: pageSize(args), after: args.after, toCursor, count });
}

function toCursor({ place }: HitShape): string {
  return Buffer.from(`${place.askedAt.toISOString()} ${place.turnId} ${place.textId}`).toString('base64url');
}

function parseCursor(cursor: string): HitPlace {
  const [time = '', turnId = '', textId = '', ...rest] = Buffer.from(cursor, 'base64url').toString().split(' ');
  const askedAt = new Date(/^\d{4}-/.test(time) ? time : Number.NaN);
  if (Number.isNaN(askedAt.getTime()) || !uuid.test(turnId) || !uuid.test(textId) || rest.length > 0)
    throw notACursor();
  return { askedAt, turnId, textId };
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
