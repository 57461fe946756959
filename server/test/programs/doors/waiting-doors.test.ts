import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { ModelFailure } from '../../../src/ports/language-model.ts';
import { expectSettled } from '../../api/asking.ts';
import { until } from '../../credits/house.ts';
import { createScriptedModel } from '../../credits/scripted-model.ts';
import { startApp, type TestApp } from '../../setup/app.ts';
import { openTestDatabase, type TestDatabase } from '../../setup/describe-databases.ts';
import { anthropicAt } from '../anthropic/anthropic-client.ts';
import { newProgram, openAI } from '../openai/openai-client.ts';

const messages = [{ role: 'user' as const, content: 'Hello' }];

const doors = {
  '/v1/chat/completions': { model: 'mock/swift', messages },
  '/v1/responses': { model: 'mock/swift', input: 'Hello' },
  '/v1/messages': { model: 'mock/swift', max_tokens: 1000, messages },
  '/chat/mock': { messages },
};

describe('a program that waits for a whole answer', () => {
  let database: TestDatabase;
  let app: TestApp;
  let key: string;
  const writer = createScriptedModel();
  beforeAll(async () => {
    database = await openTestDatabase('pglite');
    app = await startApp({ database, languageModels: { mock: writer }, retryDelayMs: 1 });
    ({ key } = await newProgram(app));
  });
  afterAll(async () => {
    await app?.close();
    await database?.close();
    expect(app?.errors).toEqual([]);
  });

  it.each([
    ['/v1/chat/completions', { model: 'mock/swift', messages }],
    ['/v1/responses', { model: 'mock/swift', input: 'Hello' }],
    ['/v1/messages', { model: 'mock/swift', max_tokens: 1000, messages }],
    ['/api/v1/chat/', { prompt: 'Hello', models: ['mock/swift'] }],
  ])('of %s is not cut off for its silence', async (path, body) => {
    const requests: IncomingMessage[] = [];
    const note = (event: unknown) => requests.push((event as { request: IncomingMessage }).request);
    subscribe('http.server.request.start', note);
    onTestFinished(() => void unsubscribe('http.server.request.start', note));
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
    const asked = fetch(app.url + path, { method: 'POST', headers, body: JSON.stringify(body) });
    await until(() => requests.length === 1 && requests[0]?.socket.timeout === 0, 'the connection may be silent');
    await until(() => writer.open.length === 1, 'the model is asked');
    writer.open[0]?.finish(null);
    expect((await asked).status).toBe(200);
  });

  const breakOff = async () => {
    await until(() => writer.open.length === 1, 'the model is asked');
    writer.open[0]?.push({ type: 'text', text: 'The tides turn twice a day, ' });
    writer.open[0]?.fail(new ModelFailure('CONNECTION', 'The tide is out.'));
  };

  it.each([
    ['openai', 'chat.completions'],
    ['@anthropic-ai/sdk', 'messages'],
  ])('with %s pays once for %s that break off, as the SDK does not ask again', async (name) => {
    const { member, key: apiKey } = await newProgram(app);
    const asked = writer.requests.length;
    const { completions } = openAI(app, { apiKey, maxRetries: 2 }).chat;
    const { messages: ofAnthropic } = anthropicAt(app, { apiKey, maxRetries: 2 });
    const answer =
      name === 'openai'
        ? completions.create({ model: 'mock/swift', messages })
        : ofAnthropic.create({ model: 'mock/swift', max_tokens: 1000, messages });
    const error = answer.catch((reason) => reason);
    await breakOff();
    expect((await error).status).toBe(502);
    expect(Number((await error).headers.get('x-polylogue-credits'))).toBeGreaterThan(0);
    expect(writer.requests.length - asked).toBe(1);
    const { entries } = await expectSettled(member);
    expect(entries.filter(({ amount }) => amount < 0)).toHaveLength(1);
  });

  it.each([
    ['RATE_LIMITED', 61_200, '62'],
    ['RATE_LIMITED', null, '2'],
    ['OVERLOADED', 30_000, '30'],
    ['INVALID_REQUEST', null, null],
  ] as const)('is told after %s how long to wait (asked for: %s ms)', async (code, retryAfterMs, told) => {
    for (const [path, body] of Object.entries(doors)) {
      const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
      const asked = fetch(app.url + path, { method: 'POST', headers, body: JSON.stringify(body) });
      let refused: Response | undefined;
      void asked.then((response) => {
        refused = response;
      });
      // A failure that may pass soon is tried again by the server.
      await until(() => {
        writer.open[0]?.fail(new ModelFailure(code, 'Not now.', { retryAfterMs }));
        return refused !== undefined;
      }, 'the call is refused');
      expect(refused?.headers.get('retry-after'), path).toBe(told);
    }
  });

  it('of /chat/mock is told the credits of a refusal too', async () => {
    const body = { messages };
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
    const asked = fetch(`${app.url}/chat/mock`, { method: 'POST', headers, body: JSON.stringify(body) });
    await until(() => writer.open.length === 1, 'the model is asked');
    writer.open[0]?.fail(new ModelFailure('INVALID_REQUEST', 'Not so.'));
    const refused = await asked;
    expect(refused.status).toBe(400);
    expect(refused.headers.get('x-polylogue-credits')).toBe('0');
    expect(refused.headers.get('x-should-retry')).toBeNull();
  });
});
