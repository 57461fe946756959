import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { openDatabase } from '../../src/database/connection/open.ts';
import { converse, storedResponses } from '../api/asking.ts';
import { until } from '../credits/house.ts';
import { startDeafProxy } from '../replicas/postgres-proxy.ts';
import { type Client, connect, signUp, startApp, type TestApp } from '../setup/app.ts';
import { openCopy, type TestDatabase, testLog } from '../setup/describe-databases.ts';
import { startWireServer, type WireServer } from '../wire-server.ts';

const state = `{ models { id } server { signUp defaultModels { id } } providers { id configured setup { keyEnding problem } } }`;
const setProvider = 'mutation ($input: SetProviderInput!) { setProvider(input: $input) { id } }';
const setModel = 'mutation ($input: SetModelInput!) { setModel(input: $input) { id } }';

describe.runIf(inject('databases').postgres).each(['notified', 'polling'])('two replicas (%s)', (kind) => {
  let database: TestDatabase & { url: string };
  let wire: WireServer;
  let here: Client;
  let there: Client;
  const ends: (() => Promise<void>)[] = [];
  beforeAll(async () => {
    database = await openCopy('template');
    wire = await startWireServer();
    let other: TestDatabase = database;
    if (kind === 'polling') {
      const proxy = await startDeafProxy(database.url);
      const deaf = await openDatabase({ databaseUrl: proxy.url, dataDir: '', log: testLog });
      other = { ...deaf, url: proxy.url };
      ends.push(
        () => deaf.close(),
        () => proxy.close(),
      );
    }
    const env = { MOCK_PROVIDER: 'auto', SIGN_UP: '' };
    const apps: TestApp[] = await Promise.all([startApp({ database, env }), startApp({ database: other, env })]);
    ends.unshift(...apps.map((app) => () => app.close()));
    here = await signUp(apps[0]?.url as string);
    there = connect(apps[1]?.url as string, here);
  });
  afterAll(async () => {
    for (const end of ends) await end();
    await wire?.close();
    await database?.close();
  });

  const hears = (isSo: (seen: Awaited<ReturnType<Client['gql']>>) => boolean, what: string) =>
    until(async () => isSo(await there.gql(state)), what);

  it('admit nobody on one of them by a rule that a key on the other one has just closed', async () => {
    const input = { id: 'openai', apiKey: 'sk-0123456789012345678901234' };
    await here.gql(setProvider, { input });
    await expect(signUp(there.url)).rejects.toThrow('INVITATION_NEEDED');
    await here.gql('mutation { removeProvider(id: "openai") }');
  });

  it('offer what an admin added on either one, within seconds, and no more when it is removed', async () => {
    const lab = {
      id: 'lab',
      name: 'Lab',
      kind: 'OPENAI_COMPATIBLE',
      baseUrl: `${wire.url}/v1`,
      apiKey: 'key-of-lab-0123456789',
    };
    await here.gql(setProvider, { input: lab });
    const prices = { inputPriceUsd: 1, outputPriceUsd: 2 };
    const sizes = { contextWindow: 8000, maxOutputTokens: 1000 };
    for (const name of ['a', 'b']) {
      await here.gql(setModel, { input: { id: `lab/${name}`, name, minimumTier: 'FREE', ...sizes, ...prices } });
    }
    await here.gql('mutation { setDefaultModels(modelIds: ["lab/b"]) { id } }');
    await here.gql('mutation { setModelOrder(modelIds: ["lab/b"]) { id } }');
    await hears(
      ({ models, server }) => models[0].id === 'lab/b' && server.defaultModels[0].id === 'lab/b',
      'it is heard of',
    );
    expect((await there.gql(state)).server.signUp).toBe('INVITE');

    const { turn } = await converse(there, { prompt: 'Hello?' });
    expect((await storedResponses(there, turn.id))[0]).toMatchObject({ status: 'COMPLETED', text: 'Hello there!' });
    expect(wire.requests.at(-1)?.headers.authorization).toBe('Bearer key-of-lab-0123456789');

    await there.gql(setProvider, { input: { ...lab, apiKey: 'key-of-lab-rotated-6789' } });
    await until(async () => {
      await converse(here, { prompt: 'Again?', modelIds: ['lab/a'] });
      return wire.requests.at(-1)?.headers.authorization === 'Bearer key-of-lab-rotated-6789';
    }, 'the new key is used');

    await here.gql('mutation { removeProvider(id: "lab") }');
    await hears(({ models }) => models[0].id !== 'lab/b', 'it is gone');
    // The key may only be away for a while.
    expect((await there.gql(state)).server.signUp).toBe('INVITE');
  });
});

describe.runIf(inject('databases').postgres)('a server with another AUTH_SECRET', () => {
  it('starts, says which key it cannot read, and takes it anew', async () => {
    const database = await openCopy('template');
    const before = await startApp({ database });
    const admin = await before.newMember();
    const lab = {
      id: 'lab',
      name: 'Lab',
      kind: 'OPENAI_COMPATIBLE',
      baseUrl: 'http://127.0.0.1:9/v1',
      apiKey: 'the-key-of-the-lab-1234',
    };
    await admin.gql(setProvider, { input: lab });
    await before.close();
    const app = await startApp({
      database,
      logLevel: 'warn',
      env: { AUTH_SECRET: 'another secret, of the same good length' },
    });
    try {
      const memberOfNow = connect(app.url, { cookie: (await app.newMember()).cookie });
      await database.db.updateTable('user').set({ role: 'ADMIN' }).execute();
      const seen = async () => (await memberOfNow.gql(state)).providers.find(({ id }: { id: string }) => id === 'lab');
      expect(await seen()).toMatchObject({
        configured: false,
        setup: { problem: expect.stringMatching(/AUTH_SECRET/) },
      });
      expect(app.errors.filter((line) => line.includes('another AUTH_SECRET'))).toHaveLength(1);
      const { apiKey, ...rest } = lab;
      expect((await memberOfNow.post(setProvider, { input: rest })).errors?.[0]?.message).toMatch(/anew/);
      await memberOfNow.gql(setProvider, { input: { ...rest, apiKey } });
      expect(await seen()).toMatchObject({ configured: true, setup: { problem: null, keyEnding: '1234' } });
    } finally {
      await app.close();
      await database.close();
    }
  });
});
