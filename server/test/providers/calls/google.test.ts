import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { CallOptions, ModelMessage, ModelRequest } from '../../../src/ports/language-model.ts';
import { createGoogle } from '../../../src/providers/google/google.ts';
import { PartialArguments } from '../../../src/providers/google/partial-arguments.ts';
import { startWireServer, type WireServer } from '../../wire-server.ts';
import { ask, secret } from '../answers.ts';
import { fetches } from '../asked-by.ts';
import { callsIn, image, png, toolTurn, weather, withTools } from './tool-calls.ts';

let server: WireServer;
beforeAll(async () => {
  server = await startWireServer();
});
beforeEach(() => server.reset());
afterAll(() => server.close());

function create() {
  return createGoogle({ apiKey: secret, baseURL: server.url, fetch: fetches[0].fetch });
}

/** The body that is sent for a request. */
async function sent(changes: Partial<ModelRequest>) {
  const { failure } = await ask(create(), changes);
  expect(failure).toBeNull();
  return server.requests.at(-1)?.body;
}

const inlineData = { mimeType: 'image/png', data: png };
const dummy = 'skip_thought_signature_validator';

describe('the contents of a request to Gemini', () => {
  it('have files as inline data, in their order', async () => {
    const file = { type: 'file', mediaType: 'application/pdf', data: 'JVBERg==', name: 'a.pdf' } as const;
    const { contents } = await sent({
      messages: [{ role: 'user', parts: [image, { type: 'text', text: 'Compare' }, file] }],
    });
    expect(contents).toEqual([
      {
        role: 'user',
        parts: [{ inlineData }, { text: 'Compare' }, { inlineData: { mimeType: 'application/pdf', data: 'JVBERg==' } }],
      },
    ]);
  });

  it('have each text of a message as a part of its own', async () => {
    const parts = [
      { type: 'text', text: 'Context.' },
      { type: 'text', text: 'Question?' },
    ] as const;
    const { contents } = await sent({ messages: [{ role: 'user', parts }] });
    expect(contents).toEqual([{ role: 'user', parts: [{ text: 'Context.' }, { text: 'Question?' }] }]);
  });

  it('of the third generation have calls with ids and a signature, and images within their results', async () => {
    const { contents } = await sent({ model: 'gemini-3.8-flash', messages: toolTurn(), options: withTools() });
    expect(contents.slice(1)).toEqual([
      {
        role: 'model',
        parts: [
          { text: 'Let me look.' },
          { functionCall: { id: 'call_1', name: 'get_weather', args: { city: 'Paris' } }, thoughtSignature: dummy },
          { functionCall: { id: 'call_2', name: 'get_time', args: {} } },
        ],
      },
      {
        role: 'user',
        parts: [
          {
            functionResponse: {
              id: 'call_1',
              name: 'get_weather',
              response: { output: '21 degrees' },
              parts: [{ inlineData }],
            },
          },
          { functionResponse: { id: 'call_2', name: 'get_time', response: { error: 'No clock.' } } },
        ],
      },
    ]);
  });

  it('of earlier generations have neither, and images beside the results', async () => {
    const { contents } = await sent({ model: 'gemini-2.5-flash-lite', messages: toolTurn(), options: withTools() });
    expect(contents.slice(1)).toEqual([
      {
        role: 'model',
        parts: [
          { text: 'Let me look.' },
          { functionCall: { name: 'get_weather', args: { city: 'Paris' } } },
          { functionCall: { name: 'get_time', args: {} } },
        ],
      },
      {
        role: 'user',
        parts: [
          { functionResponse: { name: 'get_weather', response: { output: '21 degrees' } } },
          { inlineData },
          { functionResponse: { name: 'get_time', response: { error: 'No clock.' } } },
        ],
      },
    ]);
  });

  it.each([
    ['gemini-3-pro-preview', dummy],
    ['gemini-3.1-flash-lite', dummy],
    ['gemini-flash-latest', dummy],
    ['gemini-10-pro', dummy],
    ['gemini-2.5-pro', undefined],
    ['gemini-2.0-flash', undefined],
    ['gemma-3-27b-it', undefined],
  ])('of %s have the signature %s at a call without one', async (model, signature) => {
    const { contents } = await sent({ model, messages: toolTurn() });
    expect(contents[1].parts[1].thoughtSignature).toBe(signature);
  });

  it('give a call its own signature back, and leave reasoning out', async () => {
    const messages: ModelMessage[] = [
      { role: 'user', parts: [{ type: 'text', text: 'Time?' }] },
      {
        role: 'assistant',
        parts: [
          { type: 'reasoning', text: 'Hm.', signature: null },
          { type: 'toolCall', id: 'a', name: 'get_time', arguments: '{}', signature: 'EqoB' },
        ],
      },
      { role: 'user', parts: [{ type: 'toolResult', callId: 'a', content: [] }] },
    ];
    const { contents } = await sent({ model: 'gemini-3-pro-preview', messages });
    expect(contents.slice(1)).toEqual([
      {
        role: 'model',
        parts: [{ functionCall: { id: 'a', name: 'get_time', args: {} }, thoughtSignature: 'EqoB' }],
      },
      { role: 'user', parts: [{ functionResponse: { id: 'a', name: 'get_time', response: { output: '' } } }] },
    ]);
  });

  it.each<[string, ModelMessage['parts']]>([
    ['a result without its call', [{ type: 'toolResult', callId: 'call_9', content: [] }]],
    ['a broken call', [{ type: 'toolCall', id: 'call_9', name: 'call_9', arguments: 'null' }]],
  ])('are not sent if Gemini has no form for them: %s', async (_name, parts) => {
    const { failure } = await ask(create(), { messages: [{ role: 'user', parts }] });
    expect(failure).toMatchObject({ code: 'INVALID_REQUEST', message: expect.stringContaining('"call_9"') });
    expect(server.requests).toEqual([]);
  });
});

