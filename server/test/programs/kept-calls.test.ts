import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Member } from '../../src/domain/people/members.ts';
import { CallError } from '../../src/http/calls/call-problem.ts';
import type { CallsOptions } from '../../src/http/calls/call-request.ts';
import { type KeptCallInput, keepCall, keptHeaders } from '../../src/http/calls/kept-call.ts';
import { type ModelMessage, textMessage } from '../../src/ports/language-model.ts';
import { expectReconciled } from '../credits/audit.ts';
import { labCatalogue } from '../credits/catalogue.ts';
import { addMember, type House, startHouse, until } from '../credits/house.ts';
import { createScriptedModel, type ScriptedModel } from '../credits/scripted-model.ts';
import { describeDatabases } from '../setup/describe-databases.ts';

const catalogue = labCatalogue({ plain: {}, other: {} }, { FREE: { promptsPerMinute: 20 } });

describeDatabases('a kept call', (database) => {
  let model: ScriptedModel;
  let house: House;
  let member: Member;
  beforeAll(async () => {
    model = createScriptedModel();
    house = await startHouse({ database: database(), catalogue, languageModel: model });
  });
  beforeEach(async () => {
    member = await addMember(database());
  });
  afterAll(async () => {
    await house?.end();
    await expectReconciled(database().db);
  });

  /** No call of these has files. */
  const calls = () => ({ prompts: house.prompts }) as Pick<CallsOptions, 'prompts' | 'domain' | 'uploads'>;

  /** Keeps a call of these texts, the user's first, then by turns. */
  async function keep(texts: string[], input: Partial<KeptCallInput> = {}) {
    const messages = texts.map((text, index) => textMessage(index % 2 === 0 ? 'user' : 'assistant', text));
    const asked = { conversationId: null, modelIds: ['lab/plain'], system: null, messages, ...input };
    const { turn, answers } = await keepCall(calls(), member, asked, new AbortController().signal);
    await until(() => model.open.length === answers.length, 'the model is asked');
    const requests = model.open.map(({ request }) => request);
    return { turn, answers, requests, conversation: turn.conversation_id };
  }

  /** Keeps a call, and has the model answer it. */
  async function answered(texts: string[], answer: string, input: Partial<KeptCallInput> = {}) {
    const kept = await keep(texts, input);
    for (const call of [...model.open]) {
      call.push({ type: 'text', text: answer });
      call.finish(null);
    }
    for (const { ended, reader } of kept.answers) {
      expect((await ended)?.outcome.status).toBe('COMPLETED');
      reader.close();
    }
    return { ...kept, sent: textsOf(kept.requests[0]?.messages ?? []) };
  }

  function textsOf(messages: readonly ModelMessage[]): string[] {
    return messages.map(({ parts }) => parts.map((part) => (part.type === 'text' ? part.text : part.type)).join('|'));
  }

  /** Every turn of a conversation: its parent's prompt, its prompt, its answers. */
  async function turnsOf(conversationId: string) {
    const { db } = database();
    const turns = await db
      .selectFrom('turn')
      .selectAll()
      .where('conversation_id', '=', conversationId)
      .orderBy('created_at')
      .orderBy('id')
      .execute();
    const responses = await db
      .selectFrom('response')
      .selectAll()
      .where('conversation_id', '=', conversationId)
      .execute();
    return turns.map((turn) => ({
      after: turns.find(({ id }) => id === turn.parent_id)?.prompt ?? null,
      prompt: turn.prompt,
      depth: turn.depth,
      imported: turn.imported,
      answers: responses.filter(({ turn_id }) => turn_id === turn.id).map(({ text }) => text),
    }));
  }

  const promptsOf = async (conversationId: string) =>
    (await turnsOf(conversationId)).map(({ after, prompt }) => [after, prompt]);

  it('begins a conversation, and tells its id and that of its turn', async () => {
    const { turn, conversation, sent } = await answered(['What is a tree?'], 'A plant.');
    expect(sent).toEqual(['What is a tree?']);
    expect(keptHeaders({ turn })).toEqual({
      'X-Polylogue-Conversation': btoa(`Conversation:${conversation}`),
      'X-Polylogue-Turn': btoa(`Turn:${turn.id}`),
    });
    expect(await turnsOf(conversation)).toEqual([
      { after: null, prompt: 'What is a tree?', depth: 0, imported: false, answers: ['A plant.'] },
    ]);
  });

  it('goes on from the latest turn of a conversation that it names, whose history it need not send', async () => {
    const first = await answered(['One'], 'First.');
    const second = await answered(['Two'], 'Second.', { conversationId: btoa(`Conversation:${first.conversation}`) });
    const third = await answered(['Three'], 'Third.', { conversationId: first.conversation });
    expect(second.sent).toEqual(['One', 'First.', 'Two']);
    expect(third.sent).toEqual(['One', 'First.', 'Two', 'Second.', 'Three']);
    expect(await promptsOf(first.conversation)).toEqual([
      [null, 'One'],
      ['One', 'Two'],
      ['Two', 'Three'],
    ]);
  });

  it('does not store a history again that the conversation has', async () => {
    const { conversation } = await answered(['One'], '\nFirst.\n');
    const { sent } = await answered(['One', 'First.', 'Two'], 'Second.', { conversationId: conversation });
    expect(sent).toEqual(['One', '\nFirst.\n', 'Two']);
    expect(await promptsOf(conversation)).toEqual([
      [null, 'One'],
      ['One', 'Two'],
    ]);
  });

  it('stores what the conversation has not as turns with finished answers of the asked model', async () => {
    const history = ['One', 'First.', 'Two', 'Second.', 'Three'];
    const { conversation, sent, turn } = await answered(history, 'Third.', { modelIds: ['lab/other'] });
    expect(sent).toEqual(history);
    expect(await turnsOf(conversation)).toEqual([
      { after: null, prompt: 'One', depth: 0, imported: true, answers: ['First.'] },
      { after: 'One', prompt: 'Two', depth: 1, imported: true, answers: ['Second.'] },
      { after: 'Two', prompt: 'Three', depth: 2, imported: false, answers: ['Third.'] },
    ]);
    const responses = await database()
      .db.selectFrom('response')
      .select(['model_id', 'status', 'finish_reason', 'credits_charged', 'credits_held'])
      .where('conversation_id', '=', conversation)
      .where('turn_id', '!=', turn.id)
      .execute();
    const free = {
      model_id: 'lab/other',
      status: 'COMPLETED',
      finish_reason: 'STOP',
      credits_charged: 0,
      credits_held: 0,
    };
    expect(responses).toEqual([free, free]);
  });

  it('names a new conversation after the first message', async () => {
    const { conversation } = await answered(['About otters', 'Yes?', 'Go on'], 'They swim.');
    const found = await database()
      .db.selectFrom('conversation')
      .select('title')
      .where('id', '=', conversation)
      .executeTakeFirstOrThrow();
    expect(found.title).toBe('About otters');
  });

  it('puts the stored history before a sent one that does not begin with it', async () => {
    const { conversation } = await answered(['One'], 'First.');
    const { sent } = await answered(['Else', 'Other.', 'Two'], 'Second.', { conversationId: conversation });
    expect(sent).toEqual(['One', 'First.', 'Else', 'Other.', 'Two']);
  });

  it('takes the newest messages of a conversation for what they are, and not for new ones', async () => {
    const { conversation } = await answered(['One', 'First.', 'Two', 'Second.', 'Three'], 'Third.');
    const window = ['Two', 'Second.', 'Three', 'Third.', 'Elsewhere', 'Fourth.', 'Five'];
    const { sent } = await answered(window, 'Fifth.', { conversationId: conversation });
    expect(sent).toEqual(['One', 'First.', ...window]);
    expect((await promptsOf(conversation)).map(([, prompt]) => prompt)).toEqual([
      'One',
      'Two',
      'Three',
      'Elsewhere',
      'Five',
    ]);
  });

  it('branches where the sent messages leave the stored ones', async () => {
    const { conversation } = await answered(['One', 'First.', 'Two'], 'Second.');
    const { sent } = await answered(['One', 'First.', 'Two, but briefly'], 'Brief.', { conversationId: conversation });
    expect(sent).toEqual(['One', 'First.', 'Two, but briefly']);
    const back = await answered(['One', 'First.', 'Two', 'Second.', 'Three'], 'Third.', {
      conversationId: conversation,
    });
    expect(back.sent).toEqual(['One', 'First.', 'Two', 'Second.', 'Three']);
    expect(await promptsOf(conversation)).toEqual([
      [null, 'One'],
      ['One', 'Two'],
      ['One', 'Two, but briefly'],
      ['Two', 'Three'],
    ]);
  });

  it('knows an answer that its client stopped by its beginning', async () => {
    const { answers, conversation } = await keep(['Count']);
    model.open[0]?.push({ type: 'text', text: 'One two three' });
    answers[0]?.stop();
    expect((await answers[0]?.ended)?.outcome.status).toBe('STOPPED');
    answers[0]?.reader.close();
    await until(() => model.open.length === 0, 'the model has stopped');
    const { sent } = await answered(['Count', 'One two', 'Go on'], 'Four.', { conversationId: conversation });
    expect(sent).toEqual(['Count', 'One two three', 'Go on']);
  });

  it('knows prompts that nobody answered, whether they are sent alone or joined with the next one', async () => {
    const { answers, conversation } = await keep(['One']);
    answers[0]?.stop();
    await answers[0]?.ended;
    answers[0]?.reader.close();
    await until(() => model.open.length === 0, 'the model has stopped');
    const second = await answered(['Two'], 'Second.', { conversationId: conversation });
    expect(second.sent).toEqual(['One\n\nTwo']);
    const third = await answered(['One\n\nTwo', 'Second.', 'Three'], 'Third.', { conversationId: conversation });
    expect(third.sent).toEqual(['One\n\nTwo', 'Second.', 'Three']);
    expect(await promptsOf(conversation)).toEqual([
      [null, 'One'],
      ['One', 'Two'],
      ['Two', 'Three'],
    ]);
  });

  it.each(['One', 'One\n\nTwo'])(
    'puts %j beside a prompt that nobody answered, since it repeats it',
    async (prompt) => {
      const { answers, conversation } = await keep(['One']);
      answers[0]?.stop();
      await answers[0]?.ended;
      answers[0]?.reader.close();
      await until(() => model.open.length === 0, 'the model has stopped');
      const { sent } = await answered([prompt], 'First.', { conversationId: conversation });
      expect(sent).toEqual([prompt]);
      expect(await promptsOf(conversation)).toEqual([
        [null, 'One'],
        [null, prompt],
      ]);
    },
  );

  it('knows an answer that its client has stopped just now', async () => {
    const { answers, conversation } = await keep(['Count']);
    model.open[0]?.push({ type: 'text', text: 'One two three' });
    answers[0]?.stop();
    answers[0]?.reader.close();
    const { sent } = await answered(['Count', 'One two', 'Go on'], 'Four.', { conversationId: conversation });
    expect(sent).toEqual(['Count', 'One two three', 'Go on']);
    expect(await promptsOf(conversation)).toEqual([
      [null, 'Count'],
      ['Count', 'Go on'],
    ]);
  });

  it('joins messages of one role, and leaves out blank ones', async () => {
    const messages = [
      textMessage('user', 'One'),
      textMessage('assistant', '  '),
      textMessage('user', 'Two'),
      textMessage('assistant', 'First.'),
      textMessage('assistant', 'And more.'),
      textMessage('user', 'Three'),
      textMessage('user', 'Four'),
    ];
    const { sent } = await answered([], 'Fifth.', { messages });
    expect(sent).toEqual(['One\n\nTwo', 'First.\n\nAnd more.', 'Three\n\nFour']);
  });

  it('keeps the conversation’s system prompt until another one is sent', async () => {
    const { conversation } = await answered(['One'], 'First.', { system: 'Be brief.' });
    const systems: (string | null | undefined)[] = [];
    for (const system of [null, 'Be kind.', ' ']) {
      const { requests } = await answered(['More'], 'Yes.', { conversationId: conversation, system });
      systems.push(requests[0]?.system);
    }
    expect(systems).toEqual(['Be brief.', 'Be kind.', 'Be kind.']);
  });

  it('counts only its prompt against the rate', async () => {
    const history = Array.from({ length: 40 }, (_none, index) => `Message ${index}`);
    await answered([...history, 'And now?'], 'Now.');
    const { turn } = await answered(['Again'], 'Yes.');
    expect(turn.imported).toBe(false);
  });

  it('asks several models, each with the answer that was sent', async () => {
    const { requests } = await answered(['One', 'First.', 'Two'], 'Second.', { modelIds: ['lab/plain', 'lab/other'] });
    expect(requests.map(({ messages }) => textsOf(messages))).toEqual([
      ['One', 'First.', 'Two'],
      ['One', 'First.', 'Two'],
    ]);
  });

  it('refuses another member’s conversation, and changes nothing in it', async () => {
    const { conversation } = await answered(['One'], 'First.');
    member = await addMember(database());
    await expect(keep(['Two'], { conversationId: conversation })).rejects.toThrow('There is no such conversation.');
    expect(await promptsOf(conversation)).toEqual([[null, 'One']]);
  });

  it.each(['no id', btoa('Turn:01a22403-9708-71b5-8d03-c45b1f98f07a'), '01a22403-9708-71b5-8d03-c45b1f98f07a'])(
    'finds no conversation by %s',
    async (conversationId) => {
      await expect(keep(['One'], { conversationId })).rejects.toThrow('There is no such conversation.');
    },
  );

  it('refuses more history at once than anybody types, and stores nothing', async () => {
    const { conversation } = await answered(['One'], 'First.');
    const history = Array.from({ length: 1002 }, (_none, index) => `Message ${index}`);
    await expect(keep([...history, 'Now'], { conversationId: conversation })).rejects.toMatchObject({
      name: 'InvalidInputError',
      field: 'messages',
    });
    const long = ['x'.repeat(600_000), 'y'.repeat(600_000), 'Now'];
    await expect(keep(long)).rejects.toMatchObject({ field: 'messages' });
    expect(await promptsOf(conversation)).toEqual([[null, 'One']]);
  });

  describe('refuses', () => {
    const file = { type: 'file' as const, mediaType: 'image/png', data: 'AAAA', name: null };
    const image: ModelMessage = { role: 'user', parts: [file] };
    const many: ModelMessage = { role: 'user', parts: [...Array(101).fill(file), { type: 'text', text: 'Look' }] };
    const drawn: ModelMessage = { role: 'assistant', parts: [file] };
    const called: ModelMessage = {
      role: 'assistant',
      parts: [{ type: 'toolCall', id: '1', name: 'find', arguments: '{}' }],
    };
    const tools = [{ name: 'find', description: null, parameters: null }];
    const user = textMessage('user', 'Hello');
    const assistant = textMessage('assistant', 'Hello');
    it.each<[string, Partial<KeptCallInput>, string]>([
      ['a file without a text', { messages: [image] }, 'messages[0]'],
      ['a file without a text in its history', { messages: [image, assistant, user] }, 'messages[0]'],
      ['a file in an answer', { messages: [user, drawn, user] }, 'messages[1]'],
      ['more than a hundred files', { messages: [many] }, 'messages'],
      ['a tool’s call', { messages: [user, called, user] }, 'messages[1]'],
      ['tools', { messages: [user], options: { tools } }, 'tools'],
      ['stop texts', { messages: [user], options: { stop: ['.'] } }, 'stop'],
      ['a form', { messages: [user], options: { format: { type: 'json' } } }, 'response_format'],
      ['no message', { messages: [] }, 'messages'],
      ['an answer at the beginning', { messages: [assistant, user] }, 'messages'],
      ['an answer at the end', { messages: [user, assistant] }, 'messages'],
      ['a blank prompt', { messages: [textMessage('user', ' ')] }, 'messages'],
      ['a prompt that is too long', { messages: [textMessage('user', 'x'.repeat(500_001))] }, 'messages'],
      ['a system prompt that is too long', { messages: [user], system: 'x'.repeat(100_001) }, 'messages'],
    ])('%s', async (_what, input, field) => {
      const refusal = await keep([], input).catch((error: unknown) => error);
      expect(refusal).toBeInstanceOf(CallError);
      expect(refusal).toMatchObject({ problem: { status: 400, field } });
    });
  });
});
