import { Resolver } from 'node:dns/promises';
import * as http from 'node:http';
import * as https from 'node:https';
import { isIP } from 'node:net';
import { isPublicAddress } from './public-address.ts';

/** A file could not be fetched; the message says why, in words for the program that named it. */
export class RemoteFileError extends Error {
  override readonly name = 'RemoteFileError';
}

export interface RemoteFile {
  bytes: Buffer;
  /** As the server says, in lower case, without parameters; nothing rests on it. */
  contentType: string;
}

export interface FetchingOptions {
  bytesMax: number;
  signal: AbortSignal;
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

/** Of a name server's answer, and how often it is asked. */
const NAME_PATIENCE = { timeout: 2_000, tries: 2 };
const REDIRECTS_MAX = 3;
const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/**
 * Fetches a file from the public internet. A host's addresses are looked up once for each request; all of them must be
 * public, and the connection goes to one that was looked at, so no later answer of a name server can lead elsewhere. The
 * operator's proxy is not used: it would look the name up itself.
 *
 * @throws RemoteFileError; the signal's reason once that is aborted
 */
export async function fetchRemoteFile(
  address: string,
  { bytesMax, signal }: FetchingOptions,
  surroundings = internet,
): Promise<RemoteFile> {
  let url = checkedUrl(address, surroundings);
  for (let redirected = 0; ; redirected++) {
    const response = await ask(url, await publicAddressOf(url, surroundings, signal), signal);
    const { statusCode = 0, headers } = response;
    const location = redirects.has(statusCode) ? headers.location : undefined;
    if (location === undefined)
      return { bytes: await bodyOf(response, bytesMax, signal), contentType: typeOf(headers) };
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

function ask(url: URL, address: string, signal: AbortSignal): Promise<http.IncomingMessage> {
  const { request } = url.protocol === 'https:' ? https : http;
  const family = isIP(address);
  return new Promise((resolve, reject) => {
    const fail = () => reject(signal.aborted ? signal.reason : new RemoteFileError('Its host cannot be reached.'));
    const outgoing = request(url, {
      agent: false,
      signal,
      headers: { accept: '*/*', 'accept-encoding': 'identity', 'user-agent': 'Polylogue' },
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

async function bodyOf(response: http.IncomingMessage, bytesMax: number, signal: AbortSignal): Promise<Buffer> {
  try {
    const { statusCode, headers } = response;
    if (statusCode !== 200) throw new RemoteFileError(`Its host answered with the status ${statusCode}.`);
    if ((headers['content-encoding'] ?? 'identity') !== 'identity') {
      throw new RemoteFileError('Its host sent it compressed, without being asked to.');
    }
    if (Number(headers['content-length'] ?? 0) > bytesMax) throw tooLarge(bytesMax);
    const pieces: Buffer[] = [];
    let length = 0;
    for await (const piece of response as AsyncIterable<Buffer>) {
      length += piece.length;
      if (length > bytesMax) throw tooLarge(bytesMax);
      pieces.push(piece);
    }
    return Buffer.concat(pieces);
  } catch (error) {
    if (error instanceof RemoteFileError) throw error;
    throw signal.aborted ? signal.reason : new RemoteFileError('Its host broke off.');
  } finally {
    response.destroy();
  }
}

function tooLarge(bytesMax: number): RemoteFileError {
  return new RemoteFileError(`It has more than ${Math.floor(bytesMax / 1024 / 1024)} MB.`);
}

function typeOf(headers: http.IncomingHttpHeaders): string {
  return (headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}
