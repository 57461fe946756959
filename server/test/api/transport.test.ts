import { request as httpRequest } from 'node:http';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { serverAudits } from 'graphql-http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { type Client, startApp, type TestApp } from '../setup/app.ts';
import { openTestDatabase, type TestDatabase } from '../setup/describe-databases.ts';
import { ask } from './asking.ts';

let database: TestDatabase;
let app: TestApp;
let member: Client;
beforeAll(async () => {
  database = await openTestDatabase('pglite');
  app = await startApp({ database, env: { TRUSTED_PROXIES: '1', CONNECTIONS_PER_ADDRESS_MAX: '2' } });
  member = await app.newMember();
});
afterAll(async () => {
  await app?.close();
  await database?.close();
  expect(app?.errors).toEqual([]);
});

interface Raw {
  status: number;
  headers: NodeJS.Dict<string | string[]>;
  body: Buffer;
}

/** The raw answer; nothing is decoded. */
function raw(
  path: string,
  { headers = {}, body }: { headers?: Record<string, string>; body?: object } = {},
): Promise<Raw> {
  return new Promise((resolve, reject) => {
    const method = body ? 'POST' : 'GET';
    const req = httpRequest(app.url + path, {
      method,
      headers: { cookie: member.cookie, ...(body && { 'content-type': 'application/json' }), ...headers },
    });
    req.on('error', reject);
    req.on('response', async (res) => {
      const chunks: Buffer[] = [];
      for await (const chunk of res) chunks.push(chunk);
      resolve({ status: res.statusCode ?? 0, headers: res.headers, body: Buffer.concat(chunks) });
    });
    req.end(body && JSON.stringify(body));
  });
}

async function collect<T>(events: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const event of events) all.push(event);
  return all;
}

describe('GraphQL over HTTP', () => {
  for (const audit of serverAudits({ url: () => `${app.url}/graphql` })) {
    it(`${audit.id}: ${audit.name}`, async () => {
      const result = await audit.fn();
      if (result.status === 'error') throw new Error(result.reason);
      if (audit.name.startsWith('MUST'))
        expect([result.status, 'reason' in result && result.reason]).toEqual(['ok', false]);
    });
  }
});

