// @vitest-environment node
import { expect, test } from 'vitest';
import { contentSecurityPolicy } from './pages.ts';

test('the policy lets only scripts with the nonce run, and sockets of the own host', () => {
  const policy = contentSecurityPolicy('abc', 'chat.example.org:3000', false);
  expect(policy).toContain("script-src 'nonce-abc' 'strict-dynamic'");
  expect(policy).toContain("connect-src 'self' ws://chat.example.org:3000 wss://chat.example.org:3000");
  expect(policy).not.toContain('unsafe');
});

test('a host header that is no host adds nothing to the policy', () => {
  expect(contentSecurityPolicy('abc', "x; script-src 'unsafe-inline'", false)).not.toContain('unsafe');
});
