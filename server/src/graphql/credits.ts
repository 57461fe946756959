import { followAccount } from '../domain/account-changes.ts';
import {
  type CreditAccount as CreditAccountShape,
  type CreditEntryRow,
  countCreditEntries,
  findCreditEntries,
  findCreditEntriesById,
} from '../domain/credits.ts';
import { InvalidInputError } from '../domain/errors.ts';
import { builder } from './builder.ts';
import { forgetLoaded, type GraphQLContext } from './context.ts';
import { forwardsOnly, type PageArguments, pageSize, toForwardConnection } from './pagination.ts';
import { Response } from './response.ts';

const CreditEntryKind = builder.enumType('CreditEntryKind', { values: ['GRANT', 'CHARGE', 'ADJUSTMENT'] as const });

const CreditEntry = builder.loadableNodeRef('CreditEntry', {
  id: { resolve: ({ id }: CreditEntryRow) => String(id), parse: Number },
  load: async (ids: number[], { db, viewer }: GraphQLContext) =>
    viewer ? findCreditEntriesById(db, viewer.id, ids) : [],
  toKey: ({ id }) => id,
  sort: true,
});

CreditEntry.implement({
  description: 'One line of the ledger. The entries of an account always add up to its balance.',
  fields: (t) => ({
    kind: t.expose('kind', { type: CreditEntryKind }),
    amount: t.expose('amount', { type: 'Credits' }),
    balanceAfter: t.expose('balance_after', { type: 'Credits' }),
    response: t.field({ type: Response, nullable: true, resolve: ({ response_id }) => response_id }),
    note: t.exposeString('note', { nullable: true }),
    createdAt: t.expose('created_at', { type: 'DateTime' }),
  }),
});

const CreditEntryEdge = builder.edgeObject({ type: CreditEntry, name: 'CreditEntryEdge' });
const CreditEntryConnection = builder.connectionObject(
  { type: CreditEntry, name: 'CreditEntryConnection' },
  CreditEntryEdge,
);

export const CreditAccount = builder.objectRef<CreditAccountShape>('CreditAccount').implement({
  fields: (t) => ({
    balance: t.expose('balance', { type: 'Credits', description: 'Settled credits; never negative.' }),
    held: t.expose('held', { type: 'Credits', description: 'Held for responses still running.' }),
    available: t.field({
      type: 'Credits',
      description: 'balance - held: what the next prompt may cost at most.',
      resolve: ({ balance, held }) => balance - held,
    }),
    renewsAt: t.expose('renewsAt', { type: 'DateTime' }),
    entries: t.connection(
      {
        type: CreditEntry,
        description: 'Newest first.',
        complexity: ({ first }) => ({ multiplier: pageSize({ first }) }),
        resolve: ({ userId }, args, context) => entryPage(context, userId, args),
      },
      CreditEntryConnection,
      CreditEntryEdge,
    ),
  }),
});

async function entryPage({ db }: GraphQLContext, userId: string, args: PageArguments) {
  forwardsOnly(args);
  const size = pageSize(args);
  if (args.after != null && !/^[1-9][0-9]{0,14}$/.test(args.after)) {
    throw new InvalidInputError('after', 'This is not a cursor of this list.');
  }
  const before = args.after == null ? null : Number(args.after);
  const rows = await findCreditEntries(db, userId, { before, limit: size + 1 });
  const count = () => countCreditEntries(db, userId);
  return toForwardConnection({ rows, size, after: args.after, toCursor: ({ id }) => String(id), count });
}

builder.subscriptionField('creditsChanged', (t) =>
  t.withAuth({ signedIn: true }).field({
    type: CreditAccount,
    description: 'The viewer’s credit account: now, and whenever it changes.',
    subscribe: (_root, _args, context) => followAccount(context, context.viewer.id),
    resolve(account, _args, context) {
      forgetLoaded(context);
      return account;
    },
  }),
);
