import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createSearchEngine, type SearchEngineOptions } from '../../../src/tools/built-in/web-search/search-engine.ts';
import { createWebSearchTool } from '../../../src/tools/built-in/web-search/web-search-tool.ts';
import { callTool, valueOfText } from './tool-call.ts';

interface Asked {
  method: string;
  url: string;
  headers: IncomingMessage['headers'];
  body: string;
}

const key = 'tvly-a-key-of-nobody';
let server: Server;
let url: string;
let asked: Asked[] = [];
let answer: (res: ServerResponse) => void;

beforeAll(async () => {
  server = createServer(async (req, res) => {
    let body = '';
    for await (const piece of req) body += piece;
    asked.push({ method: req.method ?? '', url: req.url ?? '', headers: req.headers, body });
    answer(res);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  asked = [];
});

const toolOf = (options: SearchEngineOptions) => createWebSearchTool(createSearchEngine(options, fetch));
const json = (value: unknown) => {
  answer = (res) => res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
};

describe('a search of the web', () => {
  it('asks Brave, and gives plain titles, addresses and excerpts', async () => {
    json({
      type: 'search',
      web: {
        results: [
          {
            title: 'Plums &amp; <strong>pears</strong>',
            url: 'https://a.example/plums?x=1',
            description: 'A <strong>plum</strong> &#x27;is&#39;\n a fruit.\u202e',
            extra_snippets: ['More of it.'],
          },
          { title: 'Bad', url: 'javascript:alert(1)', description: '' },
          { title: '', url: 'https://b.example/', description: 'x'.repeat(5_000) },
        ],
      },
    });
    const tool = toolOf({ provider: 'brave', apiKey: key, url });
    const { content, citations, isError } = await callTool(tool, { query: ' plums & pears ', count: 3 });
    expect(isError).toBe(false);
    expect(content).toEqual([
      {
        type: 'text',
        text: `1. Plums & pears\nhttps://a.example/plums?x=1\nA plum 'is' a fruit. … More of it.\n\n2. https://b.example/\nhttps://b.example/\n${'x'.repeat(800)}`,
      },
    ]);
    expect(citations).toEqual([
      { url: 'https://a.example/plums?x=1', title: 'Plums & pears' },
      { url: 'https://b.example/', title: 'https://b.example/' },
    ]);
    expect(asked[0]).toMatchObject({
      method: 'GET',
      url: '/res/v1/web/search?q=plums+%26+pears&count=3&text_decorations=false',
      headers: { 'x-subscription-token': key },
    });
    json({ type: 'search' });
    expect(await valueOfText(tool, { query: 'nothing' })).toEqual({ text: 'Nothing was found.', isError: false });
  });

  it('asks Tavily', async () => {
    json({ query: 'plums', results: [{ title: 'Plums', url: 'https://a.example/', content: 'A fruit.', score: 0.9 }] });
    const { text } = await valueOfText(toolOf({ provider: 'tavily', apiKey: key, url }), { query: 'plums' });
    expect(text).toBe('1. Plums\nhttps://a.example/\nA fruit.');
    expect(asked[0]).toMatchObject({ method: 'POST', url: '/search', headers: { authorization: `Bearer ${key}` } });
    expect(JSON.parse(asked[0]?.body ?? '')).toEqual({ query: 'plums', max_results: 5, search_depth: 'basic' });
  });

  it('asks a SearXNG, and gives no more pages than were wanted', async () => {
    const results = Array.from({ length: 30 }, (_, at) => ({
      title: `Page ${at}`,
      url: `https://a.example/${at}`,
      content: 'It.',
    }));
    json({ query: 'plums', results, suggestions: [] });
    const { text } = await valueOfText(toolOf({ provider: 'searxng', url: `${url}/search-here/` }), {
      query: 'plums',
      count: 2,
    });
    expect(text).toBe('1. Page 0\nhttps://a.example/0\nIt.\n\n2. Page 1\nhttps://a.example/1\nIt.');
    expect(asked[0]?.url).toBe('/search-here/search?q=plums&format=json');
  });

  it.each([
    [401, 'refuses this server'],
    [403, 'refuses this server'],
    [429, 'Try again in a while'],
    [432, 'is used up'],
    [422, 'does not take this query'],
    [500, 'the status 500'],
    [302, 'the status 302'],
  ])('says in plain words what the status %s means, and nothing that the provider says', async (status, message) => {
    answer = (res) =>
      res
        .writeHead(status, { location: 'https://evil.example/' })
        .end(JSON.stringify({ detail: { error: `Key ${key} is bad` } }));
    const { text, isError } = await valueOfText(toolOf({ provider: 'tavily', apiKey: key, url }), { query: 'plums' });
    expect(isError).toBe(true);
    expect(text).toContain(message);
    expect(text).not.toContain(key);
    expect(asked).toHaveLength(1);
  });

  it('is refused an answer that is no list, no JSON, or too much of it', async () => {
    const tool = toolOf({ provider: 'tavily', apiKey: key, url });
    const messageAfter = async (body: string | Buffer, headers = {}) => {
      answer = (res) => res.writeHead(200, headers).end(body);
      return valueOfText(tool, { query: 'plums' });
    };
    const unclear = { isError: true, text: 'The search provider answered in a form that is not understood.' };
    expect(await messageAfter('[]')).toEqual(unclear);
    expect(await messageAfter('{"results": "none"}')).toEqual(unclear);
    expect(await messageAfter('<html>')).toEqual(unclear);
    const bomb = gzipSync(Buffer.alloc(50_000_000, ' '));
    expect(await messageAfter(bomb, { 'content-encoding': 'gzip' })).toMatchObject({
      text: expect.stringContaining('too much'),
    });
    answer = (res) => res.destroy();
    expect(await valueOfText(tool, { query: 'plums' })).toMatchObject({
      text: expect.stringContaining('cannot be reached'),
    });
  });

  it('ends when its call does, and refuses a query that is none', async () => {
    const ending = new AbortController();
    answer = () => ending.abort(new Error('Stopped.'));
    const tool = toolOf({ provider: 'searxng', url });
    await expect(callTool(tool, { query: 'plums' }, { signal: ending.signal })).rejects.toThrow('Stopped.');
    expect(await valueOfText(tool, { query: ' ' })).toMatchObject({ isError: true });
    expect(await valueOfText(tool, { query: 'x'.repeat(401) })).toMatchObject({ isError: true });
  });
});
