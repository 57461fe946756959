import type Anthropic from '@anthropic-ai/sdk';
import type { ChatCompletionTool } from 'openai/resources/chat/completions';
import type { ResponseStreamEvent, Tool as ResponseTool } from 'openai/resources/responses/responses';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { encodeGlobalId } from '../../src/domain/ground/global-ids.ts';
import { call, createWorkshop, lastOf, makeTool, text, told, workshopCatalogue } from '../agents/workshop.ts';
import { expectReconciled } from '../credits/audit.ts';
import { eventually } from '../eventually.ts';
import { startApp, type TestApp } from '../setup/app.ts';
import { describeDatabases } from '../setup/describe-databases.ts';
import { anthropicAt } from './anthropic/anthropic-client.ts';
import { all, newProgram, type Program } from './openai/openai-client.ts';

const house = (id: string): ChatCompletionTool => ({ type: 'function', function: { name: `polylogue:${id}` } });
const named = (id: string): ResponseTool => ({
  type: 'function',
  name: `polylogue:${id}`,
  parameters: null,
  strict: null,
});
const chosen = (id: string) => ({ type: 'function' as const, function: { name: `polylogue:${id}` } });
const ofAnthropic = (id: string): Anthropic.Tool => ({ name: `polylogue:${id}`, input_schema: { type: 'object' } });
/** Keeps a call of a protocol that has no word for it. */
const kept = { headers: { 'X-Polylogue-Conversation': 'new' } };
const ANSWER = 'Let me see.\n\nIt rains, I hear.';

