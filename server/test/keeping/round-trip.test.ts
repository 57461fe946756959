import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createMockModels } from '../../src/providers/mock/mock.ts';
import { accountOf, converse, regenerate } from '../api/asking.ts';
import { expectReconciled } from '../credits/audit.ts';
import { storeFile } from '../files/stored-file.ts';
import { type Client, startApp, type TestApp } from '../setup/app.ts';
import { describeDatabases, openTestDatabase, type TestDatabase } from '../setup/describe-databases.ts';
import { exportAll, importFile, originsOf, withoutIds } from './importing.ts';
import { asStored, fileContents, toldDocument } from './told-arbitrary.ts';
import { zipOf } from './zips.ts';

describeDatabases('an export that is imported', (database) => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp({ database: database(), languageModels: { mock: createMockModels({ pace: 50 }) } });
  });
  afterAll(async () => {
    await app?.close();
    await expectReconciled(database().db);
    expect(app?.errors).toEqual([]);
  });

  const exportZip = async ({ url, cookie }: Client) =>
    Buffer.from(await (await fetch(`${url}/export/conversations.zip`, { headers: { cookie } })).arrayBuffer());

  it('equals the original, whatever conversations there are', async () => {
    await fc.assert(
      fc.asyncProperty(toldDocument, async (document) => {
        const [first, second] = [await app.newMember(), await app.newMember()];
        const named = document.conversations
          .flatMap(({ turns }) => turns.flatMap(({ files }) => files))
          .map(({ name, hash }) => [`files/${hash}`, fileContents[Number(/\d/.exec(name)?.[0])] as Buffer]);
        const zip = await zipOf({ 'conversations.json': JSON.stringify(document), ...Object.fromEntries(named) });
        const report = await importFile(first, zip);
        expect(report).toMatchObject({
          form: 'polylogue',
          taken: document.conversations.length,
          notTaken: [],
          ended: null,
        });
        const original = await exportAll(first);
        expect(withoutIds(original)).toEqual(withoutIds(asStored(document)));
        const taken = await importFile(second, await exportZip(first));
        expect(taken).toMatchObject({ taken: document.conversations.length, notTaken: [] });
        const again = await exportAll(second);
        expect(withoutIds(again)).toEqual(withoutIds(original));
        expect([originsOf(original), originsOf(again)]).toEqual([originsOf(document), originsOf(document)]);
        expect(await importFile(second, zip)).toMatchObject({ taken: 0, alreadyThere: document.conversations.length });
      }),
      { numRuns: 6 },
    );
  });

  it('equals it on an empty server, after real answers, files, merges and verdicts', async () => {
    const member = await app.newMember();
    const fileId = await storeFile(database().db, member.email, {
      name: 'notes.txt',
      kind: 'TEXT',
      mediaType: 'text/plain',
      content: Buffer.from('What I noted.'),
      text: 'What I noted.',
    });
    const asked = await converse(member, {
      prompt: 'Compare',
      modelIds: ['mock/swift', 'mock/poet'],
      fileIds: [fileId],
      merge: { modelId: 'mock/sage', mode: 'COMBINE' },
    });
    await regenerate(member, asked.turn.responses[0]?.id ?? '');
    await member.gql(`mutation ($input: JudgeTurnInput!) { judgeTurn(input: $input) { verdict { id } } }`, {
      input: { turnId: asked.turn.id, kind: 'BEST', bestResponseIds: [asked.turn.responses[1]?.id] },
    });
    await converse(member, { prompt: 'And then?', conversationId: asked.conversation.id, modelIds: ['mock/swift'] });
    await converse(member, { prompt: 'Beside', parentTurnId: asked.turn.id, modelIds: ['mock/swift'] });
    await converse(member, { prompt: 'Between us', modelIds: ['mock/swift'], temporary: true } as never);
    await putIntoFolder(member, asked.conversation.id, 'Work');
    const other = await otherServer(database());
    try {
      const reader = await other.app.newMember();
      const before = await accountOf(reader);
      const report = await importFile(reader, await exportZip(member));
      expect(report).toMatchObject({ taken: 1, turns: 3, files: 1, notTaken: [] });
      expect(originsOf(await exportAll(reader))).toEqual(originsOf(await exportAll(member)));
      const original = withoutIds(await exportAll(member));
      expect(original).toMatchObject([{ folder: 'Work' }]);
      expect(original[0].turns[0].verdict).toMatchObject({ kind: 'BEST' });
      expect(withoutIds(await exportAll(reader))).toEqual(original);
      expect(await accountOf(reader)).toEqual(before);
      expect(await importFile(member, await exportZip(reader))).toMatchObject({ taken: 0, alreadyThere: 1 });
      const { verdicts } = (await reader.gql('{ leaderboard(blindOnly: false) { verdicts } }')).leaderboard;
      expect(verdicts).toBe(0);
      await showsVerdictAsImported(reader);
    } finally {
      await other.close();
    }
  });

  it('can be gone on with as if it had begun here', async () => {
    const [member, reader] = [await app.newMember(), await app.newMember()];
    await converse(member, { prompt: 'Once', modelIds: ['mock/swift'] });
    await importFile(reader, JSON.stringify(await exportAll(member)));
    const { conversations } = await reader.gql('{ conversations(first: 5) { edges { node { id title } } } }');
    const { id } = conversations.edges[0].node;
    const next = await converse(reader, { prompt: 'Twice', conversationId: id, modelIds: ['mock/swift'] });
    expect(next.conversation.id).toBe(id);
  });

  it('is left out whole where it is broken, and the report says where', async () => {
    const member = await app.newMember();
    await converse(member, { prompt: 'One', modelIds: ['mock/swift'] });
    await converse(member, { prompt: 'Two', modelIds: ['mock/swift'] });
    const told = await exportAll(member);
    const reader = await app.newMember();
    told.conversations[0].turns[0].answers[0].status = 'DREAMING';
    expect(await importFile(reader, JSON.stringify(told))).toMatchObject({
      taken: 1,
      notTaken: [{ where: 'conversations[0].turns[0].answers[0].status' }],
    });
    const text = JSON.stringify(await exportAll(member), null, 1);
    const lines = text.split('\n');
    const at = lines.findIndex((line) => line.includes('"prompt": "Two"'));
    const broken = [...lines.slice(0, at), '    "prompt": "Two" "and more",', ...lines.slice(at + 1)].join('\n');
    const report = await importFile(await app.newMember(), broken);
    expect(report).toMatchObject({ taken: 1, notTaken: [{ where: 'conversations[1]' }] });
    expect(report.notTaken[0]?.why).toContain(`line ${at + 1}, column 21`);
    const cut = await importFile(await app.newMember(), text.slice(0, text.indexOf('"Two"')));
    expect(cut).toMatchObject({
      taken: 1,
      notTaken: [{ why: expect.stringContaining('ends too early: conversations[1]') }],
    });
  });
});

