import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { betterAuth } from 'better-auth';
import { SignInRefusedError } from '../../domain/ground/errors.ts';
import { hashApiKey } from '../../domain/people/api-keys.ts';
import { beginning, RareWarnings } from '../rare-warnings.ts';
import { clientAddress, isJson, type OriginPolicy, readBody, refuseTooLarge } from '../security.ts';
import type { SessionUser } from './accounts.ts';
import { warnOfHooksLeftBy, whileStored } from './async-storages.ts';
import { findApiKey, findSessionToken, readHeader } from './credentials.ts';
import { explainRefusedSessions } from './database-hooks.ts';
import { addressHeader, epochHeader, revokeKeysHeader, userHeader } from './inner-headers.ts';
import { Oidc } from './oidc/oidc.ts';
import { type AuthOptions, betterAuthOptions } from './options.ts';
import { passwordRoutes, routes } from './routes.ts';
import { emailFault } from './user-fields.ts';

export interface Auth {
  /** Answers every path below /api/auth, with 404 unless `routes` has it. Rejects if the client leaves in the middle of its body. */
  handle(req: IncomingMessage, res: ServerResponse): Promise<void>;
  /**
   * Finds the viewer by API key (`x-api-key`, or `Authorization: Bearer plk_…`) if one is sent, else by cookie. Null: signed
   * out, expired, revoked or suspended. It takes one indexed statement and caches nothing, so a sign-out, a revocation and a
   * suspension hold from the next request on, on every replica.
   */
  getViewer(headers: Headers | IncomingHttpHeaders): Promise<SessionUser | null>;
}

const bodyBytesMax = 64 * 1024;

/** Accounts, sessions and API keys: better-auth below /api/auth, and the reading of sessions and keys by our own SQL. */
export async function createAuth(options: AuthOptions): Promise<Auth> {
  const { accounts, secret, origins, trustedProxies, log } = options;
  const auth = betterAuth(betterAuthOptions(options));
  const { authCookies, internalAdapter } = await auth.$context;
  explainRefusedSessions(internalAdapter, accounts);
  const cookieName = authCookies.sessionToken.name;
  // A stranger's request uses better-auth's storages, and asks the database nothing.
  const askAsStranger = () => auth.handler(new Request(`${origins.publicUrl.origin}/api/auth/get-session`));
  await warnOfHooksLeftBy(askAsStranger, log);
  const passwords = options.passwordSignIn ?? true;
  const warnings = new RareWarnings();
  const oidc = options.oidc && new Oidc({ ...options, ...options.oidc, publicUrl: origins.publicUrl });

  async function answer(request: Request, { address, fields }: Asked): Promise<Response> {
    const headers = new Headers(request.headers);
    // better-auth knows no suspension: a suspended member reaches it without a session.
    const token = findSessionToken(headers.get('cookie') ?? '', cookieName, secret);
    const user = token === null ? null : await accounts.findUserBySession(token);
    if (token !== null && !user) headers.delete('cookie');
    for (const name of [addressHeader, userHeader, revokeKeysHeader, epochHeader]) headers.delete(name);
    if (fields.revokeApiKeys === true) headers.set(revokeKeysHeader, 'yes');
    if (address !== '') headers.set(addressHeader, address);
    if (user) headers.set(userHeader, user.id);
    // better-auth takes a cookie without an Origin for a forgery. Browsers send an Origin with every POST, so this is a program.
    if (!headers.has('origin') && !headers.has('sec-fetch-site')) headers.set('origin', origins.publicUrl.origin);
    return whileStored(() => auth.handler(new Request(request, { headers })));
  }

  /** Answers a browser that is on its way to a provider, or comes back from one. */
  async function answerOnItsWay(oidc: Oidc, req: IncomingMessage, res: ServerResponse): Promise<void> {
    if (req.method !== 'GET') {
      res.setHeader('Allow', 'GET');
      return refuse(res, 405, 'METHOD_NOT_ALLOWED', 'Use GET.');
    }
    const address = clientAddress(req, trustedProxies);
    const token = findSessionToken(req.headers.cookie ?? '', cookieName, secret);
    const viewer = token === null ? null : await accounts.findUserBySession(token);
    await oidc.handle(req, res, { address, viewerId: viewer?.id ?? null }, async ({ id: userId, credentialsEpoch }) => {
      const headers = new Headers({
        [addressHeader]: address,
        [epochHeader]: String(credentialsEpoch),
        'user-agent': req.headers['user-agent'] ?? '',
      });
      const session = { body: { userId }, headers, asResponse: true } as const;
      const response = await whileStored(() => auth.api.createProviderSession(session));
      if (!response.ok) throw refusedSession((await response.json())?.code);
      return response.headers.getSetCookie();
    });
  }

  return {
    async handle(req, res) {
      if (oidc?.has(req.url?.split('?', 1)[0] ?? '')) return answerOnItsWay(oidc, req, res);
      const address = clientAddress(req, trustedProxies);
      const warn = (about: object, message: string) => {
        if (warnings.allows(address)) log.warn(about, message);
      };
      const body = await admit(req, res, { origins, passwords, warn });
      if (body === null) return;
      const request = toRequest(req, body.text, origins.publicUrl.origin);
      await send(await answer(request, { address, fields: body.fields }), res);
    },
    async getViewer(headers) {
      const key = findApiKey(headers);
      if (key !== null) return accounts.findUserByApiKey(hashApiKey(key));
      const token = findSessionToken(readHeader(headers, 'cookie') ?? '', cookieName, secret);
      return token === null ? null : accounts.findUserBySession(token);
    },
  };
}

