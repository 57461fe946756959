import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { betterAuth } from 'better-auth';
import type { Logger } from 'pino';
import { clientAddress, isJson, type OriginPolicy, readBody, refuse, refuseTooLarge } from '../security.ts';
import type { SessionUser } from './accounts.ts';
import { whileStored } from './async-storages.ts';
import { findApiKey, findSessionToken, readHeader } from './credentials.ts';
import { addressHeader, userHeader } from './inner-headers.ts';
import { type AuthOptions, betterAuthOptions } from './options.ts';

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

const bodyBytesMax = 64 * 1024;

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
