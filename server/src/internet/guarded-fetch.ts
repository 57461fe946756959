import { lookup as lookupSystem } from 'node:dns/promises';
import * as http from 'node:http';
import * as https from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { Readable, Transform } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { isPublicAddress } from './public-address.ts';

/** Nothing was asked, as the address is not of the public internet. */
export class AddressRefused extends Error {
  override readonly name = 'AddressRefused';

  constructor() {
    super('Its address is not on the public internet.');
  }
}

/** The answer, or one event of it, was longer than is read. */
export class AnswerTooLarge extends Error {
  override readonly name = 'AnswerTooLarge';
}

/** Nothing was asked, as too many requests are open already. */
export class TooManyOpen extends Error {
  override readonly name = 'TooManyOpen';

  constructor() {
    super('It leaves too many requests open.');
  }
}

/** All addresses of a host's name. */
export type Lookup = (host: string) => Promise<readonly { address: string; family: number }[]>;

export interface GuardedFetchOptions {
  /** Whether addresses that are not of the public internet may be asked. */
  mayBePrivate: boolean;
  /** Of an answer; of an event, where a stream of them was asked for and given. */
  bytesMax: number;
  /** The agent that leads through the operator's proxy; null: there is none for this address. Absent: there is none. */
  proxyAgent?: ((url: URL) => http.Agent | null) | undefined;
  /** Requests that are open at once; further ones reject with a `TooManyOpen`. Default: any number. */
  openMax?: number;
  /** How long a request may be open that is no GET, in ms. Default: for ever. */
  openMsMax?: number;
  /** Called when an answer is given up. Absent: only its reader is told. */
  onTooLarge?: (() => void) | undefined;
  /** Default: the system's. Not a setting: only tests name another. */
  lookup?: Lookup;
}

/**
 * Makes a fetch for addresses that somebody has entered. It follows no redirect, and keeps neither cookies nor
 * connections that nobody closes. A host's addresses are looked at when the connection is made, so no later answer of a
 * name server can lead elsewhere. A proxy looks names up itself; there, what is plainly private is refused, and names that
 * lead into a private network as far as this machine can tell.
 *
 * Rejects as Node's fetch does, with the cause in `cause`, and with an `AddressRefused`.
 */
export function createGuardedFetch(options: GuardedFetchOptions): { fetch: typeof fetch; close(): void } {
  const { mayBePrivate, proxyAgent, openMax = Number.POSITIVE_INFINITY, openMsMax, lookup = systemLookup } = options;
  const agentOptions = { keepAlive: true, timeout: 10_000, ...(!mayBePrivate && { lookup: publicOnly(lookup) }) };
  const agents = { 'http:': new http.Agent(agentOptions), 'https:': new https.Agent(agentOptions) };
  let open = 0;
  return {
    async fetch(input, init = {}) {
      const url = new URL(input instanceof Request ? input.url : input);
      if (!mayBePrivate && isPlainlyPrivate(url)) throw new AddressRefused();
      const proxy = proxyAgent?.(url);
      if (proxy && !mayBePrivate) await requirePublic(lookup, url);
      const agent = proxy ?? agents[url.protocol as keyof typeof agents];
      if (agent === undefined) throw new TypeError('fetch failed', { cause: new Error('expected http or https') });
      if (open >= openMax) throw new TooManyOpen();
      open += 1;
      let isOpen = true;
      const onClose = () => {
        if (isOpen) open -= 1;
        isOpen = false;
      };
      const answer = await ask(url, init, { agent, openMsMax, onClose }).catch((error) => {
        onClose();
        throw error;
      });
      return toResponse(answer, new Headers(init.headers).get('accept') ?? '', options);
    },
    close() {
      for (const agent of Object.values(agents)) agent.destroy();
    },
  };
}

/** Whether a host is private by its name alone: a connection to an IP address asks no name server. */
function isPlainlyPrivate({ hostname }: URL): boolean {
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  if (isIP(host)) return !isPublicAddress(host);
  return !host.includes('.') || /(?:^|\.)(?:localhost|local|internal|lan|home\.arpa)\.?$/i.test(host);
}

const systemLookup: Lookup = (host) => lookupSystem(host, { all: true });

function publicOnly(lookup: Lookup): LookupFunction {
  return (host, { all }, found) => {
    lookup(host).then(
      (addresses) => {
        const [first] = addresses;
        if (!first || !addresses.every(({ address }) => isPublicAddress(address)))
          return found(new AddressRefused(), []);
        if (all) found(null, [...addresses]);
        else found(null, first.address, first.family);
      },
      (error: NodeJS.ErrnoException) => found(error, []),
    );
  };
}

