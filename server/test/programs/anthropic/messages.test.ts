import { afterAll, beforeAll, expect, it } from 'vitest';
import { accountOf, expectSettled } from '../../api/asking.ts';
import { startApp, type TestApp } from '../../setup/app.ts';
import { describeDatabases } from '../../setup/describe-databases.ts';
import {
  anthropicAt,
  eventsOf,
  hello,
  type MessagesProgram,
  newKey,
  newMessagesProgram,
  postMessage,
} from './anthropic-client.ts';

const swift = { model: 'mock/swift', max_tokens: 1000, messages: hello };
const thinker = { ...swift, model: 'mock/thinker' };

describeDatabases('Anthropic’s SDK', (database) => {
  let app: TestApp;
  let program: MessagesProgram;
  beforeAll(async () => {
    app = await startApp({ database: database(), env: { MOCK_PACE: '1000' } });
    program = await newMessagesProgram(app);
  });
  afterAll(async () => {
    await app?.close();
    expect(app.errors).toEqual([]);
  });

  const storedCounts = async () => {
    const { db } = database();
    const counts = (['response', 'turn', 'conversation'] as const).map((table) =>
      db
        .selectFrom(table)
        .select(({ fn }) => fn.countAll<string>().as('count'))
        .executeTakeFirstOrThrow(),
    );
    return Promise.all(counts);
  };

  it('reads a whole message, what it used, and what it cost', async () => {
    const { data, response, request_id } = await program.anthropic.messages.create(swift).withResponse();
    expect(data).toMatchObject({
      type: 'message',
      role: 'assistant',
      model: 'mock/swift',
      stop_reason: 'end_turn',
      stop_sequence: null,
    });
    expect(data.id).toMatch(/^msg_[0-9a-f]{32}$/);
    expect(request_id).toMatch(/^req_/);
    expect(data.content).toMatchObject([{ type: 'text', text: expect.stringContaining('**Hello**') }]);
    const credits = Number(response.headers.get('x-polylogue-credits'));
    expect(credits).toBeGreaterThan(0);
    expect(data.usage).toMatchObject({ cache_read_input_tokens: 0, cache_creation_input_tokens: 0, credits });
    expect(data.usage.input_tokens).toBeGreaterThan(0);
    expect(data.usage.output_tokens).toBeGreaterThan(0);
  });

  it('reads the same message streamed, with the stream helper', async () => {
    const whole = await program.anthropic.messages.create(swift);
    const stream = program.anthropic.messages.stream(swift);
    const heard: string[] = [];
    stream.on('text', (delta) => heard.push(delta));
    const message = await stream.finalMessage();
    expect(heard.length).toBeGreaterThan(1);
    expect(message.content).toEqual(whole.content);
    expect(await stream.finalText()).toBe(heard.join(''));
    expect(message).toMatchObject({ model: 'mock/swift', stop_reason: 'end_turn' });
    const { input_tokens, output_tokens } = whole.usage;
    expect(message.usage).toMatchObject({ input_tokens, output_tokens });
  });

  it('is told the events of a stream in the order in which they belong', async () => {
    const response = await postMessage(app, program.key, { ...swift, stream: true });
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    expect(response.headers.get('request-id')).toMatch(/^req_/);
    const events = await eventsOf(response);
    const types = events.map(({ type }) => type);
    expect(types.filter((type) => type !== 'content_block_delta')).toEqual([
      'message_start',
      'content_block_start',
      'content_block_stop',
      'message_delta',
      'message_stop',
    ]);
    expect(types[2]).toBe('content_block_delta');
    expect(events[0]?.message).toMatchObject({ content: [], stop_reason: null, usage: { output_tokens: 0 } });
    expect(events[0]?.message.usage.input_tokens).toBeGreaterThan(0);
    expect(events.at(-2)?.usage.credits).toBeGreaterThan(0);
  });

  it('is shown what a model thinks if it asks for that, and is not otherwise', async () => {
    const { anthropic } = program;
    const thinking = { type: 'enabled' as const, budget_tokens: 1024 };
    const asked = await anthropic.messages.create({ ...thinker, max_tokens: 4000, thinking });
    expect(asked.content).toMatchObject([
      { type: 'thinking', thinking: expect.stringContaining('The prompt is'), signature: '' },
      { type: 'text' },
    ]);
    expect(asked.usage.output_tokens_details?.thinking_tokens).toBeGreaterThan(0);
    const streamed = anthropic.messages.stream({ ...thinker, thinking: { type: 'adaptive' } });
    const thoughts: string[] = [];
    streamed.on('thinking', (delta) => thoughts.push(delta));
    expect((await streamed.finalMessage()).content).toEqual(asked.content);
    expect(thoughts.join('')).toContain('The prompt is');
    for (const unasked of [undefined, { type: 'disabled' as const }]) {
      const request = { ...thinker, ...(unasked && { thinking: unasked }) };
      expect((await anthropic.messages.create(request)).content).toMatchObject([{ type: 'text' }]);
      expect((await anthropic.messages.stream(request).finalMessage()).content).toMatchObject([{ type: 'text' }]);
    }
  });

  it('takes back a message with what the model thought in it', async () => {
    const { anthropic } = program;
    const asked = { ...thinker, thinking: { type: 'adaptive' as const } };
    const first = await anthropic.messages.create(asked);
    const messages = [...hello, { role: 'assistant' as const, content: first.content }, ...hello];
    expect((await anthropic.messages.create({ ...asked, messages })).stop_reason).toBe('end_turn');
  });

  it('is told that an answer ended at max_tokens', async () => {
    const message = await program.anthropic.messages.create({ ...swift, max_tokens: 3 });
    expect(message.stop_reason).toBe('max_tokens');
    expect(message.usage.output_tokens).toBeLessThanOrEqual(3);
  });

  it('has an answer end before a stop sequence', async () => {
    const { anthropic } = program;
    const [whole, ended] = await Promise.all([
      anthropic.messages.create(swift),
      anthropic.messages.create({ ...swift, stop_sequences: ['**Hello**'] }),
    ]);
    const text = (message: typeof whole) => (message.content[0] as { text: string } | undefined)?.text ?? '';
    expect(text(whole)).toContain('**Hello**');
    expect(text(whole).startsWith(text(ended))).toBe(true);
    expect(text(ended)).not.toContain('**Hello**');
    expect(whole).toMatchObject({ stop_reason: 'end_turn', stop_sequence: null });
    expect(ended).toMatchObject({ stop_reason: 'stop_sequence', stop_sequence: '**Hello**' });
  });

  it('has a model go on with the beginning of its answer', async () => {
    const { anthropic } = program;
    const whole = await anthropic.messages.create(swift);
    const { text } = whole.content[0] as { text: string };
    const messages = [...hello, { role: 'assistant' as const, content: text.slice(0, 10) }];
    const rest = await anthropic.messages.create({ ...swift, messages });
    expect(text.slice(0, 10) + (rest.content[0] as { text: string }).text).toBe(text);
  });

  it('has an answer take the form of a schema', async () => {
    const schema = {
      type: 'object' as const,
      properties: { title: { type: 'string' as const }, pages: { type: 'integer' as const } },
      required: ['title', 'pages'],
      additionalProperties: false,
    };
    const format = { type: 'json_schema' as const, schema };
    const message = await program.anthropic.messages.create({ ...swift, output_config: { effort: 'low', format } });
    const { text } = message.content[0] as { text: string };
    expect(JSON.parse(text)).toEqual({ title: expect.any(String), pages: expect.any(Number) });
  });

  it('counts tokens at no cost, with a key that may only read too', async () => {
    const own = await newMessagesProgram(app);
    const { input_tokens } = await own.anthropic.messages.countTokens({ model: 'mock/swift', messages: hello });
    expect(input_tokens).toBeGreaterThanOrEqual(6);
    expect(input_tokens).toBeLessThan(20);
    const reader = anthropicAt(app, { apiKey: await newKey(own.member, ['READ']) });
    const tools = [{ name: 'tides', description: 'Tells the tides.', input_schema: { type: 'object' as const } }];
    const more = await reader.messages.countTokens({
      model: 'mock/swift',
      messages: hello,
      tools,
      system: 'Be brief.',
    });
    expect(more.input_tokens).toBeGreaterThan(input_tokens);
    const { entries } = await accountOf(own.member);
    expect(entries.filter(({ amount }) => amount < 0)).toEqual([]);
  });

  it('counts the longest texts that a body can hold', async () => {
    const content = 'tide '.repeat(1_000_000);
    const { input_tokens } = await program.anthropic.messages.countTokens({
      model: 'mock/swift',
      messages: [{ role: 'user', content }],
    });
    expect(input_tokens).toBeGreaterThan(800_000);
  });

  it('is charged for its calls, which leave a ledger that adds up and nothing else', async () => {
    const own = await newMessagesProgram(app);
    const before = await storedCounts();
    const whole = await own.anthropic.messages.create(swift);
    const events = await eventsOf(await postMessage(app, own.key, { ...swift, stream: true }));
    const { entries } = await expectSettled(own.member);
    const charges = entries.filter(({ amount }) => amount < 0).map(({ amount }) => -amount);
    const told = [whole.usage as unknown as { credits: number }, events.at(-2)?.usage].map(({ credits }) => credits);
    expect(charges).toEqual(told);
    expect(await storedCounts()).toEqual(before);
  });

  it('signs in with a bearer token too', async () => {
    const bearer = anthropicAt(app, { apiKey: null, authToken: program.key });
    expect((await bearer.messages.create(swift)).stop_reason).toBe('end_turn');
  });
});
