import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { until } from '../credits/house.ts';
import { createScriptedModel } from '../credits/scripted-model.ts';
import { startApp, type TestApp } from '../setup/app.ts';
import { openTestDatabase, type TestDatabase } from '../setup/describe-databases.ts';
import { newProgram } from './openai/openai-client.ts';

const messages = [{ role: 'user', content: 'Hello' }];

describe('a program that waits for a whole answer', () => {
  let database: TestDatabase;
  let app: TestApp;
  let key: string;
  const writer = createScriptedModel();
  beforeAll(async () => {
    database = await openTestDatabase('pglite');
    app = await startApp({ database, languageModels: { mock: writer } });
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
});
