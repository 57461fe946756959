import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { RateLimitError } from '../../domain/ground/errors.ts';
import { findGuest, isGuest, makeGuest } from '../../domain/people/guests.ts';
import type { Asking, Member } from '../../domain/people/members.ts';
import { addressBlock } from '../address-block.ts';
import { CallError, problem } from '../calls/call-problem.ts';
import { type CallsOptions, requireViewer } from '../calls/call-request.ts';
import { recordOf } from '../request-record.ts';
import { isForged } from '../security.ts';

export interface ChatKitOptions {
  calls: CallsOptions;
  /** `on`: for members alone, whatever `userId` says; `anonymous`: each other `userId` is a guest. */
  mode: 'on' | 'anonymous';
  /** How many guests there may ever be. */
  guestsMax: number;
  /** Counts the new guests of an address; rejects with a wait, `msBeforeNext`, if they are too many. */
  newGuests: { consume(key: string): Promise<unknown> };
  addressOf(req: IncomingMessage): string;
}

/** Who makes a request, by its credentials or else by the `userId` that it names. */
export interface Caller {
  /** Null: a guest who has not been here. @throws DomainError */
  find(userId: string): Promise<Asking | null>;
  /** Makes the guest if need be. @throws DomainError */
  require(userId: string): Promise<Asking>;
}

/** How many conversations a guest may have by making them; a prompt that makes one is paid. */
const GUESTS_CONVERSATIONS_MAX = 1000;

/** @throws CallError if nobody may make the request as it is */
export async function callerOf(
  req: IncomingMessage,
  options: ChatKitOptions,
  scope: 'READ' | 'PROMPT',
): Promise<Caller> {
  const { calls, mode } = options;
  if (mode === 'on' || hasKey(req) || (await calls.findViewer(req)) !== null) {
    const viewer = await requireViewer(req, calls, scope);
    return { find: async () => viewer, require: async () => viewer };
  }
  requireOwnPage(req, options);
  const { db } = calls.domain;
  const named = (guest: Member): Asking => {
    const origin = recordOf(req);
    origin.memberId = guest.id;
    return { ...guest, origin };
  };
  return {
    async find(userId) {
      const guest = await findGuest(db, userId);
      return guest && named(guest);
    },
    async require(userId) {
      return named((await findGuest(db, userId)) ?? (await newGuest(req, options, userId)));
    },
  };
}

/** Null: any number. */
export function conversationsMaxOf(member: Member): number | null {
  return isGuest(member) ? GUESTS_CONVERSATIONS_MAX : null;
}

/** A key that is not valid is refused: its program does not expect to be a guest. */
function hasKey({ headers }: IncomingMessage): boolean {
  return headers['x-api-key'] !== undefined || /^bearer /i.test(headers.authorization ?? '');
}

/**
 * Requires that the request comes from no page, or from one that may use this server. A stranger's page has no cookie
 * to abuse here, but it would be a guest at the operator's expense; and if its own name is pointed at this machine, its
 * requests look like those of a page of this server.
 *
 * @throws CallError
 */
function requireOwnPage({ headers }: IncomingMessage, { calls: { origins } }: ChatKitOptions): void {
  const { origin, host } = headers;
  const isOwnHost = host !== undefined && origins.allows(`${origins.publicUrl.protocol}//${host}`, host);
  const isOwnOrigin = origin === undefined || origins.allows(origin, host);
  if (isOwnHost && isOwnOrigin && !isForged(headers, origins)) return;
  const asked = isOwnHost ? 'Pages of other sites' : 'Guests';
  throw new CallError(problem('forbidden', `${asked} may not ask here: see PUBLIC_URL and CORS_ALLOW_ORIGINS.`));
}

async function newGuest(
  req: IncomingMessage,
  { calls, guestsMax, newGuests, addressOf }: ChatKitOptions,
  userId: string,
): Promise<Member> {
  const block = createHash('sha256')
    .update(addressBlock(addressOf(req)))
    .digest('base64url');
  try {
    await newGuests.consume(block);
  } catch (refusal) {
    const { msBeforeNext } = (refusal ?? {}) as { msBeforeNext?: unknown };
    if (typeof msBeforeNext !== 'number') throw refusal;
    const seconds = Math.ceil(msBeforeNext / 1000);
    throw new RateLimitError(seconds, `Too many new users come from this address. Try again in ${seconds} s.`);
  }
  return makeGuest(calls.domain.db, userId, guestsMax);
}
