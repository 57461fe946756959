import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, type Configuration, createApp } from '../../src/app.ts';
import { proxyVariables } from '../../src/config/proxies.ts';
import { settingsSchema } from '../../src/config/settings.ts';
import { builtInProviders } from '../../src/providers/providers.ts';
import { type Client, signUp } from '../setup/app.ts';
import { makeDataFolder } from '../setup/describe-databases.ts';
import { startProcess, type TestProcess } from '../setup/process.ts';
import { startWireServer, type WireServer } from '../wire-server.ts';

/** Settings that would make every start fail, answer or spend otherwise. */
const poison = {
  PORT: 'nowhere',
  DATABASE_URL: 'mysql://elsewhere',
  DATA_DIR: '/dev/null',
  CATALOGUE_FILE: 'missing.json',
  AUTH_SECRET: 'short',
  SIGN_UP: 'nobody',
  MOCK_PROVIDER: 'perhaps',
  LOG_LEVEL: 'everything',
  HTTP_PROXY: 'http://127.0.0.1:1',
  OPENAI_API_KEY: 'sk-poison-openai',
  OPENAI_BASE_URL: 'http://127.0.0.1:1',
  OPENAI_ORG_ID: 'poison',
  OPENAI_CUSTOM_HEADERS: 'x-poison: openai',
  ANTHROPIC_API_KEY: 'sk-poison-anthropic',
  ANTHROPIC_CUSTOM_HEADERS: 'x-poison: anthropic',
  XAI_API_KEY: 'sk-poison-xai',
  BETTER_AUTH_SECRETS: `1:${'poison'.repeat(8)}`,
  BETTER_AUTH_URL: 'http://poison.example',
};

