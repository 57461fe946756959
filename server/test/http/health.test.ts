import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createHealth } from '../../src/http/health.ts';
import { createMetrics } from '../../src/http/metrics.ts';
import { startApp } from '../setup/app.ts';
import { describeDatabases, openTestDatabase } from '../setup/describe-databases.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

type Handler = (...args: Parameters<ReturnType<typeof createHealth>['handle']>) => Promise<void>;

async function serve(handle: Handler): Promise<string> {
  const server = createServer((req, res) => {
    handle(req, res).catch((error) => res.writeHead(500).end(String(error)));
  });
  servers.push(server.listen(0, '127.0.0.1'));
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`;
}

describe('health', () => {
  it('stays ok while readiness ends with a lost database or a drain', async () => {
    const database = await openTestDatabase('pglite');
    const health = createHealth({
      version: '1.2.3',
      ping: () => database.db.selectFrom('user').select('id').limit(1).execute(),
    });
    const base = await serve(health.handle);
    const get = async (path: string) => {
      const response = await fetch(base + path);
      return [response.status, await response.json()] as const;
    };
    expect(await get('/health')).toMatchObject([200, { status: 'ok', version: '1.2.3' }]);
    expect(await get('/ready')).toMatchObject([200, { status: 'ok' }]);
    expect(await (await fetch(`${base}/health`, { method: 'HEAD' })).text()).toBe('');
    expect((await fetch(`${base}/health`, { method: 'PUT' })).status).toBe(405);

    await database.close();
    expect(await get('/ready')).toEqual([503, { status: 'unavailable', reason: 'database' }]);
    expect(await get('/health')).toMatchObject([200, { status: 'ok' }]);

    health.drain();
    expect(await get('/ready')).toEqual([503, { status: 'unavailable', reason: 'draining' }]);
    expect(await get('/health')).toMatchObject([200, { status: 'ok' }]);
  });
});

describe('metrics', () => {
  const token = 'a-token';

  async function start(proxied = false) {
    const metrics = createMetrics({ token, proxied });
    let value = 3;
    metrics.gauge('polylogue_live_responses', 'Responses being written.', () => value++);
    const base = await serve((req, res) => {
      metrics.observe(req, res, 'metrics');
      return metrics.handle(req, res);
    });
    const read = (headers: Record<string, string> = {}) => fetch(`${base}/metrics`, { headers });
    return Object.assign(read, { port: Number(new URL(base).port) });
  }

  it('can be read by programs on this machine, with the current figures', async () => {
    const read = await start();
    expect(await (await read()).text()).toContain('polylogue_live_responses 3');
    const prometheus = { accept: 'text/plain;version=0.0.4', 'x-prometheus-scrape-timeout-seconds': '10' };
    const text = await (await read(prometheus)).text();
    expect(text).toContain('polylogue_live_responses 4');
    expect(text).toContain('http_request_duration_seconds_count{route="metrics",method="GET",status="200"} 1');
  });

  it.each([
    'forwarded',
    'via',
    'x-forwarded-for',
    'x-forwarded-host',
    'x-forwarded-proto',
    'x-forwarded-server',
    'x-real-ip',
    'x-client-ip',
    'x-cluster-client-ip',
    'x-original-forwarded-for',
    'x-envoy-external-address',
    'true-client-ip',
    'fastly-client-ip',
    'cf-connecting-ip',
    'cdn-loop',
    'forwarded-for',
    'x-a-proxy-of-tomorrow',
    'cookie',
    'x-api-key',
    'sec-fetch-site',
  ])('are hidden from requests with %s, as from a proxy or a page, unless they have the token', async (name) => {
    const read = await start();
    const headers = { [name]: '1.2.3.4' };
    expect((await read(headers)).status).toBe(404);
    expect((await read({ ...headers, authorization: 'Bearer wrong' })).status).toBe(404);
    expect((await read({ ...headers, authorization: `Bearer ${token}` })).status).toBe(200);
  });

  it.each([
    ['asks for a foreign host', 'GET /metrics HTTP/1.1\r\nHost: chat.example.org\r\nConnection: close\r\n\r\n'],
    [
      'asks for a host that only resembles localhost',
      'GET /metrics HTTP/1.1\r\nHost: localhost.evil.example\r\nConnection: close\r\n\r\n',
    ],
    ['speaks HTTP/1.0, as nginx does for others', 'GET /metrics HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n'],
  ])('are hidden from a client that %s', async (_what, request) => {
    const { port } = await start();
    const socket = connect(port, '127.0.0.1');
    socket.end(request);
    let text = '';
    for await (const chunk of socket) text += chunk;
    expect(text).toMatch(/^HTTP\/1\.1 404 /);
  });

  it('require the token if a proxy stands before the server', async () => {
    const read = await start(true);
    expect((await read()).status).toBe(404);
    expect((await read({ authorization: `Bearer ${token}` })).status).toBe(200);
  });
});

it.each(['/other', '/readyz', '/metrics/more', '/export', '/graphql/other'])(
  'the path %s is not found',
  async (path) => {
    const app = await startApp({ database: await openTestDatabase('pglite') });
    const answer = await fetch(`${app.url}${path}`);
    expect([answer.status, await answer.text()]).toEqual([404, 'Not found\n']);
    await app.close();
  },
);

it('a path below /api is not found either, in words that a program can read', async () => {
  const app = await startApp({ database: await openTestDatabase('pglite') });
  const answer = await fetch(`${app.url}/api/authority`);
  expect([answer.status, (await answer.json()).error.code]).toEqual([404, 'NOT_FOUND']);
  await app.close();
});

describeDatabases('the metrics of a whole server', (database) => {
  it.each([
    [{}, 200],
    [{ TRUSTED_PROXIES: '1' }, 404],
    [{ PUBLIC_URL: 'https://chat.example.org' }, 404],
    [{ PUBLIC_URL: 'http://chat.example.org' }, 404],
    [{ PUBLIC_URL: 'http://192.168.1.7:3000', HOST: '0.0.0.0' }, 200],
  ])('are open to this machine only if %j implies no proxy: %i', async (env: Record<string, string>, status) => {
    const app = await startApp({ database: database(), env: { ...env, OPERATOR_TOKEN: 'operator-token-0123456789' } });
    const read = async (headers: Record<string, string>) => (await fetch(`${app.url}/metrics`, { headers })).status;
    expect(await read({})).toBe(status);
    expect(await read({ authorization: 'Bearer operator-token-0123456789' })).toBe(200);
    await app.close();
  });

  it('are hidden from an admin behind a proxy, by session and by API key', async () => {
    const app = await startApp({ database: database() });
    const admin = await app.newMember();
    const { createApiKey } = await admin.gql(
      'mutation { createApiKey(name: "all", scopes: [READ, PROMPT, ADMIN]) { secret } }',
    );
    const credentials: Record<string, string>[] = [{ cookie: admin.cookie }, { 'x-api-key': createApiKey.secret }];
    for (const headers of credentials) {
      const proxied = { ...headers, 'x-forwarded-for': '1.2.3.4' };
      expect((await fetch(`${app.url}/metrics`, { headers: proxied })).status).toBe(404);
    }
    await app.close();
  });
});
