import { knownModel } from '../domain/catalogue/catalogue.ts';
import { ForbiddenError, InvalidInputError } from '../domain/ground/errors.ts';
import { followAccount } from '../domain/money/account-changes.ts';
import {
  type CreditAccount as CreditAccountShape,
  type CreditEntryRow,
  countCreditEntries,
  findCreditEntries,
  findCreditEntriesById,
  findReceipts,
  type ReceiptRow,
} from '../domain/money/credits.ts';
import { mayReadFigures } from '../domain/people/members.ts';
import { findPayingTeam } from '../domain/people/paying-team.ts';
import { followTeamAccount } from '../domain/people/teams.ts';
import { builder } from './ground/builder.ts';
import { forgetLoaded, type GraphQLContext } from './ground/context.ts';
import { forwardsOnly, type PageArguments, pageSize, toForwardConnection } from './ground/pagination.ts';
import { Model } from './model.ts';
import { PayingTeam, teamOfArgument } from './payer.ts';
import { Response, ResponseStatus } from './response.ts';

/**
 * A member loads the receipts of what they asked, and of what a team paid that they own. An admin or an auditor loads
 * anyone's: receipts hold figures, no text.
 */
export const Receipt = builder.loadableObjectRef<ReceiptRow, string>('Receipt', {
  load: async (ids: string[], { db, viewer }: GraphQLContext) =>
    viewer ? findReceipts(db, mayReadFigures(viewer) ? null : viewer.id, ids) : [],
  toKey: ({ response_id }) => response_id,
  sort: true,
});

Receipt.implement({
  description:
    'The cost of a settled response and how it came about, at the prices in force then: its tokens by their prices plus the request’s own price, rounded up once (or the cost that the provider reported), and never more than was held.',
  fields: (t) => ({
    model: t.field({
      type: Model,
      description: 'The model that answered.',
      resolve: ({ model_id }, _args, { catalogue }) => knownModel(catalogue, model_id),
    }),
    status: t.field({ type: ResponseStatus, resolve: ({ status }) => status as Status }),
    buckets: t.field({
      type: [ReceiptBucket],
      description: 'Each token is in exactly one.',
      resolve: toBuckets,
    }),
    requestPrice: t.expose('request_price', { type: 'Credits', description: 'Credits for the request itself.' }),
    estimated: t.exposeBoolean('estimated', {
      description: 'True if the provider reported no usage and the server counted for itself.',
    }),
    costReported: t.expose('cost_reported', {
      type: 'Boolean',
      description: 'True if the provider reported the cost, and that was charged instead of tokens by their prices.',
    }),
    credits: t.expose('credits', { type: 'Credits', description: 'The credits charged.' }),
    team: t.field({
      type: PayingTeam,
      nullable: true,
      description: 'The team that paid; null: the member who asked did.',
      resolve: ({ team_id }) => team_id,
    }),
    creditsHeld: t.expose('credits_held', { type: 'Credits', description: 'The most that could have been charged.' }),
    createdAt: t.expose('created_at', { type: 'DateTime' }),
  }),
});

type Status = (typeof ResponseStatus)['$inferType'];

const TokenBucket = builder.enumType('TokenBucket', {
  values: {
    INPUT: { description: 'Without what the other buckets of input have.' },
    IMAGE_INPUT: { description: 'Of images, where the provider tells them apart; priced as INPUT.' },
    CACHED_INPUT: {},
    CACHE_WRITE_INPUT: {},
    OUTPUT: {},
    REASONING: {},
  } as const,
});

interface Bucket {
  bucket: (typeof TokenBucket)['$inferType'];
  tokens: number;
  price: number;
}

const ReceiptBucket = builder.objectRef<Bucket>('ReceiptBucket').implement({
  fields: (t) => ({
    bucket: t.expose('bucket', { type: TokenBucket }),
    tokens: t.exposeInt('tokens'),
    price: t.expose('price', { type: 'Credits', description: 'Credits for a million tokens.' }),
  }),
});

