import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { apiKey } from '@better-auth/api-key';
import {
  getCurrentAuthContextAsyncLocalStorage,
  getCurrentDBAdapterAsyncLocalStorage,
  getRequestStateAsyncLocalStorage,
} from '@better-auth/core/context';
import { type BetterAuthOptions, betterAuth } from 'better-auth';
import { APIError, createAuthMiddleware, isAPIError } from 'better-auth/api';
import type { Logger } from 'pino';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { v7 as uuidv7 } from 'uuid';
import { accountColumns, apiKeyColumns, sessionColumns, userColumns, verificationColumns } from './auth-columns.ts';
import { clientAddress, isJson, type OriginPolicy, readBody, refuse, refuseTooLarge } from './security.ts';

export interface AuthOptions {
  /** The same database twice: for better-auth as `{ db, type: 'postgres' }`, for us as createAccountStore(db). */
  database: BetterAuthOptions['database'];
  accounts: Accounts;
  /** At least 32 characters; see loadAuthSecret. */
  secret: string;
  origins: OriginPolicy;
  /** A session of the user was ended before its time, by whatever path. */
  onSessionEnd(userId: string): void;
  /** How many proxies in front add to X-Forwarded-For; 0: the header is a claim, and ignored. */
  trustedProxies: number;
  log: Logger;
}

/** What is asked of the database beside what better-auth does for itself (database/accounts.ts). */
export interface Accounts {
  findUserBySession(token: string): Promise<SessionUser | null>;
  findUserByApiKey(hash: string): Promise<SessionUser | null>;
  isUserSuspended(userId: string): Promise<boolean>;
  deleteExpiredSessions(userId: string): Promise<void>;
  deleteHalfMadeUser(email: string): Promise<void>;
}

export interface SessionUser {
  id: string;
  email: string;
  name: string;
  role: 'USER' | 'ADMIN';
  tier: 'FREE' | 'PRO' | 'ENTERPRISE';
  /** The session of a browser; null for an API key. */
  sessionId: string | null;
}

export interface Auth {
  /** Answers everything below /api/auth. Rejects when the client goes away in the middle of its body. */
  handle(req: IncomingMessage, res: ServerResponse): Promise<void>;
  /** The same for a caller in this process. */
  fetch(request: Request): Promise<Response>;
  /**
   * Who is asking: by API key (`x-api-key`, or `Authorization: Bearer plk_…`) where one is sent, else by cookie. Null:
   * signed out, expired, revoked, suspended. One indexed statement each time and nothing cached, so that a sign-out, a
   * revocation and a suspension hold from the next request on, on every replica.
   */
  getViewer(headers: Headers | IncomingHttpHeaders): Promise<SessionUser | null>;
  /** Makes a key for the user; the secret is known only now. */
  createApiKey(userId: string, name: string): Promise<{ id: string; secret: string }>;
}

const sessionSeconds = 30 * 24 * 60 * 60;
const bodyBytesMax = 64 * 1024;
const apiKeyPrefix = 'plk_';
/** Set by us alone: better-auth sees headers, not sockets, and its hooks no sessions. */
const addressHeader = 'x-polylogue-client-address';
const userHeader = 'x-polylogue-user';

/** Accounts, sessions and API keys: better-auth below /api/auth, and the reading of sessions and keys by our own SQL. */
export async function createAuth(options: AuthOptions): Promise<Auth> {
  const { accounts, secret, origins, trustedProxies, log } = options;
  const auth = betterAuth(betterAuthOptions(options));
  const cookieName = (await auth.$context).authCookies.sessionToken.name;

  async function answer(request: Request, address: string): Promise<Response> {
    const headers = new Headers(request.headers);
    // better-auth knows nothing of suspension: who is not let in here comes to it without a session.
    const token = findSessionToken(headers.get('cookie') ?? '', cookieName, secret);
    const user = token === null ? null : await accounts.findUserBySession(token);
    if (token !== null && !user) headers.delete('cookie');
    for (const name of [addressHeader, userHeader]) headers.delete(name);
    if (address !== '') headers.set(addressHeader, address);
    if (user) headers.set(userHeader, user.id);
    // better-auth takes a cookie without an Origin for a forgery. But browsers send one with every POST: it is a program.
    if (!headers.has('origin') && !headers.has('sec-fetch-site')) headers.set('origin', origins.publicUrl.origin);
    return whileStored(() => auth.handler(new Request(request, { headers })));
  }

  return {
    async handle(req, res) {
      const body = await admit(req, res, origins, log);
      if (body === null) return;
      const request = toRequest(req, body, origins.publicUrl.origin);
      await send(await answer(request, clientAddress(req, trustedProxies)), res);
    },
    fetch: (request) => answer(request, ''),
    async getViewer(headers) {
      const key = findApiKey(headers);
      if (key !== null) return accounts.findUserByApiKey(createHash('sha256').update(key).digest('base64url'));
      const token = findSessionToken(readHeader(headers, 'cookie') ?? '', cookieName, secret);
      return token === null ? null : accounts.findUserBySession(token);
    },
    async createApiKey(userId, name) {
      const created = await whileStored(() => auth.api.createApiKey({ body: { userId, name } }));
      log.info({ userId, apiKeyId: created.id }, 'made an API key');
      return { id: created.id, secret: created.key };
    },
  };
}

