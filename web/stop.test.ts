// @vitest-environment node
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test, vi } from 'vitest';
import { createStop } from './stop.ts';

test('two signals at once close the API only once, and both wait for it', async () => {
  const server = createServer((_request, response) => response.end());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  let closed = () => {};
  const api = { close: vi.fn(() => new Promise<void>((resolve) => (closed = resolve))) };
  const stop = createStop(server, api);
  const ended = vi.fn();
  const both = [stop().then(ended), stop().then(ended)];
  // Running answers can still be read to their end.
  expect((await fetch(`http://127.0.0.1:${port}`)).status).toBe(200);
  expect(ended).not.toHaveBeenCalled();
  closed();
  await Promise.all(both);
  expect(api.close).toHaveBeenCalledOnce();
  expect(server.listening).toBe(false);
});
