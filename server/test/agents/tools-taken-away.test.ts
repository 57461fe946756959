import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { ModelRequest, ToolResultPart } from '../../src/ports/language-model.ts';
import { PROVIDER_SEARCH } from '../../src/ports/tool.ts';
import { ask } from '../api/asking.ts';
import { expectReconciled } from '../credits/audit.ts';
import { eventually } from '../eventually.ts';
import { type Client, startApp, type TestApp } from '../setup/app.ts';
import { describeDatabases } from '../setup/describe-databases.ts';
import { erase, look, type McpServer, text as said, startMcpServer } from '../tools/mcp-server.ts';
import {
  call,
  callsOf,
  createWorkshop,
  lastOf,
  STEP_CREDITS,
  text,
  type Worked,
  watch,
  worked,
  workshopCatalogue,
} from './workshop.ts';

const addServer = 'mutation ($input: SetToolServerInput!) { setToolServer(input: $input) { id } }';
const listedTools = '{ admin { tools { id name state description { digest } } } }';
const acceptTools = 'mutation ($tools: [AcceptToolInput!]!) { acceptTools(tools: $tools) { id enabled } }';
const setTools = 'mutation ($input: SetToolsInput!) { setTools(input: $input) { id } }';
const answerDocument = `mutation ($responseId: ID!, $toolCallId: ID!, $remember: Boolean = false) {
  answerToolCall(responseId: $responseId, toolCallId: $toolCallId, approve: true, remember: $remember) { id }
}`;
const GONE = 'This tool is not available any more.';