function refusedSession(code: unknown): SignInRefusedError {
  return code === 'CREDENTIALS_CHANGED'
    ? new SignInRefusedError(code, 'The ways to sign in with this account have just changed.')
    : new SignInRefusedError('ACCOUNT_SUSPENDED', 'This account is suspended.');
}

/** Facts about a request that better-auth cannot see. */
interface Asked {
  address: string;
  /** The body's fields; none if it is no JSON object. */
  fields: Record<string, unknown>;
}

interface Admission {
  origins: OriginPolicy;
  passwords: boolean;
  warn(about: object, message: string): void;
}

/** Reads the request's body; null: it was refused, and the answer is sent. */
async function admit(
  req: IncomingMessage,
  res: ServerResponse,
  { origins, passwords, warn }: Admission,
): Promise<{ text: string; fields: Asked['fields'] } | null> {
  const refused = (status: number, code: string, message: string) => {
    refuse(res, status, code, message);
    return null;
  };
  const path = req.url?.split('?', 1)[0] ?? '';
  const method = routes.get(path);
  if (!method) return refused(404, 'NOT_FOUND', 'There is nothing here.');
  if (req.method !== method) {
    res.setHeader('Allow', method);
    return refused(405, 'METHOD_NOT_ALLOWED', `Use ${method}.`);
  }
  if (!passwords && passwordRoutes.has(path)) {
    return refused(403, 'PASSWORDS_OFF', 'Nobody signs in with a password on this server.');
  }
  if (method === 'GET') return { text: '', fields: {} };
  const { origin, host } = req.headers;
  if (origin !== undefined && !origins.allows(origin, host)) {
    const page = beginning(origin);
    warn(
      { origin: page, host: beginning(host) },
      'refused a page of another origin; if it is one of this server, set PUBLIC_URL',
    );
    return refused(403, 'INVALID_ORIGIN', `Pages of ${page} may not sign in here: see PUBLIC_URL.`);
  }
  const text = await readBody(req, bodyBytesMax);
  if (text === null) {
    refuseTooLarge(res, bodyBytesMax);
    return null;
  }
  // A form would need no preflight, and no client of ours sends one.
  if (text !== '' && !isJson(req)) return refused(415, 'UNSUPPORTED_MEDIA_TYPE', 'Send application/json.');
  const { fields, hasNul } = readFields(text);
  // Postgres refuses NUL in a text, so the client is told first.
  if (hasNul) return refused(400, 'BAD_REQUEST', 'Nothing here takes a NUL.');
  const fault = emailFault(fields.email);
  return fault ? refused(400, fault.code, fault.message) : { text, fields };
}

/** Writes an error in better-auth's form, with GraphQL's beside it. */
function refuse(res: ServerResponse, status: number, code: string, message: string): void {
  const body = JSON.stringify({ code, message, errors: [{ message, extensions: { code } }] });
  res.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8', 'Cache-Control': 'no-store' }).end(body);
}

function readFields(json: string): { fields: Asked['fields']; hasNul: boolean } {
  let hasNul = false;
  try {
    const body: unknown = JSON.parse(json, (key, value) => {
      // A person's name is cleaned, so that it can be stored.
      hasNul ||= key !== 'name' && typeof value === 'string' && value.includes('\0');
      return value;
    });
    return { fields: typeof body === 'object' && body !== null ? { ...body } : {}, hasNul };
  } catch {
    // Other values are no text that would be stored.
    return { fields: {}, hasNul };
  }
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
  // better-auth has logged the cause (a database that is away, for one), and answers with an empty body.
  if (response.status >= 500 && body.length === 0) {
    refuse(res, response.status, 'INTERNAL_SERVER_ERROR', 'Something went wrong on this server. Try again.');
    return;
  }
  res.writeHead(response.status).end(body);
}
