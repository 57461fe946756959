import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  type CallOptions,
  type FilePart,
  type MessagePart,
  type ModelMessage,
  type ModelRequest,
  reasoningEfforts,
  textMessage,
} from '../../../src/ports/language-model.ts';
import { createOpenAIChat, type OpenAIChatOptions } from '../../../src/providers/openai/openai.ts';
import { startWireServer, type WireServer } from '../../wire-server.ts';
import { ask, secret } from '../answers.ts';
import { askedBy } from '../asked-by.ts';

let server: WireServer;
beforeAll(async () => {
  server = await startWireServer();
});
beforeEach(() => server.reset());
afterAll(() => server.close());

/** The body of the request as it was sent. */
async function sent(changes: Partial<ModelRequest>, options: Partial<OpenAIChatOptions> = {}) {
  const model = createOpenAIChat({
    apiKey: secret,
    baseURL: `${server.url}/v1`,
    maxTokensParameter: 'max_tokens',
    fetch: askedBy.fetch,
    ...options,
  });
  expect(await ask(model, changes)).toMatchObject({ text: 'Hello there!', failure: null });
  return server.requests.at(-1)?.body;
}

async function sentMessages(messages: readonly ModelMessage[], changes: Partial<ModelRequest> = {}) {
  return (await sent({ messages, ...changes })).messages;
}

function user(...parts: MessagePart[]): ModelMessage {
  return { role: 'user', parts };
}

function assistant(...parts: MessagePart[]): ModelMessage {
  return { role: 'assistant', parts };
}

function text(words: string): MessagePart & { type: 'text' } {
  return { type: 'text', text: words };
}

function file(mediaType: string, more: Partial<FilePart> = {}): FilePart {
  return { type: 'file', mediaType, data: 'AAEC', name: null, ...more };
}

const call = { type: 'toolCall', id: 'call_1', name: 'look', arguments: '{"at":"sky"}' } as const;
const asked = textMessage('user', 'Look!');

describe('the messages of a chat completion', () => {
  it('have an image as a data URL, with the detail that was asked for', async () => {
    const [message] = await sentMessages([
      user(text('What is this?'), file('image/png'), file('image/jpeg', { detail: 'low' })),
    ]);
    expect(message).toEqual({
      role: 'user',
      content: [
        { type: 'text', text: 'What is this?' },
        { type: 'image_url', image_url: { url: 'data:image/png;base64,AAEC' } },
        { type: 'image_url', image_url: { url: 'data:image/jpeg;base64,AAEC', detail: 'low' } },
      ],
    });
  });

  it('have a document as a file, which always has a name', async () => {
    const [message] = await sentMessages([
      user(
        file('application/pdf', { name: 'Plan.pdf' }),
        file('application/pdf'),
        file('text/csv', { data: 'YSxi', name: 'a"b.csv' }),
      ),
    ]);
    expect(message.content).toEqual([
      { type: 'file', file: { filename: 'Plan.pdf', file_data: 'data:application/pdf;base64,AAEC' } },
      { type: 'file', file: { filename: 'file.pdf', file_data: 'data:application/pdf;base64,AAEC' } },
      { type: 'text', text: '<file name="a_b.csv">\na,b\n</file>' },
    ]);
  });

  it('have a recording as audio of its format', async () => {
    const [message] = await sentMessages([user(file('audio/wav'), file('audio/mpeg'))]);
    expect(message.content).toEqual([
      { type: 'input_audio', input_audio: { data: 'AAEC', format: 'wav' } },
      { type: 'input_audio', input_audio: { data: 'AAEC', format: 'mp3' } },
    ]);
  });

  it('have a string where there is only text, however many parts it has', async () => {
    expect(await sentMessages([user(text('One.'), text('Two.'))])).toEqual([{ role: 'user', content: 'One.\nTwo.' }]);
  });

  it('have tool calls beside the text, if there is one', async () => {
    const [, first, , second] = await sentMessages([
      asked,
      assistant(text('I look.'), call, { ...call, id: 'call_2', signature: 'c2ln' }),
      user({ type: 'toolResult', callId: 'call_1', content: [text('Blue.')] }),
      assistant({ ...call, arguments: '' }),
      user({ type: 'toolResult', callId: 'call_1', content: [text('Grey.')] }),
    ]);
    const written = { id: 'call_1', type: 'function', function: { name: 'look', arguments: '{"at":"sky"}' } };
    expect(first).toEqual({
      role: 'assistant',
      content: 'I look.',
      tool_calls: [written, { ...written, id: 'call_2', extra_content: { google: { thought_signature: 'c2ln' } } }],
    });
    expect(second).toEqual({
      role: 'assistant',
      content: null,
      tool_calls: [{ ...written, function: { name: 'look', arguments: '{}' } }],
    });
  });

  it('have the results of tools before what the user says with them', async () => {
    const messages = await sentMessages([
      asked,
      assistant(call, { ...call, id: 'call_2' }),
      user(
        text('Here you are.'),
        { type: 'toolResult', callId: 'call_1', content: [text('Blue.'), text('Dark blue.')] },
        { type: 'toolResult', callId: 'call_2', content: [], isError: true },
      ),
    ]);
    expect(messages.slice(2)).toEqual([
      { role: 'tool', tool_call_id: 'call_1', content: 'Blue.\nDark blue.' },
      { role: 'tool', tool_call_id: 'call_2', content: 'The tool failed.' },
      { role: 'user', content: 'Here you are.' },
    ]);
  });

  it('have the files of a result in the user’s message after it', async () => {
    const messages = await sentMessages([
      asked,
      assistant(call),
      user({ type: 'toolResult', callId: 'call_1', content: [file('image/png')] }, text('Well?')),
    ]);
    expect(messages.slice(2)).toEqual([
      { role: 'tool', tool_call_id: 'call_1', content: 'The result is the files in the next message.' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Files of the result of the tool call call_1:' },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,AAEC' } },
          { type: 'text', text: 'Well?' },
        ],
      },
    ]);
  });

  it('have no reasoning, and no message that consists of it', async () => {
    const reasoning = { type: 'reasoning', text: 'Hm.', signature: 's' } as const;
    expect(await sentMessages([asked, assistant(reasoning, text('Blue.')), asked, assistant(reasoning)])).toEqual([
      { role: 'user', content: 'Look!' },
      { role: 'assistant', content: 'Blue.' },
      { role: 'user', content: 'Look!' },
    ]);
  });

  it('end with the beginning of the answer if the request does', async () => {
    expect(await sentMessages([asked, assistant(text('The sky'))])).toEqual([
      { role: 'user', content: 'Look!' },
      { role: 'assistant', content: 'The sky' },
    ]);
  });

  it('begin with the system prompt in the first prompt, with files too, if the endpoint knows no other role', async () => {
    const { messages } = await sent(
      { system: 'Be brief.', messages: [user(file('image/png'), text('What?'))] },
      { systemRole: 'user' },
    );
    expect(messages).toEqual([
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Be brief.' },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,AAEC' } },
          { type: 'text', text: 'What?' },
        ],
      },
    ]);
  });
});

