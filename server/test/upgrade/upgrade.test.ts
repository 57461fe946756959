import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { migrate } from '../../src/database/connection/migrate.ts';
import { openDatabase } from '../../src/database/connection/open.ts';
import { continueResponse, converse } from '../api/asking.ts';
import { expectReconciled } from '../credits/audit.ts';
import { type Client, connect, startApp, type TestApp } from '../setup/app.ts';
import { execute } from '../setup/databases.ts';
import { openCopy, type TestDatabase, testLog } from '../setup/describe-databases.ts';
import { cookiesOf } from '../setup/members.ts';
import { startWireServer, streamBody, type WireServer } from '../wire-server.ts';
import { databaseOfBefore, makeDataFolderOfBefore, memberOfBefore, storePartToCome } from './database-of-before.ts';

const kinds = inject('databases').postgres ? (['pglite', 'postgres'] as const) : (['pglite'] as const);

describe.each(kinds)('a database of the version before answers had parts (%s)', (kind) => {
  let folder: string;
  let database: TestDatabase;
  let wire: WireServer;
  let app: TestApp;
  let member: Client;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'polylogue-upgrade-'));
    database = kind === 'pglite' ? await openFolder(folder) : await openOnPostgres();
    await database.withoutTimeLimit(() => migrate(database.db, testLog));
    wire = await startWireServer();
    app = await startApp({ database, wire, env: { LEASE_SECONDS: '1' } });
    member = await signIn(app.url);
  });
  afterAll(async () => {
    await app?.close();
    await wire?.close();
    await database?.close();
    rmSync(folder, { recursive: true, force: true });
    expect(app?.errors).toEqual([]);
  });

  it('opens with every answer unchanged, and its reasoning and text become parts', async () => {
    const expected: Record<string, Seen[]> = {
      'What is it?': [
        { status: 'COMPLETED', text: 'An answer in two pieces 😀.', reasoning: 'First I think.' },
        { status: 'COMPLETED', text: 'An answer in two pieces 😀.', reasoning: 'First I think.' },
      ],
      'And again?': [
        { status: 'COMPLETED', text: 'Version one.', reasoning: '' },
        { status: 'COMPLETED', text: 'Version two.', reasoning: '' },
      ],
      'Fail at once': [{ status: 'FAILED', text: '', reasoning: '' }],
      'Break in the middle': [{ status: 'FAILED', text: 'Half an answer', reasoning: 'Hm.' }],
      'Stop me': [
        { status: 'STOPPED', text: 'To be stopped', reasoning: 'Thinking on. ' },
        { status: 'COMPLETED', text: 'To be stopped and gone on with.', reasoning: 'Thinking on. ' },
      ],
      'Die while writing': [{ status: 'INTERRUPTED', text: 'Still writing', reasoning: 'Still thinking. ' }],
      'Die before a word': [{ status: 'INTERRUPTED', text: '', reasoning: '' }],
    };
    await expect
      .poll(async () => (await turnsOf(member)).map(([prompt]) => prompt).sort())
      .toEqual(Object.keys(expected).sort());
    // The answers that were being written are recovered once their leases have expired.
    const stillRunning = async () =>
      (await turnsOf(member)).flatMap(([, seen]) => seen).filter(({ status }) => status === 'STREAMING');
    await expect.poll(stillRunning, { timeout: 20_000 }).toEqual([]);
    for (const [prompt, seen] of await turnsOf(member)) {
      const before = expected[prompt] ?? [];
      expect(byText(seen.map(({ status, text, reasoning }) => ({ status, text, reasoning })))).toEqual(byText(before));
      for (const { text, reasoning, parts } of seen) expect(parts).toEqual(partsOfBefore({ text, reasoning }));
    }
    await expectReconciled(database.db);
  });

  it('takes a next prompt, and continues an old answer', async () => {
    wire.respondWith(({ api }) => ({ body: streamBody(api, { text: [' and on.'] }) }));
    const { conversations } = await member.gql(
      '{ conversations(search: "Die while writing") { edges { node { id } } } }',
    );
    const conversationId = conversations.edges[0].node.id;
    const { conversation } = await member.gql(conversationDocument, { id: conversationId });
    const [cut] = conversation.turns.edges[0].node.responses;
    const { turn } = await continueResponse(member, cut.id);
    const { node } = await member.gql(
      `query ($id: ID!) { node(id: $id) { ... on Turn { responses { ${fields} } } } }`,
      { id: turn.id },
    );
    expect(node.responses).toMatchObject([
      {
        text: 'Still writing and on.',
        parts: [
          { index: 0, __typename: 'ReasoningPart', text: 'Still thinking. ' },
          { index: 1, __typename: 'TextPart', text: 'Still writing and on.' },
        ],
      },
    ]);
    await converse(member, { prompt: 'And now?', conversationId });
    expect(wire.requests.at(-1)?.body.messages).toEqual([
      { role: 'user', content: 'Die while writing' },
      { role: 'assistant', content: 'Still writing and on.' },
      { role: 'user', content: 'And now?' },
    ]);
    await expectReconciled(database.db);
  });

  it('shows a part of a newer version by its kind, with the text around it', async () => {
    await storePartToCome(database.db);
    const seen = (await turnsOf(member))
      .flatMap(([, responses]) => responses)
      .find(({ text }) => text === 'Version one.');
    expect(seen?.parts).toEqual([
      { __typename: 'OtherPart', index: 0, kind: 'hologram' },
      { __typename: 'TextPart', index: 1, text: 'Version one.' },
    ]);
  });
});

