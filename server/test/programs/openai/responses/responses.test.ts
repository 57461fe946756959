import type { ResponseStreamEvent } from 'openai/resources/responses/responses';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { accountOf, expectSettled } from '../../../api/asking.ts';
import { startApp, type TestApp } from '../../../setup/app.ts';
import { describeDatabases } from '../../../setup/describe-databases.ts';
import { all, newProgram, type Program } from '../openai-client.ts';
import { readTrailers } from '../raw-http.ts';

const swift = { model: 'mock/swift', input: 'Hello there, tell me of tides' };
const thinker = { ...swift, model: 'mock/thinker' };

describeDatabases('a response', (database) => {
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

  it('is the whole answer, with what it used and cost', async () => {
    const { data, response } = await program.openai.responses
      .create({ ...swift, instructions: 'Be brief.', metadata: { of: 'a test' }, temperature: 0.5 })
      .withResponse();
    expect(data).toMatchObject({
      object: 'response',
      status: 'completed',
      model: 'mock/swift',
      instructions: 'Be brief.',
      metadata: { of: 'a test' },
      temperature: 0.5,
      error: null,
      incomplete_details: null,
      tools: [],
      tool_choice: 'auto',
      store: false,
      output: [{ type: 'message', role: 'assistant', status: 'completed', content: [{ annotations: [] }] }],
    });
    expect(data.id).toMatch(/^resp_[0-9a-f]{32}$/);
    expect(Math.abs(data.created_at - Date.now() / 1000)).toBeLessThan(120);
    expect(data.output_text).toContain('**Hello**');
    const { usage } = data;
    expect(usage?.output_tokens).toBeGreaterThan(0);
    expect(usage?.total_tokens).toBe((usage?.input_tokens ?? 0) + (usage?.output_tokens ?? 0));
    const charged = Number(response.headers.get('x-polylogue-credits'));
    expect(charged).toBeGreaterThan(0);
    expect(usage).toMatchObject({ credits: charged, input_tokens_details: { cached_tokens: 0 } });
  });

  it('is streamed in the order of events that OpenAI has, each with its number', async () => {
    const events = await all(await program.openai.responses.create({ ...swift, stream: true }));
    expect(events.map(({ sequence_number }) => sequence_number)).toEqual([...events.keys()]);
    expect(withoutRepeats(events)).toEqual([
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.content_part.added',
      'response.output_text.delta',
      'response.output_text.done',
      'response.content_part.done',
      'response.output_item.done',
      'response.completed',
    ]);
    expect(events[0]).toMatchObject({ response: { status: 'in_progress', output: [], usage: null } });
    const places = events.filter((event) => 'content_index' in event);
    expect(places).toHaveLength(events.length - 5);
    for (const place of places) expect(place).toMatchObject({ output_index: 0, content_index: 0 });
    expect(new Set(places.map((event) => ('item_id' in event ? event.item_id : null))).size).toBe(1);
  });

  it('is the same streamed and whole, reasoning included', async () => {
    const whole = await program.openai.responses.create(thinker);
    const stream = program.openai.responses.stream(thinker);
    const deltas: string[] = [];
    stream.on('response.output_text.delta', ({ delta }) => void deltas.push(delta));
    const streamed = await stream.finalResponse();
    expect(deltas.length).toBeGreaterThan(1);
    expect(deltas.join('')).toBe(whole.output_text);
    expect(streamed.output_text).toBe(whole.output_text);
    expect(streamed.usage).toEqual(whole.usage);
    const said = ({ output }: typeof whole) => output.map((item) => ({ ...item, id: item.id?.replace(/_.*_/, ' ') }));
    expect(said(streamed as typeof whole)).toMatchObject(said(whole));
    expect(whole.output.map(({ type }) => type)).toEqual(['reasoning', 'message']);
    expect(whole.usage?.output_tokens_details.reasoning_tokens).toBeGreaterThan(0);
  });

  it('streams reasoning as a summary, an item of its own before the message', async () => {
    const events = await all(await program.openai.responses.create({ ...thinker, stream: true }));
    expect(withoutRepeats(events).slice(2, 8)).toEqual([
      'response.output_item.added',
      'response.reasoning_summary_part.added',
      'response.reasoning_summary_text.delta',
      'response.reasoning_summary_text.done',
      'response.reasoning_summary_part.done',
      'response.output_item.done',
    ]);
    const summary = events.flatMap((event) =>
      event.type === 'response.reasoning_summary_text.delta' ? event.delta : [],
    );
    expect(events.find(({ type }) => type === 'response.reasoning_summary_text.done')).toMatchObject({
      text: summary.join(''),
      output_index: 0,
      summary_index: 0,
    });
    const message = events.find(({ type }) => type === 'response.output_text.delta');
    expect(message).toMatchObject({ output_index: 1, content_index: 0 });
  });

  it('thinks nothing when no effort is asked of it', async () => {
    const { output } = await program.openai.responses.create({ ...thinker, reasoning: { effort: 'none' } });
    expect(output.map(({ type }) => type)).toEqual(['message']);
  });

  it('ends at its longest as incomplete, streamed and whole', async () => {
    const short = { ...swift, max_output_tokens: 5 };
    const whole = await program.openai.responses.create(short);
    const streamed = await program.openai.responses.stream(short).finalResponse();
    for (const response of [whole, streamed]) {
      expect(response.status).toBe('incomplete');
      expect(response.incomplete_details).toEqual({ reason: 'max_output_tokens' });
      expect(response.usage?.output_tokens).toBeLessThanOrEqual(5);
      expect(response.output).toMatchObject([{ type: 'message', status: 'incomplete' }]);
    }
    expect(streamed.output_text).toBe(whole.output_text);
  });

  it('reads a conversation of items, and all instructions in it', async () => {
    const { output_text, usage } = await program.openai.responses.create({
      model: 'mock/swift',
      instructions: 'Be brief.',
      input: [
        { role: 'developer', content: 'Be kind.' },
        { role: 'user', content: 'What is a river?' },
        { type: 'message', role: 'assistant', content: 'Water.' },
        { type: 'message', role: 'system', content: [{ type: 'input_text', text: 'Be exact.' }] },
        { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'And what is a delta?' }] },
      ],
    });
    expect(output_text).toContain('And what is a delta');
    expect(output_text).toContain('You asked once before');
    const texts = 'Be brief.\n\nBe kind.\n\nBe exact.'.length + 'What is a river?Water.And what is a delta?'.length;
    expect(usage?.input_tokens).toBe(Math.ceil(texts / 4));
  });

  it('may begin with an answer, or consist of instructions alone', async () => {
    const { openai } = program;
    const input = [{ role: 'assistant' as const, content: 'How can I help?' }];
    const begun = await openai.responses.create({
      model: 'mock/swift',
      input: [...input, { role: 'user', content: 'Tell me of tides' }],
    });
    expect(begun.output_text).toContain('tides');
    const instructed = await openai.responses.create({ model: 'mock/swift', instructions: 'Tell of tides', input: [] });
    expect(instructed.output_text).toContain('tides');
  });

  it('sees images and files, as parts of a message', async () => {
    const { output_text } = await program.openai.responses.create({
      model: 'mock/swift',
      input: [
        {
          role: 'user',
          content: [
            { type: 'input_text', text: 'What is on these?' },
            { type: 'input_image', detail: 'auto', image_url: `data:image/png;base64,${png}` },
            { type: 'input_file', filename: 'a.pdf', file_data: 'data:application/pdf;base64,JVBERi0xLjQ=' },
            { type: 'input_file', filename: 'notes.txt', file_data: 'bm90ZXM=' },
          ],
        },
      ],
    });
    expect(output_text).toContain('I see 1 image (image/png) and 2 files (application/pdf, text/plain).');
  });

  it('tells the credits of a stream after its end', async () => {
    const before = await accountOf(program.member);
    const { headers, trailers } = await readTrailers(`${app.url}/v1/responses`, program.key, {
      ...swift,
      stream: true,
    });
    expect(headers).toMatchObject({ trailer: 'X-Polylogue-Credits', 'content-type': 'text/event-stream' });
    const after = await accountOf(program.member);
    expect(Number(trailers['x-polylogue-credits'])).toBe(before.balance - after.balance);
  });

  it('is charged, and leaves neither a conversation nor a response', async () => {
    const own = await newProgram(app);
    const { db } = database();
    const rows = async () =>
      Promise.all(
        (['response', 'turn', 'conversation'] as const).map((table) =>
          db
            .selectFrom(table)
            .select(({ fn }) => fn.countAll<string>().as('count'))
            .execute(),
        ),
      );
    const before = await rows();
    await own.openai.responses.create(swift);
    await own.openai.responses.stream(swift).finalResponse();
    const { entries } = await expectSettled(own.member);
    expect(entries.filter(({ amount }) => amount < 0)).toHaveLength(2);
    expect(await rows()).toEqual(before);
  });

  it.each([
    ['retrieved', (id: string) => program.openai.responses.retrieve(id)],
    ['deleted', (id: string) => program.openai.responses.delete(id)],
    ['cancelled', (id: string) => program.openai.responses.cancel(id)],
    ['listed by its items', (id: string) => all(program.openai.responses.inputItems.list(id))],
  ])('cannot be %s, as none is kept', async (_how, ask) => {
    await expect(ask('resp_1')).rejects.toMatchObject({
      status: 404,
      type: 'invalid_request_error',
      code: 'not_found',
      message: expect.stringContaining('this server keeps none'),
    });
  });
});

/** The types of events, each once where it is repeated at once. */
function withoutRepeats(events: readonly ResponseStreamEvent[]): string[] {
  return events.map(({ type }) => type).filter((type, index, types) => type !== types[index - 1]);
}

/** The smallest PNG. */
const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==';
