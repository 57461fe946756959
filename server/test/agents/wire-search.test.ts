import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createProviderSearch } from '../../src/tools/built-in/provider-search.ts';
import { ask } from '../api/asking.ts';
import { messageItem, type ResponseItem, responseBody, responseOf } from '../response-events.ts';
import { type Client, startApp, type TestApp } from '../setup/app.ts';
import { openTestDatabase, type TestDatabase } from '../setup/describe-databases.ts';
import { startWireServer, streamBody, type WireServer } from '../wire-server.ts';
import { callsOf, makeTool, receiptsDocument, told, type Worked, watch, worked } from './workshop.ts';

const events = (...all: object[]) =>
  all.map((event) => `event: ${(event as { type: string }).type}\ndata: ${JSON.stringify(event)}\n\n`).join('');
const begin = { type: 'message_start', message: { id: 'msg_1', usage: { input_tokens: 50, output_tokens: 1 } } };
const start = (index: number, content_block: object) => ({ type: 'content_block_start', index, content_block });
const piece = (index: number, fields: object) => ({ type: 'content_block_delta', index, delta: fields });
const stop = (index: number) => ({ type: 'content_block_stop', index });
const end = (stop_reason: string, searches = 0) => [
  {
    type: 'message_delta',
    delta: { stop_reason },
    usage: { output_tokens: 20, ...(searches > 0 && { server_tool_use: { web_search_requests: searches } }) },
  },
  { type: 'message_stop' },
];
const thought = (index: number, thinking: string, signature: string) => [
  start(index, { type: 'thinking', thinking: '', signature: '' }),
  piece(index, { type: 'thinking_delta', thinking }),
  piece(index, { type: 'signature_delta', signature }),
  stop(index),
];
const used = (id: string, query: string) => ({ type: 'server_tool_use', id, name: 'web_search', input: { query } });
const uses = (index: number, id: string, query: string) => [
  start(index, { type: 'server_tool_use', id, name: 'web_search', input: {} }),
  piece(index, { type: 'input_json_delta', partial_json: '' }),
  piece(index, { type: 'input_json_delta', partial_json: `{"query": "${query.slice(0, 2)}` }),
  piece(index, { type: 'input_json_delta', partial_json: `${query.slice(2)}"}` }),
  stop(index),
];
const found = (id: string) => ({
  type: 'web_search_tool_result',
  tool_use_id: id,
  caller: { type: 'direct' },
  content: [
    {
      type: 'web_search_result',
      title: 'Plums',
      url: 'https://plums.example/',
      encrypted_content: 'RW5jcnlwdGVk',
      page_age: null,
    },
  ],
});
const says = (index: number, text: string, citation?: object) => [
  start(index, { type: 'text', text: '', ...(citation && { citations: [] }) }),
  ...(citation ? [piece(index, { type: 'citations_delta', citation })] : []),
  piece(index, { type: 'text_delta', text }),
  stop(index),
];
const citation = {
  type: 'web_search_result_location',
  url: 'https://plums.example/',
  title: 'Plums',
  encrypted_index: 'SW5kZXg=',
  cited_text: 'Plums are ripe.',
};

