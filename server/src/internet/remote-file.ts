import { Resolver } from 'node:dns/promises';
import * as http from 'node:http';
import * as https from 'node:https';
import { isIP } from 'node:net';
import type { Readable } from 'node:stream';
import { unpacked } from './compressed-body.ts';
import { isPublicAddress } from './public-address.ts';

/** A file could not be fetched; the message says why, in words for the program that named it. */
export class RemoteFileError extends Error {
  override readonly name = 'RemoteFileError';
  /** With which its host answered; null: it did not, or not in a usable way. */
  readonly status: number | null;

  constructor(message: string, status: number | null = null) {
    super(message);
    this.status = status;
  }
}

export interface RemoteFile {
  bytes: Buffer;
  /** As the server says, in lower case, without parameters; nothing rests on it. */
  contentType: string;
}

/** A file with what its server says of it. */
export interface RemoteAnswer extends RemoteFile {
  /** In lower case; null: the server names none. */
  charset: string | null;
  /** The address that it came from, after all redirects. */
  url: string;
}

export interface FetchingOptions {
  bytesMax: number;
  signal: AbortSignal;
}

export interface AskingOptions extends FetchingOptions {
  /** Is asked before each request, those of redirects too; if it rejects, none is made. Absent: all are. */
  admit?: ((url: URL) => Promise<void>) | undefined;
  /** Whether the body may be compressed. `bytesMax` bounds it as it is unpacked. Default: no. */
  unpacks?: boolean;
  /** Whether what goes beyond `bytesMax` is left out, and not refused. Default: no. */
  cuts?: boolean;
  /** The types that are wanted. Default: all. */
  accept?: string;
}

/** What tests put in place of the internet. */
export interface Surroundings {
  /** All addresses of a host name. */
  lookup(host: string, signal: AbortSignal): Promise<readonly string[]>;
  isPublic(address: string): boolean;
  ports: ReadonlySet<string>;
}

const internet: Surroundings = {
  lookup: askNameServers,
  isPublic: isPublicAddress,
  // A URL has no port where it is the usual one.
  ports: new Set(['']),
};

/** What this program calls itself; the same word is looked for in `robots.txt`. */
export const USER_AGENT = 'Polylogue';
/** Of a name server's answer, and how often it is asked. */
const NAME_PATIENCE = { timeout: 2_000, tries: 2 };
const REDIRECTS_MAX = 3;
const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/**
 * Fetches a file from the public internet, as `fetchRemote` does.
 *
 * @throws RemoteFileError; the signal's reason once that is aborted
 */
export async function fetchRemoteFile(
  address: string,
  { bytesMax, signal }: FetchingOptions,
  surroundings = internet,
): Promise<RemoteFile> {
  const { bytes, contentType } = await fetchRemote(address, { bytesMax, signal }, surroundings);
  return { bytes, contentType };
}

/**
 * Fetches what is at an address of the public internet. A host's addresses are looked up once for each request; all of
 * them must be public, and the connection goes to one that was looked at, so no later answer of a name server can lead
 * elsewhere. The operator's proxy is not used: it would look the name up itself.
 *
 * @throws RemoteFileError; what `admit` rejects with; the signal's reason once that is aborted
 */
export async function fetchRemote(
  address: string,
  options: AskingOptions,
  surroundings: Surroundings = internet,
): Promise<RemoteAnswer> {
  const { signal } = options;
  let url = checkedUrl(address, surroundings);
  for (let redirected = 0; ; redirected++) {
    await options.admit?.(url);
    signal.throwIfAborted();
    const response = await ask(url, await publicAddressOf(url, surroundings, signal), options);
    const { statusCode = 0, headers } = response;
    const location = redirects.has(statusCode) ? headers.location : undefined;
    if (location === undefined) return { bytes: await bodyOf(response, options), ...typeOf(headers), url: url.href };
    response.destroy();
    if (redirected >= REDIRECTS_MAX) throw new RemoteFileError('It redirects too often.');
    if (!URL.canParse(location, url)) throw new RemoteFileError('It redirects to no address.');
    const next = new URL(location, url);
    if (url.protocol === 'https:' && next.protocol !== 'https:') {
      throw new RemoteFileError('It redirects from https to http.');
    }
    url = checkedUrl(next.href, surroundings);
  }
}

/** @throws RemoteFileError */
function checkedUrl(address: string, { ports }: Surroundings): URL {
  if (!URL.canParse(address)) throw new RemoteFileError('It is no address.');
  const url = new URL(address);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw new RemoteFileError('It must be http or https.');
  if (url.username !== '' || url.password !== '') throw new RemoteFileError('It must have no user and no password.');
  if (!ports.has(url.port)) throw new RemoteFileError('It must have no port.');
  return url;
}