function toBuckets(receipt: ReceiptRow): Bucket[] {
  const { image_input_tokens: images } = receipt;
  return [
    { bucket: 'INPUT', tokens: receipt.input_tokens - images, price: receipt.input_price },
    ...(images > 0 ? [{ bucket: 'IMAGE_INPUT' as const, tokens: images, price: receipt.input_price }] : []),
    { bucket: 'CACHED_INPUT', tokens: receipt.cached_input_tokens, price: receipt.cached_input_price },
    { bucket: 'CACHE_WRITE_INPUT', tokens: receipt.cache_write_input_tokens, price: receipt.cache_write_input_price },
    { bucket: 'OUTPUT', tokens: receipt.output_tokens, price: receipt.output_price },
    { bucket: 'REASONING', tokens: receipt.reasoning_tokens, price: receipt.output_price },
  ];
}

builder.objectField(Response, 'receipt', (t) =>
  t.field({
    type: Receipt,
    nullable: true,
    description: 'Null while the response runs.',
    resolve: ({ id }) => id,
  }),
);

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
    receipt: t.field({
      type: Receipt,
      nullable: true,
      description: 'How a charge came about. It outlives the response.',
      resolve: ({ response_id }) => response_id,
    }),
    note: t.exposeString('note', { nullable: true }),
    createdAt: t.expose('created_at', { type: 'DateTime' }),
  }),
});

const CreditEntryEdge = builder.edgeObject({ type: CreditEntry, name: 'CreditEntryEdge' });
const CreditEntryConnection = builder.connectionObject(
  { type: CreditEntry, name: 'CreditEntryConnection' },
  CreditEntryEdge,
);

/** A credit account as a viewer sees it. */
export interface ShownAccount extends CreditAccountShape {
  /** The most that the viewer may spend of it now. Absent: all of it. */
  rest?: number | undefined;
}

export const CreditAccount = builder.objectRef<ShownAccount>('CreditAccount').implement({
  fields: (t) => ({
    balance: t.expose('balance', { type: 'Credits', description: 'Settled credits; never negative.' }),
    held: t.expose('held', { type: 'Credits', description: 'Held for responses still running.' }),
    available: t.field({
      type: 'Credits',
      description:
        'balance - held: the most that the next prompt may cost. Of a team’s account at most what the viewer may still spend of it this month.',
      resolve: ({ balance, held, rest = Number.POSITIVE_INFINITY }) => Math.min(balance - held, rest),
    }),
    renewsAt: t.expose('renewsAt', { type: 'DateTime' }),
    entries: t.connection(
      {
        type: CreditEntry,
        description: 'Newest first.',
        complexity: ({ first }) => ({ multiplier: pageSize({ first }) }),
        resolve: async (account, args, context) => {
          await requireLedger(account, context);
          return entryPage(context, account.id, args);
        },
      },
      CreditEntryConnection,
      CreditEntryEdge,
    ),
  }),
});

/** A team's ledger is for its owners, admins and auditors: it tells when its members asked, and what that cost. */
async function requireLedger({ teamId }: ShownAccount, { db, viewer }: GraphQLContext): Promise<void> {
  if (teamId === null || mayReadFigures(viewer)) return;
  if (viewer && (await findPayingTeam(db, { teamId }, viewer.id))?.isOwner) return;
  throw new ForbiddenError('Only an owner of the team or an admin sees its ledger.');
}

async function entryPage({ db }: GraphQLContext, accountId: string, args: PageArguments) {
  forwardsOnly(args);
  const size = pageSize(args);
  if (args.after != null && !/^[1-9][0-9]{0,14}$/.test(args.after)) {
    throw new InvalidInputError('after', 'This is not a cursor of this list.');
  }
  const before = args.after == null ? null : Number(args.after);
  const rows = await findCreditEntries(db, accountId, { before, limit: size + 1 });
  const count = () => countCreditEntries(db, accountId);
  return toForwardConnection({ rows, size, after: args.after, toCursor: ({ id }) => String(id), count });
}

builder.subscriptionField('creditsChanged', (t) =>
  t.withAuth({ signedIn: true }).field({
    type: CreditAccount,
    description: 'The viewer’s credit account, or that of a team they are in: now, and whenever it changes.',
    args: { payerId: t.arg.id({ description: 'A team’s id, or the viewer’s; absent: the viewer’s.' }) },
    subscribe: async (_root, { payerId }, context) => {
      const team = teamOfArgument(payerId, context);
      return team ? followTeamAccount(context, context.viewer, team.teamId) : followAccount(context, context.viewer.id);
    },
    resolve(account, _args, context): ShownAccount {
      forgetLoaded(context);
      return account;
    },
  }),
);
