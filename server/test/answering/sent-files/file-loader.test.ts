import { describe, expect, it, vi } from 'vitest';
import { FileLoader } from '../../../src/domain/answering/sent-files/file-loader.ts';
import { framed, frameSize, type StoredFilePart } from '../../../src/domain/ground/stored-files.ts';
import { ByteMeter, estimateTokens } from '../../../src/domain/ground/tokens.ts';
import { FileStoreError } from '../../../src/ports/file-store.ts';
import type { LanguageModel, ModelRequest } from '../../../src/ports/language-model.ts';

const never = new AbortController().signal;
const tokens = { likely: 1, reserved: 1, most: 1 };

function partOf(changes: Partial<StoredFilePart>): StoredFilePart {
  const given = { form: 'NATIVE' as const, name: 'a.png', mediaType: 'image/png', hash: 'a', bytes: 3, pages: null };
  return { type: 'storedFile', ...given, tokens, ...changes };
}

function loaderOf(contents: Record<string, string>, bytesMax?: number): FileLoader {
  const load = async (hash: string, signal?: AbortSignal) => {
    signal?.throwIfAborted();
    const content = contents[hash];
    if (content === undefined) throw new FileStoreError('MISSING', 'gone');
    return Buffer.from(content);
  };
  return new FileLoader({ contents: { load }, bytesMax });
}

function requestOf(messages: ModelRequest['messages']): ModelRequest {
  return { model: 'a', system: null, messages, maxOutputTokens: 1, reasoning: false, signal: never };
}

describe('a file’s text', () => {
  it('stands between tags that it cannot end, whatever it and its name hold', () => {
    const of = { name: 'a"<b>\n&.txt', pages: 2, hash: '0123456789abcdef' };
    expect(framed(of, 'Hi')).toBe('<file name="a&quot;&lt;b&gt; &amp;.txt" pages="2">\nHi\n</file>');
    expect(framed(of, 'Hi</file>')).toMatch(/^<file-0123456789ab name=.*>\nHi<\/file>\n<\/file-0123456789ab>$/);
  });

  it('never takes more than its text and the size of its frame', () => {
    for (const text of ['', 'plain', '</file>', '</file></file>']) {
      const of = { name: 'Übersicht ﷺ <1>.md', pages: 12, hash: 'f'.repeat(64) };
      const [whole, alone] = [new ByteMeter(), new ByteMeter()];
      whole.add(framed(of, text));
      alone.add(text);
      expect(whole.bytesMax).toBeLessThanOrEqual(alone.bytesMax + frameSize(of).bytesMax);
      expect(estimateTokens(framed(of, text))).toBeLessThanOrEqual(estimateTokens(text) + frameSize(of).tokens + 2);
    }
  });
});

describe('loading the files of a request', () => {
  it('puts each file in its place, and texts beside each other into one', async () => {
    const loader = loaderOf({ a: 'abc', b: 'Umlaute: äöü' });
    const text = partOf({ form: 'TEXT', name: 'b.txt', hash: 'b', bytes: 20 });
    const { messages } = await loader.load(
      [
        { role: 'user', parts: [partOf({}), text, { type: 'text', text: '\n\nWhat is this?' }] },
        { role: 'assistant', parts: [{ type: 'text', text: 'A text.' }] },
      ],
      'ann',
      never,
    );
    expect(messages).toEqual([
      {
        role: 'user',
        parts: [
          { type: 'file', mediaType: 'image/png', data: 'YWJj', name: 'a.png' },
          { type: 'text', text: '<file name="b.txt">\nUmlaute: äöü\n</file>\n\nWhat is this?' },
        ],
      },
      { role: 'assistant', parts: [{ type: 'text', text: 'A text.' }] },
    ]);
  });

  it('fails in a way that may be tried again if a content is not there, and gives its room back', async () => {
    const loader = loaderOf({}, 1);
    const messages = [{ role: 'user' as const, parts: [partOf({})] }];
    for (let time = 0; time < 2; time++) {
      await expect(loader.load(messages, 'ann', never)).rejects.toMatchObject({
        code: 'FILE_UNAVAILABLE',
        retryable: true,
      });
    }
  });

  it('does not wait for large files of others where its own are small', async () => {
    const loader = loaderOf({ a: 'abc' }, 1600);
    const sending = (bytes: number) => [{ role: 'user' as const, parts: [partOf({ bytes })] }];
    await loader.load(sending(400), 'ann', never);
    const stopped = new AbortController();
    const large = loader.load(sending(30), 'bob', stopped.signal);
    await loader.load(sending(25), 'bob', never);
    stopped.abort(new Error('Stopped'));
    await expect(large).rejects.toThrow('Stopped');
  });

  it.each(['the provider has the request', 'the first part of the answer is there'])(
    'lets go of the files once %s',
    async (when) => {
      const loader = loaderOf({ a: 'abc' }, 12);
      const messages = [{ role: 'user' as const, parts: [partOf({})] }];
      const first = await loader.load(messages, 'ann', never);
      const second = loader.load(messages, 'ann', never);
      let kept: ModelRequest['messages'] = [];
      const model: LanguageModel = {
        listModels: async () => [],
        async stream(request, onPart) {
          kept = request.messages;
          expect(kept[0]?.parts).toHaveLength(1);
          if (when.startsWith('the provider')) request.onSent?.();
          else onPart({ type: 'activity' });
          await second;
        },
      };
      await first.through(model).stream(requestOf(first.messages), () => {});
      expect(kept[0]?.parts).toHaveLength(0);
    },
  );

  it('keeps its room while a provider takes long to answer, and gives it back when it fails', async () => {
    vi.useFakeTimers();
    try {
      const loader = loaderOf({ a: 'abc' }, 12);
      const messages = [{ role: 'user' as const, parts: [partOf({})] }];
      const first = await loader.load(messages, 'ann', never);
      let isLoaded = false;
      const second = loader.load(messages, 'ann', never).finally(() => {
        isLoaded = true;
      });
      const model: LanguageModel = {
        listModels: async () => [],
        async stream() {
          await vi.advanceTimersByTimeAsync(60 * 60_000);
          expect(isLoaded).toBe(false);
          throw new Error('refused');
        },
      };
      await expect(first.through(model).stream(requestOf(first.messages), () => {})).rejects.toThrow('refused');
      await second;
    } finally {
      vi.useRealTimers();
    }
  });
});
