import { type IncomingHttpHeaders, type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { basePathOf } from './base-path.ts';
import { BODY_RETRY_SECONDS, NO_BODY_ROOM } from './body-allowance.ts';
import { JSON_ENTRIES_MAX, type JsonBodyLimits, parseJson, readJsonBody } from './json-body.ts';

/** Decides which origins may act with a member's cookies. */
export interface OriginPolicy {
  /** The address at which people find the server: its scheme decides whether cookies are Secure. */
  publicUrl: URL;
  /** The path of that address, without a slash at its end; mostly empty. */
  basePath: string;
  /**
   * Whether a page of this origin may act for the signed-in user: the origin is the public URL's, on the allow-list, or
   * of the very host that was asked, if a stranger cannot make that host up (see `isOwnName`).
   */
  allows(origin: string, host: string | undefined): boolean;
  /** Whether the origin is on the allow-list, and its pages may read the answers. */
  allowsToRead(origin: string): boolean;
}

/** `allowedOrigins`: exact origins (`https://app.example.org`), without wildcards. */
export function createOriginPolicy(options: { publicUrl: string; allowedOrigins: readonly string[] }): OriginPolicy {
  const publicUrl = new URL(options.publicUrl);
  const allowed = new Set(options.allowedOrigins.map((origin) => new URL(origin).origin));
  return {
    publicUrl,
    basePath: basePathOf(options.publicUrl),
    allows(origin, host) {
      if (origin === publicUrl.origin || allowed.has(origin)) return true;
      const url = parseUrl(origin);
      return url !== null && url.host === host?.toLowerCase() && isOwnName(url.hostname);
    },
    allowsToRead: (origin) => allowed.has(origin),
  };
}

/**
 * The URL that a request asks for; its host means nothing, since a program may name any. Null if it cannot be parsed.
 */
export function urlOf({ url = '/' }: IncomingMessage): URL | null {
  // Without a host before it, a path that begins with two slashes would be taken for a host's name.
  return parseUrl(url.startsWith('/') ? `http://localhost${url}` : url);
}

function parseUrl(text: string): URL | null {
  try {
    return new URL(text);
  } catch {
    return null;
  }
}

/**
 * Whether a host name is an address, or a name that nobody can register. For any other name "the page's host is the
 * host that was asked" proves nothing: a stranger's domain can be pointed at this machine while its page is open (DNS
 * rebinding). A server that is reached by such a name has it in PUBLIC_URL.
 */
function isOwnName(hostname: string): boolean {
  if (hostname.startsWith('[') || isIP(hostname) !== 0 || !hostname.includes('.')) return true;
  return /\.(localhost|local|lan|internal|home\.arpa|test)$/.test(hostname);
}

/** Headers for every answer; a page's Content-Security-Policy is the page's business. */
export function setSecurityHeaders(res: ServerResponse, policy: OriginPolicy): void {
  res.setHeader('X-Content-Type-Options', 'nosniff');
  res.setHeader('X-Frame-Options', 'DENY');
  res.setHeader('Referrer-Policy', 'strict-origin-when-cross-origin');
  res.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
  res.setHeader('Permissions-Policy', 'camera=(), geolocation=(), microphone=()');
  if (policy.publicUrl.protocol === 'https:') res.setHeader('Strict-Transport-Security', 'max-age=31536000');
}

/** Sets the CORS headers, for origins of the allow-list only, and answers preflights. @returns whether it answered */
export function handleCors(req: IncomingMessage, res: ServerResponse, policy: OriginPolicy): boolean {
  res.appendHeader('Vary', 'Origin');
  const { origin } = req.headers;
  const allowed = origin !== undefined && policy.allowsToRead(origin);
  if (allowed) {
    res.setHeader('Access-Control-Allow-Origin', origin);
    res.setHeader('Access-Control-Allow-Credentials', 'true');
    res.setHeader(
      'Access-Control-Expose-Headers',
      'Retry-After, X-Polylogue-Conversation, X-Polylogue-Credits, X-Polylogue-Turn, X-Request-Id',
    );
  }
  if (req.method !== 'OPTIONS' || req.headers['access-control-request-method'] === undefined) return false;
  if (allowed) {
    res.setHeader('Access-Control-Allow-Methods', 'GET, POST, PATCH, DELETE');
    // The SDKs of OpenAI and Anthropic send a dozen headers of their own, more with every version.
    const asked = req.headers['access-control-request-headers'];
    res.setHeader('Access-Control-Allow-Headers', asked ?? 'Accept, Authorization, Content-Type');
    res.setHeader('Access-Control-Max-Age', '7200');
  }
  res.writeHead(allowed ? 204 : 403).end();
  return true;
}

/**
 * Whether a browser sends this request for a page that may not act for its user. A request without Origin comes from no
 * page (browsers send it with every POST and every WebSocket), one without a cookie has nothing of the user's to abuse.
 */
export function isForged(headers: IncomingHttpHeaders, policy: OriginPolicy): boolean {
  const { origin, cookie, host } = headers;
  if (cookie === undefined) return false;
  if (origin !== undefined) return !policy.allows(origin, host);
  const site = headers['sec-fetch-site'];
  return site === 'cross-site' || site === 'same-site';
}

/** Enough for the longest prompt as JSON, where a character may take six bytes of escapes, and for the rest. */
export const graphqlBodyBytesMax = 8 * 1024 * 1024;
/** The longest body of a client that is signed out. */
export const strangerBodyBytesMax = 256 * 1024;

export interface Admission {
  policy: OriginPolicy;
  findMemberId: JsonBodyLimits['findMemberId'];
  allowance: JsonBodyLimits['allowance'];
  parseLarge: JsonBodyLimits['parseLarge'];
}

/**
 * Admits a request to /graphql. True: it may pass, and the parsed JSON of a POST is in `req.body`, where Yoga looks for
 * it. False: it was refused and answered. Refused are a foreign page's request with the user's cookie, a body that is
 * too large (`findMemberId` is called if it is too large for a stranger), and one that is not JSON (any page can send a
 * form without a preflight). Rejects when the client goes away.
 */
export async function admitGraphql(
  req: IncomingMessage,
  res: ServerResponse,
  { policy, findMemberId, allowance, parseLarge }: Admission,
): Promise<boolean> {
  if (req.method === 'GET' || req.method === 'HEAD') {
    const { searchParams } = new URL(req.url ?? '/', 'http://localhost');
    const unreadable = ['variables', 'extensions'].find(
      (name) => parseJson(searchParams.get(name) || '{}') === undefined,
    );
    return unreadable ? refuse(res, 400, 'BAD_REQUEST', `${unreadable} must be JSON.`) : true;
  }
  if (req.method !== 'POST') {
    res.setHeader('Allow', 'GET, POST');
    return refuse(res, 405, 'METHOD_NOT_ALLOWED', 'Use GET or POST.');
  }
  if (!isJson(req)) {
    return refuse(res, 415, 'UNSUPPORTED_MEDIA_TYPE', 'Send the operation as application/json.');
  }
  if (isForged(req.headers, policy)) {
    return refuse(res, 403, 'FORBIDDEN', 'This origin may not use the cookie: see PUBLIC_URL and CORS_ALLOW_ORIGINS.');
  }
  const body = await readJsonBody(req, {
    bytesMax: strangerBodyBytesMax,
    memberBytesMax: graphqlBodyBytesMax,
    findMemberId,
    allowance,
    parseLarge,
  });
  if ('refused' in body && body.refused === 'large') return refuseTooLarge(res, body.bytesMax);
  if ('refused' in body && body.refused === 'crowded') {
    res.setHeader('Retry-After', BODY_RETRY_SECONDS);
    return refuse(res, 429, 'RATE_LIMITED', NO_BODY_ROOM);
  }
  if ('refused' in body && body.refused === 'complex') {
    res.setHeader('Connection', 'close');
    return refuse(res, 413, 'PAYLOAD_TOO_COMPLEX', `The body has more than ${JSON_ENTRIES_MAX} entries.`);
  }
  if ('refused' in body || !isFilledObject(body.value)) {
    return refuse(res, 400, 'BAD_REQUEST', 'The body must be a JSON object with a query.');
  }
  Object.assign(req, { body: body.value });
  return true;
}

function isFilledObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0;
}

