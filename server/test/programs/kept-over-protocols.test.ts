import type Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { expectSettled } from '../api/asking.ts';
import { type Client, startApp, type TestApp } from '../setup/app.ts';
import { describeDatabases } from '../setup/describe-databases.ts';
import { anthropicAt } from './anthropic/anthropic-client.ts';
import { all, newProgram, type Program } from './openai/openai-client.ts';

const model = 'mock/swift';
const prompt = 'Hello there, tell me of tides';
const tool = { name: 'look_up', parameters: { type: 'object', properties: {} } };
const PLACE = 'X-Polylogue-Conversation';

/** What a program of any protocol gets: the answer's text, and where it is kept. */
interface Answered {
  text: string;
  conversation: string | null;
  turn: string | null;
}

describeDatabases('a call that is kept', (database) => {
  let app: TestApp;
  let program: Program;
  let anthropic: Anthropic;
  beforeAll(async () => {
    app = await startApp({ database: database(), env: { MOCK_PACE: '1000' } });
    program = await newProgram(app);
    anthropic = anthropicAt(app, { apiKey: program.key });
  });
  afterAll(async () => {
    await app?.close();
    expect(app?.errors).toEqual([]);
  });

  /** Each way to ask, with a header that says where to keep it. */
  const ways: Record<string, (prompt: string, headers: Record<string, string>) => Promise<Answered>> = {
    'chat completions': async (content, headers) => {
      const asked = { model, messages: [{ role: 'user' as const, content }] };
      const { data, response } = await program.openai.chat.completions.create(asked, { headers }).withResponse();
      return { text: data.choices[0]?.message.content ?? '', ...placeIn(response) };
    },
    'streamed chat completions': async (content, headers) => {
      const asked = { model, messages: [{ role: 'user' as const, content }], stream: true as const };
      const { data, response } = await program.openai.chat.completions.create(asked, { headers }).withResponse();
      const text = (await all(data)).map(({ choices }) => choices[0]?.delta.content ?? '').join('');
      return { text, ...placeIn(response) };
    },
    responses: async (input, headers) => {
      const { data, response } = await program.openai.responses.create({ model, input }, { headers }).withResponse();
      return { text: data.output_text, ...placeIn(response) };
    },
    'streamed responses': async (input, headers) => {
      const asked = { model, input, stream: true as const };
      const { data, response } = await program.openai.responses.create(asked, { headers }).withResponse();
      const events = await all(data);
      const text = events.map((event) => (event.type === 'response.output_text.delta' ? event.delta : '')).join('');
      return { text, ...placeIn(response) };
    },
    messages: async (content, headers) => {
      const asked = { model, max_tokens: 1000, messages: [{ role: 'user' as const, content }] };
      const { data, response } = await anthropic.messages.create(asked, { headers }).withResponse();
      return {
        text: data.content.map((block) => (block.type === 'text' ? block.text : '')).join(''),
        ...placeIn(response),
      };
    },
    'streamed messages': async (content, headers) => {
      const asked = { model, max_tokens: 1000, messages: [{ role: 'user' as const, content }], stream: true as const };
      const { data, response } = await anthropic.messages.create(asked, { headers }).withResponse();
      const events = await all(data);
      const text = events
        .map((event) =>
          event.type === 'content_block_delta' && event.delta.type === 'text_delta' ? event.delta.text : '',
        )
        .join('');
      return { text, ...placeIn(response) };
    },
  };

  it.each(Object.entries(ways))('by the header is a turn of a conversation (%s)', async (_name, way) => {
    const first = await way(prompt, { [PLACE]: 'new' });
    const second = await way('And at night?', { [PLACE]: first.conversation ?? '' });
    expect(second.conversation).toBe(first.conversation);
    expect(await turnsOf(program.member, first.conversation)).toEqual([
      { id: first.turn, prompt, texts: [first.text], statuses: ['COMPLETED'] },
      { id: second.turn, prompt: 'And at night?', texts: [second.text], statuses: ['COMPLETED'] },
    ]);
    expect(first.text).toContain('**Hello**');
    await expectSettled(program.member);
  });

  it.each(Object.keys(ways))('is no conversation without the header (%s)', async (name) => {
    const before = await conversationsOf(program.member);
    expect(await ways[name]?.(prompt, {})).toMatchObject({ conversation: null, turn: null });
    expect(await conversationsOf(program.member)).toBe(before);
  });

  it('is a new conversation if the body says store', async () => {
    const { openai, member } = program;
    const messages = [
      { role: 'system' as const, content: 'Be brief.' },
      { role: 'user' as const, content: 'What is a neap tide?' },
      { role: 'assistant' as const, content: 'A weak one.' },
      { role: 'user' as const, content: prompt },
    ];
    const chat = await openai.chat.completions.create({ model, messages, store: true }).withResponse();
    const { conversation } = placeIn(chat.response);
    expect(await turnsOf(member, conversation)).toMatchObject([
      { prompt: 'What is a neap tide?', texts: ['A weak one.'] },
      { prompt, texts: [chat.data.choices[0]?.message.content] },
    ]);
    const response = await openai.responses.create({ model, input: prompt, store: true }).withResponse();
    expect(response.data).toMatchObject({ store: true });
    expect(await turnsOf(member, placeIn(response.response).conversation)).toMatchObject([
      { prompt, texts: [response.data.output_text] },
    ]);
  });

  it('is no conversation if the body says that it is not to be stored', async () => {
    const { openai, member } = program;
    const before = await conversationsOf(member);
    const { response } = await openai.responses.create({ model, input: prompt, store: false }).withResponse();
    expect(placeIn(response)).toEqual({ conversation: null, turn: null });
    expect(await conversationsOf(member)).toBe(before);
  });

  it.each(Object.entries(ways))('is refused in another member’s conversation (%s)', async (_name, way) => {
    const other = await newProgram(app);
    const { response } = await other.openai.chat.completions
      .create({ model, messages: [{ role: 'user', content: prompt }], store: true })
      .withResponse();
    const { conversation } = placeIn(response);
    await expect(way(prompt, { [PLACE]: conversation ?? '' })).rejects.toMatchObject({ status: 404 });
    expect(await turnsOf(other.member, conversation)).toHaveLength(1);
  });

  it('is refused with what a conversation cannot keep, in the protocol’s own names', async () => {
    const { openai, member } = program;
    const before = await conversationsOf(member);
    const messages = [{ role: 'user' as const, content: prompt }];
    const tools = [{ type: 'function' as const, function: tool }];
    await expect(openai.chat.completions.create({ model, messages, tools, store: true })).rejects.toMatchObject({
      status: 400,
      param: 'tools',
    });
    const input = [{ role: 'assistant' as const, content: 'I am the last.' }];
    const refused = openai.responses.create({ model, input, store: true });
    await expect(refused).rejects.toBeInstanceOf(OpenAI.BadRequestError);
    await expect(refused).rejects.toMatchObject({ param: 'input' });
    expect(await conversationsOf(member)).toBe(before);
    await expectSettled(member);
  });
});

function placeIn({ headers }: Response): Pick<Answered, 'conversation' | 'turn'> {
  return { conversation: headers.get(PLACE), turn: headers.get('X-Polylogue-Turn') };
}

async function turnsOf(member: Client, conversation: string | null) {
  const document = `query ($id: ID!) {
    node(id: $id) { ... on Conversation { turns { edges { node { id prompt responses { text status } } } } } }
  }`;
  const { node } = await member.gql(document, { id: conversation });
  return node.turns.edges.map(({ node: { id, prompt, responses } }: { node: StoredTurn }) => ({
    id,
    prompt,
    texts: responses.map(({ text }) => text),
    statuses: responses.map(({ status }) => status),
  }));
}

interface StoredTurn {
  id: string;
  prompt: string;
  responses: { text: string; status: string }[];
}

async function conversationsOf(member: Client): Promise<number> {
  return (await member.gql('{ conversations(first: 100) { edges { node { id } } } }')).conversations.edges.length;
}
