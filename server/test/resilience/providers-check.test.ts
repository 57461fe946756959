import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { setProviderSetting } from '../../src/database/catalogue/providers.ts';
import { openDatabase } from '../../src/database/connection/open.ts';
import { Seal } from '../../src/domain/ground/secrets/seal.ts';
import { closeAccess } from '../../src/domain/offering/stored-changes.ts';
import { makeDataFolder, testLog } from '../setup/describe-databases.ts';
import { compiled } from '../setup/process.ts';
import { modelListBody, startWireServer, streamBody, type WireServer } from '../wire-server.ts';

describe('the check of the providers', () => {
  let wire: WireServer;
  let folder: string;
  beforeAll(async () => {
    wire = await startWireServer();
    folder = mkdtempSync(join(tmpdir(), 'polylogue-providers-'));
  });
  beforeEach(() => wire.reset());
  afterAll(async () => {
    rmSync(folder, { recursive: true });
    await wire.close();
  });

  async function check(env: Record<string, string>, ...args: string[]) {
    const child = spawn(process.execPath, [compiled('src/providers-check.ts'), ...args], {
      cwd: folder,
      env: { PATH: process.env.PATH ?? '', LOCAL_MODELS: 'off', ...env },
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output += data));
    const [code] = await once(child, 'close');
    return { code, output, lines: output.trimEnd().split('\n') };
  }

  const keys = () => ({
    OPENAI_API_KEY: 'sk-test-openai-0123456789',
    OPENAI_BASE_URL: `${wire.url}/v1`,
    ANTHROPIC_API_KEY: 'sk-test-anthropic-0123456789',
    ANTHROPIC_BASE_URL: wire.url,
  });

  it('prints which providers are configured and answer, how soon, and which models the key can see', async () => {
    const seen = {
      'openai.models': ['gpt-4.1', 'gpt-4.1-mini', 'gpt-5.4-mini', 'gpt-6\u001b[31m', 'o9'],
      'anthropic.models': ['claude-haiku-4-5-20251001', 'claude-sonnet-5'],
    };
    wire.respondWith(({ api }) =>
      api.endsWith('.models')
        ? { headers: { 'content-type': 'application/json' }, body: modelListBody(api, seen[api as keyof typeof seen]) }
        : { body: streamBody(api, { text: ['ok'], usage: { input: 9, output: 1 } }) },
    );
    const { code, output, lines } = await check(keys());
    expect(lines.map((line) => line.replace(/\d+ ms/, '# ms').replace(/ {2,}/g, ' | '))).toEqual([
      'Provider | Configured | Reachable | First token | Models that the key can see',
      'OpenAI | yes | yes | # ms | 5: gpt-4.1, gpt-4.1-mini, gpt-5.4-mini, … (2 more: --all)',
      'Anthropic | yes | yes | # ms | 2: claude-haiku-4-5-20251001, claude-sonnet-5',
      'Google | no | – | – | –',
      'xAI | no | – | – | –',
      'Perplexity | no | – | – | –',
      expect.stringMatching(
        /^OpenAI: in the catalogue, but not for this key: openai\/gpt-6-luna, openai\/gpt-5.6-terra/,
      ),
      expect.stringMatching(/^Anthropic: in the catalogue, but not for this key: anthropic\/claude-sonnet-4-6, /),
    ]);
    expect(output).not.toMatch(/0123456789|claude-haiku-4-5,/);
    expect(code).toBe(0);
    // Each provider was asked with the cheapest model that the key can see.
    const asked = wire.requests.filter(({ body }) => body).map(({ body }) => body.model);
    expect(asked.sort()).toEqual(['claude-haiku-4-5', 'gpt-4.1-mini']);

    const all = await check(keys(), '--all');
    expect(all.output).toContain('5: gpt-4.1, gpt-4.1-mini, gpt-5.4-mini, gpt-6[31m, o9\n');
  });

  it('exits with 1 if a provider does not answer, and prints the reason without the key', async () => {
    const message = 'No such key: sk-test-anthropic-0123456789.';
    wire.respondWith(({ api }) => {
      if (api === 'openai.chat') return { body: streamBody(api, { text: ['ok'] }) };
      if (api === 'openai.models') return { status: 404, body: '{}' };
      return { status: 401, body: JSON.stringify({ error: { type: 'authentication_error', message } }) };
    });
    const { code, output } = await check(keys());
    expect(output).toMatch(/^OpenAI +yes +yes +\d+ ms +it does not say$/m);
    expect(output).toMatch(/^Anthropic +yes +no +– +it does not say$/m);
    expect(output).toContain('Anthropic: AUTHENTICATION: No such key: [key]. (asked: anthropic/claude-haiku-4-5)\n');
    expect(output).not.toContain('0123456789');
    expect(code).toBe(1);
  });

  it('checks one provider, by its id, its name, its key or its models, and exits with 1 if that one has no key', async () => {
    wire.respondWith(({ api }) =>
      api.endsWith('.models') ? { status: 404, body: '{}' } : { body: streamBody(api, { text: ['ok'] }) },
    );
    for (const name of ['anthropic', 'Anthropic', 'claude']) {
      const { code, lines } = await check(keys(), name);
      expect([code, ...lines.map((line) => line.split(' ')[0])]).toEqual([0, 'Provider', 'Anthropic']);
    }
    expect(new Set(wire.requests.map(({ api }) => api.split('.')[0]))).toEqual(new Set(['anthropic']));

    expect(await check(keys(), 'gemini')).toMatchObject({
      code: 1,
      lines: [
        expect.stringMatching(/^Provider/),
        expect.stringMatching(/^Google +no /),
        'Google is not configured: set GEMINI_API_KEY or GOOGLE_API_KEY, or enter a key as an admin in the web.',
      ],
    });
    expect(await check(keys(), 'antropic')).toMatchObject({
      code: 1,
      lines: [
        'There is no provider "antropic" here. Did you mean anthropic? There are: openai, anthropic, google, xai, perplexity.',
      ],
    });
  });

  it('exits with 1 and says what to set if nothing is configured, though the mock answers', async () => {
    const { code, output } = await check({});
    expect(output).toMatch(/^Mock +yes +yes +\d+ ms +6: swift, sage, poet, … \(3 more: --all\)$/m);
    expect(output).toContain('No provider is configured: set a key such as OPENAI_API_KEY');
    expect(code).toBe(1);
    expect(await check({ MOCK_PROVIDER: 'on' })).toMatchObject({ code: 0 });
  });

  it('knows the keys that admins entered in the web, beside a server that runs and without one', async () => {
    wire.respondWith(({ api }) =>
      api.endsWith('.models') ? { status: 404, body: '{}' } : { body: streamBody(api, { text: ['ok'] }) },
    );
    const dataDir = join(folder, 'data');
    makeDataFolder(dataDir);
    const AUTH_SECRET = 'the secret of the server that sealed the key';
    const entry = { baseURL: `${wire.url}/v1` };
    const access = { apiKey: 'sk-entered-by-an-admin-0123456789', headers: {}, query: {} };
    const sealed = closeAccess(access, { id: 'openai', ...entry }, new Seal(AUTH_SECRET));
    const facts = { key_ending: '6789', header_names: [], query_names: [] };
    const { db, close } = await openDatabase({ databaseUrl: null, dataDir, log: testLog });
    try {
      await setProviderSetting(db, { id: 'openai', entry: JSON.stringify(entry), sealed, ...facts });
      const beside = await check({ DATA_DIR: dataDir, AUTH_SECRET, MOCK_PROVIDER: 'off' });
      expect(beside.output).toMatch(/^OpenAI +yes +yes +\d+ ms +it does not say$/m);
      expect(beside.output).not.toContain('No model can be asked');
      expect([beside.code, beside.output.includes('6789')]).toEqual([0, false]);
    } finally {
      await close();
    }
    expect(wire.requests.at(-1)?.headers.authorization).toBe(`Bearer ${access.apiKey}`);
    const alone = await check({ DATA_DIR: dataDir, AUTH_SECRET }, 'openai');
    expect([alone.code, alone.lines.length]).toEqual([0, 2]);
    const other = await check({ DATA_DIR: dataDir, AUTH_SECRET: 'x'.repeat(32) }, 'openai');
    expect(other.code).toBe(1);
    expect(other.output).toContain('The key that an admin entered for openai cannot be read');
  });

  it('prints mistakes of the configuration', async () => {
    writeFileSync(join(folder, 'catalogue.json'), '{ "modles": [] }');
    const mistaken = await check({ CATALOGUE_FILE: 'catalogue.json' });
    expect(mistaken).toMatchObject({ code: 1, output: expect.stringContaining('unknown key "modles"') });
    expect(mistaken.output).not.toContain('    at ');
  });
});