export function isJson(req: IncomingMessage): boolean {
  return /^application\/json\s*(;|$)/i.test(req.headers['content-type'] ?? '');
}

/** Whether a WebSocket's upgrade request may pass: no page can leave out its Origin. */
export function isUpgradeAllowed(req: IncomingMessage, policy: OriginPolicy): boolean {
  const { origin, host } = req.headers;
  return origin === undefined || policy.allows(origin, host);
}

/** Refuses an upgrade request and closes its connection, which nobody else takes care of. */
export function refuseUpgrade(socket: Duplex, status: 403 | 429 = 403): void {
  socket.on('error', () => {});
  socket.once('finish', () => socket.destroy());
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

/** Answers with an error in GraphQL's form (`errors[0].extensions.code`). Always false: not admitted. */
export function refuse(res: ServerResponse, status: number, code: string, message: string): false {
  const body = JSON.stringify({ message, errors: [{ message, extensions: { code } }] });
  res.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8', 'Cache-Control': 'no-store' }).end(body);
  return false;
}

/** Answers a request whose body readBody did not read to its end. Always false: not admitted. */
export function refuseTooLarge(res: ServerResponse, bytesMax: number): false {
  // The rest of the body is still on its way: the connection cannot be used again.
  res.setHeader('Connection', 'close');
  return refuse(res, 413, 'PAYLOAD_TOO_LARGE', `The body is larger than ${bytesMax} bytes.`);
}

/** The whole body as text; null when it is larger than `bytesMax`. Rejects when the client goes away. */
export async function readBody(req: IncomingMessage, bytesMax: number): Promise<string | null> {
  if (Number(req.headers['content-length'] ?? 0) > bytesMax) return null;
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of req.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bytesMax) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, bytes).toString('utf8');
}

/**
 * The client's address. `trustedProxies`: how many proxies stand before this server and add to X-Forwarded-For; with 0
 * the header is a claim anybody can make, and is ignored.
 */
export function clientAddress(req: IncomingMessage, trustedProxies: number): string {
  const forwarded = [req.headers['x-forwarded-for'] ?? []]
    .flat()
    .join(',')
    .split(',')
    .map((part) => part.trim());
  const claimed = trustedProxies > 0 ? forwarded.at(-trustedProxies) : undefined;
  if (claimed && isIP(claimed) !== 0) return claimed;
  return req.socket.remoteAddress ?? '';
}
