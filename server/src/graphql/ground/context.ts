import type { IncomingHttpHeaders } from 'node:http';
import { clearAllDataLoaders } from '@pothos/plugin-dataloader';
import type { Domain } from '../../domain/domain.ts';
import type { InvitationLinks } from '../../domain/people/invitation-links.ts';
import type { Viewer } from '../../domain/people/members.ts';
import type { SignUp } from '../../domain/people/sign-up.ts';
import type { AnswerBudget } from '../limits/answer-budget.ts';

/** What resolvers work with; made once for each operation. */
export interface GraphQLContext extends House {
  /** Null: signed out. */
  viewer: Viewer | null;
  /** What its answer may still take. */
  budget: AnswerBudget;
  /** What the answer turned out to have in it. */
  answer: { holdsSecret: boolean };
}

/** The same for every operation of the process. */
export interface House extends Domain {
  signUp: SignUp;
  invitationLinks: InvitationLinks;
  /** Of this server's package. */
  version: string;
}

/** The viewer of a field that is for members only (`authScopes: { signedIn: true }`). */
export interface SignedInContext extends GraphQLContext {
  viewer: Viewer;
}

/** Who is asking, by session cookie or API key. */
export type FindViewer = (headers: Headers | IncomingHttpHeaders) => Promise<Viewer | null>;

/**
 * Loaders remember for as long as an operation lasts, which a subscription's may be hours: each of its events reads
 * what it selects anew.
 */
export function forgetLoaded(context: GraphQLContext): void {
  clearAllDataLoaders(context);
}