async function openFolder(dataDir: string): Promise<TestDatabase> {
  await makeDataFolderOfBefore(dataDir);
  return { ...(await openDatabase({ databaseUrl: null, dataDir, log: testLog })), url: null };
}

async function openOnPostgres(): Promise<TestDatabase> {
  const database = await openCopy('nothing');
  await execute(database.url, databaseOfBefore);
  return database;
}

async function signIn(url: string): Promise<Client> {
  const answer = await fetch(`${url}/api/auth/sign-in/email`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: url },
    body: JSON.stringify(memberOfBefore),
  });
  expect(answer.status).toBe(200);
  return connect(url, { cookie: cookiesOf(answer), email: memberOfBefore.email });
}

interface Seen {
  status: string;
  text: string;
  reasoning: string;
  parts?: { __typename: string; index: number; text?: string; kind?: string }[];
}

const fields = `id status text reasoning
  parts { __typename index ... on TextPart { text } ... on ReasoningPart { text } ... on OtherPart { kind } }`;
const conversationDocument = `query ($id: ID!) { conversation(id: $id) {
  turns(last: 50) { edges { node { prompt responses(superseded: true) { ${fields} } } } }
} }`;

/** The member's prompts with all their answers, superseded ones included. */
async function turnsOf(member: Client): Promise<[prompt: string, responses: Seen[]][]> {
  const { conversations } = await member.gql('{ conversations(first: 50) { edges { node { id } } } }');
  const turns: [string, Seen[]][] = [];
  for (const { node } of conversations.edges) {
    const { conversation } = await member.gql(conversationDocument, { id: node.id });
    for (const edge of conversation.turns.edges) turns.push([edge.node.prompt, edge.node.responses]);
  }
  return turns;
}

function partsOfBefore({ text, reasoning }: { text: string; reasoning: string }) {
  const parts = [
    { __typename: 'ReasoningPart', text: reasoning },
    { __typename: 'TextPart', text },
  ];
  return parts.filter((part) => part.text !== '').map((part, index) => ({ ...part, index }));
}

function byText<Row extends { text: string }>(rows: Row[]): Row[] {
  return rows.toSorted((one, other) => one.text.localeCompare(other.text));
}
