import { afterAll, beforeAll, expect, it } from 'vitest';
import { accountOf, expectSettled } from '../../api/asking.ts';
import { startApp, type TestApp } from '../../setup/app.ts';
import { describeDatabases } from '../../setup/describe-databases.ts';
import { all, newProgram, type Program } from './openai-client.ts';
import { exchange, readTrailers } from './raw-http.ts';

const swift = 'mock/swift';
const hello = [{ role: 'user' as const, content: 'Hello there, tell me of tides' }];

describeDatabases('the openai SDK', (database) => {
  let app: TestApp;
  let program: Program;
  beforeAll(async () => {
    app = await startApp({ database: database(), env: { MOCK_PACE: '1000' } });
    program = await newProgram(app);
  });
  afterAll(async () => {
    await app?.close();
    expect(app.errors).toEqual([]);
  });

  const rowsOf = async () => {
    const { db } = database();
    const count = async (table: 'response' | 'turn' | 'conversation') =>
      (
        await db
          .selectFrom(table)
          .select(({ fn }) => fn.countAll<string>().as('count'))
          .execute()
      )[0]?.count;
    return {
      responses: await count('response'),
      turns: await count('turn'),
      conversations: await count('conversation'),
    };
  };

  it('reads a whole answer, what it used, and what it cost', async () => {
    const { openai } = program;
    const { data, response } = await openai.chat.completions.create({ model: swift, messages: hello }).withResponse();
    const [choice] = data.choices;
    expect(data).toMatchObject({ object: 'chat.completion', model: swift });
    expect(data.id).toMatch(/^chatcmpl-[0-9a-f-]{36}$/);
    expect(Math.abs(data.created - Date.now() / 1000)).toBeLessThan(120);
    expect(choice).toMatchObject({ index: 0, finish_reason: 'stop', message: { role: 'assistant', refusal: null } });
    expect(choice?.message.content).toContain('**Hello**');
    const { usage } = data;
    expect(usage?.total_tokens).toBe((usage?.prompt_tokens ?? 0) + (usage?.completion_tokens ?? 0));
    expect(usage?.completion_tokens).toBeGreaterThan(0);
    const charged = Number(response.headers.get('x-polylogue-credits'));
    expect(charged).toBeGreaterThan(0);
    expect(usage).toMatchObject({ credits: charged });
  });

  it('reads the same answer streamed, piece by piece, from the model that serves', async () => {
    const { openai } = program;
    const whole = await openai.chat.completions.create({ model: swift, messages: hello });
    const chunks = await all(await openai.chat.completions.create({ model: swift, messages: hello, stream: true }));
    const texts = chunks.flatMap(({ choices }) => choices[0]?.delta.content || []);
    expect(texts.length).toBeGreaterThan(1);
    expect(texts.join('')).toBe(whole.choices[0]?.message.content);
    expect(chunks[0]?.choices[0]?.delta).toEqual({ role: 'assistant', content: '', refusal: null });
    expect(chunks.at(-1)?.choices[0]).toMatchObject({ delta: {}, finish_reason: 'stop' });
    expect(new Set(chunks.map(({ id, model }) => `${id} ${model}`)).size).toBe(1);
    expect(chunks[0]?.model).toBe(swift);
    expect(chunks.every((chunk) => !('usage' in chunk))).toBe(true);
  });

  it('is told the usage in a last chunk without choices when it asks for it', async () => {
    const chunks = await all(
      await program.openai.chat.completions.create({
        model: 'mock/thinker',
        messages: hello,
        stream: true,
        stream_options: { include_usage: true },
      }),
    );
    const last = chunks.at(-1);
    expect(last?.choices).toEqual([]);
    expect(last?.usage?.prompt_tokens_details?.cached_tokens).toBe(0);
    expect(last?.usage?.completion_tokens_details?.reasoning_tokens).toBeGreaterThan(0);
    expect(last?.usage?.total_tokens).toBe((last?.usage?.prompt_tokens ?? 0) + (last?.usage?.completion_tokens ?? 0));
    expect((last?.usage as { credits?: number } | undefined)?.credits).toBeGreaterThan(0);
    expect(chunks.slice(0, -1).every(({ usage }) => usage === null)).toBe(true);
  });

  it('reads visible reasoning beside the answer, streamed and whole', async () => {
    const request = { model: 'mock/thinker', messages: hello };
    const { choices } = await program.openai.chat.completions.create(request);
    const message = { reasoning_content: '', ...choices[0]?.message };
    expect(message.reasoning_content).toContain('The prompt is');
    expect(message.content).not.toContain('The prompt is');
    const chunks = await all(await program.openai.chat.completions.create({ ...request, stream: true }));
    const deltas = chunks.map((chunk) => chunk.choices[0]?.delta as { reasoning_content?: string } | undefined);
    expect(deltas.map((delta) => delta?.reasoning_content ?? '').join('')).toBe(message.reasoning_content);
  });

  it('follows an answer with the stream helper', async () => {
    const stream = program.openai.chat.completions.stream({
      model: swift,
      messages: hello,
      stream_options: { include_usage: true },
    });
    const heard: string[] = [];
    stream.on('content', (delta) => heard.push(delta));
    const completion = await stream.finalChatCompletion();
    expect(heard.join('')).toBe(completion.choices[0]?.message.content);
    expect(completion.choices[0]?.finish_reason).toBe('stop');
    expect((await stream.totalUsage()).completion_tokens).toBeGreaterThan(0);
  });

  it('is told the credits of a stream after its end', async () => {
    const { url, key } = { url: app.url, key: program.key };
    const before = await accountOf(program.member);
    const { headers, trailers } = await readTrailers(`${url}/v1/chat/completions`, key, {
      model: swift,
      messages: hello,
      stream: true,
    });
    expect(headers.trailer).toBe('X-Polylogue-Credits');
    const after = await accountOf(program.member);
    expect(Number(trailers['x-polylogue-credits'])).toBe(before.balance - after.balance);
  });

  it('is answered over HTTP/1.0 too, where a stream has no place for the credits', async () => {
    const body = JSON.stringify({ model: swift, messages: hello, stream: true });
    const head = `POST /v1/chat/completions HTTP/1.0\r\nAuthorization: Bearer ${program.key}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n`;
    const answer = await exchange(app.url, head + body);
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK/);
    expect(answer).toMatch(/data: \[DONE\]\n\n$/);
  });

  it('ends an answer at its longest, and before a text that stops it', async () => {
    const { openai } = program;
    const short = await openai.chat.completions.create({ model: swift, messages: hello, max_completion_tokens: 5 });
    expect(short.choices[0]?.finish_reason).toBe('length');
    expect(short.usage?.completion_tokens).toBeLessThanOrEqual(5);
    const older = await openai.chat.completions.create({ model: swift, messages: hello, max_tokens: 5 });
    expect(older.choices[0]?.message.content).toBe(short.choices[0]?.message.content);
    const stopped = await openai.chat.completions.create({ model: swift, messages: hello, stop: ['**Hello**'] });
    expect(stopped.choices[0]?.message.content).not.toContain('**Hello**');
    expect(stopped.choices[0]?.finish_reason).toBe('stop');
  });

  it('is charged for its calls, which leave a ledger that adds up and no conversation', async () => {
    const own = await newProgram(app);
    const before = await rowsOf();
    const answers = await Promise.all(
      [false, true].map(async (stream) => {
        const answer = await own.openai.chat.completions.create({ model: swift, messages: hello, stream });
        return Symbol.asyncIterator in answer ? (await all(answer)).length : answer.choices.length;
      }),
    );
    expect(answers[1]).toBeGreaterThan(1);
    const { entries } = await expectSettled(own.member);
    expect(entries.filter(({ amount }) => amount < 0)).toHaveLength(2);
    expect(await rowsOf()).toEqual(before);
  });

  it('shows images and files to a model', async () => {
    const { choices } = await program.openai.chat.completions.create({
      model: swift,
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'What is on these?' },
            { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } },
            { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,JVBERi0=' } },
          ],
        },
      ],
    });
    expect(choices[0]?.message.content).toContain('I see 1 image (image/png) and 1 file (application/pdf).');
  });
});
