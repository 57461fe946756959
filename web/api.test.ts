// @vitest-environment node
import dns from 'node:dns';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import {
  createServer,
  get,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Socket, type Server as TcpServer } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { openApi, proxiedApi } from './api.ts';

const undo: (() => void)[] = [];

afterEach(() => {
  for (const step of undo.splice(0)) step();
});

describe("another server's API", () => {
  test('gets only requests for its own paths', async () => {
    const { url } = await inFront((_request, response) => response.end('of the API'));
    for (const path of [
      '/graphql',
      '/api/auth/session',
      '/api/v1/docs',
      '/api/v1/conversations/1?limit=2',
      '/v1/models',
      '/v1/chat/completions',
      '/v1/messages?beta=true',
      '/chat/gpt',
      '/chat/stream',
      '/export/usage.csv',
      '/health',
      '/health/openai',
      '/metrics',
    ]) {
      expect(await (await fetch(url + path)).text(), path).toBe('of the API');
    }
    for (const path of ['/', '/v2/models', '/v1s', '/graphqls', '/healthy', '/apis', '/chats', '/c/1']) {
      expect(await (await fetch(url + path)).text(), path).toBe('a page');
    }
  });

  test('is heard at once: the head of a stream, each of its pieces, and the trailer at its end', async () => {
    let stream: ServerResponse | undefined;
    const { url } = await inFront((_request, response) => {
      stream = response.writeHead(200, { 'Content-Type': 'text/event-stream', Trailer: 'X-Polylogue-Credits' });
      stream.flushHeaders();
    });
    const asked = get(`${url}/v1/chat/completions`);
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    expect(answer.headers.trailer).toBe('X-Polylogue-Credits');
    for (const piece of ['data: a\n\n', 'data: b\n\n']) {
      stream?.write(piece);
      expect(String((await once(answer, 'data'))[0])).toBe(piece);
    }
    stream?.addTrailers({ 'X-Polylogue-Credits': '412' });
    stream?.end();
    await once(answer, 'end');
    expect(answer.trailers['x-polylogue-credits']).toBe('412');
  });

  test('gets a long body whole', async () => {
    const { url } = await inFront(async (request, response) => {
      let bytes = 0;
      for await (const chunk of request) bytes += chunk.length;
      response.end(String(bytes));
    });
    const body = 'x'.repeat(12_000_000);
    expect(await (await fetch(`${url}/v1/messages`, { method: 'POST', body })).text()).toBe('12000000');
  });

  test('may be silent for longer than connections of this server may otherwise be', async () => {
    const { url, front } = await inFront((_request, response) => void setTimeout(() => response.end('late'), 600));
    front.timeout = 200;
    expect(await (await fetch(`${url}/v1/responses`, { method: 'POST', body: '{}' })).text()).toBe('late');
  });

  test('is reported as 502 if no server listens', async () => {
    const { url, log, remote } = await inFront(() => {});
    await closed(remote);
    expect((await fetch(`${url}/graphql`)).status).toBe(502);
    expect(log.error).toHaveBeenCalledExactlyOnceWith(
      expect.objectContaining({ err: expect.any(Error) }),
      expect.stringContaining('cannot be reached'),
    );
  });

  test.each(['end', 'reset'] as const)('has its answer cut off if its connection breaks (%s)', async (how) => {
    const { url, log } = await inFront((_request, response) => {
      response.write('half');
      const { socket } = response;
      setTimeout(() => (how === 'reset' ? socket?.resetAndDestroy() : socket?.destroy()), 50);
    });
    const answer = await fetch(`${url}/graphql`);
    expect(answer.status).toBe(200);
    await expect(answer.text()).rejects.toThrow('terminated');
    expect(log.error).toHaveBeenCalledExactlyOnceWith(
      expect.objectContaining({ err: expect.any(Error) }),
      expect.stringContaining('broke off'),
    );
  });

  test('has the connection of a reader who left closed, and nothing is logged', async () => {
    let left: Promise<unknown> | undefined;
    const { url, log } = await inFront((_request, response) => {
      left = once(response, 'close');
      response.write('half');
    });
    const reader = get(`${url}/graphql`);
    const [answer] = (await once(reader, 'response')) as [IncomingMessage];
    answer.on('error', () => {});
    reader.destroy();
    await left;
    // A log entry about the broken connection would have been written by now.
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(log.error).not.toHaveBeenCalled();
  });

  test('may break a socket whose reader has left, and nothing is logged', async () => {
    const { url, log, remote } = await inFront();
    const accepted = once(remote, 'upgrade');
    const socket = await connect(`${url}/graphql`);
    const [, remoteSocket] = (await accepted) as [IncomingMessage, Socket];
    remoteSocket.resume();
    socket.resetAndDestroy();
    await once(remoteSocket, 'end');
    remoteSocket.resetAndDestroy();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(log.error).not.toHaveBeenCalled();
  });

  test('has the reader’s socket broken when it breaks its own, and the log says so', async () => {
    const { url, log, remote } = await inFront();
    const accepted = once(remote, 'upgrade');
    const socket = await connect(`${url}/graphql`);
    const [, remoteSocket] = (await accepted) as [IncomingMessage, Socket];
    remoteSocket.resetAndDestroy();
    await once(socket, 'close');
    expect(log.error).toHaveBeenCalledExactlyOnceWith(
      expect.objectContaining({ err: expect.any(Error) }),
      expect.stringContaining('broke off'),
    );
  });

  test('closes at once, as it has nothing to finish', async () => {
    const { api } = await inFront(() => {});
    await expect(api.close()).resolves.toBeUndefined();
  });

  test('is asked by its name, as other servers may share its address', async () => {
    const { url, remotePort, headersSeen } = await inFront(undefined, 'api.example.com');
    const lookup = vi.spyOn(dns, 'lookup').mockImplementation(lookupHere as never);
    undo.push(() => lookup.mockRestore());
    await fetch(`${url}/graphql`);
    await connect(`${url}/graphql`);
    expect(headersSeen.map(({ host }) => host)).toEqual([
      `api.example.com:${remotePort}`,
      `api.example.com:${remotePort}`,
    ]);
  });

  test('is asked over TLS by the name in its certificate', async () => {
    const remote = createTcpServer();
    const remotePort = await listening(remote);
    const hello = new Promise<Buffer>((resolve) => {
      remote.once('connection', (socket) => socket.once('data', (data) => socket.end(() => resolve(data as Buffer))));
    });
    const { url } = await inFrontOf(`https://localhost:${remotePort}`);
    get(`${url}/graphql`, { headers: { Host: 'chat.example.com' } }).on('error', () => {});
    // The name is readable at the beginning of the handshake.
    expect((await hello).toString('latin1')).toContain('localhost');
  });

  test('a server without a name gets the browser’s host, so that it recognises its own pages', async () => {
    const { url, headersSeen } = await inFront();
    await fetch(`${url}/graphql`);
    await connect(`${url}/graphql`);
    expect(headersSeen.map(({ host }) => host)).toEqual([new URL(url).host, new URL(url).host]);
  });

  const hasIPv6 = Object.values(networkInterfaces()).some((addresses) =>
    addresses?.some(({ address }) => address === '::1'),
  );
  test.skipIf(!hasIPv6)('is found at an IPv6 address', async () => {
    const { url, headersSeen } = await inFront((_request, response) => response.end('of the API'), '[::1]');
    expect(await (await fetch(`${url}/graphql`)).text()).toBe('of the API');
    await connect(`${url}/graphql`);
    expect(headersSeen.map(({ host }) => host)).toEqual([new URL(url).host, new URL(url).host]);
  });

  test('gets the browser’s address, appended to whatever the browser claims', async () => {
    const { url, headersSeen } = await inFront();
    await fetch(`${url}/graphql`);
    await fetch(`${url}/graphql`, { headers: { 'X-Forwarded-For': '192.0.2.1' } });
    await connect(`${url}/graphql`, { 'X-Forwarded-For': '192.0.2.1' });
    expect(headersSeen.map((headers) => headers['x-forwarded-for'])).toEqual([
      '127.0.0.1',
      '192.0.2.1, 127.0.0.1',
      '192.0.2.1, 127.0.0.1',
    ]);
  });
});

