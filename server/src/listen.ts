import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Config, ConfigError } from './config/settings.ts';
import { AddressLimit } from './http/address-limit.ts';

/** Within this time a request's head is there, and within the other all of it: 8 MB by a slow line. */
const HEAD_MS_MAX = 15_000;
const REQUEST_MS_MAX = 120_000;
/** A connection that carries nothing, beside the time in which a provider may say nothing. */
const SILENCE_MS_MAX = 30_000;
/** An answer that is on its way and not read any further. */
const UNREAD_MS_MAX = 30_000;
/** Between looks at the connections' times. */
const LOOK_MS = 5000;
/** Longer than browsers wait between the requests of one page. */
const KEEP_ALIVE_MS = 10_000;

/**
 * The server that everything is served by. Whoever connects can cost it only so much: no head, no request and no answer
 * stays on its way for ever, and an address has `connectionsPerAddressMax` connections, except where proxies stand before
 * it (`trustedProxies`): there all connections are theirs.
 */
export function createHttpServer({
  connectionsPerAddressMax,
  trustedProxies,
  firstTokenTimeoutMs,
}: Pick<Config, 'connectionsPerAddressMax' | 'trustedProxies' | 'firstTokenTimeoutMs'>): Server {
  const server = createServer({
    headersTimeout: HEAD_MS_MAX,
    requestTimeout: REQUEST_MS_MAX,
    keepAliveTimeout: KEEP_ALIVE_MS,
    connectionsCheckingInterval: LOOK_MS,
  });
  // A probe of a provider says nothing for as long as a first token may take.
  server.timeout = firstTokenTimeoutMs + SILENCE_MS_MAX;
  const limit = new AddressLimit(connectionsPerAddressMax);
  server.on('connection', (socket) => {
    if (trustedProxies > 0) return;
    const release = limit.take(socket.remoteAddress ?? '');
    if (release) socket.once('close', release);
    else socket.destroy();
  });
  server.on('request', (_req, res) => {
    // Written in whole, and on its way: from now on only its reader can keep it waiting.
    res.once('prefinish', () => res.setTimeout(UNREAD_MS_MAX, () => res.destroy()));
  });
  return server;
}

/** Where a server is reached that listens at `host`, as a browser takes it. */
export function addressOf(host: string, port: number): string {
  const isEverywhere = host === '0.0.0.0' || host === '::';
  return `http://${isEverywhere ? 'localhost' : host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** Resolves to the port that is listened to. Rejects with a ConfigError where `host` and `port` cannot be had. */
export function listen(server: Server, { host, port }: Pick<Config, 'host' | 'port'>): Promise<number> {
  return new Promise((resolve, reject) => {
    const refuse = (error: NodeJS.ErrnoException) => {
      const reason =
        error.code === 'EADDRINUSE' ? 'another program listens there' : `nobody can listen there (${error.code})`;
      reject(new ConfigError([`HOST is "${host}" and PORT is "${port}": ${reason}`]));
    };
    server.once('error', refuse).listen(port, host, () => {
      server.off('error', refuse);
      resolve((server.address() as AddressInfo).port);
    });
  });
}
