import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { FilePart, ModelMessage } from '../../../src/ports/language-model.ts';
import { createGoogle } from '../../../src/providers/google/google.ts';
import { startWireServer, streamBody, type WireAnswer, type WireRequest, type WireServer } from '../../wire-server.ts';
import { ask, secret } from '../answers.ts';
import { fetches } from '../asked-by.ts';

let server: WireServer;
beforeAll(async () => {
  server = await startWireServer();
});
beforeEach(() => server.reset());
afterAll(() => server.close());

const json = { 'content-type': 'application/json' };
const large = (letter: string): FilePart => ({
  type: 'file',
  mediaType: 'application/pdf',
  data: Buffer.alloc(12 * 1024 * 1024, letter).toString('base64'),
  name: `${letter}.pdf`,
});
const [first, second, other] = ['a', 'b', 'c'].map(large) as [FilePart, FilePart, FilePart];
const question = { type: 'text', text: 'Compare.' } as const;
const asking = (...parts: FilePart[]): { messages: ModelMessage[] } => ({
  messages: [{ role: 'user', parts: [...parts, question] }],
});

interface Kept {
  mimeType: string;
  bytes: number;
  /** Looks until the file can be read. */
  looks: number;
}

/** Answers as Google's Files API does. */
function filesApi({
  looks = 1,
  failing = false,
  address = server.url,
}: {
  looks?: number;
  failing?: boolean;
  address?: string;
} = {}) {
  const kept: Kept[] = [];
  const told: string[] = [];
  const fileAnswer = (index: number): object => {
    const state = (kept[index]?.looks ?? 0) > 0 ? 'PROCESSING' : failing ? 'FAILED' : 'ACTIVE';
    return { name: `files/file-${index}`, uri: `${server.url}/v1beta/files/file-${index}`, state };
  };
  const answer = (request: WireRequest): WireAnswer => {
    const { path, method, headers, bytes } = request;
    if (path.startsWith('/upload/v1beta/files?upload_id=')) {
      const index = Number(path.split('=')[1]);
      const command = String(headers['x-goog-upload-command']);
      told.push(command);
      if (command === 'cancel') return { headers: json, body: '{}' };
      (kept[index] as Kept).bytes = bytes.length;
      return { headers: json, body: JSON.stringify({ file: fileAnswer(index) }) };
    }
    if (path === '/upload/v1beta/files') {
      expect(headers['x-goog-api-key']).toBe(secret);
      kept.push({ mimeType: String(headers['x-goog-upload-header-content-type']), bytes: 0, looks });
      const target = `${address}/upload/v1beta/files?upload_id=${kept.length - 1}`;
      return { headers: { ...json, 'x-goog-upload-url': target }, body: '{}' };
    }
    if (path.startsWith('/v1beta/files/')) {
      told.push(method);
      const index = Number(path.split('-')[1]);
      (kept[index] as Kept).looks -= 1;
      return { headers: json, body: JSON.stringify(fileAnswer(index)) };
    }
    return { body: streamBody('google.streamGenerateContent', { text: ['Read.'], usage: { input: 9, output: 2 } }) };
  };
  server.respondWith(answer);
  return { kept, told };
}

const partsSent = () =>
  server.requests.findLast(({ api }) => api === 'google.streamGenerateContent')?.body.contents[0].parts;

describe.each(fetches)('files that are too large for one request to Gemini ($upstream)', ({ fetch }) => {
  const create = () => createGoogle({ apiKey: secret, baseURL: server.url, fetch });

  it('are uploaded, the fewest that it takes, and named once Google has read them', async () => {
    const { kept, told } = filesApi();
    const { text, failure } = await ask(create(), asking(first, second));
    expect(failure).toBeNull();
    expect(text).toBe('Read.');
    expect(kept).toEqual([{ mimeType: 'application/pdf', bytes: 12 * 1024 * 1024, looks: 0 }]);
    expect(told).toEqual(['upload, finalize', 'GET']);
    const [uploaded, inline, asked] = partsSent();
    expect(uploaded).toEqual({
      fileData: { mimeType: 'application/pdf', fileUri: `${server.url}/v1beta/files/file-0` },
    });
    expect(inline.inlineData.data).toBe(second.data);
    expect(asked).toEqual({ text: 'Compare.' });
  });

  it('are uploaded once, however often they are sent, and again after Google refused a request with them', async () => {
    const { kept } = filesApi({ looks: 0 });
    const model = create();
    await ask(model, asking(first, second, other));
    expect(kept).toHaveLength(2);
    await ask(model, asking(first, second, other));
    expect(kept).toHaveLength(2);
    server.enqueue({ status: 403, body: JSON.stringify({ error: { code: 403, message: 'You may not read it.' } }) });
    expect((await ask(model, asking(first, second, other))).failure).not.toBeNull();
    await ask(model, asking(first, second, other));
    expect(kept).toHaveLength(4);
  });

  it('go to the origin that was asked, whatever address is told', async () => {
    const { kept } = filesApi({ looks: 0, address: 'https://elsewhere.example' });
    expect((await ask(create(), asking(first, second))).failure).toBeNull();
    expect(kept[0]?.bytes).toBe(12 * 1024 * 1024);
  });

  it('end the answer if Google cannot read one, and are deleted there', async () => {
    const { told } = filesApi({ looks: 1, failing: true });
    const { failure } = await ask(create(), asking(first, second));
    expect(failure).toMatchObject({ code: 'INVALID_REQUEST', message: 'Google could not read a file.' });
    expect(told).toEqual(['upload, finalize', 'GET', 'DELETE']);
  });

  it('are given up with the request: an upload under way is cancelled', async () => {
    const { told } = filesApi();
    const stop = new AbortController();
    server.enqueue(
      (request) => {
        expect(request.path).toBe('/upload/v1beta/files');
        const target = `${server.url}/upload/v1beta/files?upload_id=0`;
        return { headers: { ...json, 'x-goog-upload-url': target }, body: '{}' };
      },
      () => {
        stop.abort();
        return { silent: true };
      },
    );
    await expect(ask(create(), { ...asking(first, second), signal: stop.signal })).rejects.toThrow();
    await expect.poll(() => told).toEqual(['cancel']);
    expect(server.requests.some(({ api }) => api === 'google.streamGenerateContent')).toBe(false);
  });

  it('show no key where an upload is refused', async () => {
    server.respondWith(() => ({
      status: 400,
      headers: json,
      body: JSON.stringify({ error: { message: `No: ${secret}` } }),
    }));
    const { failure } = await ask(create(), asking(first, second));
    expect(failure?.code).toBe('INVALID_REQUEST');
    expect(failure?.message).not.toContain(secret);
  });
});

it('files that fit into a request are sent in it', async () => {
  const { kept } = filesApi();
  const { failure } = await ask(
    createGoogle({ apiKey: secret, baseURL: server.url, fetch: fetches[0].fetch }),
    asking(first),
  );
  expect(failure).toBeNull();
  expect(kept).toEqual([]);
  expect(partsSent()[0].inlineData.data).toBe(first.data);
});
