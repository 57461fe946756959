// @vitest-environment node
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { contentSecurityPolicy, createPageHandler } from './pages.ts';

test('the policy lets only scripts with the nonce run, and sockets of the own host', () => {
  const policy = contentSecurityPolicy('abc', 'chat.example.org:3000', false);
  expect(policy).toContain("script-src 'nonce-abc' 'strict-dynamic'");
  expect(policy).toContain("connect-src 'self' ws://chat.example.org:3000 wss://chat.example.org:3000");
  expect(policy).not.toContain('unsafe');
});

test('a host header that is no host adds nothing to the policy', () => {
  expect(contentSecurityPolicy('abc', "x; script-src 'unsafe-inline'", false)).not.toContain('unsafe');
});

test('pages found over https keep browsers to it, as the API does', async () => {
  const secure = await serve({ publicUrl: 'https://chat.example.org' });
  expect((await fetch(`${secure.url}/robots.txt`)).headers.get('strict-transport-security')).toBe('max-age=31536000');
  const plain = await serve({ publicUrl: 'http://localhost:3000' });
  const { headers } = await fetch(`${plain.url}/robots.txt`);
  expect(headers.get('strict-transport-security')).toBeNull();
  expect(headers.get('x-frame-options')).toBe('DENY');
});

test('the sites that a page links to are not told where they are linked from', async () => {
  const { url } = await serve({ publicUrl: 'https://chat.example.org' });
  expect((await fetch(`${url}/robots.txt`)).headers.get('referrer-policy')).toBe('same-origin');
});

test('a page that cannot be made is 500, and the log is told why', async () => {
  const { url, log } = await serve({ publicUrl: 'http://localhost:3000' });
  expect((await fetch(url)).status).toBe(500);
  expect(log.error).toHaveBeenCalledExactlyOnceWith({ err: new Error('of the build') }, 'A page could not be made.');
});

test('an action that cannot be made is 500 as well, though its request was read to the end', async () => {
  const { url, log } = await serve({ publicUrl: 'http://localhost:3000' });
  expect((await fetch(url, { method: 'POST', body: 'read' })).status).toBe(500);
  expect(log.error).toHaveBeenCalledExactlyOnceWith({ err: new Error('of the build') }, 'A page could not be made.');
});

/** Nothing that it does succeeds, and telling so neither. */
const brokenBuild = `
  const fail = () => { throw new Error('of the build'); };
  const action = async ({ request }) => fail(await request.text());
  export const routes = { root: { id: 'root', path: '', module: { loader: fail, action } } };
  export const entry = { module: { default: fail, handleError: fail } };
  export const assets = { routes: {} };
  export const future = {};
`;

/** A file, and pages that cannot be made. */
async function serve({ publicUrl }: { publicUrl: string }) {
  const root = mkdtempSync(join(tmpdir(), 'polylogue-pages-'));
  for (const folder of ['build/client', 'build/server']) mkdirSync(join(root, folder), { recursive: true });
  writeFileSync(join(root, 'build/client/robots.txt'), 'User-agent: *');
  writeFileSync(join(root, 'build/server/index.js'), brokenBuild);
  const server = createServer();
  const log = { error: vi.fn() };
  const fetch = () => Promise.reject(new Error('No page asks for anything.'));
  server.on('request', await createPageHandler({ root, development: false, server, publicUrl, log, fetch }));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
    rmSync(root, { recursive: true });
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, log };
}