const folder = mkdtempSync(join(tmpdir(), 'polylogue-embedding-'));
let wire: WireServer;
beforeAll(async () => {
  wire = await startWireServer();
});
afterAll(async () => {
  await wire.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('two apps in a process whose environment and .env are poisoned', () => {
  let running: TestProcess;
  let first: Client;
  let second: Client;

  beforeAll(async () => {
    writeFileSync(
      join(folder, '.env'),
      Object.entries({ ...poison, PERPLEXITY_API_KEY: 'sk-poison-perplexity', CREDITS_PER_USD: 'many' })
        .map(([name, value]) => `${name}=${value}`)
        .join('\n'),
    );
    for (const name of ['first', 'second']) makeDataFolder(join(folder, name));
    const configurations: Configuration[] = [
      {
        dataDir: 'first',
        localModels: 'off',
        logDir: 'logs',
        providers: {
          openai: { apiKey: 'sk-given-openai', baseURL: `${wire.url}/v1` },
          anthropic: { apiKey: 'sk-given-anthropic', baseURL: wire.url },
          google: { apiKey: '' },
        },
        tiers: { FREE: { name: 'Guest', monthlyCredits: 5_000_000 } },
        defaultModels: ['openai/gpt-4.1-mini', 'anthropic/claude-haiku-4-5'],
      },
      { dataDir: join(folder, 'second'), localModels: 'off', mockPace: 100 },
    ];
    running = startProcess('test/programs/embedded-apps.ts', [JSON.stringify(configurations)], poison, folder);
    const [, urls = ''] = await running.line(/^urls: (.*)/);
    const [firstUrl = '', secondUrl = ''] = JSON.parse(urls);
    first = await signUp(firstUrl);
    second = await signUp(secondUrl);
  });

  it('have each the providers that their configuration gives a key to', async () => {
    const configured = async (client: Client): Promise<string[]> => {
      const { providers } = await client.gql('{ providers { id configured } }');
      return providers.filter((one: { configured: boolean }) => one.configured).map(({ id }: { id: string }) => id);
    };
    expect(await configured(first)).toEqual(['openai', 'anthropic']);
    expect(await configured(second)).toEqual(['mock']);
  });

  it('ask the providers with the given keys, and with nobody else’s headers', async () => {
    wire.reset();
    await answersTo(first);
    const sent = Object.fromEntries(wire.requests.map(({ api, headers }) => [api, headers]));
    expect(sent['openai.chat']).toMatchObject({ authorization: 'Bearer sk-given-openai' });
    expect(sent['anthropic.messages']).toMatchObject({ authorization: 'Bearer sk-given-anthropic' });
    expect(JSON.stringify(sent)).not.toContain('poison');
  });

  it('keep their members and conversations apart', async () => {
    await answersTo(second);
    const seen = '{ viewer { role tier { name } } conversations { totalCount } }';
    const [one, other] = await Promise.all([first.gql(seen), second.gql(seen)]);
    expect(one.viewer).toEqual({ role: 'ADMIN', tier: { name: 'Guest' } });
    expect(other.viewer).toEqual({ role: 'ADMIN', tier: { name: 'Free' } });
    expect([one.conversations.totalCount, other.conversations.totalCount]).toEqual([1, 1]);
  });

  it('free everything when they are closed, so that the process ends by itself, and have read no setting', async () => {
    await running.stop();
    expect(await running.ended).toBe(0);
    const [, names = ''] = await running.line(/^read: (.*)/);
    const settings = new Set([
      ...[...Object.keys(settingsSchema.shape), ...proxyVariables].flatMap((name) => [name, name.toLowerCase()]),
      ...builtInProviders.flatMap(({ keyVariables, baseURLVariables }) => [...keyVariables, ...baseURLVariables]),
      '(all)',
    ]);
    expect(JSON.parse(names).filter((name: string) => settings.has(name))).toEqual([]);
    expect(readdirSync(join(folder, 'logs')).sort()).toEqual(['app.log', 'debug.log']);
    expect(running.output()).not.toContain('poison');
  });
});

/** Asks the default models, and resolves to their answers. */
async function answersTo(client: Client): Promise<string[]> {
  const { sendPrompt } = await client.gql(
    'mutation { sendPrompt(input: { prompt: "Hello" }) { ... on SendPromptPayload { turn { id } } ... on Error { message } } }',
  );
  const texts: string[] = [];
  const follow = `subscription ($id: ID!) {
    streamResponse(turnId: $id) { ... on ResponseFinished { response { status text } } }
  }`;
  for await (const { data } of client.subscribe('ws', follow, { id: sendPrompt.turn.id })) {
    const { response } = data.streamResponse;
    if (response) texts.push(`${response.status} ${response.text}`);
  }
  expect(texts.every((text) => /^COMPLETED ./.test(text))).toBe(true);
  return texts;
}

describe('an app within a server that has paths of its own', () => {
  let app: App;
  let server: Server;
  let url: string;
  beforeAll(async () => {
    const dataDir = join(folder, 'host');
    makeDataFolder(dataDir);
    app = await createApp({ dataDir, localModels: 'off', logLevel: 'silent' });
    server = createServer((req, res) => app.request(req, res, () => res.end('The host’s own.'))).listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    server?.close();
    server?.closeAllConnections();
    await app?.close();
  });

  it.each(['/', '/api/orders', '/api/v1/orders', '/v1/orders', '/chat', '/chat/room/7', '/chat/history'])(
    'leaves %s to the server',
    async (path) => {
      expect(await (await fetch(url + path)).text()).toBe('The host’s own.');
    },
  );

  it.each(['/v1/models', '/api/v1/conversations', '/api/v1/docs', '/chat/mock'])('answers %s itself', async (path) => {
    expect(await (await fetch(url + path)).text()).not.toBe('The host’s own.');
  });

  it('says in JSON that there is nothing where the server has no paths of its own', async () => {
    const alone = createServer(app.request).listen(0, '127.0.0.1');
    await once(alone, 'listening');
    const response = await fetch(`http://127.0.0.1:${(alone.address() as AddressInfo).port}/api/orders`);
    expect([response.status, await response.json()]).toMatchObject([404, { error: { code: 'NOT_FOUND' } }]);
    alone.close();
    alone.closeAllConnections();
  });
});

describe('an app that cannot be made', () => {
  it('names the fields with a mistake, and opens nothing', async () => {
    const dataDir = join(folder, 'unmade');
    await expect(createApp({ dataDir, signUp: 'nobody' as 'open', publicUrl: 'chat.example.com' })).rejects.toThrow(
      /2 mistakes:\n {2}publicUrl is .*\n {2}signUp is /,
    );
    expect(readdirSync(folder)).not.toContain('unmade');
  });

  it('names the field of a folder that cannot be written to', async () => {
    const dataDir = join(folder, 'a-file');
    writeFileSync(dataDir, '');
    await expect(createApp({ dataDir })).rejects.toThrow(/dataDir is ".*a-file", which is no folder/);
  });

  it('leaves its database closed, so that the next one can open it', async () => {
    const dataDir = join(folder, 'again');
    makeDataFolder(dataDir);
    writeFileSync(join(dataDir, 'auth-secret'), 'too short');
    const configuration: Configuration = { dataDir, localModels: 'off', logLevel: 'silent' };
    await expect(createApp(configuration)).rejects.toThrow(/holds less than 32 characters/);
    rmSync(join(dataDir, 'auth-secret'));
    const app = await createApp(configuration);
    await Promise.all([app.close(), app.close()]);
    expect(readFileSync(join(dataDir, 'auth-secret'), 'utf8')).toMatch(/^\S{32,}\n$/);
    expect(readdirSync(dataDir)).not.toContain('lock');
  });
});
