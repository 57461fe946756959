import { zodTextFormat } from 'openai/helpers/zod';
import type {
  ResponseCreateParamsNonStreaming,
  ResponseFunctionToolCall,
  ResponseInputItem,
  ResponseOutputItem,
  Tool,
} from 'openai/resources/responses/responses';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { z } from 'zod';
import type { ModelPart } from '../../../../src/ports/language-model.ts';
import { createScriptedModel, type ScriptedModel } from '../../../credits/scripted-model.ts';
import { startApp, type TestApp } from '../../../setup/app.ts';
import { describeDatabases } from '../../../setup/describe-databases.ts';
import { all, newProgram, openAI, type Program } from '../openai-client.ts';

const weather: Tool = {
  type: 'function',
  name: 'get_weather',
  description: 'Tells the weather.',
  parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  strict: false,
};
const clock: Tool = { type: 'function', name: 'get_time', parameters: null, strict: null };
const patch: Tool = {
  type: 'custom',
  name: 'apply_patch',
  description: 'Changes files.',
  format: { type: 'grammar', syntax: 'lark', definition: 'start: "*** Begin Patch"' },
};
const agents: Tool = {
  type: 'namespace',
  name: 'agents',
  description: 'Helpers.',
  tools: [{ type: 'function', name: 'spawn', parameters: { type: 'object', properties: {} } }],
};

describeDatabases('tools of a response', (database) => {
  let app: TestApp;
  let program: Program;
  beforeAll(async () => {
    app = await startApp({ database: database(), env: { MOCK_PACE: '1000' } });
    program = await newProgram(app);
  });
  afterAll(async () => {
    await app?.close();
    expect(app?.errors).toEqual([]);
  });

  it('are called, and what they answer is read', async () => {
    const { openai } = program;
    const request = { model: 'mock/swift', tools: [weather, clock] };
    const input: ResponseInputItem[] = [{ role: 'user', content: 'Ask get_weather and get_time in Paris' }];
    const asked = await openai.responses.create({ ...request, input });
    expect(asked.tools).toMatchObject([weather, clock]);
    expect(asked.output.map(({ type }) => type)).toEqual(['function_call', 'function_call']);
    const [first, second] = asked.output as ResponseFunctionToolCall[];
    expect(first).toMatchObject({ name: 'get_weather', status: 'completed' });
    expect(JSON.parse(first?.arguments ?? '')).toEqual({ city: 'Paris' });
    expect(second).toMatchObject({ name: 'get_time', arguments: '{}' });
    input.push(
      ...asked.output.map((item) => item as ResponseInputItem),
      { type: 'function_call_output', call_id: first?.call_id ?? '', output: '21 degrees' },
      {
        type: 'function_call_output',
        call_id: second?.call_id ?? '',
        output: [{ type: 'input_text', text: 'Noon' }],
      },
    );
    const answered = await openai.responses.create({ ...request, input });
    expect(answered.output_text).toContain('The tool get_weather answered: “21 degrees”');
    expect(answered.output_text).toContain('The tool get_time answered: “Noon”');
  });

  it('are called in a stream, piece by piece', async () => {
    // The model writes slower than frames are sent, so that no frame has all of the arguments.
    const slow = await startApp({ database: database(), env: { MOCK_PACE: '0.2' } });
    try {
      const stream = openAI(slow, { apiKey: program.key }).responses.stream({
        model: 'mock/swift',
        tools: [weather],
        input: 'Ask get_weather in Paris',
      });
      const deltas: string[] = [];
      stream.on('response.function_call_arguments.delta', ({ delta }) => void deltas.push(delta));
      const { output } = await stream.finalResponse();
      expect(deltas.length).toBeGreaterThan(1);
      expect(output).toMatchObject([{ type: 'function_call', name: 'get_weather', arguments: deltas.join('') }]);
      expect(JSON.parse(deltas.join(''))).toEqual({ city: 'Paris' });
    } finally {
      await slow.close();
    }
    expect(slow.errors).toEqual([]);
  });

  it('may have to be called, or must not be', async () => {
    const { openai } = program;
    const ask = async (tool_choice: ResponseCreateParamsNonStreaming['tool_choice'], input = 'Hello') => {
      const tools = [weather, patch];
      const { output } = await openai.responses.create({ model: 'mock/swift', tools, input, tool_choice });
      return output.map((item) => ('name' in item ? item.name : item.type));
    };
    expect(await ask('required')).toEqual(['get_weather']);
    expect(await ask('none', 'Ask get_weather')).toEqual(['message']);
    expect(await ask({ type: 'function', name: 'get_weather' })).toEqual(['get_weather']);
    expect(await ask({ type: 'custom', name: 'apply_patch' })).toEqual(['apply_patch']);
    const allowed = { type: 'allowed_tools' as const, mode: 'required' as const };
    expect(await ask({ ...allowed, tools: [{ type: 'custom', name: 'apply_patch' }] })).toEqual(['apply_patch']);
  });

  it('that take a text are given one, and answered like others', async () => {
    const { openai } = program;
    const request = { model: 'mock/swift', tools: [patch] };
    const input: ResponseInputItem[] = [{ role: 'user', content: 'Do apply_patch with care' }];
    const asked = await openai.responses.create({ ...request, input });
    const [call] = asked.output;
    expect(call).toMatchObject({ type: 'custom_tool_call', name: 'apply_patch', input: 'care' });
    if (call?.type !== 'custom_tool_call') throw new Error('No call of a custom tool.');
    const streamed = openai.responses.stream({ ...request, input });
    const events = (await all(streamed)).filter(({ type }) => type.includes('custom_tool_call_input'));
    expect(events).toMatchObject([
      { type: 'response.custom_tool_call_input.delta', delta: 'care' },
      { type: 'response.custom_tool_call_input.done', input: 'care' },
    ]);
    input.push(call, { type: 'custom_tool_call_output', call_id: call.call_id, output: 'Done' });
    const { output_text } = await openai.responses.create({ ...request, input });
    expect(output_text).toContain('The tool apply_patch answered: “Done”');
  });

  it('of a namespace are called by their own names', async () => {
    const { openai } = program;
    const request = { model: 'mock/swift', tools: [agents] };
    const input: ResponseInputItem[] = [{ role: 'user', content: 'Use agents__spawn now' }];
    const [call] = (await openai.responses.create({ ...request, input })).output as ResponseFunctionToolCall[];
    expect(call).toMatchObject({ type: 'function_call', name: 'spawn', namespace: 'agents', arguments: '{}' });
    input.push(call as ResponseInputItem, {
      type: 'function_call_output',
      call_id: call?.call_id ?? '',
      output: 'Spawned',
    });
    const { output_text } = await openai.responses.create({ ...request, input });
    expect(output_text).toContain('The tool agents__spawn answered: “Spawned”');
  });

  it('that OpenAI runs itself are left out, as Codex sends them unasked', async () => {
    const { tools, output_text } = await program.openai.responses.create({
      model: 'mock/swift',
      input: 'Hello',
      tools: [{ type: 'web_search' }, weather],
    });
    expect(tools).toMatchObject([{ name: 'get_weather' }]);
    expect(output_text).toContain('Hello');
  });

  it('give way to a form of the answer, which the SDK reads', async () => {
    const format = zodTextFormat(z.object({ city: z.string(), people: z.number() }), 'town');
    const request = { model: 'mock/swift', input: 'Which town is Paris', text: { format } };
    const parsed = await program.openai.responses.parse(request);
    expect(parsed.output_parsed).toEqual({ city: 'Paris', people: 1 });
    const streamed = await program.openai.responses.stream(request).finalResponse();
    expect(streamed.output_parsed).toEqual({ city: 'Paris', people: 1 });
    const loose = { ...request, text: { format: { type: 'json_object' as const } } };
    const { output_text, text } = await program.openai.responses.create(loose);
    expect(JSON.parse(output_text)).toHaveProperty('answer');
    expect(text).toEqual(loose.text);
  });
});

