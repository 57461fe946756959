import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { expect, it } from 'vitest';
import { basePathOf, takeOffBasePath } from '../../src/http/base-path.ts';

function pathOf(url: string, basePath: string, more: { headers?: Record<string, string>; baseUrl?: string } = {}) {
  const req = Object.assign(new IncomingMessage(new Socket()), { url, ...more });
  takeOffBasePath(req, basePath);
  takeOffBasePath(req, basePath);
  return req.url;
}

it.each([
  ['https://a.org', ''],
  ['https://a.org/', ''],
  ['https://a.org/chat', '/chat'],
  ['https://a.org/tools/chat/', '/tools/chat'],
])('knows the base path of %s', (publicUrl, expected) => {
  expect(basePathOf(publicUrl)).toBe(expected);
});

it.each([
  ['/chat', '/'],
  ['/chat?model=a', '/?model=a'],
  ['/chat/', '/'],
  ['/chat/chat/stream', '/chat/stream'],
  ['/chat/graphql?query={a}', '/graphql?query={a}'],
  ['/chatter', '/chatter'],
  ['/graphql', '/graphql'],
])('takes the base path off %s, once', (url, expected) => {
  expect(pathOf(url, '/chat')).toBe(expected);
  expect(pathOf(url, '')).toBe(url);
});

it('leaves a path as it is if the proxy or the host says that it took the base path off', () => {
  expect(pathOf('/chat/stream', '/chat', { headers: { 'x-forwarded-prefix': '/chat/' } })).toBe('/chat/stream');
  expect(pathOf('/chat/stream', '/chat', { headers: { 'x-forwarded-prefix': '/other' } })).toBe('/stream');
  expect(pathOf('/chat/stream', '/chat', { baseUrl: '/chat' })).toBe('/chat/stream');
});
