import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { afterEach, describe, expect, test } from 'vitest';
import { createOpenAIChat } from '../../src/providers/openai/openai.ts';
import { bodyOf } from '../../src/providers/transport/body.ts';
import { readEventStream } from '../../src/providers/transport/event-stream.ts';
import { upstreamFetch } from '../../src/providers/transport/upstream-fetch.ts';
import { ask, secret } from './answers.ts';

const servers: Server[] = [];

async function serve(listener: RequestListener): Promise<{ url: string; server: Server }> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, server };
}

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function expectNoConnection(server: Server): Promise<void> {
  await expect.poll(() => promisify(server.getConnections.bind(server))(), { timeout: 2000 }).toBe(0);
}

async function readEvents(response: Response): Promise<string[]> {
  const events: string[] = [];
  await readEventStream(bodyOf(response), {
    onRead() {},
    onEvent(data) {
      events.push(data);
      return data === 'last';
    },
  });
  return events;
}

describe('upstreamFetch', () => {
  test('sends method, headers and body, and gives status, headers and body', async () => {
    const { url } = await serve(async (request, response) => {
      let body = '';
      for await (const piece of request) body += piece;
      const { method, headers } = request;
      response.writeHead(418, { 'content-type': 'application/json', 'x-id': '7' });
      response.end(JSON.stringify({ method, body, key: headers['x-key'], encoding: headers['accept-encoding'] }));
    });
    const response = await upstreamFetch(url, { method: 'POST', headers: { 'X-Key': 'k' }, body: 'héllo' });
    expect([response.status, response.ok, response.headers.get('x-id')]).toEqual([418, false, '7']);
    expect(await response.json()).toEqual({ method: 'POST', body: 'héllo', key: 'k', encoding: 'identity' });
  });

  test('reuses a connection after an event stream was read to its end', async () => {
    const { url, server } = await serve((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end('data: first\n\ndata: last\n\n');
    });
    let connections = 0;
    server.on('connection', () => connections++);
    for (let round = 0; round < 3; round++)
      expect(await readEvents(await upstreamFetch(url))).toEqual(['first', 'last']);
    expect(connections).toBe(1);
  });

  test('gives a stream whatever its content type is', async () => {
    const { url } = await serve((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/octet-stream' });
      response.end('data: first\n\ndata: last\n\n');
    });
    expect(await readEvents(await upstreamFetch(url))).toEqual(['first', 'last']);
  });

  test('follows a redirection', async () => {
    const { url } = await serve((request, response) => {
      if (request.url === '/there') return void response.end('found');
      response.writeHead(307, { location: '/there' }).end();
    });
    expect(await (await upstreamFetch(url, { method: 'POST', body: '{}' })).text()).toBe('found');
  });

  test('uses GET after a 303 redirection, and gives up on a redirection loop', async () => {
    const { url } = await serve((request, response) => {
      if (request.url === '/there') return void response.end(`${request.method} ${request.headers['content-type']}`);
      response.writeHead(303, { location: request.url === '/round' ? '/round' : '/there' }).end();
    });
    const post = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' };
    expect(await (await upstreamFetch(url, post)).text()).toBe('GET undefined');
    await expect(upstreamFetch(`${url}round`)).rejects.toMatchObject({ cause: { code: 'TOO_MANY_REDIRECTS' } });
  });

  test('gives the body of an error that claims to be an event stream', async () => {
    const error = { message: 'You exceeded your current quota.', type: 'insufficient_quota' };
    const { url, server } = await serve((_request, response) => {
      response.writeHead(429, { 'content-type': 'text/event-stream' });
      response.end(JSON.stringify({ error }));
    });
    let connections = 0;
    server.on('connection', () => connections++);
    const access = { apiKey: secret, baseURL: url, fetch: upstreamFetch };
    const model = createOpenAIChat({ ...access, maxTokensParameter: 'max_tokens' });
    for (let round = 0; round < 20; round++) {
      expect((await ask(model)).failure).toMatchObject({ code: 'QUOTA_EXCEEDED', message: error.message });
    }
    expect(connections).toBe(1);
  });

  test.each([204, 205, 304])('gives %i without a body', async (status) => {
    const { url, server } = await serve((_request, response) => void response.writeHead(status).end());
    const response = await upstreamFetch(url);
    expect([response.status, response.body]).toEqual([status, null]);
    await expectNoConnection(server);
  });

  test('fails at an invalid status, and closes the connection', async () => {
    const { url, server } = await serve((_request, response) => void response.writeHead(700).write('and so on'));
    await expect(upstreamFetch(url)).rejects.toThrow('fetch failed');
    await expectNoConnection(server);
  });

  test('fails like Node’s own fetch if no server listens', async () => {
    const { url, server } = await serve(() => {});
    server.close();
    await once(server, 'close');
    await expect(upstreamFetch(url)).rejects.toMatchObject({
      name: 'TypeError',
      message: 'fetch failed',
      cause: { code: 'ECONNREFUSED' },
    });
  });

  test('ends the upstream request when it is aborted, before and during the answer', async () => {
    const closed: Promise<unknown>[] = [];
    let begin = () => {};
    const begun = new Promise<void>((resolve) => {
      begin = resolve;
    });
    const { url, server } = await serve((request, response) => {
      if (request.url === '/silent') return begin();
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('data: first\n\n');
    });
    server.on('connection', (socket) => closed.push(once(socket, 'close')));

    const before = new AbortController();
    const silent = upstreamFetch(`${url}silent`, { signal: before.signal });
    await begun;
    before.abort();
    await expect(silent).rejects.toThrow();

    const midst = new AbortController();
    const reading = readEventStream(bodyOf(await upstreamFetch(url, { signal: midst.signal })), {
      onRead() {},
      onEvent() {
        midst.abort();
        return false;
      },
    });
    await expect(reading).rejects.toThrow('terminated');
    expect(await Promise.all(closed)).toHaveLength(2);
  });

  test('keeps the bodies of concurrent answers apart', async () => {
    const piece = (name: string, index: number) => `${name}${index} `.repeat(500);
    const { url } = await serve(async (request, response) => {
      const name = request.url?.slice(1) ?? '';
      response.writeHead(200, { 'content-type': 'text/plain' });
      for (let index = 0; index < 20; index++) {
        response.write(piece(name, index));
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      response.end();
    });
    const names = ['a', 'b', 'c', 'd', 'e', 'f'];
    const responses = await Promise.all(names.map((name) => upstreamFetch(url + name)));
    // The bodies are read only after all pieces have arrived, so every piece has to be kept.
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await Promise.all(responses.map((response) => response.text()))).toEqual(
      names.map((name) => Array.from({ length: 20 }, (_, index) => piece(name, index)).join('')),
    );
  });
});
