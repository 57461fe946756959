import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { awaitAllCallbacks } from '@langchain/core/callbacks/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask } from '../api/asking.ts';
import { startApp, type TestApp } from '../setup/app.ts';
import { openTestDatabase, type TestDatabase } from '../setup/describe-databases.ts';
import { call, createWorkshop, makeTool, text, told, watch, worked, workshopCatalogue } from './workshop.ts';

describe('an agent where the environment asks for traces', () => {
  const shop = createWorkshop();
  const asked: string[] = [];
  const before = { ...process.env };
  let database: TestDatabase;
  let app: TestApp;
  let collector: Server;
  beforeAll(async () => {
    collector = createServer((req, res) => {
      asked.push(`${req.method} ${req.url}`);
      res.end('{}');
    }).listen(0, '127.0.0.1');
    await once(collector, 'listening');
    const endpoint = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`;
    for (const prefix of ['LANGSMITH', 'LANGCHAIN']) {
      const settings = { TRACING: 'true', TRACING_V2: 'true', ENDPOINT: endpoint, API_KEY: 'key', PROJECT: 'spy' };
      for (const [name, value] of Object.entries(settings)) process.env[`${prefix}_${name}`] = value;
    }
    database = await openTestDatabase('pglite');
    app = await startApp({
      database,
      catalogue: workshopCatalogue,
      languageModels: { lab: shop.languageModel },
      tools: [makeTool('look', () => told('Blue.'))],
    });
  });
  afterAll(async () => {
    for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
    await app?.close();
    await database?.close();
    collector?.close();
    expect(app?.errors).toEqual([]);
  });

  it('is traced nowhere', async () => {
    shop.script('worker', (_request, index) => (index === 0 ? call('look', {}) : [text('It is blue.')]));
    const member = await app.newMember();
    const { turn } = await ask(member, { prompt: 'Look', modelIds: ['lab/worker'], toolIds: ['look'] } as never);
    await watch(member, turn.id);
    expect(await worked(member, turn.id)).toMatchObject([{ status: 'COMPLETED', text: 'It is blue.' }]);
    // What would be sent is sent by then.
    await awaitAllCallbacks();
    expect(asked).toEqual([]);
  });
});
