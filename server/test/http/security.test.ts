import { once } from 'node:events';
import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import fc from 'fast-check';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { BodyAllowance } from '../../src/http/body-allowance.ts';
import { JsonThread } from '../../src/http/json-thread.ts';
import {
  admitGraphql,
  clientAddress,
  createOriginPolicy,
  graphqlBodyBytesMax,
  handleCors,
  isUpgradeAllowed,
  setSecurityHeaders,
} from '../../src/http/security.ts';

const policy = createOriginPolicy({
  publicUrl: 'https://chat.example.org/',
  allowedOrigins: ['https://friend.example.org'],
});

const jsonThread = new JsonThread();
const parseLarge = (pieces: readonly Buffer[]) => jsonThread.parse(pieces);
afterAll(() => jsonThread.close());

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** A server that answers with the body and address that reached it. */
async function serve({ isMember = async () => true, allowance = new BodyAllowance() } = {}): Promise<number> {
  const handle = async (req: IncomingMessage & { body?: unknown }, res: ServerResponse) => {
    setSecurityHeaders(res, policy);
    const findMemberId = async () => ((await isMember()) ? 'member' : null);
    const admission = { policy, findMemberId, allowance, parseLarge };
    if (handleCors(req, res, policy) || !(await admitGraphql(req, res, admission))) return;
    res.end(JSON.stringify({ reached: req.body ?? null, address: clientAddress(req, 1) }));
  };
  const server = createServer((req, res) => {
    handle(req, res).catch(() => res.destroy());
  });
  servers.push(server.listen(0, '127.0.0.1'));
  await once(server, 'listening');
  return (server.address() as { port: number }).port;
}

async function send(port: number, method: string, headers: Record<string, string>, body: string | string[] = '') {
  const req = httpRequest({ host: '127.0.0.1', port, method, path: '/graphql', headers });
  const answered = once(req, 'response');
  req.on('error', () => {});
  for (const piece of [body].flat()) req.write(piece);
  req.end();
  const [res] = (await answered) as [IncomingMessage];
  let text = '';
  for await (const chunk of res.setEncoding('utf8')) text += chunk;
  return { status: res.statusCode, headers: res.headers, body: text ? JSON.parse(text) : null };
}

const json = { 'content-type': 'application/json' };
const query = JSON.stringify({ query: '{ viewer { id } }' });

describe('POST /graphql', () => {
  it('reaches the API as parsed JSON from programs, own pages, allowed pages, and foreign pages without a cookie', async () => {
    const port = await serve();
    const own = { host: `127.0.0.1:${port}`, origin: `http://127.0.0.1:${port}` };
    const callers: Record<string, string>[] = [
      {},
      { cookie: 'a=b' },
      own,
      { ...own, cookie: 'a=b' },
      { origin: 'https://chat.example.org', cookie: 'a=b' },
      { origin: 'https://friend.example.org', cookie: 'a=b' },
      { origin: 'https://stranger.example' },
    ];
    for (const headers of callers) {
      const answer = await send(
        port,
        'POST',
        { ...json, 'content-type': 'Application/JSON; charset=utf-8', ...headers },
        query,
      );
      expect([headers, answer.status, answer.body.reached]).toEqual([headers, 200, { query: '{ viewer { id } }' }]);
    }
  });

  it('is refused to foreign pages that send the user’s cookie', async () => {
    const port = await serve();
    const pages: Record<string, string>[] = [
      { origin: 'https://stranger.example' },
      { origin: 'null' },
      { origin: `http://rebound.example:${port}`, host: `rebound.example:${port}` },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
    ];
    for (const headers of pages) {
      const answer = await send(port, 'POST', { ...json, ...headers, cookie: 'a=b' }, query);
      expect([headers, answer.status, answer.body.errors[0].extensions.code]).toEqual([headers, 403, 'FORBIDDEN']);
    }
  });

  it('is refused with a code if it is not a JSON object', async () => {
    const port = await serve();
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    for (const [headers, body, status] of [
      [form, 'query=x', 415],
      [{ 'content-type': 'text/plain' }, query, 415],
      [{ 'content-type': 'multipart/form-data; boundary=x' }, query, 415],
      [{ 'content-type': 'application/jsonx' }, query, 415],
      [{}, query, 415],
      [json, '', 400],
      [json, '{', 400],
      [json, '"x"', 400],
      [json, 'null', 400],
      [json, '{}', 400],
      [json, '[]', 400],
    ] as const) {
      const answer = await send(port, 'POST', headers as Record<string, string>, body);
      expect([body, answer.status]).toEqual([body, status]);
      expect(answer.body.errors[0].extensions.code).toMatch(/^[A-Z_]+$/);
    }
    expect((await send(port, 'PUT', json, query)).status).toBe(405);
  });

  it('accepts a prompt of a million characters of any kind, with announced length or in chunks', async () => {
    const port = await serve();
    for (const character of ['a', '\u0001', '字']) {
      const body = JSON.stringify({ query: 'q', variables: { prompt: character.repeat(1_000_000) } });
      const announced = await send(port, 'POST', { ...json, 'content-length': String(Buffer.byteLength(body)) }, body);
      expect(announced.body.reached.variables.prompt).toHaveLength(1_000_000);
    }
    const chunked = await send(port, 'POST', json, ['{"query":"', 'x'.repeat(70_000), '"}']);
    expect(chunked.body.reached.query).toHaveLength(70_000);
  });

  it('is answered with 413 above the limit, without reading the body to its end', async () => {
    const port = await serve();
    const announced = await send(port, 'POST', { ...json, 'content-length': String(graphqlBodyBytesMax + 1) }, '{');
    const chunked = await send(port, 'POST', json, ['{"query":"', 'x'.repeat(graphqlBodyBytesMax)]);
    for (const answer of [announced, chunked]) {
      expect(answer).toMatchObject({ status: 413, body: { errors: [{ extensions: { code: 'PAYLOAD_TOO_LARGE' } }] } });
      expect(answer.headers.connection).toBe('close');
    }
  });
});

