import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect, createServer as createSocketServer, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createOpenAIChat } from '../../src/providers/openai/openai.ts';
import { plainFetch } from '../../src/providers/transport/plain-fetch.ts';
import { createProxiedFetch } from '../../src/providers/transport/proxied-fetch.ts';
import { selfSigned } from '../setup/certificate.ts';
import { startWireServer, streamBody, type WireServer } from '../wire-server.ts';
import { ask, secret } from './answers.ts';

/** A proxy on the loopback that notes its requests. */
interface Proxy {
  url: string;
  /** Each `CONNECT host:port` or `POST http://…`, followed by the proxy credentials. */
  asked: string[];
  /** The answer in place of a tunnel. */
  refusal: string | null;
  /** Unless null, each CONNECT stays unanswered and its connection is added here. */
  waiting: Set<Duplex> | null;
  close(): void;
}

const servers: Server[] = [];

async function startProxy(): Promise<Proxy> {
  const sockets = new Set<Socket>();
  const server = createServer((incoming, response) => forward(proxy, incoming, response));
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.on('connect', (incoming, client, head) => tunnel(proxy, incoming, client, head));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const proxy: Proxy = {
    url: `http://user:pass%20word@127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: [],
    refusal: null,
    waiting: null,
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
  return proxy;
}

const allowed = ({ headers }: IncomingMessage) =>
  Buffer.from(headers['proxy-authorization']?.replace('Basic ', '') ?? '', 'base64').toString();

function tunnel(proxy: Proxy, incoming: IncomingMessage, client: Duplex, head: Buffer): void {
  proxy.asked.push(`CONNECT ${incoming.url} ${allowed(incoming)}`);
  client.on('error', () => {});
  if (proxy.waiting) {
    const { waiting } = proxy;
    waiting.add(client);
    // The bytes are discarded, so that the end of the connection is noticed.
    client.resume().on('end', () => waiting.delete(client));
    client.on('close', () => waiting.delete(client));
    return;
  }
  if (proxy.refusal) return void client.end(proxy.refusal);
  const [host = '', port] = (incoming.url ?? '').split(':');
  const upstream = connect(Number(port), host === 'localhost' ? '127.0.0.1' : host, () => {
    client.write('HTTP/1.1 200 Connection established\r\n\r\n');
    upstream.write(head);
    client.pipe(upstream).pipe(client);
  });
  upstream.on('error', () => client.destroy());
  client.on('close', () => upstream.destroy());
}

function forward(proxy: Proxy, incoming: IncomingMessage, response: ServerResponse): void {
  proxy.asked.push(`${incoming.method} ${incoming.url} ${allowed(incoming)}`);
  const { 'proxy-authorization': _, 'proxy-connection': __, ...headers } = incoming.headers;
  const upstream = request(incoming.url ?? '', { method: incoming.method, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  incoming.pipe(upstream);
  response.on('close', () => upstream.destroy());
}

/** A SOCKS 5 proxy (RFC 1928) without authentication, for names and IPv4 addresses. */
async function startSocks(): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = [];
  const server = createSocketServer((client) => {
    client.on('error', () => {});
    client.once('data', () => {
      client.write(Buffer.from([5, 0]));
      client.once('data', (request: Buffer) => {
        const isName = request[3] === 3;
        const end = isName ? 5 + (request[4] as number) : 8;
        const host = isName ? request.toString('latin1', 5, end) : request.subarray(4, 8).join('.');
        const port = request.readUInt16BE(end);
        asked.push(`${host}:${port}`);
        const upstream = connect(port, '127.0.0.1', () => {
          client.write(Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]));
          client.pipe(upstream).pipe(client);
        });
        upstream.on('error', () => client.destroy());
        client.on('close', () => upstream.destroy());
      });
    });
  }).listen(0, '127.0.0.1');
  servers.push(server as unknown as Server);
  await once(server, 'listening');
  return { url: `socks5h://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

describe('a proxied fetch', () => {
  let wire: WireServer;
  let proxy: Proxy;
  const usual = process.env.NODE_TLS_REJECT_UNAUTHORIZED;
  beforeAll(async () => {
    wire = await startWireServer();
    // The certificate of the test's provider is self-signed.
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
  });
  beforeEach(async () => {
    wire.reset();
    proxy = await startProxy();
  });
  afterEach(() => {
    proxy.close();
    for (const server of servers.splice(0)) {
      server.closeAllConnections?.();
      server.close();
    }
  });
  afterAll(async () => {
    if (usual === undefined) delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
    else process.env.NODE_TLS_REJECT_UNAUTHORIZED = usual;
    await wire.close();
  });

  const chat = (baseURL: string, except: (url: URL) => boolean = () => false) =>
    createOpenAIChat({
      apiKey: secret,
      baseURL,
      fetch: createProxiedFetch((url) => (except(url) ? null : proxy.url), plainFetch),
      maxTokensParameter: 'max_tokens',
    });

  /** A provider that speaks https. */
  async function startSecureProvider(): Promise<{ port: number; asked: string[] }> {
    const asked: string[] = [];
    const server = createTlsServer(selfSigned(), async (incoming, response) => {
      let body = '';
      for await (const piece of incoming) body += piece;
      asked.push(`${incoming.method} ${incoming.url} ${incoming.headers.authorization} ${JSON.parse(body).model}`);
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      for (const piece of streamBody('openai.chat', { text: ['Hel', 'lo.'] }).split(/(?<=\n\n)/)) response.write(piece);
      response.end();
    });
    servers.push(server as unknown as Server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return { port: (server.address() as AddressInfo).port, asked };
  }

  test('opens a tunnel to an https provider, and the proxy sees neither key nor text', async () => {
    const provider = await startSecureProvider();
    const { text, failure } = await ask(chat(`https://localhost:${provider.port}/v1`), { model: 'm' });
    expect([text, failure]).toEqual(['Hello.', null]);
    expect(proxy.asked).toEqual([`CONNECT localhost:${provider.port} user:pass word`]);
    expect(provider.asked).toEqual([`POST /v1/chat/completions Bearer ${secret} m`]);
  });

  test('sends a request for an http provider to the proxy itself, with every header and the whole body', async () => {
    const { text, failure } = await ask(chat(`${wire.url}/v1`), { model: 'm' });
    expect([failure, text === '']).toEqual([null, false]);
    expect(proxy.asked).toEqual([`POST ${wire.url}/v1/chat/completions user:pass word`]);
    const [request] = wire.requests;
    expect(request?.headers).toMatchObject({ authorization: `Bearer ${secret}`, host: new URL(wire.url).host });
    expect(request?.body.model).toBe('m');
  });

  test('goes through a SOCKS proxy, which resolves names itself', async () => {
    const provider = await startSecureProvider();
    const { url, asked } = await startSocks();
    const fetch = createProxiedFetch(() => url, plainFetch);
    const model = (baseURL: string) =>
      createOpenAIChat({ apiKey: secret, baseURL, fetch, maxTokensParameter: 'max_tokens' });
    expect((await ask(model(`https://provider.example:${provider.port}/v1`), { model: 'm' })).text).toBe('Hello.');
    expect((await ask(model(`${wire.url}/v1`), { model: 'm' })).failure).toBeNull();
    expect(asked).toEqual([`provider.example:${provider.port}`, new URL(wire.url).host]);
  });

  test('goes past the proxy for excepted addresses', async () => {
    const { failure } = await ask(
      chat(`${wire.url}/v1`, () => true),
      { model: 'm' },
    );
    expect(failure).toBeNull();
    expect(proxy.asked).toEqual([]);
  });

  test('reports the refusal of a proxy as such', async () => {
    proxy.refusal = 'HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 6\r\n\r\nhidden';
    const { failure } = await ask(chat('https://provider.example/v1'), { model: 'm' });
    expect(failure).toMatchObject({
      code: 'CONNECTION',
      message: 'The connection to the provider failed (PROXY_ANSWERED_407).',
    });
  });

  test('fails with CONNECTION if no proxy listens, without showing the proxy’s password', async () => {
    proxy.close();
    const { failure } = await ask(chat('https://provider.example/v1'), { model: 'm' });
    expect(failure?.code).toBe('CONNECTION');
    expect(failure?.message).not.toContain('pass');
  });

  test('closes its connection to a silent proxy when the request is aborted', async () => {
    proxy.waiting = new Set();
    const { waiting } = proxy;
    const abort = new AbortController();
    const asked = ask(chat('https://provider.example/v1'), { model: 'm', signal: abort.signal });
    await expect.poll(() => waiting.size).toBe(1);
    abort.abort();
    await asked.catch(() => {});
    await expect.poll(() => waiting.size).toBe(0);
  });
});
