import type { ChatCompletionMessageParam } from 'openai/resources/chat/completions';
import { describe, expect, it } from 'vitest';
import { readChatRequest } from '../../../src/http/openai/chat-request.ts';

const user = (content: unknown) => ({ role: 'user', content });
const call = (id: string) => ({ id, type: 'function', function: { name: 'look', arguments: '{"at":1}' } });
const text = (said: string) => ({ type: 'text', text: said });
const png = 'data:image/png;base64,iVBORw0KGgo=';

/** What the request says, as the domain is told it. */
function read(messages: unknown, more: object = {}) {
  return readChatRequest({ model: 'mock/swift', messages, ...more }).input;
}

describe('the messages of a chat completion', () => {
  it('are said as they were sent where their roles alternate', () => {
    expect(read([user('One'), { role: 'assistant', content: 'Two' }, user([text('Three')])])).toMatchObject({
      system: null,
      messages: [
        { role: 'user', parts: [text('One')] },
        { role: 'assistant', parts: [text('Two')] },
        { role: 'user', parts: [text('Three')] },
      ],
    });
  });

  it('have one system prompt of all instructions, wherever they are', () => {
    const given = [
      { role: 'system', content: 'Be brief.' },
      user('One'),
      { role: 'developer', content: [text('Be kind.'), text('Be true.')] },
      { role: 'system', content: ' ' },
    ];
    expect(read(given)).toMatchObject({
      system: 'Be brief.\n\nBe kind.\nBe true.',
      messages: [{ role: 'user', parts: [text('One')] }],
    });
  });

  it('are one where they have the same role, with a blank line between their texts', () => {
    const given = [user('One'), user('Two'), { role: 'assistant', content: 'A' }, { role: 'assistant', content: 'B' }];
    expect(read(given).messages).toEqual([
      { role: 'user', parts: [text('One\n\nTwo')] },
      { role: 'assistant', parts: [text('A\n\nB')] },
    ]);
  });

  it('give what tools answered to the user’s message after it', () => {
    const given = [
      user('Look twice'),
      { role: 'assistant', content: '', tool_calls: [call('a'), call('b')] },
      { role: 'tool', tool_call_id: 'b', content: [text('second')] },
      { role: 'tool', tool_call_id: 'a', content: '' },
      user('And?'),
    ];
    expect(read(given).messages).toEqual([
      { role: 'user', parts: [text('Look twice')] },
      {
        role: 'assistant',
        parts: ['a', 'b'].map((id) => ({ type: 'toolCall', id, name: 'look', arguments: '{"at":1}', signature: null })),
      },
      {
        role: 'user',
        parts: [
          { type: 'toolResult', callId: 'b', content: [text('second')] },
          { type: 'toolResult', callId: 'a', content: [] },
          text('And?'),
        ],
      },
    ]);
  });

  it('give the results of functions, as they were called once, to their calls', () => {
    const given = [
      user('Look'),
      { role: 'assistant', content: null, function_call: { name: 'look', arguments: '' } },
      { role: 'function', name: 'look', content: 'seen' },
    ];
    expect(read(given).messages.slice(1)).toEqual([
      { role: 'assistant', parts: [{ type: 'toolCall', id: 'call_1', name: 'look', arguments: '{}' }] },
      { role: 'user', parts: [{ type: 'toolResult', callId: 'call_1', content: [text('seen')] }] },
    ]);
  });

  it('may have images, sound and files', () => {
    const given: ChatCompletionMessageParam[] = [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'What is this?' },
          { type: 'image_url', image_url: { url: png, detail: 'low' } },
          { type: 'input_audio', input_audio: { data: 'UklGRg==', format: 'wav' } },
          { type: 'file', file: { file_data: 'data:application/PDF;base64,JVBERi0=', filename: 'a.pdf' } },
        ],
      },
    ];
    expect(read(given).messages[0]?.parts).toEqual([
      text('What is this?'),
      { type: 'file', mediaType: 'image/png', data: 'iVBORw0KGgo=', name: null, detail: 'low' },
      { type: 'file', mediaType: 'audio/wav', data: 'UklGRg==', name: null },
      { type: 'file', mediaType: 'application/pdf', data: 'JVBERi0=', name: 'a.pdf' },
    ]);
  });

  it('leave out an answer that says nothing, and what the model thought', () => {
    const given = [
      user('One'),
      { role: 'assistant', content: '', reasoning_content: 'Hm.' },
      user('Two'),
      { role: 'assistant', content: null, refusal: 'No.' },
      user('Three'),
    ];
    expect(read(given).messages).toEqual([
      { role: 'user', parts: [text('One\n\nTwo')] },
      { role: 'assistant', parts: [text('No.')] },
      { role: 'user', parts: [text('Three')] },
    ]);
  });

  it('begin with the user, whatever the client begins with', () => {
    expect(read([{ role: 'assistant', content: 'Welcome!' }, user('Hi')]).messages.map(({ role }) => role)).toEqual([
      'user',
      'assistant',
      'user',
    ]);
    expect(read([{ role: 'system', content: 'Say hi.' }])).toMatchObject({
      system: null,
      messages: [{ role: 'user', parts: [text('Say hi.')] }],
    });
  });

  it('may end with the beginning of the answer', () => {
    expect(read([user('One'), { role: 'assistant', content: 'It is' }]).messages.at(-1)).toEqual({
      role: 'assistant',
      parts: [text('It is')],
    });
  });
});

describe('the options of a chat completion', () => {
  it('are those that the port has', () => {
    const schema = { type: 'object', properties: { a: { type: 'string' } } };
    const request = {
      temperature: 0.5,
      top_p: 0.9,
      max_tokens: 10,
      max_completion_tokens: 20,
      stop: 'END',
      reasoning_effort: 'low',
      parallel_tool_calls: false,
      tool_choice: 'required',
      tools: [
        { type: 'function', function: { name: 'look', description: 'Looks.', parameters: schema, strict: true } },
      ],
      response_format: { type: 'json_schema', json_schema: { name: 'form', schema } },
    };
    expect(read([user('Hi')], request)).toMatchObject({
      parameters: { temperature: 0.5, topP: 0.9, maxOutputTokens: 20 },
      reasoning: true,
      options: {
        stop: ['END'],
        effort: 'low',
        parallelToolCalls: false,
        toolChoice: 'required',
        tools: [{ name: 'look', description: 'Looks.', parameters: schema, strict: true }],
        format: { type: 'schema', name: 'form', description: null, schema },
      },
    });
  });

  it('may be null, or what changes nothing, as some clients send all that there are', () => {
    const nothing = {
      temperature: null,
      top_p: null,
      max_tokens: null,
      stop: null,
      n: 1,
      stream: null,
      stream_options: null,
      logprobs: false,
      top_logprobs: 0,
      logit_bias: {},
      modalities: ['text'],
      tools: [],
      tool_choice: 'auto',
      functions: [],
      response_format: { type: 'text' },
      reasoning_effort: null,
    };
    expect(read([user('Hi')], nothing)).toEqual(read([user('Hi')]));
  });

  it('are ignored where they are others’ business, or nobody’s', () => {
    const ignored = {
      seed: 1,
      user: 'someone',
      metadata: { a: 'b' },
      frequency_penalty: 1,
      presence_penalty: 1,
      service_tier: 'flex',
      safety_identifier: 'x',
      prompt_cache_key: 'x',
      verbosity: 'low',
      prediction: { type: 'content', content: 'x' },
      no_such_field: { at: 'all' },
    };
    expect(read([user('Hi')], ignored)).toEqual(read([user('Hi')]));
  });
});