describe('the options of a chat completion', () => {
  const parameters = { type: 'object', properties: { at: { type: 'string' } } };
  const tools = [
    { name: 'look', description: 'Looks.', parameters, strict: true },
    { name: 'wait', description: null, parameters: null },
  ];

  const plain = {
    model: 'model-a',
    messages: [{ role: 'user', content: 'Hello?' }],
    stream: true,
    stream_options: { include_usage: true },
    max_tokens: 4096,
  };

  it('are tools with their schemas, and how they may be called', async () => {
    const options: CallOptions = { tools, toolChoice: { name: 'look' }, parallelToolCalls: false };
    expect(await sent({ options })).toEqual({
      ...plain,
      tools: [
        { type: 'function', function: { name: 'look', description: 'Looks.', parameters, strict: true } },
        { type: 'function', function: { name: 'wait', parameters: { type: 'object', properties: {} } } },
      ],
      tool_choice: { type: 'function', function: { name: 'look' } },
      parallel_tool_calls: false,
    });
  });

  it('close the empty schema of a strict tool', async () => {
    const options = { tools: [{ name: 'wait', description: null, parameters: null, strict: true }] };
    expect((await sent({ options })).tools[0].function).toEqual({
      name: 'wait',
      parameters: { type: 'object', properties: {}, additionalProperties: false },
      strict: true,
    });
  });

  it.each(['auto', 'none', 'required'] as const)('leave to the model what is left to it: %s', async (toolChoice) => {
    expect((await sent({ options: { tools, toolChoice } })).tool_choice).toBe(toolChoice);
  });

  it('say nothing that was not asked, and nothing of calling where there are no tools', async () => {
    expect(await sent({ options: {} })).toEqual(plain);
    const none = { tools: [], stop: [], toolChoice: 'required', parallelToolCalls: true } as const;
    expect(await sent({ options: none })).toEqual(plain);
  });

  it('are the texts that end the answer', async () => {
    expect((await sent({ options: { stop: ['END', '\n\n'] } })).stop).toEqual(['END', '\n\n']);
  });

  it('are JSON, or JSON by a schema, as the form of the answer', async () => {
    expect((await sent({ options: { format: { type: 'json' } } })).response_format).toEqual({ type: 'json_object' });
    const schema = { type: 'object' };
    const format = { type: 'schema', name: 'sky', description: 'The sky.', schema, strict: true } as const;
    expect((await sent({ options: { format } })).response_format).toEqual({
      type: 'json_schema',
      json_schema: { name: 'sky', description: 'The sky.', schema, strict: true },
    });
    const bare = { type: 'schema', name: 'sky', description: null, schema } as const;
    expect((await sent({ options: { format: bare } })).response_format).toEqual({
      type: 'json_schema',
      json_schema: { name: 'sky', schema },
    });
  });

  it('are an effort, the highest as the one below it', async () => {
    const efforts = [];
    for (const effort of reasoningEfforts) efforts.push((await sent({ options: { effort } })).reasoning_effort);
    expect(efforts).toEqual(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'xhigh']);
  });

  it('put the effort where the endpoint’s own parameters speak of reasoning', async () => {
    const reasoningParameters = { reasoning: { enabled: true } };
    const body = await sent({ reasoning: true, options: { effort: 'low' } }, { reasoningParameters });
    expect(body.reasoning).toEqual({ enabled: true, effort: 'low' });
    expect(body).not.toHaveProperty('reasoning_effort');
    const extra = await sent({ options: { effort: 'high' } }, { extraBody: { reasoning: { exclude: true } } });
    expect(extra.reasoning).toEqual({ exclude: true, effort: 'high' });
    expect(extra).not.toHaveProperty('reasoning_effort');
  });

  it('ask for no visible reasoning where there is to be none', async () => {
    const reasoningParameters = { enable_thinking: true };
    const body = await sent({ reasoning: true, options: { effort: 'none' } }, { reasoningParameters });
    expect(body).toEqual({ ...plain, reasoning_effort: 'none' });
    const thought = await sent({ reasoning: true, options: { effort: 'low' } }, { reasoningParameters });
    expect(thought).toEqual({ ...plain, enable_thinking: true, reasoning_effort: 'low' });
  });
});
