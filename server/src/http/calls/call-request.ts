import type { IncomingMessage } from 'node:http';
import type { Logger } from 'pino';
import type { RateLimiterAbstract } from 'rate-limiter-flexible';
import type { Prompts } from '../../domain/asking/prompt.ts';
import type { CurrentOffer } from '../../domain/catalogue/offer.ts';
import type { Domain } from '../../domain/domain.ts';
import { hasScope, type Viewer } from '../../domain/people/members.ts';
import { payerOfId } from '../../domain/people/paying-team.ts';
import { BODY_RETRY_SECONDS, NO_BODY_ROOM } from '../body-allowance.ts';
import { type JsonBodyLimits, readJsonBody } from '../json-body.ts';
import { isForged, isJson, type OriginPolicy, strangerBodyBytesMax } from '../security.ts';
import { CallError, problem } from './call-problem.ts';
import type { HeldCalls } from './held-calls.ts';
import type { RemoteUrls } from './remote/remote-urls.ts';

/** What every protocol of programs needs of the server. */
export interface CallsOptions {
  domain: Domain;
  prompts: Prompts;
  offer: CurrentOffer;
  origins: OriginPolicy;
  /** Null: signed out. */
  findViewer(req: IncomingMessage): Promise<Viewer | null>;
  parseLarge: JsonBodyLimits['parseLarge'];
  bodyAllowance: JsonBodyLimits['allowance'];
  /** What calls have in memory that are being answered. */
  held: HeldCalls;
  log: Logger;
  /** Counts the files of a member that are read; rejects with a RateLimiterRes if they are too many. */
  uploads: Pick<RateLimiterAbstract, 'consume'>;
  /** Whether programs may have their models use tools of this server. */
  givesTools: boolean;
  /** Fetches files that a request names by their address; null: the operator does not allow it. */
  remoteUrls: RemoteUrls | null;
}

/** Enough for images in a request; each call holds one body at a time. */
export const CALL_BODY_BYTES_MAX = 32 * 1024 * 1024;
/** A program's request has the whole conversation, and the schemas of its tools. */
const CALL_ENTRIES_MAX = 50_000;

/**
 * The viewer who makes the request, with one of the scopes, and whom its header X-Polylogue-Payer names.
 *
 * @throws CallError, NotFoundError
 */
export async function requireViewer(
  req: IncomingMessage,
  { findViewer, origins }: Pick<CallsOptions, 'findViewer' | 'origins'>,
  ...anyOf: readonly ('READ' | 'PROMPT')[]
): Promise<Viewer> {
  if (isForged(req.headers, origins)) {
    throw new CallError(
      problem('forbidden', 'This origin may not use the cookie: see PUBLIC_URL and CORS_ALLOW_ORIGINS.'),
    );
  }
  const viewer = await findViewer(req);
  if (!viewer) {
    throw new CallError(
      problem(
        'unauthenticated',
        'This needs an API key of this server, which is missing, revoked, expired or mistyped.',
      ),
    );
  }
  if (hasScope(viewer, ...anyOf)) return { ...viewer, payer: payerNamed(req, viewer) };
  throw new CallError(problem('forbidden', `This needs an API key with the scope ${anyOf.join(' or ')}.`));
}

function payerNamed({ headers }: IncomingMessage, viewer: Viewer): Viewer['payer'] {
  const named = headers['x-polylogue-payer'];
  return named === undefined ? null : payerOfId(String(named), viewer);
}

/**
 * The body of a POST or a PATCH, a JSON object, of any length only from a signed-in client.
 *
 * @throws CallError; rejects when the client goes away
 */
export async function readCallBody(
  req: IncomingMessage,
  { findViewer, parseLarge, bodyAllowance }: Pick<CallsOptions, 'findViewer' | 'parseLarge' | 'bodyAllowance'>,
): Promise<Record<string, unknown>> {
  if (req.method !== 'POST' && req.method !== 'PATCH') throw new CallError(problem('methodNotAllowed', 'Use POST.'));
  if (!isJson(req)) throw new CallError(problem('unsupportedMedia', 'Send the request as application/json.'));
  const body = await readJsonBody(req, {
    bytesMax: strangerBodyBytesMax,
    memberBytesMax: CALL_BODY_BYTES_MAX,
    entriesMax: CALL_ENTRIES_MAX,
    allowance: bodyAllowance,
    findMemberId: async () => (await findViewer(req))?.id ?? null,
    parseLarge,
  });
  if ('refused' in body) {
    if (body.refused === 'large')
      throw new CallError(problem('tooLarge', `The body has more than ${body.bytesMax} bytes.`));
    if (body.refused === 'crowded')
      throw new CallError(problem('rateLimited', NO_BODY_ROOM, { retryAfterSeconds: BODY_RETRY_SECONDS }));
    if (body.refused === 'complex')
      throw new CallError(problem('tooLarge', `The body has more than ${CALL_ENTRIES_MAX} entries.`));
    throw new CallError(problem('invalid', 'The body is not JSON.'));
  }
  const { value } = body;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new CallError(problem('invalid', 'The body must be a JSON object.'));
  }
  return value as Record<string, unknown>;
}
