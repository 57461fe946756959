import { isLocalId } from '../../domain/ground/global-ids.ts';
import {
  type AuditEntryRow,
  countAuditEntries,
  findAuditEntries,
  findAuditPage,
} from '../../domain/people/administration.ts';
import {
  type ChainBreak as ChainBreakShape,
  type ChainReport,
  checkAuditChain,
} from '../../domain/people/audit-chain.ts';
import { mayReadFigures } from '../../domain/people/members.ts';
import { Admin } from '../admin.ts';
import { builder, forMembers } from '../ground/builder.ts';
import type { GraphQLContext } from '../ground/context.ts';
import { forwardsOnly, notACursor, type PageArguments, pageSize, toForwardConnection } from '../ground/pagination.ts';
import { REPORT_COST } from '../usage.ts';
import { theOperator, User } from '../user.ts';

const AuditEntry = builder.loadableNodeRef('AuditEntry', {
  id: { resolve: ({ id }: AuditEntryRow) => String(id), parse: Number },
  load: async (ids: number[], { db, viewer }: GraphQLContext) =>
    mayReadFigures(viewer) ? findAuditEntries(db, ids) : [],
  toKey: ({ id }) => id,
  sort: true,
});

AuditEntry.implement({
  description: 'An act in the audit log: who did what, and to whom.',
  fields: (t) => ({
    actor: t.field({ type: User, resolve: ({ actor_id }) => actor_id ?? theOperator }),
    action: t.exposeString('action'),
    target: t.exposeString('target', { nullable: true }),
    note: t.exposeString('note', { nullable: true }),
    erased: t.exposeBoolean('erased', {
      description: 'Whether target and note named a member whose account was deleted: they are null then.',
    }),
    createdAt: t.expose('created_at', { type: 'DateTime' }),
  }),
});

const AuditEntryEdge = builder.edgeObject({ type: AuditEntry, name: 'AuditEntryEdge' });
const AuditEntryConnection = builder.connectionObject(
  { type: AuditEntry, name: 'AuditEntryConnection' },
  AuditEntryEdge,
);

builder.objectField(Admin, 'auditLog', (t) =>
  t.connection(
    {
      type: AuditEntry,
      description: 'Newest first.',
      complexity: ({ first }) => ({ multiplier: pageSize({ first }) }),
      resolve: (_admin, args, context) => auditPage(context, args),
    },
    AuditEntryConnection,
    AuditEntryEdge,
  ),
);

async function auditPage({ db }: GraphQLContext, args: PageArguments) {
  forwardsOnly(args);
  const size = pageSize(args);
  if (args.after != null && !isLocalId('AuditEntry', args.after)) throw notACursor();
  const before = args.after == null ? null : Number(args.after);
  const rows = await findAuditPage(db, { before, limit: size + 1 });
  const count = () => countAuditEntries(db);
  return toForwardConnection({ rows, size, after: args.after, toCursor: ({ id }) => String(id), count });
}

const AuditChainBreak = builder.objectRef<ChainBreakShape>('AuditChainBreak').implement({
  description: 'The first place where the audit log is not as it was written.',
  fields: (t) => ({
    position: t.exposeFloat('position', { description: 'The entry’s place in the chain, from 1.' }),
    reason: t.exposeString('reason'),
    entry: t.field({
      type: AuditEntry,
      nullable: true,
      description: 'Null: it is missing.',
      resolve: ({ entryId }) => entryId,
    }),
  }),
});

const AuditChain = builder.objectRef<ChainReport>('AuditChain').implement({
  description:
    'Each entry of the audit log carries a hash of itself and of the hash before it. This report is made by computing all of them again.',
  fields: (t) => ({
    entries: t.exposeFloat('entries', { description: 'The entries that were checked: all, up to the break.' }),
    erased: t.exposeFloat('erased', { description: 'How many of them have their names erased.' }),
    counting: t.exposeFloat('counting', {
      description: 'Entries that still count an act, and join the chain within twenty minutes.',
    }),
    since: t.expose('since', { type: 'DateTime', nullable: true, description: 'When the first entry was written.' }),
    position: t.float({
      nullable: true,
      description: 'The place of the last entry that was checked.',
      resolve: ({ head }) => head?.position ?? null,
    }),
    hash: t.string({
      nullable: true,
      description:
        'The hash of the last entry that was checked, in hexadecimal. Noted elsewhere, it proves later that nothing was cut off.',
      resolve: ({ head }) => head?.hash ?? null,
    }),
    broken: t.expose('broken', { type: AuditChainBreak, nullable: true, description: 'Null: the chain is unbroken.' }),
  }),
});

builder.objectField(Admin, 'auditChain', (t) =>
  t.field({
    type: AuditChain,
    complexity: forMembers(REPORT_COST),
    description: 'Checks the whole audit log, which takes about a second for 20,000 entries.',
    resolve: (_admin, _args, { db }) => checkAuditChain(db),
  }),
);