describe('the options of a request to Gemini', () => {
  it('send tools with their schemas as they are, and stop sequences', async () => {
    const body = await sent({ options: withTools({ stop: ['END'] }) });
    expect(body.tools).toEqual([
      {
        functionDeclarations: [
          { name: 'get_weather', description: 'Tells the weather.', parametersJsonSchema: weather.parameters },
          { name: 'get_time' },
        ],
      },
    ]);
    expect(body).not.toHaveProperty('toolConfig');
    expect(body.generationConfig).toEqual({ maxOutputTokens: 4096, stopSequences: ['END'] });
  });

  it.each<[CallOptions['toolChoice'], object]>([
    ['auto', { mode: 'AUTO' }],
    ['none', { mode: 'NONE' }],
    ['required', { mode: 'ANY' }],
    [{ name: 'get_time' }, { mode: 'ANY', allowedFunctionNames: ['get_time'] }],
  ])('send the tool choice %j as %j', async (toolChoice, functionCallingConfig) => {
    expect((await sent({ options: withTools({ toolChoice }) })).toolConfig).toEqual({ functionCallingConfig });
  });

  it('send the form of the answer', async () => {
    const schema = { type: 'object', properties: { n: { type: 'integer', minimum: 1 } }, required: ['n'] };
    const format = { type: 'schema', name: 'answer', description: null, schema } as const;
    expect((await sent({ options: { format } })).generationConfig).toMatchObject({
      responseMimeType: 'application/json',
      responseJsonSchema: schema,
    });
    expect((await sent({ options: { format: { type: 'json' } } })).generationConfig).toEqual({
      maxOutputTokens: 4096,
      responseMimeType: 'application/json',
    });
  });

  it.each<[string, boolean, CallOptions, object | undefined]>([
    ['gemini-3.8-flash', true, { effort: 'high' }, { includeThoughts: true, thinkingLevel: 'high' }],
    ['gemini-3.8-flash', false, { effort: 'max' }, { thinkingLevel: 'high' }],
    ['gemini-3.8-flash', false, { effort: 'minimal' }, { thinkingLevel: 'low' }],
    ['gemini-3.8-flash', true, { effort: 'none' }, { thinkingLevel: 'low' }],
    ['gemini-3.1-flash-lite', true, { effort: 'none' }, { thinkingLevel: 'minimal' }],
    ['gemini-3.1-pro-preview', true, { reasoningTokensMax: 0 }, { thinkingLevel: 'low' }],
    ['gemini-3.1-pro-preview', true, { reasoningTokensMax: 900 }, { includeThoughts: true, thinkingBudget: 900 }],
    ['gemini-3.1-pro-preview', false, { reasoningTokensMax: 900, effort: 'low' }, { thinkingBudget: 900 }],
    ['gemini-2.5-flash', true, { effort: 'medium' }, { includeThoughts: true, thinkingBudget: 8192 }],
    ['gemini-2.5-flash', false, { effort: 'max' }, { thinkingBudget: 24_576 }],
    ['gemini-2.5-flash', true, { effort: 'none' }, { thinkingBudget: 0 }],
    ['gemini-2.5-flash', false, { reasoningTokensMax: 100_000 }, { thinkingBudget: 24_576 }],
    ['gemini-2.5-flash-lite', false, { reasoningTokensMax: 100 }, { thinkingBudget: 512 }],
    ['gemini-2.5-flash-lite', false, { reasoningTokensMax: 0 }, { thinkingBudget: 0 }],
    ['gemini-2.5-pro', true, { effort: 'none' }, { thinkingBudget: 128 }],
    ['gemini-2.0-flash', false, { effort: 'high' }, undefined],
    ['gemini-2.5-flash', false, {}, undefined],
  ])('have %s (visible: %s) think with %j as %j', async (model, reasoning, options, thinkingConfig) => {
    expect((await sent({ model, reasoning, options })).generationConfig.thinkingConfig).toEqual(thinkingConfig);
  });
});

