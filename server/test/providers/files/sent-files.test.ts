import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { FilePart, MessagePart, ModelMessage } from '../../../src/ports/language-model.ts';
import { anthropicLimits, googleLimits, openaiLimits, requireFileLimits } from '../../../src/providers/file-limits.ts';
import { createOpenAIChat } from '../../../src/providers/openai/openai.ts';
import { startWireServer, type WireServer } from '../../wire-server.ts';
import { type Adapter, adapters, ask, secret } from '../answers.ts';
import { fetches } from '../asked-by.ts';

let server: WireServer;
beforeAll(async () => {
  server = await startWireServer();
});
beforeEach(() => server.reset());
afterAll(() => server.close());

const bytesOf = (length: number, seed: number) => Buffer.from(Array.from({ length }, (_, at) => (at * seed) % 251));
const png = Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), bytesOf(5000, 7)]);
const pdf = Buffer.concat([Buffer.from('%PDF-1.7\n'), bytesOf(9000, 13)]);
const image: FilePart = { type: 'file', mediaType: 'image/png', data: png.toString('base64'), name: 'shot.png' };
const document: FilePart = {
  type: 'file',
  mediaType: 'application/pdf',
  data: pdf.toString('base64'),
  name: 'Plan.pdf',
};
/** As a conversation sends what no model takes as it is. */
const asText = (name: string, text: string): MessagePart => ({
  type: 'text',
  text: `<file name="${name}">\n${text}\n</file>`,
});
const docx = asText('Brief.docx', 'Dear „Zoë“,\n\n[Page 1]\n漢字 and 😀.');
const table = `year,sum\n${'2026,"1,000 €"\n'.repeat(200_000)}`;
const csv = asText('sums.csv', table);
const question: MessagePart = { type: 'text', text: 'What do they have in common?' };

/** What the wire server finds in a request: each part in its provider's own form. */
type Found = { image: Buffer; type: string } | { pdf: Buffer; name: string | null } | { text: string };

// biome-ignore lint/suspicious/noExplicitAny: each provider has a form of its own
const readers: Record<Adapter['name'], (body: any) => Found[]> = {
  openai: ({ messages }) =>
    // biome-ignore lint/suspicious/noExplicitAny: see above
    messages[0].content.map((part: any): Found => {
      if (part.type === 'image_url') {
        const [, type = '', data = ''] = /^data:([^;]+);base64,(.*)$/.exec(part.image_url.url) ?? [];
        return { image: Buffer.from(data, 'base64'), type };
      }
      if (part.type === 'file') {
        const data = part.file.file_data.replace('data:application/pdf;base64,', '');
        return { pdf: Buffer.from(data, 'base64'), name: part.file.filename };
      }
      return { text: part.text };
    }),
  'openai (responses)': ({ input }) =>
    // biome-ignore lint/suspicious/noExplicitAny: see above
    input[0].content.map((part: any): Found => {
      if (part.type === 'input_image') {
        const [, type = '', data = ''] = /^data:([^;]+);base64,(.*)$/.exec(part.image_url) ?? [];
        return { image: Buffer.from(data, 'base64'), type };
      }
      if (part.type === 'input_file') {
        const data = part.file_data.replace('data:application/pdf;base64,', '');
        return { pdf: Buffer.from(data, 'base64'), name: part.filename };
      }
      return { text: part.text };
    }),
  anthropic: ({ messages }) =>
    // biome-ignore lint/suspicious/noExplicitAny: see above
    messages[0].content.map((block: any): Found => {
      const data = Buffer.from(block.source?.data ?? '', 'base64');
      if (block.type === 'image') return { image: data, type: block.source.media_type };
      if (block.type === 'document') return { pdf: data, name: block.title };
      return { text: block.text };
    }),
  google: ({ contents }) =>
    // biome-ignore lint/suspicious/noExplicitAny: see above
    contents[0].parts.map(({ inlineData, text }: any): Found => {
      if (inlineData === undefined) return { text };
      const data = Buffer.from(inlineData.data, 'base64');
      const isPdf = inlineData.mimeType === 'application/pdf';
      return isPdf ? { pdf: data, name: null } : { image: data, type: inlineData.mimeType };
    }),
};

const cases = adapters.flatMap((adapter) => fetches.map(({ upstream, fetch }) => ({ ...adapter, upstream, fetch })));

describe.each(cases)('the bytes that the SDK of $name sends ($upstream)', ({ name, create, fetch }) => {
  it('are those of an image, a PDF, the text of a DOCX and a CSV of 3 MB, in their order', async () => {
    const parts = [image, document, docx, csv, question];
    const { failure, text } = await ask(create(server, fetch), { messages: [{ role: 'user', parts }] });
    expect(failure).toBeNull();
    expect(text).toBe('Hello there!');
    const [request] = server.requests;
    expect(request?.bytes.length).toBeGreaterThan(3_000_000);
    const found = readers[name]?.(request?.body) ?? [];
    expect(found).toHaveLength(5);
    const [seen, read, ...texts] = found;
    expect(seen).toEqual({ image: png, type: 'image/png' });
    expect(read).toEqual({ pdf, name: name === 'google' ? null : 'Plan.pdf' });
    expect(texts).toEqual([docx, csv, question].map((part) => ({ text: (part as { text: string }).text })));
  });
});

describe('what a provider takes in one request', () => {
  const user = (parts: FilePart[]): ModelMessage[] => [{ role: 'user', parts }];
  const filled = (mediaType: string, length: number): FilePart => ({ ...image, mediaType, data: 'A'.repeat(length) });
  const megabytes = 1024 * 1024;

  it.each([
    ['too many images', anthropicLimits, Array.from({ length: 601 }, () => image), 'at most 600 images'],
    [
      'a type of image that it does not know',
      googleLimits,
      [filled('image/gif', 4)],
      'no images of the type image/gif',
    ],
    ['an image that is too large', anthropicLimits, [filled('image/png', 10 * megabytes + 4)], 'at most 10 MB'],
    ['a PDF that is too large', openaiLimits, [filled('application/pdf', 67 * megabytes)], 'at most 50 MB'],
    [
      'files that are too large together',
      anthropicLimits,
      Array.from({ length: 4 }, () => filled('application/pdf', 9 * megabytes)),
      'at most 32 MB a request',
    ],
  ])('leaves out %s', (_what, limits, files, message) => {
    expect(() => requireFileLimits(user(files), limits)).toThrow(message);
    const result = { type: 'toolResult' as const, callId: 'call', content: files };
    expect(() => requireFileLimits([{ role: 'user', parts: [result] }], limits)).toThrow(message);
  });

  it('is checked before anything is sent', async () => {
    const messages = user([{ ...image, mediaType: 'image/tiff' }]);
    const [, anthropic, google] = adapters;
    const openai = createOpenAIChat({
      apiKey: secret,
      baseURL: `${server.url}/v1`,
      maxTokensParameter: 'max_tokens',
      fetch: fetches[0].fetch,
      fileLimits: openaiLimits,
    });
    for (const model of [openai, anthropic?.create(server), google?.create(server)]) {
      const { failure } = await ask(model as typeof openai, { messages });
      expect(failure).toMatchObject({ code: 'INVALID_REQUEST', message: expect.stringContaining('image/tiff') });
    }
    expect(server.requests).toEqual([]);
  });
});