describe('CORS', () => {
  const preflight = { 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type' };

  it('lets listed pages read answers, by name and with credentials', async () => {
    const port = await serve();
    const origin = 'https://friend.example.org';
    const before = await send(port, 'OPTIONS', { origin, ...preflight });
    expect(before.status).toBe(204);
    expect(before.headers['access-control-allow-headers']).toContain('content-type');
    for (const answer of [before, await send(port, 'POST', { ...json, origin }, query)]) {
      expect(answer.headers).toMatchObject({
        'access-control-allow-origin': origin,
        'access-control-allow-credentials': 'true',
        vary: 'Origin',
      });
    }
  });

  it('gives no other page the right to read answers', async () => {
    const port = await serve();
    for (const origin of [
      'https://stranger.example',
      'null',
      'https://friend.example.org.stranger.example',
      'http://friend.example.org',
      '*',
    ]) {
      const before = await send(port, 'OPTIONS', { origin, ...preflight });
      expect(before.status).toBe(403);
      for (const answer of [before, await send(port, 'POST', { ...json, origin }, query)]) {
        expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
        expect(answer.headers.vary).toBe('Origin');
      }
    }
  });
});

describe('an origin', () => {
  const allowed = (origin: string, host: string) => policy.allows(origin, host);

  it('is our own if it is an address or a name that cannot be registered', () => {
    for (const host of [
      '127.0.0.1:3000',
      'localhost:3000',
      '192.168.1.7:3000',
      '[::1]:3000',
      '10.0.0.1',
      'nas',
      'nas:8080',
      'nas.local',
      'x.localhost:1',
      'srv.home.arpa',
    ]) {
      expect([host, allowed(`http://${host}`, host)]).toEqual([host, true]);
    }
    expect(allowed('http://localhost:3000', 'LocalHost:3000')).toBe(true);
  });

  it('is never our own if it is a registered name other than the public URL, or malformed', () => {
    fc.assert(
      fc.property(fc.domain(), fc.integer({ min: 1, max: 65535 }), (domain, port) => {
        const host = `${domain}:${port}`;
        fc.pre(!/\.(localhost|local|lan|internal|home\.arpa|test)$/.test(domain) && domain !== 'chat.example.org');
        return !allowed(`http://${host}`, host) && !allowed(`https://${host}`, host);
      }),
    );
    fc.assert(fc.property(fc.string(), fc.string(), (origin, host) => URL.canParse(origin) || !allowed(origin, host)));
  });

  it('is required for a WebSocket from a page only', () => {
    const upgrade = (headers: Record<string, string>) => isUpgradeAllowed({ headers } as IncomingMessage, policy);
    expect(upgrade({ host: 'localhost:3000' })).toBe(true);
    expect(upgrade({ host: 'localhost:3000', origin: 'http://localhost:3000' })).toBe(true);
    expect(upgrade({ host: 'localhost:3000', origin: 'http://localhost:3001' })).toBe(false);
    expect(upgrade({ host: 'localhost:3000', origin: 'null' })).toBe(false);
  });
});

describe('every answer', () => {
  it('has headers against sniffing, framing and downgrading', async () => {
    const { headers } = await send(await serve(), 'GET', {});
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'strict-transport-security': 'max-age=31536000',
    });
  });
});

describe("the client's address", () => {
  const address = (forwarded: string | undefined, trustedProxies: number) =>
    clientAddress(
      { headers: { 'x-forwarded-for': forwarded }, socket: { remoteAddress: '10.0.0.9' } } as never,
      trustedProxies,
    );

  it('is what the trusted proxies report, never what the client claims', () => {
    expect(address('1.1.1.1', 0)).toBe('10.0.0.9');
    expect(address('6.6.6.6, 1.1.1.1', 1)).toBe('1.1.1.1');
    expect(address('6.6.6.6, 1.1.1.1, 10.0.0.2', 2)).toBe('1.1.1.1');
    expect(address(undefined, 1)).toBe('10.0.0.9');
    expect(address('6.6.6.6, nonsense', 1)).toBe('10.0.0.9');
    expect(address('1.1.1.1', 2)).toBe('10.0.0.9');
  });
});