async function putIntoFolder(member: Client, id: string, name: string): Promise<void> {
  const { createFolder } = await member.gql(
    'mutation ($name: String!) { createFolder(input: { name: $name }) { id } }',
    {
      name,
    },
  );
  await member.gql('mutation ($id: ID!, $to: ID!) { moveConversations(folderId: $to, ids: [$id]) { id } }', {
    id,
    to: createFolder.id,
  });
}

/** The verdict is shown with the answers that the reader has of it, and is over. */
async function showsVerdictAsImported(reader: Client): Promise<void> {
  const { conversations } = await reader.gql(`{
    conversations(first: 1) { edges { node { turns(first: 1) { edges { node {
      imported responses { id } verdict { id kind imported best { id } createdAt changeableUntil }
    } } } } } }
  }`);
  const turn = conversations.edges[0].node.turns.edges[0].node;
  expect(turn).toMatchObject({ imported: true, verdict: { kind: 'BEST', imported: true } });
  expect(turn.responses.map(({ id }: { id: string }) => id)).toContain(turn.verdict.best[0].id);
  expect(turn.verdict.changeableUntil).toBe(turn.verdict.createdAt);
  const { node } = await reader.gql('query ($id: ID!) { node(id: $id) { ... on Verdict { kind } } }', {
    id: turn.verdict.id,
  });
  expect(node).toEqual({ kind: 'BEST' });
}

async function otherServer(beside: TestDatabase) {
  const database = await openTestDatabase(beside.kind === 'postgres' ? 'postgres' : 'pglite');
  const app = await startApp({ database, languageModels: { mock: createMockModels({ pace: 50 }) } });
  return {
    app,
    async close() {
      await app.close();
      await database.close();
    },
  };
}
