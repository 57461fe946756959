import { createClient, type Client as SocketClient } from 'graphql-ws';
import { afterAll, beforeAll, expect, it } from 'vitest';
import WebSocket from 'ws';
import { until } from '../credits/house.ts';
import { type Client, startApp, type TestApp } from '../setup/app.ts';
import { describeDatabases } from '../setup/describe-databases.ts';
import { recordStatements } from '../setup/statements.ts';
import { startWireServer, streamBeginning, type WireServer } from '../wire-server.ts';
import { followDocument, sendDocument } from './asking.ts';

describeDatabases('a socket before the first token', (database) => {
  let app: TestApp;
  let wire: WireServer;
  let member: Client;
  let socket: SocketClient;
  const sent = recordStatements();
  beforeAll(async () => {
    wire = await startWireServer();
    wire.respondWith(({ api }) => ({ body: streamBeginning(api, { text: ['And '] }), ending: 'stall' }));
    app = await startApp({ database: database(), wire });
    member = await app.newMember();
    // An app looks once, behind its start, for conversations to delete; that is none of the prompt's statements.
    if (database().kind === 'postgres') {
      await until(() => sent.some((text) => text.includes('"retention_days"')), 'the look at the start is over');
    }
    const { cookie } = member;
    socket = createClient({
      url: `${app.url.replace('http', 'ws')}/graphql`,
      webSocketImpl: class extends WebSocket {
        constructor(address: string, protocols: string[]) {
          super(address, protocols, { headers: { cookie } });
        }
      },
      lazy: false,
    });
  });
  afterAll(async () => {
    await socket?.dispose();
    await app?.close();
    await wire?.close();
    expect(app?.errors).toEqual([]);
  });

  // biome-ignore lint/suspicious/noExplicitAny: the tests read whatever fields they asked for
  async function ask(query: string, variables: Record<string, unknown> = {}): Promise<any> {
    for await (const { data } of socket.iterate({ query, variables })) return data;
  }

  it('follows a prompt that it has just sent without reading the database', async () => {
    const input = { prompt: 'Go on', modelIds: ['openai/gpt-4.1-mini', 'openai/gpt-4.1-mini'] };
    const { turn } = (await ask(sendDocument, { input })).sendPrompt;
    sent.length = 0;
    const seen = new Set<string>();
    for await (const { data } of socket.iterate({ query: followDocument, variables: { turnId: turn.id } })) {
      const event = data?.streamResponse as { __typename: string; responseId: string } | undefined;
      if (event?.__typename === 'TextDelta') seen.add(event.responseId);
      if (seen.size === 2) break;
    }
    // Queries of tables quote the table's name. Notifying other replicas is also a select, but reads no table.
    expect(sent.filter((text) => /^(select|with) .* from "/.test(text))).toEqual([]);
    await member.gql('mutation ($id: ID!) { stopResponses(turnId: $id) { id } }', { id: turn.id });
  });

  it('does not find another member’s prompt, however new', async () => {
    const { turn } = (await ask(sendDocument, { input: { prompt: 'Mine', modelIds: ['openai/gpt-4.1-mini'] } }))
      .sendPrompt;
    const other = await app.newMember();
    const { value } = await other.subscribe('ws', followDocument, { turnId: turn.id })[Symbol.asyncIterator]().next();
    expect(value?.errors?.[0]?.extensions.code).toBe('NOT_FOUND');
    await member.gql('mutation ($id: ID!) { stopResponses(turnId: $id) { id } }', { id: turn.id });
  });

  it('soon loses its member when the member signs out', async () => {
    expect((await ask('{ viewer { email } }')).viewer.email).toBe(member.email);
    const headers = { cookie: member.cookie, 'content-type': 'application/json' };
    const answer = await fetch(`${app.url}/api/auth/sign-out`, { method: 'POST', headers, body: '{}' });
    expect(answer.status).toBe(200);
    await until(async () => (await ask('{ viewer { email } }')).viewer === null, 'nobody asks any more');
  });
});
