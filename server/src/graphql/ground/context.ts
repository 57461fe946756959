import type { IncomingHttpHeaders } from 'node:http';
import { clearAllDataLoaders } from '@pothos/plugin-dataloader';
import type { Catalogue } from '../../domain/catalogue/catalogue.ts';
import type { Domain } from '../../domain/domain.ts';
import type { InvitationLinks } from '../../domain/people/invitation-links.ts';
import type { Viewer } from '../../domain/people/members.ts';
import type { SignUp } from '../../domain/people/sign-up.ts';
import type { AnswerBudget } from '../limits/answer-budget.ts';

/** The context of resolvers, made once for each operation. */
export interface GraphQLContext extends House {
  /** Null: signed out. */
  viewer: Viewer | null;
  /** The catalogue at the beginning of the operation. */
  catalogue: Catalogue;
  /** Counts and limits the size of the answer. */
  budget: AnswerBudget;
  /** Facts about the answer that its resolvers find out. */
  answer: { holdsSecret: boolean };
}

/** The part of the context that all operations of the process share. */
export interface House extends Domain {
  signUp: SignUp;
  invitationLinks: InvitationLinks;
  /** The version of this server's package. */
  version: string;
}

/** The viewer of a field that is for members only (`authScopes: { signedIn: true }`). */
export interface SignedInContext extends GraphQLContext {
  viewer: Viewer;
}

/** Finds the member who makes a request, by session cookie or API key. */
export type FindViewer = (headers: Headers | IncomingHttpHeaders) => Promise<Viewer | null>;

/**
 * Clears the loaders for an event of a subscription. Loaders remember as long as their operation lasts, which may be
 * hours, but each event must read its data anew.
 */
export function forgetLoaded(context: GraphQLContext): void {
  clearAllDataLoaders(context);
}