describeDatabases('a program that names tools of this server', (database) => {
  const shop = createWorkshop();
  const weather = makeTool('weather', () => told('It rains.'));
  const mail = makeTool('mail', () => told('Sent.'), { isReadOnly: false });
  let app: TestApp;
  let program: Program;
  let anthropic: Anthropic;
  const options = () => ({
    database: database(),
    catalogue: workshopCatalogue,
    languageModels: { lab: shop.languageModel },
    tools: [weather, mail],
  });
  beforeAll(async () => {
    app = await startApp({ ...options(), env: { TOOLS_FOR_PROGRAMS: 'on' } });
    program = await newProgram(app);
    anthropic = anthropicAt(app, { apiKey: program.key });
  });
  afterAll(async () => {
    await expectReconciled(database().db);
    await app?.close();
    expect(app?.errors).toEqual([]);
  });

  const body = (...tools: ChatCompletionTool[]) => ({
    model: 'lab/worker',
    store: true,
    messages: [{ role: 'user' as const, content: 'How is the weather?' }],
    tools,
  });
  const calls = (name: string) =>
    shop.script('worker', (request) =>
      lastOf(request).parts.some(({ type }) => type === 'toolResult')
        ? [text('It rains, I hear.')]
        : [text('Let me see.'), ...call(name, { city: 'Bern' })],
    );

  it('is answered when the model has called them, streamed or whole, and makes no call itself', async () => {
    calls('weather');
    const whole = await program.openai.chat.completions.create(body(house('weather')));
    expect(whole.choices[0]).toMatchObject({
      finish_reason: 'stop',
      message: { content: ANSWER },
    });
    expect(whole.choices[0]?.message.tool_calls).toBeUndefined();
    expect(whole.usage).toMatchObject({ prompt_tokens: 200, completion_tokens: 20 });
    calls('weather');
    const chunks = await all(await program.openai.chat.completions.create({ ...body(house('weather')), stream: true }));
    const deltas = chunks.flatMap(({ choices }) => choices.map(({ delta }) => delta));
    expect(deltas.map(({ content }) => content ?? '').join('')).toBe(ANSWER);
    expect(deltas.some(({ tool_calls }) => tool_calls)).toBe(false);
    expect(weather.requests).toHaveLength(2);
  });

  it('is answered as a response, streamed or whole, that has no call in it', async () => {
    const asked = { model: 'lab/worker', store: true, input: 'How is the weather?', tools: [named('weather')] };
    const before = weather.requests.length;
    calls('weather');
    // Codex sends tools of OpenAI's own along, unasked.
    const whole = await program.openai.responses.create({ ...asked, tools: [...asked.tools, { type: 'web_search' }] });
    expect(whole).toMatchObject({ status: 'completed', output_text: ANSWER, tools: [named('weather')] });
    expect(whole.output.map(({ type }) => type)).toEqual(['message']);
    expect(whole.usage).toMatchObject({ input_tokens: 200, output_tokens: 20 });
    calls('weather');
    const stream = program.openai.responses.stream(asked);
    const events: ResponseStreamEvent[] = await all(stream);
    expect((await stream.finalResponse()).output_text).toBe(ANSWER);
    expect(events.filter(({ type }) => type.includes('function_call'))).toEqual([]);
    expect(weather.requests).toHaveLength(before + 2);
  });

  it('is answered as a message of Anthropic’s, streamed or whole, that has no call in it', async () => {
    const asked: Anthropic.MessageCreateParamsNonStreaming = {
      model: 'lab/worker',
      max_tokens: 500,
      messages: [{ role: 'user', content: 'How is the weather?' }],
      tools: [ofAnthropic('weather')],
    };
    const before = weather.requests.length;
    calls('weather');
    const { data: whole, response } = await anthropic.messages.create(asked, kept).withResponse();
    expect(whole).toMatchObject({ stop_reason: 'end_turn', content: [{ type: 'text', text: ANSWER }] });
    expect(whole.usage).toMatchObject({ input_tokens: 200, output_tokens: 20 });
    calls('weather');
    const streamed = await anthropic.messages.stream(asked, kept).finalMessage();
    expect(streamed).toMatchObject({ stop_reason: 'end_turn', content: [{ type: 'text', text: ANSWER }] });
    expect(weather.requests).toHaveLength(before + 2);
    // An answer that comes back is known as the conversation's own.
    const conversation = response.headers.get('x-polylogue-conversation');
    const messages: Anthropic.MessageParam[] = [
      ...asked.messages,
      { role: 'assistant', content: whole.content },
      { role: 'user', content: 'And tomorrow?' },
    ];
    shop.script('worker', () => [text('Sun.')]);
    const headers = { 'X-Polylogue-Conversation': conversation };
    const next = await anthropic.messages.create({ ...asked, messages }, { headers });
    expect(next.content).toMatchObject([{ type: 'text', text: 'Sun.' }]);
    expect(shop.requests.map((request) => request.messages.length)).toEqual([3]);
    const { max_tokens: _, ...counted } = asked;
    expect((await anthropic.messages.countTokens(counted)).input_tokens).toBeGreaterThan(0);
  });

  it('has the tool called first that its choice names, which need not be listed', async () => {
    const choices = () => shop.requests.map(({ options }) => options?.toolChoice);
    const { model, store, messages } = body();
    calls('weather');
    await program.openai.chat.completions.create({ model, store, messages, tool_choice: chosen('weather') });
    expect(choices()).toEqual([{ name: 'weather' }, undefined]);
    calls('weather');
    await program.openai.chat.completions.create({ ...body(house('weather')), tool_choice: 'required' });
    expect(choices()).toEqual(['required', undefined]);
    calls('weather');
    const tool_choice = { type: 'function' as const, name: 'polylogue:weather' };
    const response = await program.openai.responses.create({ model, store, input: 'Weather?', tool_choice });
    expect(response).toMatchObject({ output_text: ANSWER, tools: [], tool_choice });
    expect(choices()).toEqual([{ name: 'weather' }, undefined]);
    calls('weather');
    const message = { model, max_tokens: 500, messages: [{ role: 'user' as const, content: 'Weather?' }] };
    await anthropic.messages.create(
      { ...message, tools: [ofAnthropic('mail')], tool_choice: { type: 'tool', name: 'polylogue:weather' } },
      kept,
    );
    expect(choices()).toEqual([{ name: 'weather' }, undefined]);
    expect(shop.requests[0]?.options?.tools).toHaveLength(2);
  });

  it('waits until its member has approved a call that needs it', async () => {
    calls('mail');
    const answering = program.openai.chat.completions.create(body(house('mail')));
    const waiting = await eventually(async () => {
      const { db } = database();
      const rows = await db
        .selectFrom('tool_call')
        .select(['id', 'response_id'])
        .where('status', '=', 'WAITING_FOR_APPROVAL')
        .execute();
      expect(rows).toHaveLength(1);
      return rows[0] as { id: string; response_id: string };
    });
    expect(mail.requests).toEqual([]);
    await program.member.gql(
      'mutation ($responseId: ID!, $id: ID!) { answerToolCall(responseId: $responseId, toolCallId: $id, approve: true) { id } }',
      { responseId: encodeGlobalId('Response', waiting.response_id), id: waiting.id },
    );
    expect((await answering).choices[0]?.message.content).toContain('It rains, I hear.');
    expect(mail.requests).toHaveLength(1);
  });

  it('is refused what cannot be, in words that say what', async () => {
    const own: ChatCompletionTool = { type: 'function', function: { name: 'own' } };
    const described: ChatCompletionTool = {
      type: 'function',
      function: { name: 'polylogue:weather', description: 'x' },
    };
    const asked = body(house('weather'));
    const cases: [object, number, RegExp][] = [
      [{ ...asked, store: false }, 400, /"store": true/],
      [body(house('weather'), own), 400, /must all be tools of this server/],
      [body(described), 400, /has its own/],
      [{ ...asked, tool_choice: 'none' }, 400, /must be auto/],
      [{ ...body(own), tool_choice: chosen('weather') }, 400, /must all be tools of this server/],
      [{ ...body(), tool_choice: chosen('nothing') }, 404, /tool/],
      [body(house('nothing')), 404, /tool/],
      [{ ...asked, model: 'lab/third' }, 404, /third cannot call tools/],
    ];
    for (const [given, status, words] of cases) {
      const failure = await program.openai.chat.completions.create(given as typeof asked).catch((error) => error);
      expect(failure).toMatchObject({ status, message: expect.stringMatching(words) });
    }
    const response = { model: 'lab/worker', store: true, input: 'How is the weather?' };
    const responses: [object, RegExp][] = [
      [{ ...response, store: false, tools: [named('weather')] }, /"store": true/],
      [{ ...response, tools: [named('weather'), { type: 'function', name: 'own' }] }, /must all be tools/],
      [{ ...response, tools: [{ ...named('weather'), parameters: {} }] }, /has its own/],
      [{ ...response, tools: [{ type: 'custom', name: 'polylogue:weather' }] }, /must be function/],
      [{ ...response, tools: [named('weather')], tool_choice: 'none' }, /must be auto/],
    ];
    for (const [given, words] of responses) {
      const failure = await program.openai.responses.create(given as typeof response).catch((error) => error);
      expect(failure).toMatchObject({ status: 400, message: expect.stringMatching(words) });
    }
    const message = { model: 'lab/worker', max_tokens: 500, messages: asked.messages };
    const tools = [ofAnthropic('weather')];
    const schema = { type: 'object', properties: { city: { type: 'string' } } };
    const messages: [object, RegExp, object?][] = [
      [{ ...message, tools }, /the header X-Polylogue-Conversation/, {}],
      [{ ...message, tools: [...tools, { name: 'own', input_schema: { type: 'object' } }] }, /must all be tools/],
      [{ ...message, tools: [{ ...tools[0], description: 'x' }] }, /has its own/],
      [{ ...message, tools: [{ ...tools[0], input_schema: schema }] }, /has its own/],
      [{ ...message, tools: [{ ...tools[0], type: 'bash_20250124' }] }, /must be custom/],
      [{ ...message, tools, tool_choice: { type: 'none' } }, /must be auto/],
    ];
    for (const [given, words, options = kept] of messages) {
      const failure = await anthropic.messages.create(given as typeof message, options).catch((error) => error);
      expect(failure).toMatchObject({ status: 400, message: expect.stringMatching(words) });
    }
    const closed = await startApp(options());
    try {
      const { openai } = await newProgram(closed);
      const failure = await openai.chat.completions.create(asked).catch((error) => error);
      expect(failure).toMatchObject({ status: 400, message: expect.stringMatching(/TOOLS_FOR_PROGRAMS/) });
    } finally {
      await closed.close();
    }
  });
});
