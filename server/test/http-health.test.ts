import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { createHealth } from '../src/http/health.ts';
import { createMetrics } from '../src/http/metrics.ts';
import { openTestDatabase } from './setup/describe-databases.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

type Handler = (...args: Parameters<ReturnType<typeof createHealth>['handle']>) => Promise<boolean>;

async function serve(handle: Handler): Promise<string> {
  const server = createServer((req, res) => {
    handle(req, res).then(
      (done) => done || res.writeHead(418).end(),
      (error) => res.writeHead(500).end(String(error)),
    );
  });
  servers.push(server.listen(0, '127.0.0.1'));
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`;
}

describe('health', () => {
  it('is one thing, readiness another: a lost database and a drain stop new work but not the process', async () => {
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
    expect((await fetch(`${base}/other`)).status).toBe(418);
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

  async function start(isAdmin = false) {
    const metrics = createMetrics({ token });
    let value = 3;
    metrics.gauge('polylogue_live_responses', 'Responses being written.', () => value++);
    const base = await serve((req, res) => {
      metrics.observe(req, res, 'metrics');
      return metrics.handle(req, res, async () => isAdmin);
    });
    return (headers: Record<string, string> = {}) => fetch(`${base}/metrics`, { headers });
  }

  it('are read by programs on this machine, with figures as they are at that moment', async () => {
    const read = await start();
    expect(await (await read()).text()).toContain('polylogue_live_responses 3');
    const text = await (await read()).text();
    expect(text).toContain('polylogue_live_responses 4');
    expect(text).toContain('http_request_duration_seconds_count{route="metrics",method="GET",status="200"} 1');
  });

  it('are hidden from whoever comes through a proxy or a page, unless it has the token or is an admin', async () => {
    const outside: Record<string, string>[] = [
      { 'x-forwarded-for': '1.2.3.4' },
      { via: '1.1 proxy' },
      { forwarded: 'for=1.2.3.4' },
      { 'sec-fetch-site': 'same-origin' },
    ];
    const [asNobody, asAdmin] = [await start(), await start(true)];
    for (const headers of outside) {
      expect((await asNobody(headers)).status).toBe(404);
      expect((await asNobody({ ...headers, authorization: 'Bearer wrong' })).status).toBe(404);
      expect((await asNobody({ ...headers, authorization: `Bearer ${token}` })).status).toBe(200);
      expect((await asAdmin(headers)).status).toBe(200);
    }
  });
});
