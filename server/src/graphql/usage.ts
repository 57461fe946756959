import { knownModel, knownProvider } from '../domain/catalogue/catalogue.ts';
import {
  reportUsage,
  type UsageReport as UsageReportShape,
  type UsageRow as UsageRowShape,
} from '../domain/money/usage.ts';
import { findKnownKeys, type KnownKeyRow } from '../domain/people/api-keys.ts';
import { builder, forMembers } from './ground/builder.ts';
import type { GraphQLContext } from './ground/context.ts';
import { Model, Provider } from './model.ts';
import { PayingTeam } from './payer.ts';
import { User } from './user.ts';
import { Viewer } from './viewer.ts';

export const UsageGroup = builder.enumType('UsageGroup', {
  values: ['DAY', 'MODEL', 'PROVIDER', 'USER', 'KEY', 'PAYER'] as const,
});

/** Complexity of a report by itself: it reads all receipts of its period. */
export const REPORT_COST = 5000;

/** Almost three years of days. */
const ROWS_MAX = 1000;

const INT_MAX = 2 ** 31 - 1;

/** The rows of a report are the only way to it, so that nobody finds somebody else's keys. */
const UsedApiKey = builder.loadableObjectRef<KnownKeyRow, string>('UsedApiKey', {
  load: async (ids: string[], { db }: GraphQLContext) => findKnownKeys(db, ids),
  toKey: ({ id }) => id,
  sort: true,
});

UsedApiKey.implement({
  description: 'An API key by which something was asked. Its name stays in reports after it was revoked.',
  fields: (t) => ({
    id: t.globalID({ description: 'That of its ApiKey.', resolve: ({ id }) => ({ type: 'ApiKey', id }) }),
    name: t.exposeString('name'),
    prefix: t.exposeString('prefix', { description: 'The key’s first characters, to recognise it by.' }),
    revoked: t.exposeBoolean('revoked'),
    user: t.field({ type: User, resolve: ({ userId }) => userId }),
  }),
});

const UsageRow = builder.objectRef<UsageRowShape>('UsageRow').implement({
  description: 'costUsd: what the provider bills; failures counts responses that ended FAILED.',
  fields: (t) => ({
    day: t.string({
      nullable: true,
      description: 'In a report by day: the day in UTC, such as 2026-01-31.',
      resolve: ({ groupBy, key }) => (groupBy === 'DAY' ? key : null),
    }),
    model: t.field({
      type: Model,
      nullable: true,
      resolve: ({ groupBy, key }, _args, { catalogue }) =>
        groupBy === 'MODEL' && key !== null ? knownModel(catalogue, key) : null,
    }),
    provider: t.field({
      type: Provider,
      nullable: true,
      resolve: ({ groupBy, key }, _args, { catalogue }) =>
        groupBy === 'PROVIDER' && key !== null ? knownProvider(catalogue, key) : null,
    }),
    user: t.field({
      type: User,
      nullable: true,
      resolve: ({ groupBy, key }) => (groupBy === 'USER' ? key : null),
    }),
    apiKey: t.field({
      type: UsedApiKey,
      nullable: true,
      description: 'In a report by key: null for what was asked without a key, as in the web app.',
      resolve: ({ groupBy, key }) => (groupBy === 'KEY' ? key : null),
    }),
    payer: t.field({
      type: PayingTeam,
      nullable: true,
      description: 'In a report by payer: the team that paid; null for what members, or the server, paid themselves.',
      resolve: ({ groupBy, key }) => (groupBy === 'PAYER' ? key : null),
    }),
    house: t.exposeBoolean('isOfHouse', {
      description:
        'In a report by user or payer: whether the row is what the server itself asked and paid for, which are titles.',
    }),
    responses: t.exposeInt('responses'),
    failures: t.exposeInt('failures'),
    inputTokens: t.int({
      description: 'At most 2,147,483,647, the largest Int; inputTokensExact has more.',
      resolve: ({ inputTokens }) => Math.min(inputTokens, INT_MAX),
    }),
    outputTokens: t.int({
      description: 'At most 2,147,483,647, the largest Int; outputTokensExact has more.',
      resolve: ({ outputTokens }) => Math.min(outputTokens, INT_MAX),
    }),
    inputTokensExact: t.exposeFloat('inputTokens'),
    outputTokensExact: t.exposeFloat('outputTokens'),
    credits: t.expose('credits', { type: 'Credits' }),
    costUsd: t.float({ resolve: ({ costUsd }) => Number(costUsd) }),
    medianFirstTokenMs: t.int({ nullable: true, resolve: (row) => row.medianFirstTokenMs() }),
  }),
});

export const UsageReport = builder.objectRef<UsageReportShape>('UsageReport').implement({
  fields: (t) => ({
    total: t.expose('total', { type: UsageRow }),
    rows: t.field({
      type: [UsageRow],
      complexity: { multiplier: 30 },
      description: 'At most 1,000: the latest days, or the rows with the most credits. The CSV export has all.',
      resolve: ({ rows }) => rows.slice(0, ROWS_MAX),
    }),
  }),
});

builder.objectField(Viewer, 'usage', (t) =>
  t.field({
    type: UsageReport,
    complexity: forMembers(REPORT_COST),
    description: 'Requests, tokens, credits and provider cost, by day unless groupBy says otherwise.',
    args: {
      from: t.arg({ type: 'DateTime' }),
      to: t.arg({ type: 'DateTime' }),
      groupBy: t.arg({ type: UsageGroup, defaultValue: 'DAY' }),
    },
    resolve: ({ id }, { from, to, groupBy }, { db }) =>
      reportUsage(db, { userId: id, from, to, groupBy: groupBy ?? 'DAY' }),
  }),
);
