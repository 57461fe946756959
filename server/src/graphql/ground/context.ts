import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { clearAllDataLoaders } from '@pothos/plugin-dataloader';
import type { Catalogue } from '../../domain/catalogue/catalogue.ts';
import type { Offer } from '../../domain/catalogue/offer.ts';
import type { Domain } from '../../domain/domain.ts';
import type { MonthlyLimit } from '../../domain/money/monthly-limit.ts';
import type { SignUpChoice } from '../../domain/people/house/sign-up-choice.ts';
import type { InvitationLinks } from '../../domain/people/invitation-links.ts';
import type { Viewer } from '../../domain/people/members.ts';
import type { OneTimeLinks } from '../../domain/people/sign-in/one-time-links.ts';
import type { SignInWays } from '../../domain/people/sign-in/sign-in-providers.ts';
import type { SignUp } from '../../domain/people/sign-up.ts';
import type { ReaderLimits } from '../../domain/sharing/reader-limits.ts';
import type { ShareReader } from '../../domain/sharing/readers.ts';
import type { RequestOrigin } from '../../ports/observer.ts';
import type { AnswerBudget } from '../limits/answer-budget.ts';

/** The context of resolvers, made once for each operation. */
export interface GraphQLContext extends House {
  /** Null: signed out. */
  viewer: Viewer | null;
  /** What is offered at the beginning of the operation. */
  offered: Offer;
  catalogue: Catalogue;
  /** The request, or the operation of a socket, that this is the context of. */
  origin: OperationOrigin;
  /** Whoever asks, as a reader of shares. */
  reader: ShareReader;
  /** Counts and limits the size of the answer. */
  budget: AnswerBudget;
  /** Facts about the answer that its resolvers find out. */
  answer: { holdsSecret: boolean };
}

/** A request whose line in the log names the operation. */
export interface OperationOrigin extends RequestOrigin {
  /** The operation's own name; null: it has none, or is not known yet. */
  operation: string | null;
}

/** Has the rest of the operation see what it changed itself. */
export function renewOffer(context: GraphQLContext): void {
  context.offered = context.offer.now;
  context.catalogue = context.offered.catalogue;
}

/** The part of the context that all operations of the process share. */
export interface House extends Domain {
  signUp: SignUp;
  signUpChoice: SignUpChoice;
  /** What all accounts together may spend in a month. */
  monthlyLimit: MonthlyLimit;
  /** How many credits are 1 USD of provider cost. */
  creditsPerUsd: number;
  signIn: SignInWays;
  links: OneTimeLinks;
  invitationLinks: InvitationLinks;
  readerLimits: ReaderLimits;
  /** The address at which people find the server, without a slash at its end. */
  publicUrl: string;
  /** What stands before the paths of this server, mostly nothing. */
  basePath: string;
  /** The version of this server's package. */
  version: string;
}

/** The header in which this process's own pages tell for which address they ask; anybody else's is not read. */
export const addressHeader = 'x-client-address';

/** The origin of an operation, as Yoga passes it to the context: a Fetch request, or a socket. */
export interface ServerContext {
  req?: IncomingMessage;
  res?: ServerResponse;
  /** Used in place of the request's headers. */
  headers?: Headers;
  /** The viewer, if it is known or being looked up. */
  viewer?: Viewer | null | Promise<Viewer | null>;
  /** The client's address, by which signed-out clients are told apart; absent: this process itself asks. */
  address?: string;
  /** Absent: this process itself asks, and the headers may say for which request. */
  origin?: OperationOrigin;
  /** Whether anybody still waits for the answer; absent: `res` tells. */
  isWanted?: () => boolean;
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
