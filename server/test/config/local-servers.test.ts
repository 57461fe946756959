import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { findLocalServers as find } from '../../src/providers/local-servers.ts';
import { follow, send, storedResponses } from '../api/asking.ts';
import { signUp } from '../setup/app.ts';
import { makeDataFolder } from '../setup/describe-databases.ts';
import { startProcess, type TestProcess } from '../setup/process.ts';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const findLocalServers = (known: Parameters<typeof find>[0]) => find(known, AbortSignal.timeout(700));
const nobody = { ids: new Set<string>(), ports: new Set<number>() };
const json = (body: unknown, status = 200) => ({ status, body: JSON.stringify(body) });
const servers: Server[] = [];

/** Listens at the very ports that are probed, so these tests cannot run beside a running Ollama or LM Studio. */
async function listenAt(port: number, answer: Answer): Promise<{ asked: string[]; server: Server; port: number }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    answer(request, response);
  });
  servers.push(server);
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return { asked, server, port: (server.address() as AddressInfo).port };
}

/** Answers by path; any other path is not found. */
function by(answers: Record<string, { status: number; body: string }>): Answer {
  return ({ url = '' }, response) => {
    const { status, body } = answers[url] ?? { status: 404, body: '404 page not found' };
    response.writeHead(status, { 'content-type': 'application/json' }).end(body);
  };
}

async function isFree(port: number): Promise<boolean> {
  const probe = createServer().listen(port, '127.0.0.1');
  const free = await Promise.race([once(probe, 'listening').then(() => true), once(probe, 'error').then(() => false)]);
  if (free) await new Promise((resolve) => probe.close(resolve));
  return free;
}

const bothFree = (await isFree(11434)) && (await isFree(1234));
if (!bothFree) console.log('  Left out: servers found on this machine (something listens at port 11434 or 1234).');