/** @throws AddressRefused for a name that leads into a private network; one that is not known here is left to the proxy */
async function requirePublic(lookup: Lookup, { hostname }: URL): Promise<void> {
  if (isIP(hostname.replace(/^\[(.*)\]$/, '$1'))) return;
  const addresses = await lookup(hostname).catch(() => []);
  if (!addresses.every(({ address }) => isPublicAddress(address))) throw new AddressRefused();
}

interface Asking {
  agent: http.Agent;
  openMsMax: number | undefined;
  /** Called when the request is over, however it ended. */
  onClose(): void;
}

function ask(url: URL, init: RequestInit, { agent, openMsMax, onClose }: Asking): Promise<http.IncomingMessage> {
  const { signal, method = 'GET' } = init;
  const body = init.body === undefined || init.body === null ? null : Buffer.from(String(init.body));
  const headers = new Headers(init.headers);
  if (init.body instanceof URLSearchParams && !headers.has('content-type')) {
    headers.set('content-type', 'application/x-www-form-urlencoded;charset=UTF-8');
  }
  headers.set('accept-encoding', 'identity');
  if (!headers.has('user-agent')) headers.set('user-agent', 'Polylogue');
  if (body) headers.set('content-length', String(body.length));
  return new Promise((resolve, reject) => {
    const { request } = url.protocol === 'https:' ? https : http;
    const outgoing = request(url, { agent, method, headers: Object.fromEntries(headers) });
    const abort = () => outgoing.destroy(signal?.reason as Error);
    if (signal?.aborted) abort();
    signal?.addEventListener('abort', abort, { once: true });
    const late =
      openMsMax === undefined || method === 'GET'
        ? undefined
        : setTimeout(() => outgoing.destroy(new Error('It was open for too long.')), openMsMax).unref();
    outgoing.once('close', () => {
      clearTimeout(late);
      signal?.removeEventListener('abort', abort);
      onClose();
    });
    outgoing.once('response', resolve);
    outgoing.on('error', (cause) => {
      if (signal?.aborted) reject(signal.reason);
      else reject(cause instanceof AddressRefused ? cause : new TypeError('fetch failed', { cause }));
    });
    outgoing.end(body ?? undefined);
  });
}

/** The statuses of answers that have no body. */
const bodiless: ReadonlySet<number> = new Set([204, 205, 304]);

function toResponse(incoming: http.IncomingMessage, accept: string, options: GuardedFetchOptions): Response {
  const { statusCode: status = 0, rawHeaders } = incoming;
  const headers = new Headers();
  for (let index = 0; index < rawHeaders.length; index += 2) {
    headers.append(rawHeaders[index] ?? '', rawHeaders[index + 1] ?? '');
  }
  if (status < 200 || status > 599 || bodiless.has(status)) {
    incoming.resume();
    if (bodiless.has(status)) return new Response(null, { status, headers });
    throw new TypeError('fetch failed', { cause: new Error(`The status ${status} is none of HTTP’s.`) });
  }
  // Whatever else calls itself a stream is read as a whole, and would never end.
  const isEvents = status < 300 && accept.includes(EVENTS) && typeIn(headers) === EVENTS;
  const bounded = incoming.pipe(boundary(options, isEvents));
  // An answer that breaks off must break off for its reader too; one that its reader leaves must not go on.
  incoming.once('error', (error) => bounded.destroy(error));
  incoming.once('aborted', () => bounded.destroy(new Error('The connection broke off.')));
  bounded.once('close', () => incoming.destroy());
  return new Response(Readable.toWeb(bounded) as ReadableStream<Uint8Array> as BodyInit, { status, headers });
}

const EVENTS = 'text/event-stream';

function typeIn(headers: Headers): string | undefined {
  return headers.get('content-type')?.split(';', 1)[0]?.trim().toLowerCase();
}

/** Passes an answer on, until it is too long. */
function boundary({ bytesMax, onTooLarge }: GuardedFetchOptions, isEvents: boolean): Transform {
  let length = 0;
  return new Transform({
    transform(piece: Buffer, _encoding, done) {
      const end = isEvents ? Math.max(piece.lastIndexOf('\n\n'), piece.lastIndexOf('\r\n\r\n')) : -1;
      length = end < 0 ? length + piece.length : piece.length - end;
      if (length <= bytesMax) return done(null, piece);
      onTooLarge?.();
      done(new AnswerTooLarge(`The answer has more than ${Math.floor(bytesMax / 1024 / 1024)} MB.`));
    },
  });
}
