import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ModelRequest } from '../../src/ports/language-model.ts';
import {
  call,
  callsOf,
  createWorkshop,
  text,
  type Worked,
  watch,
  worked,
  workshopCatalogue,
} from '../agents/workshop.ts';
import { ask } from '../api/asking.ts';
import { expectReconciled } from '../credits/audit.ts';
import { eventually } from '../eventually.ts';
import { type Client, startApp, type TestApp } from '../setup/app.ts';
import { openTestDatabase, type TestDatabase } from '../setup/describe-databases.ts';

const adminTools = '{ admin { tools { id name server { name } description { digest } } } }';
const names = ['echo', 'get-sum', 'get-tiny-image', 'trigger-long-running-operation'];

interface Listed {
  id: string;
  name: string;
  description: { digest: string } | null;
}

/** The reference server “everything”, as a program that the operator named. */
describe('a model that works with the tools of a real server', () => {
  const shop = createWorkshop();
  const folder = mkdtempSync(join(tmpdir(), 'polylogue-real-servers-'));
  let database: TestDatabase;
  let app: TestApp;
  let admin: Client;
  /** The names told to models, and the ids, by the server's own names. */
  const modelNames = new Map<string, string>();
  const ids = new Map<string, string>();

  beforeAll(async () => {
    const found = createRequire(import.meta.url).resolve('@modelcontextprotocol/server-everything/package.json');
    const entry = { command: process.execPath, args: [join(dirname(found), 'dist/index.js'), 'stdio'] };
    const file = join(folder, 'servers.json');
    writeFileSync(file, JSON.stringify({ mcpServers: { everything: entry } }));
    database = await openTestDatabase('pglite');
    app = await startApp({
      database,
      catalogue: workshopCatalogue,
      languageModels: { lab: shop.languageModel },
      env: { MCP_SERVERS_FILE: file },
    });
    admin = await app.newMember('Admin');
    const listed = await eventually(async () => {
      const { tools } = (await admin.gql(adminTools)).admin as { tools: Listed[] };
      const wanted = tools.filter(({ name }) => names.includes(name));
      expect(wanted).toHaveLength(names.length);
      return wanted;
    });
    const accepted = listed.map(({ id, description }) => ({ id, digest: description?.digest }));
    const { acceptTools } = await admin.gql(
      'mutation ($tools: [AcceptToolInput!]!) { acceptTools(tools: $tools) { id name modelName } }',
      { tools: accepted },
    );
    for (const { id, name, modelName } of acceptTools) {
      modelNames.set(name, modelName);
      ids.set(name, id);
      const input = { ids: [id], enabled: true, needsApproval: name === 'echo' };
      await admin.gql('mutation ($input: SetToolsInput!) { setTools(input: $input) { id } }', { input });
    }
  });
  afterAll(async () => {
    if (database) await expectReconciled(database.db);
    await app?.close();
    await database?.close();
    rmSync(folder, { recursive: true });
    expect(app?.errors).toEqual([]);
  });

  const calls = (name: string, args: object, number = 0) => call(modelNames.get(name) as string, args, number);
  const send = async (...chosen: string[]) =>
    (
      await ask(admin, {
        prompt: 'Work',
        modelIds: ['lab/worker'],
        toolIds: chosen.map((name) => ids.get(name)),
      } as never)
    ).turn;
  const answer = async (turnId: string, approve: boolean) => {
    const waiting = await eventually(async () => {
      const [response] = (await worked(admin, turnId)) as [Worked];
      const found = callsOf(response).find(({ status }) => status === 'WAITING_FOR_APPROVAL');
      expect(found).toBeDefined();
      return { responseId: response.id, toolCallId: found?.id };
    });
    await admin.gql(
      'mutation ($responseId: ID!, $toolCallId: ID!, $approve: Boolean!) { answerToolCall(responseId: $responseId, toolCallId: $toolCallId, approve: $approve) { id } }',
      { ...waiting, approve },
    );
  };
  /** What the model was told of its calls. */
  const toldOf = ({ messages }: ModelRequest) =>
    (messages.at(-1)?.parts ?? []).map((part) => (part.type === 'toolResult' ? part : null));

  it('calls four at once, is told their texts, images and errors, and waits for what needs approval', async () => {
    shop.script('worker', (_request, index) =>
      index > 0
        ? [text('Done.')]
        : [
            ...calls('echo', { message: 'hello' }, 0),
            ...calls('get-tiny-image', {}, 1),
            ...calls('get-sum', { a: 'one' }, 2),
            ...calls('trigger-long-running-operation', { duration: 0.2, steps: 2 }, 3),
          ],
    );
    const turn = await send(...names);
    await answer(turn.id, true);
    await watch(admin, turn.id);
    const [response] = (await worked(admin, turn.id)) as [Worked];
    expect(response).toMatchObject({ status: 'COMPLETED', text: 'Done.' });
    expect(callsOf(response).map(({ status }) => status)).toEqual(['DONE', 'DONE', 'FAILED', 'DONE']);
    const [echo, image, sum, long] = toldOf(shop.requests[1] as ModelRequest);
    expect(echo).toMatchObject({ isError: false, content: [{ text: 'Echo: hello' }] });
    expect(image?.content).toContainEqual(expect.objectContaining({ type: 'file', mediaType: 'image/png' }));
    expect(sum).toMatchObject({ isError: true });
    expect(JSON.stringify(long?.content)).toMatch(/completed/);
  });

  it('is told that its member refused a call, which the server never saw', async () => {
    shop.script('worker', (_request, index) => (index > 0 ? [text('Well.')] : calls('echo', { message: 'secret' })));
    const turn = await send('echo');
    await answer(turn.id, false);
    await watch(admin, turn.id);
    const [response] = (await worked(admin, turn.id)) as [Worked];
    expect(response).toMatchObject({ status: 'COMPLETED', text: 'Well.' });
    expect(callsOf(response)).toMatchObject([{ status: 'REFUSED', result: null }]);
    expect(JSON.stringify(toldOf(shop.requests[1] as ModelRequest))).toMatch(/refused this call/);
  });

  it('is stopped with a tool that still works', async () => {
    shop.script('worker', () => calls('trigger-long-running-operation', { duration: 600, steps: 1000 }));
    const turn = await send('trigger-long-running-operation');
    await eventually(async () => {
      const [response] = (await worked(admin, turn.id)) as [Worked];
      expect(callsOf(response)).toMatchObject([{ status: 'RUNNING' }]);
    });
    await admin.gql('mutation ($id: ID!) { stopResponses(turnId: $id) { id } }', { id: turn.id });
    await watch(admin, turn.id);
    const [response] = (await worked(admin, turn.id)) as [Worked];
    expect(response.status).toBe('STOPPED');
    expect(callsOf(response)).toMatchObject([{ status: 'UNCERTAIN' }]);
  });
});
