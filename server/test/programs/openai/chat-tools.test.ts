import { zodFunction, zodResponseFormat } from 'openai/helpers/zod';
import type { ChatCompletionMessageParam, ChatCompletionTool } from 'openai/resources/chat/completions';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { createScriptedModel } from '../../credits/scripted-model.ts';
import { startApp, type TestApp } from '../../setup/app.ts';
import { describeDatabases } from '../../setup/describe-databases.ts';
import { labCatalogue } from './lab.ts';
import { all, newProgram, type Program } from './openai-client.ts';

const swift = 'mock/swift';
const place = z.object({ city: z.string() });
const weather: ChatCompletionTool = {
  type: 'function',
  function: { name: 'get_weather', description: 'The weather of a city.', parameters: z.toJSONSchema(place) },
};
const question: ChatCompletionMessageParam[] = [{ role: 'user', content: 'Ask get_weather about Oslo' }];

describeDatabases('a program with tools', (database) => {
  let app: TestApp;
  let program: Program;
  const scripted = createScriptedModel();
  beforeAll(async () => {
    app = await startApp({
      database: database(),
      env: { MOCK_PACE: '1000' },
      catalogue: labCatalogue,
      languageModels: { lab: scripted },
    });
    program = await newProgram(app);
  });
  afterAll(async () => {
    await app?.close();
    expect(app.errors).toEqual([]);
  });

  it('is asked to call them, and is answered once it has', async () => {
    const { openai } = program;
    const asked = await openai.chat.completions.create({ model: swift, messages: question, tools: [weather] });
    const [choice] = asked.choices;
    expect(choice).toMatchObject({ finish_reason: 'tool_calls', message: { content: null } });
    const [call] = choice?.message.tool_calls ?? [];
    expect(call).toMatchObject({ type: 'function', function: { name: 'get_weather', arguments: '{"city":"Oslo"}' } });
    const answered = await openai.chat.completions.create({
      model: swift,
      tools: [weather],
      messages: [
        ...question,
        { role: 'assistant', content: null, tool_calls: choice?.message.tool_calls ?? [] },
        { role: 'tool', tool_call_id: call?.id ?? '', content: 'Rain' },
      ],
    });
    expect(answered.choices[0]).toMatchObject({
      finish_reason: 'stop',
      message: { content: 'The tool get_weather answered: “Rain”.' },
    });
  });

  it('reads the calls of a stream in pieces', async () => {
    const stream = program.openai.chat.completions.stream({
      model: swift,
      messages: [{ role: 'user', content: 'Ask get_weather about Oslo, and get_time too' }],
      tools: [weather, { type: 'function', function: { name: 'get_time' } }],
    });
    const pieces: string[] = [];
    stream.on('tool_calls.function.arguments.delta', ({ arguments_delta }) => pieces.push(arguments_delta));
    const { choices } = await stream.finalChatCompletion();
    expect(pieces.length).toBeGreaterThan(1);
    const calls = choices[0]?.message.tool_calls?.map((call) => call.type === 'function' && call.function);
    expect(calls).toMatchObject([
      { name: 'get_weather', arguments: expect.stringContaining('city') },
      { name: 'get_time', arguments: '{}' },
    ]);
    expect(choices[0]?.finish_reason).toBe('tool_calls');
  });

  it.each([false, true])('has its tools run by the SDK until the model answers (streamed: %s)', async (isStreamed) => {
    const asked: string[] = [];
    const tool = zodFunction({
      name: 'get_weather',
      parameters: place,
      function: ({ city }) => {
        asked.push(city);
        return `Snow in ${city}`;
      },
    });
    const { completions } = program.openai.chat;
    const request = { model: swift, messages: question, tools: [tool] };
    const runner = isStreamed
      ? completions.runTools({ ...request, stream: true })
      : completions.runTools({ ...request, stream: false });
    expect(await runner.finalContent()).toBe('The tool get_weather answered: “Snow in Oslo”.');
    expect(asked).toEqual(['Oslo']);
  });

  it('chooses whether a tool is called, and which', async () => {
    const ask = async (tool_choice: 'none' | 'required' | { type: 'function'; function: { name: string } }) => {
      const tools: ChatCompletionTool[] = [weather, { type: 'function', function: { name: 'get_time' } }];
      const messages: ChatCompletionMessageParam[] = [{ role: 'user', content: 'Tell me something' }];
      const { choices } = await program.openai.chat.completions.create({ model: swift, messages, tools, tool_choice });
      return choices[0]?.message.tool_calls?.map((call) => call.type === 'function' && call.function.name) ?? [];
    };
    expect(await ask('none')).toEqual([]);
    expect(await ask('required')).toEqual(['get_weather']);
    expect(await ask({ type: 'function', function: { name: 'get_time' } })).toEqual(['get_time']);
  });

  it('reads an answer in the form of its schema', async () => {
    const form = z.object({ steps: z.array(z.string()), final: z.number() });
    const { choices } = await program.openai.chat.completions.parse({
      model: swift,
      messages: [{ role: 'user', content: 'Solve it' }],
      response_format: zodResponseFormat(form, 'solution'),
    });
    const parsed = choices[0]?.message.parsed;
    expect(form.parse(parsed)).toEqual(parsed);
  });

  it('reads JSON where it asks for it', async () => {
    const { choices } = await program.openai.chat.completions.create({
      model: swift,
      messages: [{ role: 'user', content: 'As JSON please' }],
      response_format: { type: 'json_object' },
    });
    expect(Object.keys(JSON.parse(choices[0]?.message.content ?? ''))).toEqual(['answer']);
  });

  it.each([false, true])('is given the proof of a call’s thought, and gives it back (streamed: %s)', async (stream) => {
    const extra_content = { google: { thought_signature: 'c2lnbmF0dXJl' } };
    const messages: ChatCompletionMessageParam[] = [{ role: 'user', content: 'Go' }];
    const asked = program.openai.chat.completions.create({ model: 'lab/one', messages, tools: [weather], stream });
    const [open] = await opened();
    open?.push({ type: 'toolCall', call: 0, id: 'call_a', name: 'get_weather', signature: 'c2lnbmF0dXJl' });
    open?.push({ type: 'toolArguments', call: 0, text: '{"city":"Oslo"}' });
    open?.finish(null);
    const answer = await asked;
    const calls =
      Symbol.asyncIterator in answer
        ? (await all(answer)).flatMap(({ choices }) => choices[0]?.delta.tool_calls ?? [])
        : (answer.choices[0]?.message.tool_calls ?? []);
    expect(calls[0]).toMatchObject({ id: 'call_a', extra_content });

    const call = { id: 'call_a', type: 'function' as const, function: { name: 'get_weather', arguments: '{}' } };
    const answered = program.openai.chat.completions.create({
      model: 'lab/one',
      messages: [
        ...messages,
        { role: 'assistant', tool_calls: [{ ...call, extra_content } as typeof call] },
        { role: 'tool', tool_call_id: 'call_a', content: 'Rain' },
      ],
    });
    const [second] = await opened();
    expect(second?.request.messages[1]?.parts).toMatchObject([{ type: 'toolCall', signature: 'c2lnbmF0dXJl' }]);
    second?.finish(null);
    await answered;
  });

  const opened = async () => {
    while (scripted.open.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    return [...scripted.open];
  };
});
