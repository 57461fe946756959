import { lookup as systemLookup } from 'node:dns';
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

export interface GuardedFetchOptions {
  /** Whether addresses that are not of the public internet may be asked. */
  mayBePrivate: boolean;
  /** Of an answer; of an event, where the answer is a stream of them. */
  bytesMax: number;
  /** The agent that leads through the operator's proxy; null: there is none for this address. Absent: there is none. */
  proxyAgent?: ((url: URL) => http.Agent | null) | undefined;
  /** Called when an answer is given up. Absent: only its reader is told. */
  onTooLarge?: (() => void) | undefined;
}

/**
 * Makes a fetch for addresses that somebody has entered. It follows no redirect, and keeps neither cookies nor
 * connections that nobody closes. A host's addresses are looked at when the connection is made, so no later answer of a
 * name server can lead elsewhere; a proxy looks names up itself, so that only what is plainly private is refused there.
 *
 * Rejects as Node's fetch does, with the cause in `cause`, and with an `AddressRefused`.
 */
export function createGuardedFetch(options: GuardedFetchOptions): { fetch: typeof fetch; close(): void } {
  const { mayBePrivate, proxyAgent } = options;
  const agentOptions = { keepAlive: true, timeout: 10_000, ...(!mayBePrivate && { lookup: lookupPublic }) };
  const agents = { 'http:': new http.Agent(agentOptions), 'https:': new https.Agent(agentOptions) };
  return {
    async fetch(input, init = {}) {
      const url = new URL(input instanceof Request ? input.url : input);
      if (!mayBePrivate && isPlainlyPrivate(url)) throw new AddressRefused();
      const agent = proxyAgent?.(url) ?? agents[url.protocol as keyof typeof agents];
      if (agent === undefined) throw new TypeError('fetch failed', { cause: new Error('expected http or https') });
      return toResponse(await ask(url, init, agent), options);
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

const lookupPublic: LookupFunction = (host, options, found) => {
  systemLookup(host, { ...options, all: true }, (error, addresses) => {
    if (error) return found(error, []);
    if (!addresses.every(({ address }) => isPublicAddress(address))) return found(new AddressRefused(), []);
    const [first] = addresses;
    if (options.all) found(null, addresses);
    else found(null, first?.address ?? '', first?.family);
  });
};

function ask(url: URL, init: RequestInit, agent: http.Agent): Promise<http.IncomingMessage> {
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
    outgoing.once('close', () => signal?.removeEventListener('abort', abort));
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

function toResponse(incoming: http.IncomingMessage, options: GuardedFetchOptions): Response {
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
  const bounded = incoming.pipe(boundary(options, headers.get('content-type')?.includes('event-stream') ?? false));
  // An answer that breaks off must break off for its reader too; one that its reader leaves must not go on.
  incoming.once('error', (error) => bounded.destroy(error));
  incoming.once('aborted', () => bounded.destroy(new Error('The connection broke off.')));
  bounded.once('close', () => incoming.destroy());
  return new Response(Readable.toWeb(bounded) as ReadableStream<Uint8Array> as BodyInit, { status, headers });
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