let storing = 0;

/**
 * better-auth keeps what belongs to a request in AsyncLocalStorages. From the first use of one on, Node before 24 calls
 * hooks at every promise and every callback of the whole process: a third of what carrying a delta costs. So they are
 * disabled whenever better-auth has nothing to do; using one enables it again.
 */
async function whileStored<T>(work: () => Promise<T>): Promise<T> {
  storing += 1;
  try {
    return await work();
  } finally {
    storing -= 1;
    const storages = await Promise.all([
      getCurrentAuthContextAsyncLocalStorage(),
      getRequestStateAsyncLocalStorage(),
      getCurrentDBAdapterAsyncLocalStorage(),
    ]);
    if (storing === 0) for (const storage of storages) storage.disable();
  }
}

/** The request's body; null: it was answered. */
async function admit(req: IncomingMessage, res: ServerResponse, origins: OriginPolicy, log: Logger) {
  if (req.method === 'GET') return '';
  const refused = (status: number, code: string, message: string) => {
    refuse(res, status, code, message);
    return null;
  };
  if (req.method !== 'POST') return refused(405, 'METHOD_NOT_ALLOWED', 'Use GET or POST.');
  const { origin, host } = req.headers;
  if (origin !== undefined && !origins.allows(origin, host)) {
    log.warn({ origin, host }, 'refused a page of another origin; if it is one of this server, set PUBLIC_URL');
    return refused(403, 'INVALID_ORIGIN', `Pages of ${origin} may not sign in here: see PUBLIC_URL.`);
  }
  const body = await readBody(req, bodyBytesMax);
  if (body === null) {
    refuseTooLarge(res, bodyBytesMax);
    return null;
  }
  // A form needs no preflight, and nothing here sends any.
  if (body !== '' && !isJson(req)) return refused(415, 'UNSUPPORTED_MEDIA_TYPE', 'Send application/json.');
  if (hasNul(body)) return refused(400, 'BAD_REQUEST', 'Nothing here takes a NUL.');
  return body;
}

/** Which Postgres refuses in a text, as a fault of whoever sends it there. */
function hasNul(json: string): boolean {
  let found = false;
  try {
    JSON.parse(json, (key, value) => {
      // A person's name is made one that can be stored.
      found ||= key !== 'name' && typeof value === 'string' && value.includes('\0');
    });
  } catch {
    // Whatever it is, it is no text that would be stored.
  }
  return found;
}

function findApiKey(headers: Headers | IncomingHttpHeaders): string | null {
  const key = readHeader(headers, 'x-api-key');
  if (key !== null) return key;
  const bearer = /^bearer\s+(\S+)$/i.exec(readHeader(headers, 'authorization') ?? '')?.[1];
  return bearer?.startsWith(apiKeyPrefix) ? bearer : null;
}

/** The cookie is `token.signature`, signed with HMAC-SHA-256 in base64 (better-call's signed cookies). */
function findSessionToken(cookies: string, name: string, secret: string): string | null {
  for (const cookie of cookies.split(';')) {
    const [key, value] = cookie.split('=', 2);
    if (key?.trim() !== name || !value) continue;
    const signed = decode(value.trim());
    const dot = signed.lastIndexOf('.');
    const token = signed.slice(0, dot);
    const expected = Buffer.from(createHmac('sha256', secret).update(token).digest('base64'));
    const given = Buffer.from(signed.slice(dot + 1));
    if (dot > 0 && given.length === expected.length && timingSafeEqual(given, expected)) return token;
  }
  return null;
}