describe('a model that searches and uses tools', () => {
  let wire: WireServer;
  let database: TestDatabase;
  let app: TestApp;
  let member: Client;
  const scale = makeTool('scale', () => told('Three kilos.'));
  const modelId = 'anthropic/claude-sonnet-5';
  const search = createProviderSearch();
  const openai = 'openai/gpt-5.4-mini';

  beforeAll(async () => {
    wire = await startWireServer();
    database = await openTestDatabase('pglite');
    const models = [modelId, 'google/gemini-2.5-flash-lite', openai].map((id) => ({ id, minimumTier: 'FREE' }));
    app = await startApp({ database, wire, catalogue: { models }, tools: [scale, search] });
    member = await app.newMember();
  });
  beforeEach(() => wire.reset());
  afterAll(async () => {
    await app?.close();
    await database?.close();
    await wire?.close();
    expect(app?.errors).toEqual([]);
  });

  const answered = async (toolIds: string[], asked = modelId) => {
    const { turn } = await ask(member, { prompt: 'Are plums ripe?', modelIds: [asked], toolIds } as never);
    await watch(member, turn.id);
    const [response] = (await worked(member, turn.id)) as [Worked];
    expect(response).toMatchObject({ status: 'COMPLETED', failure: null });
    const { entries } = (await member.gql(receiptsDocument)).viewer.credits;
    const { credits, steps } = entries.edges[0].node.receipt;
    // What searches cost is part of the steps in which they were made.
    expect(credits).toBe(steps.reduce((sum: number, step: { credits: number }) => sum + step.credits, 0));
    expect(credits).toBe(response.creditsCharged);
    return { response, bodies: wire.requests.map(({ body }) => body) };
  };

  it('of Anthropic’s is given its searches and thoughts back in their places, with what the tool told', async () => {
    wire.enqueue(
      {
        body: events(
          begin,
          ...thought(0, 'I search.', 'proof-1'),
          ...uses(1, 'srvtoolu_1', 'plums'),
          start(2, found('srvtoolu_1')),
          stop(2),
          ...thought(3, 'I weigh.', 'proof-2'),
          ...says(4, 'Ripe. ', citation),
          start(5, { type: 'tool_use', id: 'toolu_1', name: 'scale', input: {} }),
          piece(5, { type: 'input_json_delta', partial_json: '{}' }),
          stop(5),
          ...end('tool_use', 1),
        ),
      },
      { body: streamBody('anthropic.messages', { text: ['Three kilos of plums.'] }) },
    );
    const { response, bodies } = await answered(['scale', search.id]);
    expect(response).toMatchObject({
      text: 'Ripe. \n\nThree kilos of plums.',
      citations: [{ url: 'https://plums.example/' }],
    });
    expect(callsOf(response)).toMatchObject([{ name: 'scale', status: 'DONE' }]);
    expect(response.creditsCharged).toBeGreaterThanOrEqual(10_000);
    expect(bodies[1]?.messages.slice(1)).toEqual([
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'I search.', signature: 'proof-1' },
          used('srvtoolu_1', 'plums'),
          found('srvtoolu_1'),
          { type: 'thinking', thinking: 'I weigh.', signature: 'proof-2' },
          { type: 'text', text: 'Ripe. ' },
          { type: 'tool_use', id: 'toolu_1', name: 'scale', input: {} },
        ],
      },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: 'Three kilos.' }] },
    ]);
    expect(bodies[1]?.tools).toEqual(bodies[0]?.tools);
    expect(JSON.stringify(bodies[1]?.tools)).toContain('web_search_20250305');
  });

  it('of Anthropic’s goes on where it was paused, as often as it does, with all that it has said so far', async () => {
    wire.enqueue(
      // The search is yet to be carried out, and nothing was said.
      {
        body: events(
          begin,
          ...thought(0, 'I search.', 'proof-1'),
          ...uses(1, 'srvtoolu_1', 'plums'),
          ...end('pause_turn'),
        ),
      },
      {
        body: events(
          begin,
          start(0, found('srvtoolu_1')),
          stop(0),
          ...says(1, 'Ripe,'),
          ...uses(2, 'srvtoolu_2', 'pears'),
          ...end('pause_turn', 1),
        ),
      },
      {
        body: events(
          begin,
          start(0, found('srvtoolu_2')),
          stop(0),
          ...says(1, ' and pears too.'),
          ...end('end_turn', 1),
        ),
      },
    );
    const { response, bodies } = await answered([search.id]);
    expect(response).toMatchObject({ text: 'Ripe, and pears too.', finishReason: 'STOP' });
    // Two searches of 0.01 USD.
    expect(response.creditsCharged).toBeGreaterThanOrEqual(20_000);
    const paused = [{ type: 'thinking', thinking: 'I search.', signature: 'proof-1' }, used('srvtoolu_1', 'plums')];
    expect(bodies).toHaveLength(3);
    expect(bodies[1]?.messages.slice(1)).toEqual([{ role: 'assistant', content: paused }]);
    expect(bodies[2]?.messages.slice(1)).toEqual([
      {
        role: 'assistant',
        content: [...paused, found('srvtoolu_1'), { type: 'text', text: 'Ripe,' }, used('srvtoolu_2', 'pears')],
      },
    ]);
    for (const { tools } of bodies) expect(JSON.stringify(tools)).toContain('web_search_20250305');
  });

  it('of OpenAI’s is given its searches and thoughts back in their places, and each search is paid once', async () => {
    const usage = { input_tokens: 50, output_tokens: 20, total_tokens: 70 };
    const thought = (id: string, encrypted_content: string): ResponseItem => ({
      type: 'reasoning',
      id,
      summary: [],
      encrypted_content,
    });
    const searched: ResponseItem = {
      type: 'web_search_call',
      id: 'ws_1',
      status: 'completed',
      action: { type: 'search', query: 'plums' },
    };
    const call: ResponseItem = {
      type: 'function_call',
      id: 'fc_1',
      call_id: 'call_1',
      name: 'scale',
      arguments: '{}',
      status: 'completed',
    };
    const cited = { annotations: [{ ...citation, type: 'url_citation' }] };
    const items = [
      thought('rs_1', 'proof-1'),
      searched,
      thought('rs_2', 'proof-2'),
      messageItem('msg_1', 'Ripe. ', cited),
      call,
    ];
    const ended = [
      { ...searched, id: 'ws_2' },
      { ...searched, id: 'ws_3' },
      messageItem('msg_2', 'Three kilos of plums.'),
    ];
    wire.enqueue({ body: responseBody(responseOf(items, usage)) }, { body: responseBody(responseOf(ended, usage)) });
    const { response, bodies } = await answered(['scale', search.id], openai);
    expect(response).toMatchObject({
      text: 'Ripe. \n\nThree kilos of plums.',
      citations: [{ url: 'https://plums.example/' }],
    });
    expect(callsOf(response)).toMatchObject([{ name: 'scale', status: 'DONE' }]);
    // Three searches of 0.01 USD, and little more.
    expect(response.creditsCharged).toBeGreaterThanOrEqual(30_000);
    expect(response.creditsCharged).toBeLessThan(31_000);
    expect(wire.requests.map(({ api }) => api)).toEqual(['openai.responses', 'openai.responses']);
    expect(bodies[1]?.input.slice(1)).toEqual([
      { type: 'reasoning', summary: [], encrypted_content: 'proof-1' },
      { type: 'web_search_call', status: 'completed', action: { type: 'search', query: 'plums' } },
      { type: 'reasoning', summary: [], encrypted_content: 'proof-2' },
      { role: 'assistant', content: 'Ripe. ' },
      { type: 'function_call', call_id: 'call_1', name: 'scale', arguments: '{}' },
      { type: 'function_call_output', call_id: 'call_1', output: 'Three kilos.' },
    ]);
    expect(bodies[1]?.tools).toEqual(bodies[0]?.tools);
    expect(bodies[0]).toMatchObject({ store: false, max_tool_calls: 3 });
  });

  it('of Google’s has the tools without its search, which Gemini takes only alone', async () => {
    const google = 'google/gemini-2.5-flash-lite';
    const { bodies } = await answered(['scale', search.id], google);
    expect(JSON.stringify(bodies[0]?.tools)).toMatch(/"scale"/);
    expect(JSON.stringify(bodies[0]?.tools)).not.toMatch(/googleSearch/);
    wire.reset();
    const alone = await answered([search.id], google);
    expect(alone.bodies[0]?.tools).toEqual([{ googleSearch: {} }]);
  });
});
