import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CALL_BODY_BYTES_MAX } from '../../../src/http/calls/call-request.ts';
import { until } from '../../credits/house.ts';
import { startApp, type TestApp } from '../../setup/app.ts';
import { openTestDatabase, type TestDatabase } from '../../setup/describe-databases.ts';
import { newProgram } from '../openai/openai-client.ts';

describe('a program that sends large bodies', () => {
  let database: TestDatabase;
  let app: TestApp;
  beforeAll(async () => {
    database = await openTestDatabase('pglite');
    app = await startApp({ database });
  });
  afterAll(async () => {
    await app?.close();
    await database?.close();
    expect(app?.errors).toEqual([]);
  });

  /** Begins a request of which the body never comes. */
  function announce(key: string, bytes: number): Socket {
    const { hostname, port } = new URL(app.url);
    const socket = connect(Number(port), hostname);
    socket.write(
      `POST /v1/chat/completions HTTP/1.1\r\nHost: ${hostname}\r\nAuthorization: Bearer ${key}\r\nContent-Type: application/json\r\nContent-Length: ${bytes}\r\n\r\n`,
    );
    return socket;
  }

  async function post(path: string, key: string): Promise<Response> {
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
    return fetch(app.url + path, { method: 'POST', headers, body: ' '.repeat(1024 * 1024) });
  }

  it.each([
    ['/v1/chat/completions', '/graphql'],
    ['/v1/messages', '/v1/responses'],
    ['/api/v1/chat', '/chat/mock'],
  ])('is told at %s and %s to wait while others of its own are on their way', async (...paths) => {
    const { key } = await newProgram(app);
    const { key: another } = await newProgram(app);
    const open: Socket[] = [];
    for (const path of paths) {
      let refused: Response | undefined;
      await until(async () => {
        // One that arrives beside the smaller body may find no room itself.
        open.push(announce(key, CALL_BODY_BYTES_MAX));
        await fetch(`${app.url}/v1/models`, { headers: { authorization: `Bearer ${key}` } });
        refused = await post(path, key);
        return refused.status === 429;
      }, 'the bodies under way are known');
      expect(refused?.headers.get('retry-after')).toBe('5');
      expect((await post(path, another)).status).toBe(400);
    }
    for (const socket of open) socket.destroy();
    for (const path of paths) await until(async () => (await post(path, key)).status === 400, 'there is room again');
  });

  it('is refused a body that is too large with the limit that is its own', async () => {
    const { key } = await newProgram(app);
    const socket = announce(key, CALL_BODY_BYTES_MAX + 1);
    let answer = '';
    socket.setEncoding('utf8').on('data', (piece) => {
      answer += piece;
    });
    await until(() => answer.includes('}'), 'the request is refused');
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(answer).toContain(`more than ${CALL_BODY_BYTES_MAX} bytes`);
    socket.destroy();
  });
});