function decode(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return '';
  }
}

function readHeader(headers: Headers | IncomingHttpHeaders, name: string): string | null {
  // Not `instanceof`: Yoga brings a Headers of its own.
  if (typeof headers.get === 'function') return headers.get(name);
  return (headers as IncomingHttpHeaders)[name]?.toString() ?? null;
}

function toRequest(req: IncomingMessage, body: string, origin: string): Request {
  const headers = new Headers();
  for (const [name, value] of Object.entries(req.headers)) headers.set(name, String(value));
  return new Request(origin + req.url, {
    method: req.method,
    headers,
    body: req.method === 'POST' ? body : null,
  });
}

async function send(response: Response, res: ServerResponse): Promise<void> {
  for (const [name, value] of response.headers) if (name !== 'set-cookie') res.setHeader(name, value);
  const cookies = response.headers.getSetCookie();
  if (cookies.length > 0) res.setHeader('Set-Cookie', cookies);
  res.setHeader('Cache-Control', 'no-store');
  const body = Buffer.from(await response.arrayBuffer());
  // better-auth has logged it, and says nothing: such as a database that is away.
  if (response.status >= 500 && body.length === 0) {
    refuse(res, response.status, 'INTERNAL_SERVER_ERROR', 'Something went wrong on this server. Try again.');
    return;
  }
  res.writeHead(response.status).end(body);
}

/** Also what the test of migration 0000_auth compares the schema with. */
export function betterAuthOptions(options: AuthOptions) {
  const { database, accounts, secret, origins, onSessionEnd, log } = options;
  return {
    appName: 'Polylogue',
    baseURL: origins.publicUrl.origin,
    basePath: '/api/auth',
    secret,
    database,
    emailAndPassword: { enabled: true },
    session: { ...sessionColumns, expiresIn: sessionSeconds, updateAge: 24 * 60 * 60 },
    user: {
      ...userColumns,
      additionalFields: {
        role: { type: 'string', input: false, defaultValue: 'USER' },
        tier: { type: 'string', input: false, defaultValue: 'FREE' },
        suspended: { type: 'boolean', input: false, defaultValue: false },
      },
    },
    account: accountColumns,
    verification: verificationColumns,
    plugins: [
      apiKey({
        defaultPrefix: apiKeyPrefix,
        startingCharactersConfig: { charactersLength: apiKeyPrefix.length + 6 },
        maximumNameLength: 200,
        rateLimit: { enabled: false },
        schema: apiKeyColumns,
      }),
    ],
    trustedOrigins: (request) => {
      const origin = request?.headers.get('origin') ?? request?.headers.get('referer')?.split('/', 3).join('/');
      return origin && origins.allows(origin, request?.headers.get('host') ?? undefined) ? [origin] : [];
    },
    disabledPaths: pathsNotOffered,
    hooks: passwordBrake(accounts),
    databaseHooks: {
      user: {
        create: { before: async (user) => ({ data: { ...user, ...storable(user), image: null } }) },
        update: { before: async (user) => ({ data: { ...user, ...storable(user), image: null } }) },
      },
      session: {
        create: {
          async before(session) {
            if (await accounts.isUserSuspended(session.userId)) throw suspendedError();
          },
          after: (session) => accounts.deleteExpiredSessions(session.userId),
        },
        delete: { after: async (session) => onSessionEnd(session.userId) },
      },
    },
    // Passwords have a brake of their own; whatever else costs something asks for a session first.
    rateLimit: { enabled: false },
    advanced: {
      cookiePrefix: 'polylogue',
      useSecureCookies: origins.publicUrl.protocol === 'https:',
      database: { generateId: () => uuidv7() },
      ipAddress: { ipAddressHeaders: [addressHeader] },
      // Said out loud, because better-auth leaves both checks out where NODE_ENV is "test".
      disableOriginCheck: false,
      disableCSRFCheck: false,
    },
    telemetry: { enabled: false },
    onAPIError: {
      // Refusals are the client's business; they have their answer.
      onError: (error) => {
        if (!isAPIError(error)) log.error({ err: error }, 'auth: a request failed');
      },
    },
    logger: {
      level: 'warn',
      disableColors: true,
      // Its warnings are wrong passwords and the like, a member's business; its errors without an Error are refusals.
      log: (level, message, ...rest) => {
        const err = rest.find((value) => value instanceof Error);
        if (level !== 'error') log.debug(`auth: ${message}`);
        else if (err) log.error({ err }, `auth: ${message}`);
        else log.warn(`auth: ${message}`);
      },
    },
  } satisfies BetterAuthOptions;
}

