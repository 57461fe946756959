import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/settings.ts';
import { createLanguageModels } from '../../src/parts.ts';
import { startWireServer, type WireRequest, type WireServer } from '../wire-server.ts';
import { ask } from './answers.ts';

describe('what the configuration says of a provider', () => {
  let wire: WireServer;
  let directory: string;
  beforeAll(async () => {
    wire = await startWireServer();
    directory = mkdtempSync(join(tmpdir(), 'polylogue-language-models-'));
  });
  beforeEach(() => wire.reset());
  afterAll(async () => {
    rmSync(directory, { recursive: true });
    await wire.close();
  });

  /** The request that comes of asking a model that can show its reasoning. */
  async function requestTo(providerId: string, file: object = {}, env: object = {}): Promise<WireRequest> {
    writeFileSync(join(directory, 'catalogue.json'), JSON.stringify(file));
    const config = loadConfig({ CATALOGUE_FILE: 'catalogue.json', ...env }, directory);
    const model = (await createLanguageModels(config)).get(providerId);
    if (!model) throw new Error(`${providerId} is not configured.`);
    const answer = await ask(model, { model: 'claude-haiku-4-5', reasoning: true, temperature: 0.5 });
    expect(answer).toMatchObject({ text: 'Hello there!', failure: null });
    return wire.requests[0] as WireRequest;
  }

  it('asks chat completions for usage, but not Perplexity, which knows no such parameter', async () => {
    const { body } = await requestTo('openai', {}, { OPENAI_API_KEY: 'k', OPENAI_BASE_URL: `${wire.url}/v1` });
    expect(body.stream_options).toEqual({ include_usage: true });
    wire.reset();
    const env = { PERPLEXITY_API_KEY: 'k', PERPLEXITY_BASE_URL: wire.url };
    expect((await requestTo('perplexity', {}, env)).body).not.toHaveProperty('stream_options');
  });

  it('asks by Node’s own fetch with UPSTREAM=plain only, and tells of this machine as little with it', async () => {
    const byNode: Record<string, boolean> = {};
    for (const UPSTREAM of ['fast', 'plain']) {
      wire.reset();
      const env = { OPENAI_API_KEY: 'k', OPENAI_BASE_URL: `${wire.url}/v1`, UPSTREAM };
      const { headers } = await requestTo('openai', {}, env);
      // What Node's fetch adds of itself.
      byNode[UPSTREAM] = 'sec-fetch-mode' in headers;
      expect(headers['accept-encoding']).toBe('identity');
      expect(Object.keys(headers).filter((name) => name.startsWith('x-stainless-'))).toEqual([]);
    }
    expect(byNode).toEqual({ fast: false, plain: true });
  });

  it('sends what an endpoint wants for visible reasoning', async () => {
    const provider = { id: 'gate', name: 'Gate', kind: 'openai-compatible', baseURL: `${wire.url}/v1` };
    const reasoningParameters = { reasoning: { enabled: true } };
    const { body } = await requestTo('gate', {
      providers: [{ ...provider, requestUsage: false, reasoningParameters }],
    });
    expect(body).toMatchObject(reasoningParameters);
    expect(body).not.toHaveProperty('stream_options');
  });

  it('sends the headers and the query of an entry to whichever kind, its secrets hidden in what comes back', async () => {
    const headers = { 'x-api-key': `\${GATE_KEY}`, 'x-team': 'blue' };
    const kinds = [
      ['anthropic', wire.url],
      ['google', wire.url],
      ['openai', `${wire.url}/v1`],
      ['openai-compatible', `${wire.url}/v1`],
    ] as const;
    for (const [kind, baseURL] of kinds) {
      wire.reset();
      const gate = { id: 'gate', name: 'Gate', kind, baseURL, headers, query: { 'api-version': '1' } };
      const { path, headers: sent } = await requestTo('gate', { providers: [gate] }, { GATE_KEY: 'gate-secret-0123' });
      expect(sent).toMatchObject({ 'x-api-key': 'gate-secret-0123', 'x-team': 'blue' });
      expect(sent).not.toHaveProperty('authorization');
      expect(new URL(path, wire.url).searchParams.get('api-version')).toBe('1');
    }
  });

  it('speaks the old version to a gateway that knows no other', async () => {
    const gateway = { id: 'old', name: 'Old', kind: 'anthropic', baseURL: wire.url, legacyVersion: '2023-06-01' };
    const { body, headers } = await requestTo(
      'old',
      { providers: [{ ...gateway, apiKeyEnv: 'OLD_KEY' }] },
      { OLD_KEY: 'k' },
    );
    expect(headers).toMatchObject({ 'anthropic-version': '2023-06-01', 'x-api-key': 'k' });
    expect(headers).not.toHaveProperty('authorization');
    expect(body).toMatchObject({ temperature: 0.5, thinking: { type: 'enabled', budget_tokens: 2048 } });
  });

  it('gives a thinking budget to the models that need one, and to no others', async () => {
    const env = { ANTHROPIC_API_KEY: 'k', ANTHROPIC_BASE_URL: wire.url };
    expect((await requestTo('anthropic', {}, env)).body.thinking).toEqual({ type: 'enabled', budget_tokens: 2048 });
    wire.reset();
    const models = [{ id: 'anthropic/claude-haiku-4-5', budgetedThinking: false }];
    expect((await requestTo('anthropic', { models }, env)).body.thinking).toMatchObject({ type: 'adaptive' });
  });
});
