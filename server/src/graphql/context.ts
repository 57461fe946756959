import type { IncomingHttpHeaders } from 'node:http';
import { clearAllDataLoaders } from '@pothos/plugin-dataloader';
import type { ApiKeyMaker } from '../domain/api-keys.ts';
import type { Domain } from '../domain/domain.ts';
import type { Member } from '../domain/members.ts';
import type { AnswerBudget } from './answer-budget.ts';

/** What resolvers work with; made once for each operation. */
export interface GraphQLContext extends House {
  /** Null: signed out. */
  viewer: Member | null;
  /** What its answer may still take. */
  budget: AnswerBudget;
  /** What the answer turned out to have in it. */
  answer: { holdsSecret: boolean };
}

/** The same for every operation of the process. */
export interface House extends Domain {
  apiKeys: ApiKeyMaker;
}

/** The viewer of a field that is for members only (`authScopes: { signedIn: true }`). */
export interface SignedInContext extends GraphQLContext {
  viewer: Member;
}

/** Who is asking, by session cookie or API key. */
export type FindViewer = (headers: Headers | IncomingHttpHeaders) => Promise<Member | null>;

/**
 * Loaders remember for as long as an operation lasts, which a subscription's may be hours: each of its events reads
 * what it selects anew.
 */
export function forgetLoaded(context: GraphQLContext): void {
  clearAllDataLoaders(context);
}
