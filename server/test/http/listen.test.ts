import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage, type Server } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterEach, expect, it, vi } from 'vitest';
import { AddressLimit } from '../../src/http/address-limit.ts';
import { createHttpServer, listen } from '../../src/listen.ts';

const servers: Server[] = [];
afterEach(() => {
  vi.useRealTimers();
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function serve(settings = {}) {
  const server = createHttpServer({
    connectionsPerAddressMax: 3,
    trustedProxies: 0,
    firstTokenTimeoutMs: 1000,
    ...settings,
  });
  servers.push(server);
  server.on('request', (req, res) => {
    if (req.url === '/long') res.end('x'.repeat(50_000_000));
    else if (req.url === '/held') res.write('begun');
    else if (req.url === '/whole') req.once('end', () => res.end('ok'));
    else res.end('ok');
  });
  return { server, port: await listen(server, { host: '127.0.0.1', port: 0 }) };
}

/** Opens a connection, and tells whether the server closes it at once. */
async function open(port: number): Promise<{ socket: Socket; isRefused: boolean }> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
  const answered = once(socket, 'data').then(() => false);
  return { socket, isRefused: await Promise.race([answered, once(socket, 'close').then(() => true)]) };
}

it('a server limits the connections of an address, and accepts another one when one has ended', async () => {
  const { port, server } = await serve();
  const open3 = [await open(port), await open(port), await open(port)];
  expect(open3.map(({ isRefused }) => isRefused)).toEqual([false, false, false]);
  expect((await open(port)).isRefused).toBe(true);
  const [first] = open3;
  first?.socket.destroy();
  while ((await connectionsOf(server)) > 2) await new Promise((resolve) => setTimeout(resolve, 5));
  expect((await open(port)).isRefused).toBe(false);
});

function connectionsOf(server: Server): Promise<number> {
  return new Promise((resolve, reject) =>
    server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
  );
}

it('a server behind proxies does not limit their connections', async () => {
  const { port } = await serve({ trustedProxies: 1 });
  for (let number = 0; number < 6; number++) expect((await open(port)).isRefused).toBe(false);
});

it('a server waits only a limited time for a head, a body and a reader', async () => {
  const { port, server } = await serve();
  expect(server.headersTimeout).toBeGreaterThan(0);
  expect(server.headersTimeout).toBeLessThanOrEqual(20_000);
  expect(server.requestTimeout).toBeGreaterThan(0);
  expect(server.requestTimeout).toBeLessThanOrEqual(300_000);
  expect(server.timeout).toBeGreaterThan(0);
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const req = httpRequest({ host: '127.0.0.1', port, path: '/long' });
  req.on('error', () => {});
  req.end();
  const [res] = await once(req, 'response');
  res.pause();
  const [served] = await accepted;
  // The answer is written completely, and nobody reads it.
  expect(served.writableLength).toBeGreaterThan(10_000_000);
  expect(served.timeout).toBeGreaterThan(0);
  expect(served.timeout).toBeLessThanOrEqual(30_000);
  served.emit('timeout');
  await once(served, 'close');
});

it('a server ends a body that comes too slowly with 408, and takes one that keeps its pace', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  const { port, server } = await serve();
  const begin = async () => {
    const requested = once(server, 'request');
    const req = httpRequest({ host: '127.0.0.1', port, method: 'POST', path: '/whole' });
    const answered = once(req, 'response').then(([res]) => res.resume().statusCode);
    req.write('x');
    const [received] = (await requested) as [IncomingMessage];
    let bytes = 0;
    received.on('data', (data) => {
      bytes += data.length;
    });
    const send = async (length: number) => {
      const all = bytes + length;
      req.write('x'.repeat(length));
      while (bytes < all) await new Promise((resolve) => setTimeout(resolve, 5));
    };
    return { req, answered, send };
  };
  const [steady, slow] = [await begin(), await begin()];
  const closed = once(slow.req, 'close');
  for (let window = 0; window < 3; window++) {
    await steady.send(300_000);
    await slow.send(window === 2 ? 100 : 70_000);
    vi.advanceTimersByTime(30_000);
  }
  expect(await slow.answered).toBe(408);
  await closed;
  steady.req.end();
  expect(await steady.answered).toBe(200);
});

it('a body that is too slow behind an answer on its connection ends that without a word in it', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  const { port, server } = await serve();
  const socket = connect(port, '127.0.0.1');
  const received: Buffer[] = [];
  socket.on('data', (data) => received.push(data));
  const requested = new Promise<void>((resolve) => {
    server.on('request', (req: IncomingMessage) => {
      if (req.method === 'POST') resolve(void req.resume());
    });
  });
  socket.write('GET /held HTTP/1.1\r\nHost: a\r\n\r\nPOST /whole HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nx');
  await requested;
  // The body is read before its time is looked at.
  await new Promise((resolve) => setImmediate(resolve));
  vi.advanceTimersByTime(30_000);
  await once(socket, 'close');
  expect(Buffer.concat(received).toString()).toMatch(/^HTTP\/1.1 200 OK\r\n(?:(?!HTTP).)*$/s);
});

it('AddressLimit counts the addresses of one IPv6 network as one', () => {
  const limit = new AddressLimit(1);
  limit.take('2001:db8:1:2:3:4:5:6');
  expect(limit.take('2001:DB8:1:2::')).toBeNull();
  expect(limit.take('2001:db8:1:3::1')).not.toBeNull();
});

it('AddressLimit frees a connection only once', () => {
  const limit = new AddressLimit(1);
  const release = limit.take('a');
  expect(limit.take('a')).toBeNull();
  expect(limit.take('b')).not.toBeNull();
  release?.();
  release?.();
  expect(limit.take('a')).not.toBeNull();
  expect(limit.take('a')).toBeNull();
});
