import SchemaBuilder from '@pothos/core';
import ComplexityPlugin from '@pothos/plugin-complexity';
import DataloaderPlugin from '@pothos/plugin-dataloader';
import ErrorsPlugin from '@pothos/plugin-errors';
import RelayPlugin from '@pothos/plugin-relay';
import ScopeAuthPlugin from '@pothos/plugin-scope-auth';
import { GraphQLError, Kind } from 'graphql';
import { parseDateTime } from '../../domain/ground/date-time.ts';
import { encodeGlobalId } from '../../domain/ground/global-ids.ts';
import { type ApiKeyScope, hasScope, isAdmin, mayReadFigures } from '../../domain/people/members.ts';
import type { GraphQLContext, SignedInContext } from './context.ts';
import { decodeId } from './ids.ts';
import { refusal } from './refusal.ts';

export interface SchemaTypes {
  Context: GraphQLContext;
  /** `figures`: an admin or an auditor. `key`: the API key, if one is used, has one of these scopes. */
  AuthScopes: { signedIn: boolean; admin: boolean; figures: boolean; key: ApiKeyScope | readonly ApiKeyScope[] };
  AuthContexts: { signedIn: SignedInContext; admin: SignedInContext; figures: SignedInContext };
  DefaultFieldNullability: false;
  DefaultEdgesNullability: { list: false; items: false };
  DefaultNodeNullability: false;
  Scalars: {
    ID: { Input: string; Output: string };
    DateTime: { Input: Date; Output: Date };
    Credits: { Input: number; Output: number };
  };
  /** Counted only when asked for. */
  Connection: { totalCount: () => number | Promise<number> };
}

export const builder = new SchemaBuilder<SchemaTypes>({
  plugins: [ComplexityPlugin, ErrorsPlugin, ScopeAuthPlugin, RelayPlugin, DataloaderPlugin],
  defaultFieldNullability: false,
  complexity: {
    // A page of 100 turns with 4 responses and all their fields costs about 65,000, the catalogue with all its fields
    // some 40 for each model. An answer longer than its complexity tells is ended by its budget (answer-budget.ts).
    limit: ({ viewer, catalogue }) => ({
      complexity: (viewer ? 70_000 : 2_000) + 60 * catalogue.models.size,
      depth: 20,
      breadth: viewer ? 500 : 200,
    }),
    // This is for lists without a size of their own: the parts of one answer, such as its attempts.
    defaultListMultiplier: 4,
    complexityError: (kind, result) =>
      new GraphQLError(`The query asks for too much: its ${kind.toLowerCase()} is ${result[toKey(kind)]}.`, {
        extensions: { code: 'QUERY_TOO_COMPLEX' },
      }),
  },
  scopeAuth: {
    authorizeOnSubscribe: true,
    authScopes: ({ viewer }) => ({
      signedIn: viewer !== null,
      admin: isAdmin(viewer),
      figures: mayReadFigures(viewer),
      key: (scopes) => viewer === null || hasScope(viewer, ...[scopes].flat()),
    }),
    unauthorizedError: (_parent, { viewer }, _info, { failure }) => refusal(viewer, failure),
  },
  relay: {
    encodeGlobalID: encodeGlobalId,
    decodeGlobalID: decodeId,
    cursorType: 'String',
    nodesQueryOptions: false,
    nodeQueryOptions: {
      nullable: true,
      resolve: (_root, { id }, _context, _info, resolveNode) => resolveNode(id),
    },
    // The connection's own field counts its nodes already.
    edgesFieldOptions: { nullable: { list: false, items: false }, complexity: { multiplier: 1 } },
    nodeFieldOptions: { nullable: false },
  },
});

/** Complexity of an expensive field. It counts for members only: others are refused before the field costs anything. */
export function forMembers(field: number) {
  return (_args: unknown, { viewer }: GraphQLContext) => ({ field: viewer ? field : 1 });
}

const toKey = (kind: string) => kind.toLowerCase() as 'complexity' | 'depth' | 'breadth';

builder.scalarType('DateTime', {
  description: 'RFC 3339, in UTC.',
  serialize: (date) => date.toISOString(),
  parseValue: toDate,
});

function toDate(value: unknown): Date {
  const date = typeof value === 'string' ? parseDateTime(value) : null;
  if (date) return date;
  throw new GraphQLError('A DateTime is written as in RFC 3339: 2026-01-31T12:00:00Z.', {
    extensions: { code: 'BAD_USER_INPUT' },
  });
}

builder.scalarType('Credits', {
  description: 'A whole number, safe in JavaScript. By default 1,000,000 credits are 1 USD of provider cost.',
  serialize: (credits) => credits,
  parseValue: toCredits,
  parseLiteral: (node) => toCredits(node.kind === Kind.INT ? Number(node.value) : null),
});

function toCredits(value: unknown): number {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  throw new GraphQLError('Credits must be a whole number.', { extensions: { code: 'BAD_USER_INPUT' } });
}

/*
 * These three rules decide what an API key may do. A mutation without a rule of its own needs ADMIN: a new one is
 * closed to the keys of programs until somebody opens it with `skipTypeScopes` and a rule (`prompting`, `following`,
 * `open`). A test names the rule of every field.
 */
builder.queryType({ authScopes: { key: 'READ' } });
builder.mutationType({ authScopes: { key: 'ADMIN' } });
builder.subscriptionType({ authScopes: { key: 'READ' } });

/** For fields that ask models or keep conversations. */
export const prompting = { $all: { signedIn: true, key: 'PROMPT' } } as const;
/** For fields that follow answers: a key with PROMPT alone may follow what it started. */
export const following = { $all: { signedIn: true, key: ['READ', 'PROMPT'] } } as const;

builder.globalConnectionField('totalCount', (t) => t.int({ resolve: ({ totalCount }) => totalCount() }));
