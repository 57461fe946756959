// @vitest-environment node
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { contentSecurityPolicy, createPageHandler } from './pages.ts';

test('the policy allows only scripts with the nonce, and sockets to the page’s own host', () => {
  const policy = contentSecurityPolicy('abc', 'chat.example.org:3000', false);
  expect(policy).toContain("script-src 'nonce-abc' 'strict-dynamic'");
  expect(policy).toContain("connect-src 'self' ws://chat.example.org:3000 wss://chat.example.org:3000");
  expect(policy).not.toContain('unsafe');
});

test('an invalid host header adds nothing to the policy', () => {
  expect(contentSecurityPolicy('abc', "x; script-src 'unsafe-inline'", false)).not.toContain('unsafe');
});

test('a file is sent with strict-transport-security if the public URL is https, and with x-frame-options', async () => {
  const secure = await serve({ publicUrl: 'https://chat.example.org' });
  expect((await fetch(`${secure.url}/robots.txt`)).headers.get('strict-transport-security')).toBe('max-age=31536000');
  const plain = await serve({ publicUrl: 'http://localhost:3000' });
  const { headers } = await fetch(`${plain.url}/robots.txt`);
  expect(headers.get('strict-transport-security')).toBeNull();
  expect(headers.get('x-frame-options')).toBe('DENY');
});

test('pages do not send their address to other sites', async () => {
  const { url } = await serve({ publicUrl: 'https://chat.example.org' });
  expect((await fetch(`${url}/robots.txt`)).headers.get('referrer-policy')).toBe('same-origin');
});

test('a page that fails is a 500, and the cause is logged', async () => {
  const { url, log } = await serve({ publicUrl: 'http://localhost:3000' });
  expect((await fetch(url)).status).toBe(500);
  expect(log.error).toHaveBeenCalledExactlyOnceWith({ err: new Error('of the build') }, 'A page could not be made.');
});

test.each(['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])(
  'a page refuses %s without reading the body',
  async (method) => {
    const { url, log } = await serve({ publicUrl: 'http://localhost:3000' });
    let read = 0;
    const body = new ReadableStream({
      pull(controller) {
        read += 1;
        controller.enqueue(new Uint8Array(64 * 1024));
      },
    });
    const response = await fetch(`${url}/sign-in`, {
      method,
      ...(method !== 'OPTIONS' && { body, duplex: 'half' }),
    } as RequestInit);
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('GET, HEAD');
    expect(response.headers.get('connection')).toBe('close');
    expect(read).toBeLessThan(200);
    expect(log.error).not.toHaveBeenCalled();
  },
);

test.each([
  ['br, gzip', 'br'],
  ['gzip, deflate', 'gzip'],
  ['gzip;q=1, br;q=0', 'gzip'],
  ['identity', null],
])('a page for %s is compressed as %s and varies with accept-encoding', async (accepted, encoding) => {
  const { url } = await serve({ publicUrl: 'http://localhost:3000', build: pageBuild });
  for (const path of ['/', '/_root.data']) {
    const response = await fetch(`${url}${path}`, { headers: { 'accept-encoding': accepted } });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-encoding')).toBe(encoding);
    expect(response.headers.get('vary')).toMatch(/accept-encoding/i);
    expect(await response.text()).toContain('word word word');
  }
});

test.each(['br', 'gzip'])(
  'a page compressed with %s sends its first part before the rest is ready',
  async (encoding) => {
    const { url } = await serve({ publicUrl: 'http://localhost:3000', build: pageBuild });
    const response = await fetch(`${url}/?pauses`, { headers: { 'accept-encoding': encoding } });
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    let first = '';
    while (!first.includes('word word word')) first += (await reader?.read())?.value ?? '';
    expect(first).not.toContain('the end');
    await fetch(`${url}/?resume`);
    let rest = '';
    for (let piece = await reader?.read(); piece && !piece.done; piece = await reader?.read()) rest += piece.value;
    expect(rest).toContain('the end');
  },
);

test('a page with its own policy has no other policy', async () => {
  const { url } = await serve({ publicUrl: 'http://localhost:3000', build: pageBuild });
  expect((await fetch(`${url}/?strict`)).headers.get('content-security-policy')).toBe('sandbox');
  expect((await fetch(url)).headers.get('content-security-policy')).toContain("default-src 'self'");
});

/** A build whose pages come in one piece, or with a pause that lasts until `?resume` is requested. */
const pageBuild = `
  const resumed = [];
  const words = 'word '.repeat(1000);
  const page = (request) => {
    const { search } = new URL(request.url);
    if (search === '?resume') for (const resume of resumed) resume();
    return new Response(new ReadableStream({
      async start(controller) {
        controller.enqueue(new TextEncoder().encode(words));
        if (search === '?pauses') await new Promise((resolve) => resumed.push(resolve));
        controller.enqueue(new TextEncoder().encode('the end'));
        controller.close();
      },
    }), { headers: { 'content-type': 'text/html; charset=utf-8', ...(search === '?strict' && { 'content-security-policy': 'sandbox' }) } });
  };
  export const routes = { root: { id: 'root', path: '', module: { loader: () => words, default: () => null } } };
  export const entry = { module: { default: page, handleError: (error) => { throw error; } } };
  export const assets = { routes: {} };
  export const future = { v3_singleFetch: true };
`;

/** A build in which everything fails, even the error handler. */
const brokenBuild = `
  const fail = () => { throw new Error('of the build'); };
  export const routes = { root: { id: 'root', path: '', module: { loader: fail } } };
  export const entry = { module: { default: fail, handleError: fail } };
  export const assets = { routes: {} };
  export const future = {};
`;

/** Serves a file and the pages of a build. */
async function serve({ publicUrl, build = brokenBuild }: { publicUrl: string; build?: string }) {
  const root = mkdtempSync(join(tmpdir(), 'polylogue-pages-'));
  for (const folder of ['build/client', 'build/server']) mkdirSync(join(root, folder), { recursive: true });
  writeFileSync(join(root, 'build/client/robots.txt'), 'User-agent: *');
  writeFileSync(join(root, 'build/server/index.js'), build);
  const server = createServer();
  const log = { error: vi.fn() };
  const fetch = () => Promise.reject(new Error('No page asks for anything.'));
  server.on(
    'request',
    await createPageHandler({ root, development: false, server, publicUrl, trustedProxies: 0, log, fetch }),
  );
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
    rmSync(root, { recursive: true });
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, log };
}