describeDatabases('the items of a response', (database) => {
  let app: TestApp;
  let program: Program;
  let model: ScriptedModel;
  beforeAll(async () => {
    model = createScriptedModel();
    app = await startApp({ database: database(), languageModels: { mock: model } });
    program = await newProgram(app);
  });
  beforeEach(() => expect(model.open).toHaveLength(0));
  afterAll(async () => {
    await app?.close();
    expect(app?.errors).toEqual([]);
  });

  const call = (number: number, id: string, name = id, signature: string | null = null): ModelPart => ({
    type: 'toolCall',
    call: number,
    id,
    name,
    signature,
  });
  const args = (number: number, text: string): ModelPart => ({ type: 'toolArguments', call: number, text });
  const usage = {
    inputTokens: 1,
    cachedInputTokens: 2,
    cacheWriteInputTokens: 3,
    outputTokens: 4,
    reasoningTokens: 5,
  };

  /** The output, whole and streamed, which must be the same, of an answer of these parts. */
  async function outputOf(parts: readonly ModelPart[], request: object = {}): Promise<ResponseOutputItem[]> {
    const body = { model: 'mock/swift', input: 'Go', ...request };
    const asked = [program.openai.responses.create(body), all(program.openai.responses.stream(body))] as const;
    await answer(parts);
    await answer(parts);
    const [{ output }, streamed] = await Promise.all(asked);
    const last = streamed.at(-1);
    if (last?.type !== 'response.completed') throw new Error(`The stream ended with ${last?.type}.`);
    const withoutIds = (items: object[]) => items.map((item) => ({ ...item, id: null }));
    expect(withoutIds(last.response.output)).toEqual(withoutIds(output));
    const added = streamed.flatMap((event) => {
      if (event.type === 'response.output_item.added') return [`+${event.output_index}`];
      return event.type === 'response.output_item.done' ? [`-${event.output_index}`] : [];
    });
    expect(added).toEqual(output.flatMap((_item, index) => [`+${index}`, `-${index}`]));
    return output;
  }

  /** Plays the parts as the next answer of the model. */
  async function answer(parts: readonly ModelPart[]): Promise<void> {
    await expect.poll(() => model.open.length, { timeout: 20_000 }).toBeGreaterThan(0);
    const [open] = model.open;
    for (const part of parts) open?.push(part);
    open?.finish(usage);
  }

  it('come one after the other, even if calls are written mixed', async () => {
    const output = await outputOf([
      { type: 'text', text: 'Look.' },
      call(0, 'call_a', 'one'),
      args(0, '{"a":'),
      call(1, 'call_b', 'two'),
      args(1, '{"b":"}'),
      args(0, '"{"'),
      args(1, '"}'),
      args(0, '}'),
    ]);
    expect(output).toMatchObject([
      { type: 'message', content: [{ type: 'output_text', text: 'Look.' }] },
      { type: 'function_call', call_id: 'call_a', name: 'one', arguments: '{"a":"{"}', status: 'completed' },
      { type: 'function_call', call_id: 'call_b', name: 'two', arguments: '{"b":"}"}', status: 'completed' },
    ]);
  });

  it('hold the words of a refusal, and the sources of a text', async () => {
    const output = await outputOf([
      { type: 'text', text: 'No.' },
      { type: 'citation', url: 'https://example.com/', title: null },
      { type: 'refusal', text: 'I will not.' },
    ]);
    expect(output).toMatchObject([
      {
        type: 'message',
        content: [
          { type: 'output_text', text: 'No.', annotations: [{ type: 'url_citation', url: 'https://example.com/' }] },
          { type: 'refusal', refusal: 'I will not.' },
        ],
      },
    ]);
  });

  it('give a model its own thoughts back, with their proofs', async () => {
    const tools = [weather];
    const parts: ModelPart[] = [
      { type: 'reasoning', text: 'Hm.' },
      { type: 'signature', text: 'proof-1', redacted: false },
      { type: 'signature', text: 'proof-2', redacted: true },
      call(0, 'call_a', 'get_weather', 'proof-3'),
      args(0, '{"city":"Rome"}'),
    ];
    const include = ['reasoning.encrypted_content' as const];
    const output = await outputOf(parts, { tools, include });
    expect(output.map(({ type }) => type)).toEqual(['reasoning', 'reasoning', 'reasoning', 'function_call']);
    expect(output[0]).toMatchObject({ summary: [{ type: 'summary_text', text: 'Hm.' }] });
    const input: ResponseInputItem[] = [
      { role: 'user', content: 'Go' },
      { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'gAAAAABforeign' },
      ...output.map((item) => item as ResponseInputItem),
      { type: 'function_call_output', call_id: 'call_a', output: 'Sun' },
    ];
    const next = program.openai.responses.create({ model: 'mock/swift', tools, input });
    await answer([]);
    await next;
    expect(model.requests.at(-1)?.messages).toEqual([
      { role: 'user', parts: [{ type: 'text', text: 'Go' }] },
      {
        role: 'assistant',
        parts: [
          { type: 'reasoning', text: 'Hm.', signature: 'proof-1', redacted: false },
          { type: 'reasoning', text: '', signature: 'proof-2', redacted: true },
          { type: 'toolCall', id: 'call_a', name: 'get_weather', arguments: '{"city":"Rome"}', signature: 'proof-3' },
        ],
      },
      { role: 'user', parts: [{ type: 'toolResult', callId: 'call_a', content: [{ type: 'text', text: 'Sun' }] }] },
    ]);
  });

  it('have no proofs, and no empty thoughts, unless they are asked for', async () => {
    const output = await outputOf([
      { type: 'signature', text: 'proof-2', redacted: true },
      { type: 'text', text: 'Well.' },
    ]);
    expect(output.map(({ type }) => type)).toEqual(['message']);
  });

  it('ask the model for what the request says of its thoughts and tools', async () => {
    const reasoning = { effort: 'high' as const, summary: 'auto' as const };
    await outputOf([{ type: 'text', text: 'Well.' }], {
      reasoning,
      tools: [weather, patch],
      tool_choice: { type: 'allowed_tools', mode: 'auto', tools: [{ type: 'custom', name: 'apply_patch' }] },
      parallel_tool_calls: false,
      max_output_tokens: 77,
    });
    const request = model.requests.at(-1);
    expect(request).toMatchObject({
      maxOutputTokens: 77,
      options: { effort: 'high', toolChoice: 'auto', parallelToolCalls: false },
    });
    expect(request?.options?.tools?.map(({ name }) => name)).toEqual(['apply_patch']);
    expect(request?.options?.tools?.[0]?.description).toContain('start: "*** Begin Patch"');
  });

  it('count cached tokens and thoughts as parts of what went in and out', async () => {
    const asked = program.openai.responses.create({ model: 'mock/swift', input: 'Go' });
    await answer([]);
    expect((await asked).usage).toMatchObject({
      input_tokens: 6,
      input_tokens_details: { cached_tokens: 2, cache_write_tokens: 3 },
      output_tokens: 9,
      output_tokens_details: { reasoning_tokens: 5 },
      total_tokens: 15,
    });
  });
});