describe('the settings of a web in front of another server', () => {
  test('come from .env and the environment, and listen on this machine only unless told otherwise', async () => {
    const directory = folderWith('API_URL=https://api.example.com/\nPORT=4001\nLOG_LEVEL=silent\n');
    const { config } = await openApi({}, directory);
    expect(config).toMatchObject({ apiUrl: 'https://api.example.com', port: 4001, host: '127.0.0.1' });
    const other = await openApi({ HOST: '0.0.0.0', PORT: '0' }, directory);
    expect(other.config).toMatchObject({ port: 0, host: '0.0.0.0' });
  });

  test('stop the start if they are invalid', async () => {
    const directory = folderWith('API_URL=https://api.example.com/v2\n');
    await expect(openApi({ PORT: 'eighty' }, directory)).rejects.toThrow(
      /PORT is "eighty".*\n.*API_URL is .* without a path/,
    );
  });
});

/** Starts a web in front of a server whose host is `name` and whose answers are made by `answer`. */
async function inFront(answer: RequestListener = (_request, response) => response.end(), name = '127.0.0.1') {
  const headersSeen: IncomingHttpHeaders[] = [];
  const remote = createServer((request, response) => {
    headersSeen.push(request.headers);
    answer(request, response);
  });
  remote.on('upgrade', (request, socket) => {
    headersSeen.push(request.headers);
    socket.on('error', () => {});
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
  });
  const remotePort = await listening(remote, name === '[::1]' ? '::1' : '127.0.0.1');
  return { ...(await inFrontOf(`http://${name}:${remotePort}`)), remote, remotePort, headersSeen };
}

