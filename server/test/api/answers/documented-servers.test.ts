import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Client, startApp, type TestApp } from '../../setup/app.ts';
import { describeDatabases } from '../../setup/describe-databases.ts';
import { startWireServer, type WireRequest, type WireServer } from '../../wire-server.ts';
import { ask, converse, expectSettled, follow, followDocument, Reading, storedResponses } from '../asking.ts';
import { type ServerDialect, serverDialects } from './server-dialects.ts';

interface Entry {
  providers: { id: string; baseURL: string }[];
  models: { id: string }[];
}

// The entries come from the page itself, so the test covers exactly what a reader copies. Only the address is replaced.
const page = readFileSync(join(import.meta.dirname, '../../../../docs/servers.md'), 'utf8');
const entries = new Map(
  page.split(/^## /m).flatMap((section): [string, Entry][] => {
    const json = /^```json\n(.*?)^```$/ms.exec(section)?.[1];
    return json === undefined ? [] : [[section.slice(0, section.indexOf('\n')), JSON.parse(json)]];
  }),
);

it('docs/servers.md has an entry for every tested server, and for no other', () => {
  expect([...entries.keys()]).toEqual(serverDialects.map(({ server }) => server));
});

describeDatabases('a documented server', (database) => {
  let wire: WireServer;
  let app: TestApp;
  let member: Client;
  beforeAll(async () => {
    wire = await startWireServer();
    const written = [...entries.values()];
    app = await startApp({
      database: database(),
      env: Object.assign({}, ...serverDialects.map(({ env }) => env)),
      catalogue: {
        providers: written.flatMap(({ providers }) => providers.map((provider) => moved(provider, wire))),
        models: written.flatMap(({ models }) => models),
      },
      retryDelayMs: 1,
    });
    member = await app.newMember();
  });
  afterAll(async () => {
    await app?.close();
    await wire?.close();
    expect(app?.errors).toEqual([]);
  });

  describe.each(serverDialects)('$server', (dialect) => {
    const modelId = entries.get(dialect.server)?.models[0]?.id as string;

    it('answers three turns, each sent, stored and charged as its entry says', async () => {
      wire.reset();
      wire.respondWith(({ body }) => ({ body: dialect.whole(`Answer ${body.messages.length}.`) }));
      const conversationId = await begin(modelId);
      for (const prompt of ['One?', 'Two?', 'Three?']) {
        const { turn } = await converse(member, { prompt, conversationId });
        const [response] = await storedResponses(member, turn.id);
        const { reasoning, input, output, credits } = dialect.billed;
        expect(response).toMatchObject({
          status: 'COMPLETED',
          finishReason: 'STOP',
          reasoning,
          usage: { inputTokens: input, outputTokens: output, estimated: false },
          creditsCharged: credits,
        });
      }
      expect(wire.requests).toHaveLength(3);
      for (const request of wire.requests) expectSent(request, dialect);
      const { opening } = dialect.sent;
      const answered = (count: number) => ({ role: 'assistant', content: `Answer ${opening.length + count}.` });
      expect(wire.requests[2]?.body.messages).toEqual([
        ...opening,
        answered(0),
        { role: 'user', content: 'Two?' },
        answered(2),
        { role: 'user', content: 'Three?' },
      ]);
      await expectSettled(member);
    });

    it('stops when told to, and its text so far is kept', async () => {
      wire.reset();
      wire.respondWith(() => ({ body: dialect.beginning('Once upon a time'), ending: 'stall' }));
      const { turn } = await ask(member, { prompt: 'A tale!', modelIds: [modelId] });
      await textOf(member, turn.id);
      await member.gql('mutation ($turnId: ID!) { stopResponses(turnId: $turnId) { id } }', { turnId: turn.id });
      await wire.requests[0]?.closedByClient;
      const [response] = await storedResponses(member, turn.id);
      expect(response).toMatchObject({ status: 'STOPPED', text: 'Once upon a time', failure: null });
      await expectSettled(member);
    });

    it('fails with its own error message, and costs nothing if it wrote nothing', async () => {
      wire.reset();
      wire.respondWith(() => dialect.failing.answer);
      const { turn } = await ask(member, { prompt: 'Hello?', modelIds: [modelId] });
      await follow(member, turn.id);
      const [response] = await storedResponses(member, turn.id);
      const { code, says, text } = dialect.failing;
      expect(response).toMatchObject({ status: 'FAILED', text, failure: { code } });
      expect(response?.failure?.message).toContain(says);
      if (text === '') expect(response?.creditsCharged).toBe(0);
      await expectSettled(member);
    });
  });

  async function begin(modelId: string): Promise<string> {
    const { createConversation } = await member.gql(
      'mutation ($input: CreateConversationInput!) { createConversation(input: $input) { id } }',
      { input: { modelIds: [modelId], systemPrompt: 'Be brief.' } },
    );
    return createConversation.id;
  }
});

function moved<Provider extends { baseURL: string }>(provider: Provider, { url }: WireServer): Provider {
  const { pathname } = new URL(provider.baseURL);
  return { ...provider, baseURL: `${url}${pathname}` };
}

function expectSent({ path, headers, body }: WireRequest, { sent }: ServerDialect): void {
  expect(path).toBe(sent.path);
  expect(Object.fromEntries(Object.keys(sent.headers).map((name) => [name, headers[name]]))).toEqual(sent.headers);
  expect(Object.fromEntries(Object.keys(sent.body).map((name) => [name, body[name]]))).toEqual(sent.body);
  expect(body.messages.slice(0, sent.opening.length)).toEqual(sent.opening);
}

/** Resolves when the beginning of the answer has arrived. */
async function textOf(client: Client, turnId: string): Promise<void> {
  const reading = new Reading();
  const subscription = client.subscribe('ws', followDocument, { turnId, resume: [] });
  for await (const { data } of subscription) {
    reading.take(data.streamResponse);
    if (reading.events.some(({ __typename }) => __typename === 'TextDelta')) return;
  }
}