describe('an answer', () => {
  const long = {
    query:
      '{ models { id name provider { id name } access { allowed message } } __schema { types { name description } } }',
  };

  it('is compressed if the client accepts that, without a change of content', async () => {
    const plain = await raw('/graphql', { body: long });
    expect(plain.headers['content-encoding']).toBeUndefined();
    expect(JSON.parse(String(plain.body)).data.models.length).toBeGreaterThan(0);
    const decoders = { br: brotliDecompressSync, gzip: gunzipSync };
    for (const [encoding, decode] of Object.entries(decoders)) {
      for (const accepted of [encoding, `deflate, ${encoding.toUpperCase()};q=0.5`]) {
        const answer = await raw('/graphql', { body: long, headers: { 'accept-encoding': accepted } });
        expect(answer.headers).toMatchObject({ 'content-encoding': encoding, 'cache-control': 'no-store' });
        expect(answer.headers.vary).toMatch(/Accept-Encoding/i);
        expect(answer.body.length).toBeLessThan(plain.body.length / 3);
        expect(decode(answer.body).equals(plain.body)).toBe(true);
      }
    }
    const refused = await raw('/graphql', { body: long, headers: { 'accept-encoding': 'br;q=0, identity' } });
    expect(refused.body).toEqual(plain.body);
  });

  it('an answer of a megabyte has the same content over every transport, even with an error in it', async () => {
    const prompt = '"x\\字🔥\n'.repeat(2000);
    const { turn } = await ask(member, { prompt, modelIds: ['mock/swift'] });
    const names = Array.from({ length: 28 }, (_, index) => `a${index}`);
    const prompts = names.map((name) => `${name}: node(id: $id) { ... on Turn { prompt } }`);
    const body = {
      query: `query ($id: ID!) { ${prompts.join(' ')} conversation(id: $id) { id } }`,
      variables: { id: turn.id },
    };
    const data = { ...Object.fromEntries(names.map((name) => [name, { prompt }])), conversation: null };
    const ways: Record<string, string>[] = [
      {},
      { 'accept-encoding': 'gzip' },
      { accept: 'application/graphql-response+json' },
    ];
    for (const headers of ways) {
      const answer = await raw('/graphql', { body, headers });
      expect(answer.status).toBe(200);
      const text = String(answer.headers['content-encoding'] === 'gzip' ? gunzipSync(answer.body) : answer.body);
      expect(JSON.parse(text)).toEqual({
        data,
        errors: [expect.objectContaining({ path: ['conversation'], message: expect.any(String) })],
      });
      expect(text.includes('stringify')).toBe(false);
    }
    const event = await raw('/graphql', { body, headers: { accept: 'text/event-stream' } });
    const next = /^event: next\ndata: (.*)$/m.exec(String(event.body))?.[1] ?? '';
    expect(JSON.parse(next).data).toEqual(data);
    const [message] = await collect(member.subscribe('ws', body.query, body.variables));
    expect(message?.data).toEqual(data);
  });

  it('is not compressed if it is short, shows a secret or is a stream', async () => {
    const headers = { 'accept-encoding': 'br, gzip' };
    const short = await raw('/graphql', { body: { query: '{ __typename }' }, headers });
    expect(JSON.parse(String(short.body))).toEqual({ data: { __typename: 'Query' } });
    const filling = Array.from({ length: 29 }, (_, index) => `a${index}: prefix`).join(' ');
    const key = await raw('/graphql', {
      body: {
        query: `mutation { createApiKey(name: "${'x'.repeat(200)}") { secret apiKey { id name ${filling} b: name } } }`,
      },
      headers,
    });
    expect(String(key.body)).toMatch(/plk_/);
    const { turn } = await ask(member, { prompt: 'Hi', modelIds: ['mock/swift'] });
    const stream = await raw('/graphql', {
      body: { query: `subscription { streamResponse(turnId: "${turn.id}") { __typename } }` },
      headers: { ...headers, accept: 'text/event-stream' },
    });
    expect(String(stream.body)).toMatch(/event: complete/);
    for (const answer of [short, key, stream])
      expect(['none', undefined]).toContain(answer.headers['content-encoding']);
    expect(JSON.stringify([short, key, stream].map((answer) => answer.headers))).not.toContain('secret');
  });

  it.each([
    '/graphql?query={viewer{id}}',
    '/export/usage.csv',
    '/export/admin/usage.csv',
    '/api/auth/get-session',
    '/health/mock',
    '/health',
    '/metrics',
    '/graphql',
  ])('an answer from %s must not be cached', async (path) => {
    for (const cookie of [member.cookie, 'none=1'])
      expect((await raw(path, { headers: { cookie } })).headers['cache-control']).toBe('no-store');
  });
});

describe('GraphiQL', () => {
  it('is a small page of immutable files, and its policy admits only the page’s own scripts', {
    timeout: 120_000,
  }, async () => {
    const page = await raw('/graphql', { headers: { accept: 'text/html' } });
    expect(page.status).toBe(200);
    expect(page.body.length).toBeLessThan(2000);
    expect(page.headers['content-security-policy']).toMatch(/default-src 'none'; script-src 'self';/);
    const html = String(page.body);
    expect(html).not.toMatch(/<script(?![^>]*src=)|<style|\son\w+=/);
    // They are relative to the page, which may be below another path.
    const paths = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path = '']) => `/${path}`);
    expect(paths).toHaveLength(4);
    for (const path of paths) {
      const plain = await raw(path);
      const encoded = await raw(path, { headers: { 'accept-encoding': 'gzip, br' } });
      expect(plain.headers['cache-control']).toBe('public,max-age=31536000,immutable');
      expect(encoded.headers['content-encoding']).toBe('br');
      expect(brotliDecompressSync(encoded.body).equals(plain.body)).toBe(true);
    }
    expect((await raw('/graphql/graphiql/nothing.js')).status).toBe(404);
  });
});

it('a socket is refused if its address already has two, while another address behind the same proxy is served', async () => {
  const open = async (address: string) => {
    const socket = new WebSocket(`${app.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', {
      headers: { 'x-forwarded-for': address },
    });
    const status = await new Promise<number>((resolve) => {
      socket.on('open', () => resolve(101));
      socket.on('unexpected-response', (_req, res) => resolve(res.statusCode ?? 0));
      socket.on('error', () => {});
    });
    return { socket, status };
  };
  const first = await open('192.0.2.1');
  const others = [await open('192.0.2.1'), await open('192.0.2.1'), await open('192.0.2.2')];
  expect(others.map(({ status }) => status)).toEqual([101, 429, 101]);
  first.socket.terminate();
  let again = await open('192.0.2.1');
  for (let tries = 0; again.status === 429 && tries < 100; tries++) again = await open('192.0.2.1');
  expect(again.status).toBe(101);
  for (const { socket } of [again, ...others]) socket.terminate();
});