describeDatabases('a tool in the middle of an answer', (database) => {
  const shop = createWorkshop();
  let app: TestApp;
  let admin: Client;
  let mcp: McpServer;
  let ids: { look: string; erase: string };
  /** A search provider that never answers. */
  let searching: Server;
  let searches: { opened: number; closed: number };

  beforeAll(async () => {
    mcp = await startMcpServer();
    searches = { opened: 0, closed: 0 };
    searching = createServer((req) => {
      searches.opened += 1;
      req.socket.once('close', () => (searches.closed += 1));
    }).listen(0, '127.0.0.1');
    await once(searching, 'listening');
    const [first, ...others] = workshopCatalogue.models;
    app = await startApp({
      database: database(),
      catalogue: { ...workshopCatalogue, models: [{ ...first, searchPriceUsd: 0.01 } as never, ...others] },
      languageModels: { lab: shop.languageModel },
      env: {
        TOOLS_PRIVATE_ADDRESSES: 'allow',
        WEB_SEARCH: 'searxng',
        SEARXNG_URL: `http://127.0.0.1:${(searching.address() as AddressInfo).port}`,
      },
      retryDelayMs: 20,
    });
    admin = await app.newMember('Admin');
    await admin.gql(addServer, { input: { name: 'Dictionary', url: mcp.url } });
    ids = await eventually(async () => {
      const { tools } = (await admin.gql(listedTools)).admin;
      const [one, other] = ['look', 'erase'].map((name) => tools.find((tool: { name: string }) => tool.name === name));
      expect(one && other).toBeTruthy();
      return { look: one.id, erase: other.id };
    });
    await accept();
    await enable([PROVIDER_SEARCH, 'web_search'], true);
  });
  beforeEach(() => {
    mcp.calls.length = 0;
  });
  afterAll(async () => {
    await expectReconciled(database().db);
    await app?.close();
    await mcp?.stop();
    searching?.closeAllConnections();
    searching?.close();
    expect(app?.errors).toEqual([]);
  });

  async function accept(): Promise<void> {
    const { tools } = (await admin.gql(listedTools)).admin;
    const own = tools.filter(({ id }: { id: string }) => id === ids.look || id === ids.erase);
    await admin.gql(acceptTools, {
      tools: own.map(({ id, description }: { id: string; description: { digest: string } }) => ({
        id,
        digest: description.digest,
      })),
    });
  }
  const enable = (toolIds: string[], enabled: boolean) => admin.gql(setTools, { input: { ids: toolIds, enabled } });
  const offered = async (): Promise<string[]> =>
    (await admin.gql('{ tools { id } }')).tools.map(({ id }: { id: string }) => id);
  const send = (toolIds: string[], more: object = {}) =>
    ask(admin, { prompt: 'Look', modelIds: ['lab/worker'], toolIds, ...more } as never);
  async function done(turnId: string): Promise<Worked> {
    await watch(admin, turnId);
    return (await worked(admin, turnId))[0] as Worked;
  }
  const waits = (turnId: string): Promise<Worked> =>
    eventually(async () => {
      const [one] = await worked(admin, turnId);
      expect(callsOf(one as Worked)).toMatchObject([{ status: 'WAITING_FOR_APPROVAL' }]);
      return one as Worked;
    });
  /** Has the server describe the tool so, which takes it away until an admin has accepted that. */
  async function describeErase(description: string): Promise<void> {
    mcp.tools = [look, { ...erase, description }];
    await eventually(async () => {
      await mcp.tellOfChange();
      expect(await offered()).not.toContain(ids.erase);
    });
  }
  const resultOf = (request: ModelRequest | undefined) =>
    lastOf(request as ModelRequest).parts.find(({ type }) => type === 'toolResult') as ToolResultPart;

  it('that is switched off is not called; the call says so, and the answer goes on', async () => {
    shop.script('worker', async (_request, index) => {
      if (index > 0) return [text('Without it, then.')];
      await enable([ids.look], false);
      return call('Dictionary_look', { word: 'tree' });
    });
    try {
      const response = await done((await send([ids.look])).turn.id);
      expect(response).toMatchObject({
        status: 'COMPLETED',
        text: 'Without it, then.',
        creditsCharged: 2 * STEP_CREDITS,
      });
      expect(callsOf(response)).toMatchObject([{ status: 'FAILED', toolId: ids.look, result: GONE, durationMs: null }]);
      expect(mcp.calls).toEqual([]);
      // Providers take no results in a request without tools.
      expect(shop.requests[1]?.options).toMatchObject({ tools: [{ name: 'Dictionary_look' }], toolChoice: 'none' });
      expect(resultOf(shop.requests[1])).toMatchObject({ isError: true, content: [{ text: GONE }] });
    } finally {
      await enable([ids.look], true);
    }
  });

  it('that is described otherwise by the time its member approves it is not called', async () => {
    shop.script('worker', (_request, index) =>
      index > 0 ? [text('Well.')] : call('Dictionary_erase', { word: 'tree' }),
    );
    const { turn } = await send([ids.erase]);
    const waiting = await waits(turn.id);
    await describeErase('Erases everything.');
    await admin.gql(answerDocument, { responseId: waiting.id, toolCallId: callsOf(waiting)[0]?.id });
    const response = await done(turn.id);
    expect(response).toMatchObject({ status: 'COMPLETED', text: 'Well.' });
    expect(callsOf(response)).toMatchObject([{ status: 'FAILED', result: GONE }]);
    expect(mcp.calls).toEqual([]);
  });

  it('that is allowed for a conversation is asked for again there once an admin has accepted other words', async () => {
    await accept();
    shop.script('worker', (request) =>
      lastOf(request).parts.some(({ type }) => type === 'toolResult')
        ? [text('Well.')]
        : call('Dictionary_erase', { word: 'tree' }),
    );
    const { turn, conversation } = await send([ids.erase]);
    const waiting = await waits(turn.id);
    await admin.gql(answerDocument, { responseId: waiting.id, toolCallId: callsOf(waiting)[0]?.id, remember: true });
    expect(callsOf(await done(turn.id))).toMatchObject([{ status: 'DONE' }]);
    const goesOn = { conversationId: conversation.id };
    expect(callsOf(await done((await send([ids.erase], goesOn)).turn.id))).toMatchObject([{ status: 'DONE' }]);
    await describeErase('Erases the whole house.');
    await accept();
    const again = (await send([ids.erase], goesOn)).turn.id;
    const asked = await waits(again);
    expect(mcp.calls).toHaveLength(2);
    await admin.gql(answerDocument, { responseId: asked.id, toolCallId: callsOf(asked)[0]?.id });
    expect(callsOf(await done(again))).toMatchObject([{ status: 'DONE' }]);
  });

  it('whose server is gone fails, or is uncertain if it was called, and the answer goes on', async () => {
    let called = () => {};
    const isCalled = new Promise<void>((resolve) => {
      called = resolve;
    });
    mcp.acts.look = () => {
      called();
      return new Promise(() => {});
    };
    shop.script('worker', (_request, index) =>
      index > 1 ? [text('It is gone.')] : call('Dictionary_look', { word: 'tree' }),
    );
    const { turn } = await send([ids.look]);
    await isCalled;
    await mcp.stop();
    try {
      const response = await done(turn.id);
      expect(response).toMatchObject({ status: 'COMPLETED', text: 'It is gone.', creditsCharged: 3 * STEP_CREDITS });
      expect(callsOf(response)).toMatchObject([{ status: 'UNCERTAIN' }, { status: 'FAILED' }]);
      expect(callsOf(response)[1]?.result).toMatch(/^The tool’s server (is not there|does not take the call)/);
      expect(resultOf(shop.requests[1]).isError).toBe(true);
    } finally {
      mcp.acts.look = ({ word }) => said(`${word}: a word`);
      await mcp.start();
      await eventually(async () => expect(await offered()).toContain(ids.look));
    }
  });

  it('that is the provider’s own search is not asked for any more once it is switched off', async () => {
    // A draft, its review, and the answer, which alone may search.
    shop.script('worker', async (_request, index) => {
      if (index === 1) await enable([PROVIDER_SEARCH], false);
      return [text('A draft.')];
    });
    try {
      const response = await done((await send([PROVIDER_SEARCH], { agentId: 'critic' })).turn.id);
      expect(response).toMatchObject({ status: 'COMPLETED', text: 'A draft.' });
      expect(shop.requests.map(({ options }) => options?.search)).toEqual([undefined, undefined, undefined]);
    } finally {
      await enable([PROVIDER_SEARCH], true);
    }
    const response = await done((await send([PROVIDER_SEARCH])).turn.id);
    expect(response.text).toBe('A draft.');
    expect(shop.requests.at(-1)?.options?.search).toBe(true);
  });

  it('that works when its answer is stopped is told to stop, of a server and of this house', async () => {
    let stopped = () => {};
    const isStopped = new Promise<void>((resolve) => {
      stopped = resolve;
    });
    mcp.acts.look = (_given, signal) => new Promise(() => signal.addEventListener('abort', stopped, { once: true }));
    shop.script('worker', () => [
      text('Wait.'),
      ...call('Dictionary_look', { word: 'tree' }, 0),
      ...call('web_search', { query: 'tree' }, 1),
    ]);
    const { turn } = await send([ids.look, 'web_search']);
    await eventually(() => {
      expect(mcp.calls).toHaveLength(1);
      expect(searches.opened).toBe(1);
    });
    await admin.gql('mutation ($id: ID!) { stopResponses(turnId: $id) { id } }', { id: turn.id });
    await isStopped;
    await eventually(() => expect(searches.closed).toBe(1));
    const [response] = await worked(admin, turn.id);
    expect(response).toMatchObject({ status: 'STOPPED', text: 'Wait.', creditsCharged: STEP_CREDITS });
    const [one, other] = callsOf(response as Worked);
    for (const ended of [one, other])
      expect(ended).toMatchObject({
        status: 'UNCERTAIN',
        result: 'It was stopped while it worked.',
        creditsCharged: 0,
      });
  });
});
