// @vitest-environment node
import dns from 'node:dns';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, get, type IncomingHttpHeaders, type IncomingMessage, type RequestListener } from 'node:http';
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
  test('is asked for its own paths, and for no others', async () => {
    const { url } = await inFront((_request, response) => response.end('of the API'));
    for (const path of [
      '/graphql',
      '/api/auth/session',
      '/export/usage.csv',
      '/health',
      '/health/openai',
      '/metrics',
    ]) {
      expect(await (await fetch(url + path)).text(), path).toBe('of the API');
    }
    for (const path of ['/', '/v1/models', '/graphqls', '/healthy', '/api']) {
      expect(await (await fetch(url + path)).text(), path).toBe('a page');
    }
  });

  test('is 502 where nobody listens', async () => {
    const { url, log, remote } = await inFront(() => {});
    await closed(remote);
    expect((await fetch(`${url}/graphql`)).status).toBe(502);
    expect(log.error).toHaveBeenCalledExactlyOnceWith(
      expect.objectContaining({ err: expect.any(Error) }),
      expect.stringContaining('cannot be reached'),
    );
  });

  test.each(['end', 'reset'] as const)('has its answer cut off where its connection does (%s)', async (how) => {
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

  test('has the connection of a reader who left closed, and nothing is said of it', async () => {
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
    // Whatever is told of the broken connection is told by now.
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(log.error).not.toHaveBeenCalled();
  });

  test('may break a socket off whose reader left, and nothing is said of it', async () => {
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

  test('has the socket broken off that it breaks off', async () => {
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

  test('closes at once, for it has nothing to bring to an end', async () => {
    const { api } = await inFront(() => {});
    await expect(api.close()).resolves.toBeUndefined();
  });

  test('is asked by its name, for there may be others at its address', async () => {
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

  test('is asked over TLS by the name that its certificate is for', async () => {
    const remote = createTcpServer();
    const remotePort = await listening(remote);
    const hello = new Promise<Buffer>((resolve) => {
      remote.once('connection', (socket) => socket.once('data', (data) => socket.end(() => resolve(data as Buffer))));
    });
    const { url } = await inFrontOf(`https://localhost:${remotePort}`);
    get(`${url}/graphql`, { headers: { Host: 'chat.example.com' } }).on('error', () => {});
    // The name stands at the beginning of the handshake, where anybody can read it.
    expect((await hello).toString('latin1')).toContain('localhost');
  });

  test("without a name sees the browser's host, so that it knows a page of its own", async () => {
    const { url, headersSeen } = await inFront();
    await fetch(`${url}/graphql`);
    await connect(`${url}/graphql`);
    expect(headersSeen.map(({ host }) => host)).toEqual([new URL(url).host, new URL(url).host]);
  });

  const hasIPv6 = Object.values(networkInterfaces()).some((addresses) =>
    addresses?.some(({ address }) => address === '::1'),
  );
  test.skipIf(!hasIPv6)('is found at an address of IPv6', async () => {
    const { url, headersSeen } = await inFront((_request, response) => response.end('of the API'), '[::1]');
    expect(await (await fetch(`${url}/graphql`)).text()).toBe('of the API');
    await connect(`${url}/graphql`);
    expect(headersSeen.map(({ host }) => host)).toEqual([new URL(url).host, new URL(url).host]);
  });

  test("is told the browser's address after whatever the browser claims", async () => {
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
  test('are those of .env and the environment, and it lets nobody in from elsewhere unless told to', async () => {
    const directory = folderWith('API_URL=https://api.example.com/\nPORT=4001\nLOG_LEVEL=silent\n');
    const { config } = await openApi({}, directory);
    expect(config).toMatchObject({ apiUrl: 'https://api.example.com', port: 4001, host: '127.0.0.1' });
    const other = await openApi({ HOST: '0.0.0.0', PORT: '0' }, directory);
    expect(other.config).toMatchObject({ port: 0, host: '0.0.0.0' });
  });

  test('stop the start where they cannot be meant', async () => {
    const directory = folderWith('API_URL=https://api.example.com/v2\n');
    await expect(openApi({ PORT: 'eighty' }, directory)).rejects.toThrow(
      /PORT is "eighty".*\n.*API_URL is .* without a path/,
    );
  });
});

/** A web whose API is that of a server which answers so, at `name` or its bare address. */
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
  return { url: `http://127.0.0.1:${await listening(front)}`, api, log };
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

/** Whatever the name, it is this machine's. */
function lookupHere(_name: string, options: dns.LookupOptions, found: (...answer: unknown[]) => void) {
  if (options.all) found(null, [{ address: '127.0.0.1', family: 4 }]);
  else found(null, '127.0.0.1', 4);
}

/** The socket, once it is let through. */
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
