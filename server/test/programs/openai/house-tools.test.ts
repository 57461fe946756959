import type { ChatCompletionTool } from 'openai/resources/chat/completions';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { encodeGlobalId } from '../../../src/domain/ground/global-ids.ts';
import { call, createWorkshop, lastOf, makeTool, text, told, workshopCatalogue } from '../../agents/workshop.ts';
import { expectReconciled } from '../../credits/audit.ts';
import { eventually } from '../../eventually.ts';
import { startApp, type TestApp } from '../../setup/app.ts';
import { describeDatabases } from '../../setup/describe-databases.ts';
import { all, newProgram, type Program } from './openai-client.ts';

const house = (id: string): ChatCompletionTool => ({ type: 'function', function: { name: `polylogue:${id}` } });

describeDatabases('a program that names tools of this server', (database) => {
  const shop = createWorkshop();
  const weather = makeTool('weather', () => told('It rains.'));
  const mail = makeTool('mail', () => told('Sent.'), { isReadOnly: false });
  let app: TestApp;
  let program: Program;
  const options = () => ({
    database: database(),
    catalogue: workshopCatalogue,
    languageModels: { lab: shop.languageModel },
    tools: [weather, mail],
  });
  beforeAll(async () => {
    app = await startApp({ ...options(), env: { TOOLS_FOR_PROGRAMS: 'on' } });
    program = await newProgram(app);
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
      message: { content: 'Let me see.\n\nIt rains, I hear.' },
    });
    expect(whole.choices[0]?.message.tool_calls).toBeUndefined();
    expect(whole.usage).toMatchObject({ prompt_tokens: 200, completion_tokens: 20 });
    calls('weather');
    const chunks = await all(await program.openai.chat.completions.create({ ...body(house('weather')), stream: true }));
    const deltas = chunks.flatMap(({ choices }) => choices.map(({ delta }) => delta));
    expect(deltas.map(({ content }) => content ?? '').join('')).toBe('Let me see.\n\nIt rains, I hear.');
    expect(deltas.some(({ tool_calls }) => tool_calls)).toBe(false);
    expect(weather.requests).toHaveLength(2);
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
      [{ ...asked, tool_choice: 'required' }, 400, /must be auto/],
      [body(house('nothing')), 404, /tool/],
      [{ ...asked, model: 'lab/third' }, 404, /third cannot call tools/],
    ];
    for (const [given, status, words] of cases) {
      const failure = await program.openai.chat.completions.create(given as typeof asked).catch((error) => error);
      expect(failure).toMatchObject({ status, message: expect.stringMatching(words) });
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