const says = (...parts: object[]) => ({ candidates: [{ content: { role: 'model', parts } }] });
const stops = { candidates: [{ content: { role: 'model', parts: [{ text: '' }] }, finishReason: 'STOP' }] };

async function answerTo(...events: object[]) {
  server.enqueue({ body: events.map((event) => `data: ${JSON.stringify(event)}\r\n\r\n`).join('') });
  return ask(create());
}

describe('an answer of Gemini with calls', () => {
  it('has each call with its arguments, its id and the proof of its thought', async () => {
    const answer = await answerTo(
      says({ text: 'Look: ' }),
      says(
        { functionCall: { id: 'abc', name: 'get_weather', args: { city: 'Paris' } }, thoughtSignature: 'EqoB' },
        { functionCall: { name: 'get_time' } },
      ),
      stops,
    );
    expect(answer).toMatchObject({ text: 'Look: ', finish: 'TOOL_CALLS', failure: null });
    const id = expect.stringMatching(/^call_[\w-]+$/);
    expect(callsIn(answer.parts)).toEqual([
      { id: 'abc', name: 'get_weather', arguments: '{"city":"Paris"}', signature: 'EqoB' },
      { id, name: 'get_time', arguments: '{}', signature: null },
    ]);
  });

  it('has another id for each call that came without one', async () => {
    const call = { functionCall: { name: 'get_time', args: {} } };
    const { parts } = await answerTo(says(call, call), stops);
    const [first, second] = callsIn(parts);
    expect(first?.id).not.toBe(second?.id);
  });

  it('has a call whose arguments came value by value as one, also if another one follows', async () => {
    const piece = (functionCall: object) => says({ functionCall });
    const { parts } = await answerTo(
      piece({ name: 'f', willContinue: true }),
      piece({ partialArgs: [{ jsonPath: '$.city', stringValue: 'Pa', willContinue: true }], willContinue: true }),
      piece({ partialArgs: [{ jsonPath: '$.city', stringValue: 'ris' }], willContinue: true }),
      piece({ partialArgs: [{ jsonPath: '$.list[0]', boolValue: false }], willContinue: true }),
      piece({ partialArgs: [{ jsonPath: "$['a key'][1]", nullValue: 'NULL_VALUE' }], willContinue: true }),
      piece({ name: 'g', args: { n: 1 } }),
      stops,
    );
    expect(callsIn(parts).map((call) => call.arguments)).toEqual([
      '{"city":"Paris","list":[false],"a key":[]}',
      '{"n":1}',
    ]);
  });
});

it('arguments that come value by value change no prototype and fill no memory', () => {
  const partial = new PartialArguments();
  partial.add([
    { jsonPath: '$.__proto__.polluted', stringValue: 'yes' },
    { jsonPath: '$.list[4000000000]', numberValue: 1 },
    { jsonPath: `$${'.a'.repeat(10_000)}`, numberValue: 1 },
    { jsonPath: '$.list[0]', numberValue: 2 },
    { jsonPath: '$.list.name', numberValue: 3 },
    { jsonPath: 'list', numberValue: 4 },
    null,
  ]);
  expect({}).not.toHaveProperty('polluted');
  expect(String(partial)).toBe('{"__proto__":{"polluted":"yes"},"list":[2]}');
});