/** Where a password is asked for. */
const guessable = ['/sign-in/email', '/change-password'];

/**
 * Slows guessing down: of one address and account ten wrong passwords in five minutes, of one address 300. An attempt is
 * taken off in advance, so that many at once are not all let through, and given back when it was right. Who changes a
 * password is known by their session. Counted per process: N replicas let N times as many through.
 */
function passwordBrake(accounts: Accounts) {
  const window = { duration: 300 };
  const perAccount = new RateLimiterMemory({ ...window, points: 10 });
  const perAddress = new RateLimiterMemory({ ...window, points: 300 });
  const keysOf = (ctx: { path: string; headers?: Headers | undefined; body?: { email?: unknown } }) => {
    const address = ctx.headers?.get(addressHeader) ?? '';
    const who = ctx.path === '/sign-in/email' ? ctx.body?.email : ctx.headers?.get(userHeader);
    const account = `${address} ${String(who).toLowerCase()}`;
    // Kept for as long as the window, and what is sent may be anything.
    return { address, account: createHash('sha256').update(account).digest('base64url') };
  };
  return {
    before: createAuthMiddleware(async (ctx) => {
      if (ctx.path === '/sign-up/email') await accounts.deleteHalfMadeUser(String(ctx.body?.email).toLowerCase());
      if (!guessable.includes(ctx.path)) return;
      const { address, account } = keysOf(ctx);
      try {
        // Only looked at, so that who is refused for the address leaves nothing behind, and who is refused for the account
        // takes nothing from others at that address.
        const spent = await perAddress.get(address);
        if (spent && spent.remainingPoints <= 0) throw spent;
        await perAccount.consume(account);
        await perAddress.consume(address);
      } catch (refusal) {
        if (refusal instanceof RateLimiterRes) throw tooManyAttemptsError(refusal.msBeforeNext);
        throw refusal;
      }
    }),
    after: createAuthMiddleware(async (ctx) => {
      if (!guessable.includes(ctx.path) || isAPIError(ctx.context.returned)) return;
      const { address, account } = keysOf(ctx);
      await perAccount.delete(account);
      await perAddress.reward(address);
    }),
  };
}

function tooManyAttemptsError(waitMs: number): APIError {
  const seconds = Math.ceil(waitMs / 1000);
  const message = `Too many wrong passwords. Try again in ${seconds} seconds.`;
  return new APIError('TOO_MANY_REQUESTS', { code: 'TOO_MANY_ATTEMPTS', message }, { 'Retry-After': String(seconds) });
}

/** Nothing here sends mail or knows other identity providers, and API keys are made and revoked over GraphQL. */
const pathsNotOffered = [
  '/sign-in/social',
  '/link-social',
  '/unlink-account',
  '/get-access-token',
  '/refresh-token',
  '/account-info',
  '/request-password-reset',
  '/reset-password',
  '/send-verification-email',
  '/verify-email',
  '/change-email',
  '/delete-user',
  '/delete-user/callback',
  '/update-session',
  '/api-key/create',
  '/api-key/get',
  '/api-key/list',
  '/api-key/update',
  '/api-key/delete',
];

const nameLengthMax = 200;

/** A name that Postgres takes and a list can show. */
function storable(user: { name?: string; email?: string }): { name?: string } {
  if (user.name === undefined) return {};
  const name = user.name.replace(/[\p{Control}\p{Surrogate}]+/gu, ' ').trim();
  if (name.length > nameLengthMax) {
    throw new APIError('BAD_REQUEST', { code: 'NAME_TOO_LONG', message: `Use at most ${nameLengthMax} characters.` });
  }
  return { name: name || (user.email?.split('@')[0] ?? 'Nameless') };
}

function suspendedError(): APIError {
  return new APIError('FORBIDDEN', { code: 'ACCOUNT_SUSPENDED', message: 'This account is suspended.' });
}
