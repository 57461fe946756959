import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/settings.ts';
import { createLanguageModels } from '../../src/parts.ts';
import { startWireServer, type WireRequest, type WireServer } from '../wire-server.ts';
import { ask } from './answers.ts';

describe('a configured provider', () => {
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

  /** Asks a model that can show its reasoning, and returns the request. */
  async function requestTo(providerId: string, file: object = {}, env: object = {}): Promise<WireRequest> {
    writeFileSync(join(directory, 'catalogue.json'), JSON.stringify(file));
    const config = loadConfig({ CATALOGUE_FILE: 'catalogue.json', ...env }, directory);
    const model = (await createLanguageModels(config)).get(providerId);
    if (!model) throw new Error(`${providerId} is not configured.`);
    const answer = await ask(model, { model: 'claude-haiku-4-5', reasoning: true, temperature: 0.5 });
    expect(answer).toMatchObject({ text: 'Hello there!', failure: null });
    return wire.requests[0] as WireRequest;
  }

  it('is asked for usage, except Perplexity, which knows no such parameter', async () => {
    const { body } = await requestTo('openai', {}, { OPENAI_API_KEY: 'k', OPENAI_BASE_URL: `${wire.url}/v1` });
    expect(body.stream_options).toEqual({ include_usage: true });
    wire.reset();
    const env = { PERPLEXITY_API_KEY: 'k', PERPLEXITY_BASE_URL: wire.url };
    expect((await requestTo('perplexity', {}, env)).body).not.toHaveProperty('stream_options');
  });

  it('is asked by Node’s own fetch with UPSTREAM=plain only, and is told as little of this machine', async () => {
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

  it('gets the reasoning parameters of its entry', async () => {
    const provider = { id: 'gate', name: 'Gate', kind: 'openai-compatible', baseURL: `${wire.url}/v1` };
    const reasoningParameters = { reasoning: { enabled: true } };
    const { body } = await requestTo('gate', {
      providers: [{ ...provider, requestUsage: false, reasoningParameters }],
    });
    expect(body).toMatchObject(reasoningParameters);
    expect(body).not.toHaveProperty('stream_options');
  });

  it('gets the headers and the query of its entry, whatever its kind', async () => {
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

  it('gets requests of the old version if its entry says so', async () => {
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

  it('gets a thinking budget for the models that need one only', async () => {
    const env = { ANTHROPIC_API_KEY: 'k', ANTHROPIC_BASE_URL: wire.url };
    expect((await requestTo('anthropic', {}, env)).body.thinking).toEqual({ type: 'enabled', budget_tokens: 2048 });
    wire.reset();
    const models = [{ id: 'anthropic/claude-haiku-4-5', budgetedThinking: false }];
    expect((await requestTo('anthropic', { models }, env)).body.thinking).toMatchObject({ type: 'adaptive' });
  });
});
