import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createAnthropic } from '../../../src/providers/anthropic/anthropic.ts';
import { startWireServer, type WireServer } from '../../wire-server.ts';
import { ask, secret } from '../answers.ts';
import { fetches } from '../asked-by.ts';
import { callsIn } from './tool-calls.ts';

let server: WireServer;
beforeAll(async () => {
  server = await startWireServer();
});
beforeEach(() => server.reset());
afterAll(() => server.close());

const start = (index: number, content_block: object) => ({ type: 'content_block_start', index, content_block });
const delta = (index: number, fields: object) => ({ type: 'content_block_delta', index, delta: fields });
const json = (index: number, partial_json: string) => delta(index, { type: 'input_json_delta', partial_json });
const stop = (index: number) => ({ type: 'content_block_stop', index });
const stops = (stop_reason: string) => ({ type: 'message_delta', delta: { stop_reason } });
const end = { type: 'message_stop' };

async function answerTo(...events: { type: string }[]) {
  server.enqueue({ body: events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join('') });
  return ask(createAnthropic({ apiKey: secret, baseURL: server.url, fetch: fetches[0].fetch }));
}

describe('an answer of Anthropic with calls', () => {
  it('has each call with the pieces of its arguments, also mixed', async () => {
    const answer = await answerTo(
      start(0, { type: 'text', text: 'Look: ' }),
      stop(0),
      start(1, { type: 'tool_use', id: 'toolu_1', name: 'get_weather', input: {} }),
      start(2, { type: 'tool_use', id: 'toolu_2', name: 'get_time', input: {} }),
      json(1, ''),
      json(1, '{"city":'),
      json(2, '{"zone"'),
      json(1, '"Paris"}'),
      json(2, ':1}'),
      stop(1),
      stop(2),
      stops('tool_use'),
      end,
    );
    expect(answer).toMatchObject({ text: 'Look: ', finish: 'TOOL_CALLS', failure: null });
    expect(callsIn(answer.parts)).toEqual([
      { id: 'toolu_1', name: 'get_weather', arguments: '{"city":"Paris"}', signature: null },
      { id: 'toolu_2', name: 'get_time', arguments: '{"zone":1}', signature: null },
    ]);
    expect(answer.parts.filter(({ type }) => type === 'toolArguments')).toHaveLength(4);
  });

  it('has `{}` for a call without input, and the input of a gateway that sends it at once and ends no block', async () => {
    const answer = await answerTo(
      start(0, { type: 'tool_use', id: 'a', name: 'f', input: {} }),
      stop(0),
      start(1, { type: 'tool_use', id: 'b', name: 'g', input: { x: 1 } }),
      stops('end_turn'),
      end,
    );
    expect(callsIn(answer.parts).map((call) => call.arguments)).toEqual(['{}', '{"x":1}']);
    expect(answer.finish).toBe('TOOL_CALLS');
    expect(answer.parts.at(-1)).toEqual({ type: 'finish', reason: 'TOOL_CALLS' });
  });

  it('has the proof of each thought at its end, and of a hidden one in its place', async () => {
    const answer = await answerTo(
      start(0, { type: 'thinking', thinking: '', signature: '' }),
      delta(0, { type: 'thinking_delta', thinking: 'Hm.' }),
      delta(0, { type: 'signature_delta', signature: 'EqoB' }),
      stop(0),
      start(1, { type: 'redacted_thinking', data: 'hidden' }),
      stop(1),
      start(2, { type: 'text', text: 'Yes.' }),
      stop(2),
      stops('end_turn'),
      end,
    );
    expect(answer.parts.filter(({ type }) => ['reasoning', 'signature', 'text'].includes(type))).toEqual([
      { type: 'reasoning', text: '' },
      { type: 'reasoning', text: 'Hm.' },
      { type: 'signature', text: 'EqoB', redacted: false },
      { type: 'signature', text: 'hidden', redacted: true },
      { type: 'text', text: 'Yes.' },
    ]);
  });

  it('has no call for what Anthropic does by itself', async () => {
    const answer = await answerTo(
      start(0, { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: {} }),
      json(0, '{"query":"x"}'),
      stop(0),
      start(1, { type: 'text', text: 'Found.' }),
      stops('end_turn'),
      end,
    );
    expect(answer).toMatchObject({ text: 'Found.', finish: 'STOP' });
    expect(callsIn(answer.parts)).toEqual([]);
  });
});
