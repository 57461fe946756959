import { afterAll, beforeAll, expect, it } from 'vitest';
import { converse } from '../../api/asking.ts';
import { startApp, type TestApp } from '../../setup/app.ts';
import { describeDatabases } from '../../setup/describe-databases.ts';
import { startWireServer, streamBody, type WireServer } from '../../wire-server.ts';
import { newProgram } from '../openai/openai-client.ts';

const model = 'openai/gpt-4.1';
const text = Array.from({ length: 3000 }, (_, index) => `word${index} `);
const messages = [{ role: 'user' as const, content: 'Tell me a story.' }];

/** Each program is of a member of its own, whose credits buy about 1,000 tokens. */
describeDatabases('an answer for which no credits are left', (database) => {
  let wire: WireServer;
  let app: TestApp;
  beforeAll(async () => {
    wire = await startWireServer();
    wire.respondWith(({ api }) => ({ body: streamBody(api, { text, usage: { input: 9, output: 6000 } }) }));
    app = await startApp({
      database: database(),
      wire,
      catalogue: {
        models: [{ id: model, minimumTier: 'FREE' }],
        tiers: { monthlyCredits: 8_000, growingHolds: true },
      },
    });
  });
  afterAll(async () => {
    await app?.close();
    await wire?.close();
  });

  it('ends for the openai SDK as one that reached its longest, streamed or not', async () => {
    for (const stream of [false, true]) {
      const { openai } = await newProgram(app);
      const before = wire.requests.length;
      let reason: string | null = null;
      let content = '';
      if (stream) {
        for await (const { choices } of await openai.chat.completions.create({ model, messages, stream })) {
          content += choices[0]?.delta.content ?? '';
          reason = choices[0]?.finish_reason ?? reason;
        }
      } else {
        const { choices } = await openai.chat.completions.create({ model, messages });
        content = choices[0]?.message.content ?? '';
        reason = choices[0]?.finish_reason ?? null;
      }
      expect(reason).toBe('length');
      expect(text.join('').startsWith(content)).toBe(true);
      expect(content).toMatch(/word\d+$/);
      // The provider is asked for no more than the account can pay.
      const { max_completion_tokens: most } = wire.requests[before]?.body ?? {};
      expect(most).toBeLessThanOrEqual(1_000);
    }
  });

  it('is incomplete for the Responses API, and has reached max_tokens for the Anthropic API', async () => {
    const { openai } = await newProgram(app);
    const response = await openai.responses.create({ model, input: 'Tell me a story.' });
    expect(response).toMatchObject({ status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } });
    const { key } = await newProgram(app);
    const answered = await fetch(`${app.url}/v1/messages`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-api-key': key, 'anthropic-version': '2023-06-01' },
      body: JSON.stringify({ model, max_tokens: 4000, messages }),
    });
    expect(await answered.json()).toMatchObject({ type: 'message', stop_reason: 'max_tokens' });
  });

  it('says in GraphQL what shortened it, and its quote said that this may happen', async () => {
    const client = await app.newMember();
    const input = { prompt: 'Tell me a story.', modelIds: [model] };
    const { quote } = await client.gql(
      'query ($input: SendPromptInput!) { quote(input: $input) { maximum held affordable mayBeShortened } }',
      { input },
    );
    expect(quote).toMatchObject({ affordable: true, mayBeShortened: true });
    expect(quote.held).toBeLessThan(quote.maximum);
    const { turn } = await converse(client, input);
    const { node } = await client.gql(
      'query ($id: ID!) { node(id: $id) { ... on Turn { responses { finishReason shortenedBy status text } } } }',
      { id: turn.id },
    );
    expect(node.responses).toMatchObject([{ status: 'COMPLETED', finishReason: 'LENGTH', shortenedBy: 'CREDITS' }]);
    expect(await client.gql('{ viewer { alerts { scope percent message } } }')).toMatchObject({
      viewer: { alerts: [{ scope: 'MEMBER' }] },
    });
  });
});