describe.skipIf(!bothFree)('model servers on this machine', () => {
  afterEach(() => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      server.close();
    }
  });

  it('are found with their local chat models and the context window of each loaded model', async () => {
    const tags = [
      { name: 'qwen3:8b', model: 'qwen3:8b', details: { family: 'qwen3' }, capabilities: ['completion', 'thinking'] },
      { name: 'llama3.2:latest', details: { family: 'llama' } },
      { name: 'nomic-embed-text:latest', details: { family: 'nomic-bert' } },
      { name: 'vectors:latest', capabilities: ['embedding'] },
      { name: 'gpt-oss:120b-cloud', remote_model: 'gpt-oss:120b', remote_host: 'https://ollama.com:443' },
      { name: 'qwen3:8b' },
      { name: 'two words' },
      null,
    ];
    const ollama = {
      '/api/tags': json({ models: tags }),
      '/api/ps': json({ models: [{ name: 'qwen3:8b', context_length: 32_768 }] }),
    };
    const listed = [
      {
        id: 'openai/gpt-oss-20b',
        type: 'llm',
        state: 'loaded',
        max_context_length: 131_072,
        loaded_context_length: 8192,
      },
      { id: 'qwen2.5-vl', type: 'vlm', state: 'not-loaded', max_context_length: 131_072 },
      { id: 'text-embedding-nomic', type: 'embeddings' },
    ];
    await listenAt(11434, by(ollama));
    await listenAt(1234, by({ '/api/v0/models': json({ data: listed }) }));
    expect(await findLocalServers(nobody)).toEqual([
      {
        id: 'ollama',
        name: 'Ollama',
        origin: 'http://127.0.0.1:11434',
        models: [
          { name: 'qwen3:8b', contextWindow: 32_768 },
          { name: 'llama3.2:latest', contextWindow: null },
        ],
      },
      {
        id: 'lmstudio',
        name: 'LM Studio',
        origin: 'http://127.0.0.1:1234',
        models: [
          { name: 'openai/gpt-oss-20b', contextWindow: 8192 },
          { name: 'qwen2.5-vl', contextWindow: null, seesImages: true },
        ],
      },
    ]);
  });

  it('are found through the OpenAI-style list of models too', async () => {
    await listenAt(11434, by({ '/v1/models': json({ object: 'list', data: [{ id: 'llama3.2:latest' }] }) }));
    // LM Studio answers unknown paths so.
    const unknown = json({ error: 'Unexpected endpoint or method. (GET /api/v0/models)' });
    await listenAt(1234, by({ '/api/v0/models': unknown, '/v1/models': json({ data: [{ id: 'qwen3-8b' }] }) }));
    const found = await findLocalServers(nobody);
    expect(found.map(({ id, models }) => [id, models.map(({ name }) => name)])).toEqual([
      ['ollama', ['llama3.2:latest']],
      ['lmstudio', ['qwen3-8b']],
    ]);
  });

  it('are not found if the port belongs to another program, redirects, sends too much or stays silent', async () => {
    const other = await listenAt(0, by({ '/api/tags': json({ models: [{ name: 'evil' }] }) }));
    const elsewhere: Answer = (_request, response) =>
      response.writeHead(302, { location: `http://127.0.0.1:${other.port}/api/tags` }).end();
    const endless: Answer = (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const write = () => response.write('"'.repeat(64 * 1024)) && setImmediate(write);
      response.on('drain', write);
      response.on('error', () => {});
      write();
    };
    const unlike: Answer[] = [
      elsewhere,
      endless,
      () => {},
      (_request, response) => response.end('<html>'),
      (_request, response) => response.end('{"models":{"name":"x"},"data":"y"}'),
      (_request, response) => response.destroy(),
      by({ '/api/tags': json({ models: [] }), '/v1/models': json({ data: [{ id: 'late' }] }, 500) }),
    ];
    for (const answer of unlike) {
      const { asked, server } = await listenAt(11434, answer);
      expect(await findLocalServers(nobody)).toEqual([]);
      expect(asked.length).toBeGreaterThan(0);
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
    expect(other.asked).toEqual([]);
  });

  it('are not probed if the operator’s catalogue has an entry for them', async () => {
    const { asked } = await listenAt(11434, by({ '/api/tags': json({ models: [{ name: 'a' }] }) }));
    expect(await findLocalServers({ ids: new Set(['ollama']), ports: new Set() })).toEqual([]);
    expect(await findLocalServers({ ids: new Set(), ports: new Set([11434]) })).toEqual([]);
    expect(asked).toEqual([]);
  });

  describe('at a start', () => {
    const folder = mkdtempSync(join(tmpdir(), 'polylogue-local-'));
    let running: TestProcess | undefined;
    beforeAll(() => makeDataFolder(join(folder, 'data')));
    afterEach(() => running?.stop());
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    const start = async (env: Record<string, string>) => {
      const settings = { DATA_DIR: join(folder, 'data'), PORT: '0', LOG_LEVEL: 'warn', LOCAL_MODELS: 'auto', ...env };
      running = startProcess('src/main.ts', [], settings, folder);
      const [, url = ''] = await running.line(/(http:\/\/\S+)\/graphql/);
      return url;
    };
    const frames =
      'data: {"choices":[{"index":0,"delta":{"role":"assistant","content":"Hello from here."},"finish_reason":null}]}\n\n' +
      'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n' +
      'data: {"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":4,"total_tokens":13}}\n\ndata: [DONE]\n\n';
    const ollama: Answer = ({ url = '' }, response) => {
      if (url === '/api/tags') return void response.end('{"models":[{"name":"llama3.2:latest"},{"name":"qwen3:8b"}]}');
      if (url !== '/v1/chat/completions') return void response.writeHead(404).end('404 page not found');
      response.writeHead(200, { 'content-type': 'text/event-stream' }).end(frames);
    };

    it('answer the first prompt for free and past any proxy without configuration, and fail with CONNECTION once gone', async () => {
      const { server } = await listenAt(11434, ollama);
      const url = await start({ HTTP_PROXY: 'http://127.0.0.1:9', ALL_PROXY: 'http://127.0.0.1:9' });
      await running?.line(
        /^Ollama was found at http:\/\/127\.0\.0\.1:11434, its models cost nothing: llama3\.2:latest, qwen3:8b/,
      );
      const member = await signUp(url);
      const { turn } = await send(member, { prompt: 'Hello?' });
      await follow(member, turn.id);
      const [response, ...others] = await storedResponses(member, turn.id);
      expect(others).toEqual([]);
      expect(response).toMatchObject({
        status: 'COMPLETED',
        text: 'Hello from here.',
        servedBy: { id: 'ollama/llama3.2:latest' },
        usage: { inputTokens: 9, outputTokens: 4, estimated: false },
        creditsCharged: 0,
      });
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      const later = await send(member, { prompt: 'Still there?' });
      await follow(member, later.turn.id);
      const [failed] = await storedResponses(member, later.turn.id);
      expect(failed).toMatchObject({ status: 'FAILED', failure: { code: 'CONNECTION' }, creditsCharged: 0 });
    }, 60_000);

    it('are neither probed nor named with LOCAL_MODELS=off', async () => {
      const { asked } = await listenAt(11434, ollama);
      const url = await start({ LOCAL_MODELS: 'off' });
      const member = await signUp(url, 'Second');
      const { models } = await member.gql('{ models { id } }');
      expect(models.some(({ id }: { id: string }) => id.startsWith('mock/'))).toBe(true);
      expect(models.some(({ id }: { id: string }) => id.startsWith('ollama/'))).toBe(false);
      expect(running?.output()).not.toContain('Ollama');
      expect(asked).toEqual([]);
    }, 60_000);
  });
});
