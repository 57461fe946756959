import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createOpenAIChat } from '../../../src/providers/openai/openai.ts';
import { startWireServer, type WireServer } from '../../wire-server.ts';
import { ask, secret } from '../answers.ts';
import { askedBy } from '../asked-by.ts';
import { chatStream, delta, stop } from './chat-stream.ts';

let server: WireServer;
beforeAll(async () => {
  server = await startWireServer();
});
beforeEach(() => server.reset());
afterAll(() => server.close());

async function answerTo(chunks: readonly (string | object)[], { pieces }: { pieces?: number[] } = {}) {
  server.enqueue({ body: chatStream(chunks), ...(pieces && { pieces }) });
  const baseURL = `${server.url}/v1`;
  return ask(createOpenAIChat({ apiKey: secret, baseURL, maxTokensParameter: 'max_tokens', fetch: askedBy.fetch }));
}

/** One delta with these entries. */
function calls(...entries: object[]): object {
  return delta({ tool_calls: entries });
}

const ended = delta({}, 'tool_calls');
const made = expect.stringMatching(/^call_[0-9a-f]{32}$/);

describe('the tool calls of a chat completion', () => {
  it('come as a call and the pieces of its arguments, before the end', async () => {
    const { parts, finish, text } = await answerTo([
      'I look.',
      calls({ index: 0, id: 'call_a', type: 'function', function: { name: 'look', arguments: '' } }),
      calls({ index: 0, function: { arguments: '{"at":' } }),
      calls({ index: 0, function: { arguments: '"sky"}' } }),
      ended,
    ]);
    expect(parts.filter(({ type }) => type !== 'activity')).toEqual([
      { type: 'text', text: 'I look.' },
      { type: 'toolCall', call: 0, id: 'call_a', name: 'look', signature: null },
      { type: 'toolArguments', call: 0, text: '{"at":' },
      { type: 'toolArguments', call: 0, text: '"sky"}' },
      { type: 'ending', reason: 'TOOL_CALLS' },
      { type: 'finish', reason: 'TOOL_CALLS' },
    ]);
    expect({ text, finish }).toEqual({ text: 'I look.', finish: 'TOOL_CALLS' });
  });

  it('are the same in whatever pieces the body arrives', async () => {
    const { toolCalls } = await answerTo(
      [calls({ index: 0, id: 'a', function: { name: 'look', arguments: '{"at":"Grüße 👩‍🚀"}' } }), ended],
      { pieces: [1, 2, 3] },
    );
    expect(toolCalls).toEqual([{ id: 'a', name: 'look', arguments: '{"at":"Grüße 👩‍🚀"}', signature: null }]);
  });

  it('may come mixed', async () => {
    const { toolCalls } = await answerTo([
      calls({ index: 0, id: 'a', function: { name: 'f' } }, { index: 1, id: 'b', function: { name: 'g' } }),
      calls({ index: 1, function: { arguments: '{"b"' } }, { index: 0, function: { arguments: '{"a"' } }),
      calls({ index: 0, function: { arguments: ':1}' } }, { index: 1, function: { arguments: ':2}' } }),
      ended,
    ]);
    expect(toolCalls).toMatchObject([
      { id: 'a', name: 'f', arguments: '{"a":1}' },
      { id: 'b', name: 'g', arguments: '{"b":2}' },
    ]);
  });

  it('bring the signature of a thought along', async () => {
    const signed = { extra_content: { google: { thought_signature: 'c2ln' } } };
    const { toolCalls } = await answerTo([
      calls({ index: 0, id: 'a', function: { name: 'f', arguments: '{}' }, ...signed }),
      ended,
    ]);
    expect(toolCalls).toEqual([{ id: 'a', name: 'f', arguments: '{}', signature: 'c2ln' }]);
  });

  it('may be the one function call of old', async () => {
    const { toolCalls, finish } = await answerTo([
      delta({ function_call: { name: 'f', arguments: '' } }),
      delta({ function_call: { arguments: '{"a":' } }),
      delta({ function_call: { arguments: '1}' } }),
      delta({}, 'function_call'),
    ]);
    expect(toolCalls).toEqual([{ id: made, name: 'f', arguments: '{"a":1}', signature: null }]);
    expect(finish).toBe('TOOL_CALLS');
  });

  it('may be in a whole message in place of deltas, even after deltas of text', async () => {
    const message = { content: 'Hi', tool_calls: [{ id: 'a', function: { name: 'f', arguments: '{}' } }] };
    const whole = { choices: [{ index: 0, message, finish_reason: 'tool_calls' }] };
    for (const chunks of [[whole], ['Hi', whole]]) {
      const { text, toolCalls } = await answerTo(chunks);
      expect({ text, toolCalls }).toMatchObject({ text: 'Hi', toolCalls: [{ id: 'a', name: 'f', arguments: '{}' }] });
    }
  });

  it('are not told twice if a whole message repeats the deltas', async () => {
    const entry = { index: 0, id: 'a', function: { name: 'f', arguments: '{"a":1}' } };
    const { toolCalls } = await answerTo([
      calls(entry),
      { choices: [{ index: 0, message: { tool_calls: [entry] }, finish_reason: 'tool_calls' }] },
    ]);
    expect(toolCalls).toMatchObject([{ id: 'a', name: 'f', arguments: '{"a":1}' }]);
    expect(toolCalls).toHaveLength(1);
  });

  it('finish an answer that stopped, but not one that was too long', async () => {
    const entry = calls({ index: 0, id: 'a', function: { name: 'f', arguments: '{"a' } });
    expect((await answerTo([entry, stop])).finish).toBe('TOOL_CALLS');
    expect((await answerTo([entry, delta({}, 'length')])).finish).toBe('LENGTH');
  });

  it('have an empty object for arguments if they end without any', async () => {
    const entry = calls({ index: 0, id: 'a', function: { name: 'f', arguments: '' } });
    expect((await answerTo([entry, ended])).toolCalls).toMatchObject([{ name: 'f', arguments: '{}' }]);
    expect((await answerTo([entry, stop])).toolCalls).toMatchObject([{ name: 'f', arguments: '{}' }]);
    expect((await answerTo([entry, delta({}, 'length')])).toolCalls).toMatchObject([{ name: 'f', arguments: '' }]);
  });

  it('break an answer off that calls without end', async () => {
    const many = (from: number) =>
      calls(...Array.from({ length: 500 }, (_, index) => ({ index: from + index, function: { name: 'f' } })));
    const { failure, toolCalls } = await answerTo([many(0), many(500), many(1000), ended]);
    expect(failure).toMatchObject({
      code: 'PROVIDER_ERROR',
      message: 'The model called too many tools for one answer.',
    });
    expect(toolCalls).toHaveLength(1000);
  });

  it('break an answer off that has more arguments than can wait for a name', async () => {
    const piece = calls({ index: 0, function: { arguments: 'x'.repeat(300_000) } });
    const { failure, toolCalls } = await answerTo([piece, piece, piece, piece, ended]);
    expect(failure?.code).toBe('PROVIDER_ERROR');
    expect(toolCalls).toEqual([]);
  });

  it('are read despite entries that are none', async () => {
    const { toolCalls, failure } = await answerTo([
      calls(
        null as never,
        'x' as never,
        { function: null },
        { index: {}, id: [], function: { name: 7, arguments: 7 } },
      ),
      delta({ tool_calls: {}, function_call: 'f' }),
      calls({ index: 9, id: 'a', function: { name: 'f', arguments: '{}' } }),
      ended,
    ]);
    expect(failure).toBeNull();
    expect(toolCalls).toMatchObject([{ id: 'a', name: 'f', arguments: '{}' }]);
  });
});
