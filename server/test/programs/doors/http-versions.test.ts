import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../../setup/app.ts';
import { openTestDatabase, type TestDatabase } from '../../setup/describe-databases.ts';
import { newProgram } from '../openai/openai-client.ts';
import { exchange } from '../openai/raw-http.ts';

const messages = [{ role: 'user', content: 'Hello' }];
const doors = {
  '/v1/chat/completions': { model: 'mock/swift', stream: true, messages },
  '/v1/responses': { model: 'mock/swift', stream: true, input: 'Hello' },
  '/v1/messages': { model: 'mock/swift', stream: true, max_tokens: 1000, messages },
  '/chat/mock': { messages },
  '/chat/stream': { userId: 'u1', messages },
};

describe('a stream over another version of HTTP than 1.1', () => {
  let database: TestDatabase;
  let app: TestApp;
  let key: string;
  beforeAll(async () => {
    database = await openTestDatabase('pglite');
    app = await startApp({ database, env: { MOCK_PACE: '1000', CHAT_KIT: 'on' } });
    ({ key } = await newProgram(app));
  });
  afterAll(async () => {
    await app?.close();
    await database?.close();
    expect(app?.errors).toEqual([]);
  });

  const cases = Object.entries(doors).flatMap(([path, body]) =>
    ['1.0', '0.9', '2.0'].map((version) => [path, version, body] as const),
  );
  it.each(cases)('of %s is whole over HTTP/%s, without the credits after its end', async (path, version, body) => {
    const text = JSON.stringify(body);
    const head = `POST ${path} HTTP/${version}\r\nHost: localhost\r\nAuthorization: Bearer ${key}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n`;
    const answer = await exchange(app.url, head + text);
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(answer).toContain('text/event-stream');
    expect(answer).not.toMatch(/^(trailer|transfer-encoding|x-polylogue-credits):/im);
    expect(answer).toMatch(/\[DONE\]|"?type"?: ?"(response\.completed|message_stop|done)"/);
  });
});