/** @throws RemoteFileError */
async function publicAddressOf(
  { hostname }: URL,
  { lookup, isPublic }: Surroundings,
  signal: AbortSignal,
): Promise<string> {
  // A URL knows an IP address in every spelling, and writes it in the usual one.
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  if (/(?:^|\.)localhost\.?$/.test(host)) throw notPublic();
  const addresses = isIP(host) ? [host] : await lookup(host, signal).catch(() => []);
  signal.throwIfAborted();
  const [first] = addresses;
  if (first === undefined || !addresses.every(isPublic)) throw notPublic();
  return first;
}

/** The same of names that nobody has and of those that lead into a network: nobody finds out which names that has. */
function notPublic(): RemoteFileError {
  return new RemoteFileError('Its host is not on the public internet.');
}

/**
 * Looks a name up, those of IPv4 first. The system's own lookup would hold one of the few threads that files and passwords
 * need too, for as long as the name server of a stranger pleases; and it knows names of this network.
 */
async function askNameServers(host: string, signal: AbortSignal): Promise<string[]> {
  const resolver = new Resolver(NAME_PATIENCE);
  const cancel = () => resolver.cancel();
  signal.addEventListener('abort', cancel, { once: true });
  try {
    const found = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
    return found.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}

function ask(
  url: URL,
  address: string,
  { signal, unpacks = false, accept = '*/*' }: AskingOptions,
): Promise<http.IncomingMessage> {
  const { request } = url.protocol === 'https:' ? https : http;
  const family = isIP(address);
  return new Promise((resolve, reject) => {
    const fail = () => reject(signal.aborted ? signal.reason : new RemoteFileError('Its host cannot be reached.'));
    const outgoing = request(url, {
      agent: false,
      signal,
      headers: { accept, 'accept-encoding': unpacks ? 'gzip, deflate, br' : 'identity', 'user-agent': USER_AGENT },
      lookup: (_host, { all }, found) => (all ? found(null, [{ address, family }]) : found(null, address, family)),
    });
    outgoing.once('socket', (socket) =>
      socket.once('connect', () => {
        if (socket.remoteAddress !== undefined && socket.remoteAddress !== address) outgoing.destroy();
      }),
    );
    outgoing.once('response', resolve);
    outgoing.on('error', fail);
    outgoing.end();
  });
}

async function bodyOf(
  response: http.IncomingMessage,
  { bytesMax, signal, unpacks = false, cuts = false }: AskingOptions,
): Promise<Buffer> {
  let body: Readable = response;
  try {
    const { statusCode = 0, headers } = response;
    if (statusCode !== 200) {
      throw new RemoteFileError(`Its host answered with the status ${statusCode}.`, statusCode);
    }
    body = unpackedBody(response, unpacks);
    if (!cuts && Number(headers['content-length'] ?? 0) > bytesMax) throw tooLarge(bytesMax);
    const pieces: Buffer[] = [];
    let length = 0;
    for await (const piece of body as AsyncIterable<Buffer>) {
      length += piece.length;
      pieces.push(piece);
      if (length > bytesMax && !cuts) throw tooLarge(bytesMax);
      if (length >= bytesMax && cuts) break;
    }
    return Buffer.concat(pieces).subarray(0, bytesMax);
  } catch (error) {
    if (error instanceof RemoteFileError) throw error;
    throw signal.aborted ? signal.reason : new RemoteFileError('Its host broke off.');
  } finally {
    response.destroy();
    body.destroy();
  }
}

function unpackedBody(response: http.IncomingMessage, unpacks: boolean): Readable {
  const encoding = response.headers['content-encoding'] ?? 'identity';
  if (encoding === 'identity') return response;
  if (!unpacks) throw new RemoteFileError('Its host sent it compressed, without being asked to.');
  const body = unpacked(response, encoding);
  if (body === null) throw new RemoteFileError('Its host sent it compressed in a way that was not asked for.');
  return body;
}

function tooLarge(bytesMax: number): RemoteFileError {
  return new RemoteFileError(`It has more than ${Math.floor(bytesMax / 1024 / 1024)} MB.`);
}

function typeOf(headers: http.IncomingHttpHeaders): { contentType: string; charset: string | null } {
  const [type = '', ...parameters] = (headers['content-type'] ?? '').slice(0, 1_000).split(';');
  const named = parameters.map((parameter) => /^\s*charset\s*=\s*"?([\w:.-]{2,40})/i.exec(parameter)?.[1]);
  return { contentType: type.trim().toLowerCase(), charset: named.find(Boolean)?.toLowerCase() ?? null };
}