async function inFrontOf(remoteUrl: string) {
  const log = { error: vi.fn() };
  const api = proxiedApi(remoteUrl, log);
  const front = createServer((request, response) => api.request(request, response, () => response.end('a page')));
  front.on('upgrade', (request, socket, head) => api.upgrade(request, socket, head, () => socket.destroy()));
  return { url: `http://127.0.0.1:${await listening(front)}`, front, api, log };
}

async function listening(server: TcpServer, host = '127.0.0.1'): Promise<number> {
  await once(server.listen(0, host), 'listening');
  const open = new Set<Socket>();
  server.on('connection', (socket) => open.add(socket));
  undo.push(() => {
    server.close();
    for (const socket of open) socket.destroy();
  });
  return (server.address() as AddressInfo).port;
}

async function closed(server: TcpServer): Promise<void> {
  await new Promise((resolve) => server.close(resolve));
}

/** Resolves every name to this machine. */
function lookupHere(_name: string, options: dns.LookupOptions, found: (...answer: unknown[]) => void) {
  if (options.all) found(null, [{ address: '127.0.0.1', family: 4 }]);
  else found(null, '127.0.0.1', 4);
}

/** Resolves with the socket when the upgrade is accepted. */
async function connect(url: string, headers: Record<string, string> = {}): Promise<Socket> {
  const request = get(url, { headers: { ...headers, Connection: 'Upgrade', Upgrade: 'websocket' } });
  const [, socket] = (await once(request, 'upgrade')) as [IncomingMessage, Socket];
  undo.push(() => socket.destroy());
  return socket.on('error', () => {}).resume();
}

function folderWith(dotEnv: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'polylogue-web-'));
  undo.push(() => rmSync(directory, { recursive: true }));
  writeFileSync(join(directory, '.env'), dotEnv);
  return directory;
}
