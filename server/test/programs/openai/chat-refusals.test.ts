import { afterAll, beforeAll, expect, it } from 'vitest';
import { accountOf } from '../../api/asking.ts';
import { startApp, type TestApp } from '../../setup/app.ts';
import { describeDatabases } from '../../setup/describe-databases.ts';
import { newProgram, type Program } from './openai-client.ts';

const user = (content: unknown) => ({ role: 'user', content });
const said = [user('Hello')];
const call = { id: 'a', type: 'function', function: { name: 'look', arguments: '{}' } };
const asking = { role: 'assistant', content: null, tool_calls: [call] };
const tool = (described: object) => ({ tools: [{ type: 'function', function: described }] });
const look = tool({ name: 'look' });
const part = (one: object) => ({ messages: [user([one])] });

/** The JSON of a request with a schema so deep that no function that calls itself could write it. */
function deepRequest(): string {
  const levels = 20_000;
  const request = JSON.stringify({
    model: 'mock/swift',
    messages: said,
    ...tool({ name: 'look', parameters: 'deep' }),
  });
  return request.replace('"deep"', `${'{"a":'.repeat(levels)}{}${'}'.repeat(levels)}`);
}

/** What is wrong with a body, the field that is named, and how the body differs from a right one. */
const wrong: readonly [what: string, param: string | null, change: object | string][] = [
  ['it is no JSON', null, '{"model":'],
  ['it is a list', null, '[]'],
  ['it has no model', 'model', { model: undefined }],
  ['the model is a number', 'model', { model: 4 }],
  ['it has no messages', 'messages', { messages: undefined }],
  ['the messages are a text', 'messages', { messages: 'Hello' }],
  ['there are no messages', 'messages', { messages: [] }],
  ['a message is a text', 'messages[0]', { messages: ['Hello'] }],
  ['a message has no role', 'messages[0].role', { messages: [{ content: 'Hello' }] }],
  ['a role is unknown', 'messages[0].role', { messages: [{ role: 'robot', content: 'Hello' }] }],
  ['a user says nothing', 'messages[1].content', { messages: [user('Hello'), user('  ')] }],
  ['a user says nothing in parts', 'messages[0].content', { messages: [user([{ type: 'text', text: '' }])] }],
  ['a content is a number', 'messages[0].content', { messages: [user(4)] }],
  ['a part is a text', 'messages[0].content[0]', { messages: [user(['Hello'])] }],
  ['a part is of no type', 'messages[0].content[0].type', part({ text: 'Hello' })],
  ['a part is of an unknown type', 'messages[0].content[0].type', part({ type: 'video_url' })],
  [
    'an instruction is an image',
    'messages[0].content[0].type',
    {
      messages: [
        { role: 'system', content: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' } }] },
      ],
    },
  ],
  [
    'an image is elsewhere',
    'messages[0].content[0].image_url.url',
    part({
      type: 'image_url',
      image_url: { url: 'https://example.org/a.png' },
    }),
  ],
  [
    'an image is not in base64',
    'messages[0].content[0].image_url.url',
    part({
      type: 'image_url',
      image_url: { url: 'data:image/svg+xml,<svg/>' },
    }),
  ],
  [
    'an image is none',
    'messages[0].content[0].image_url.url',
    part({
      type: 'image_url',
      image_url: { url: 'data:text/html;base64,AA==' },
    }),
  ],
  [
    'a sound has an unknown format',
    'messages[0].content[0].input_audio.format',
    part({
      type: 'input_audio',
      input_audio: { data: 'AA==', format: 'midi' },
    }),
  ],
  [
    'a file is one that was uploaded',
    'messages[0].content[0].file.file_id',
    part({ type: 'file', file: { file_id: 'file-1' } }),
  ],
  ['a file has no data', 'messages[0].content[0].file.file_data', part({ type: 'file', file: { filename: 'a.pdf' } })],
  [
    'a result answers nothing',
    'messages[1].tool_call_id',
    { messages: [...said, { role: 'tool', tool_call_id: 'a', content: 'x' }] },
  ],
  [
    'a result names no call',
    'messages[2].tool_call_id',
    { messages: [...said, asking, { role: 'tool', content: 'x' }] },
  ],
  ['a call has no result', 'messages[2].role', { messages: [...said, asking, user('And?')] }],
  ['the last call has no result', 'messages', { messages: [...said, asking] }],
  [
    'a call is not of a function',
    'messages[1].tool_calls[0].type',
    {
      messages: [...said, { ...asking, tool_calls: [{ id: 'a', type: 'custom' }] }],
    },
  ],
  ['an answer is sound', 'messages[1].audio', { messages: [...said, { role: 'assistant', audio: { id: 'audio-1' } }] }],
  ['two answers are wanted', 'n', { n: 2 }],
  ['the temperature is a text', 'temperature', { temperature: 'hot' }],
  ['the temperature is too high', 'temperature', { temperature: 2.1 }],
  ['top_p is 0', 'top_p', { top_p: 0 }],
  ['the longest answer has no token', 'max_tokens', { max_tokens: 0 }],
  ['the longest answer has half a token', 'max_completion_tokens', { max_completion_tokens: 0.5 }],
  ['five texts stop the answer', 'stop', { stop: ['a', 'b', 'c', 'd', 'e'] }],
  ['an empty text stops the answer', 'stop', { stop: [''] }],
  ['stream is a text', 'stream', { stream: 'yes' }],
  ['the effort is unknown', 'reasoning_effort', { reasoning_effort: 'heroic' }],
  ['likelihoods are wanted', 'logprobs', { logprobs: true }],
  ['the most likely tokens are wanted', 'top_logprobs', { top_logprobs: 3 }],
  ['tokens are made likelier', 'logit_bias', { logit_bias: { 50256: -100 } }],
  ['sound is wanted', 'modalities', { modalities: ['text', 'audio'] }],
  ['a voice is chosen', 'audio', { audio: { voice: 'alloy', format: 'wav' } }],
  ['the web is to be searched', 'web_search_options', { web_search_options: {} }],
  ['there are functions of old', 'functions', { functions: [{ name: 'look' }] }],
  ['a function of old is chosen', 'function_call', { function_call: { name: 'look' } }],
  ['a tool is no function', 'tools[0].type', { tools: [{ type: 'web_search' }] }],
  ['a tool has no name', 'tools[0].function.name', tool({})],
  ['a tool has a name that no model takes', 'tools[0].function.name', tool({ name: 'look around' })],
  ['two tools have one name', 'tools[1].function.name', { tools: [...look.tools, ...look.tools] }],
  ['a schema is a list', 'tools[0].function.parameters', tool({ name: 'look', parameters: [] })],
  ['a schema is nested too deeply', 'tools[0].function.parameters', deepRequest()],
  ['a call is wanted of no tool', 'tool_choice', { tool_choice: 'required' }],
  [
    'the chosen tool is none',
    'tool_choice.function.name',
    {
      ...look,
      tool_choice: { type: 'function', function: { name: 'listen' } },
    },
  ],
  [
    'the choice is a list of tools',
    'tool_choice.type',
    {
      ...look,
      tool_choice: { type: 'allowed_tools', allowed_tools: { mode: 'auto', tools: [] } },
    },
  ],
  ['the form is unknown', 'response_format.type', { response_format: { type: 'xml' } }],
  ['the form has no schema', 'response_format.json_schema', { response_format: { type: 'json_schema' } }],
  ['the messages are longer than the model reads', 'messages', { messages: [user('words and words '.repeat(50_000))] }],
];

describeDatabases('a wrong chat completion', (database) => {
  let app: TestApp;
  let program: Program;
  beforeAll(async () => {
    app = await startApp({ database: database(), env: { MOCK_PACE: '1000' } });
    program = await newProgram(app);
    await program.openai.chat.completions.create({ model: 'mock/swift', messages: [{ role: 'user', content: 'Hi' }] });
  });
  afterAll(async () => {
    await app?.close();
    expect(app?.errors).toEqual([]);
  });

  const post = (body: string, headers: Record<string, string> = {}) =>
    fetch(`${app.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${program.key}`, 'content-type': 'application/json', ...headers },
      body,
    });

  const traces = async () => {
    const { db } = database();
    const tables = ['response', 'deleted_admission', 'credit_entry', 'conversation'] as const;
    const counts = await Promise.all(
      tables.map((table) =>
        db
          .selectFrom(table)
          .select(({ fn }) => fn.countAll().as('count'))
          .executeTakeFirst(),
      ),
    );
    return { counts, account: await accountOf(program.member) };
  };

  it.each(wrong)('is refused and leaves no trace: %s', async (_what, param, change) => {
    const before = await traces();
    const right = { model: 'mock/swift', messages: said };
    const response = await post(typeof change === 'string' ? change : JSON.stringify({ ...right, ...change }));
    expect(response.status).toBe(400);
    const { error } = (await response.json()) as { error: { message: string; type: string; param: string | null } };
    expect(error).toMatchObject({ type: 'invalid_request_error', param });
    expect(error.message).toMatch(/\.$/);
    expect(await traces()).toEqual(before);
  });

  it('is refused if it is no JSON by its type, too large, or not posted', async () => {
    const statusOf = async (response: Response) => {
      const { error } = (await response.json()) as { error: { code: string } };
      return [response.status, error.code];
    };
    expect(await statusOf(await post('{}', { 'content-type': 'text/plain' }))).toEqual([
      415,
      'unsupported_content_type',
    ]);
    expect(await statusOf(await post(`{"messages":[${'[],'.repeat(60_000)}[]]}`))).toEqual([413, 'request_too_large']);
    const headers = { authorization: `Bearer ${program.key}` };
    const got = await fetch(`${app.url}/v1/chat/completions`, { headers });
    expect(got.headers.get('allow')).toBe('POST');
    expect(await statusOf(got)).toEqual([405, 'method_not_supported']);
  });
});
