import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { ask } from '../api/asking.ts';
import { until } from '../credits/house.ts';
import { type Client, startApp, type TestApp } from '../setup/app.ts';
import { describeDatabases } from '../setup/describe-databases.ts';

const fields = 'id name collapsed preset { name }';
const createDocument = `mutation ($input: FolderInput!) { createFolder(input: $input) { ${fields} } }`;
const updateDocument = `mutation ($id: ID!, $input: FolderInput!) { updateFolder(id: $id, input: $input) { ${fields} } }`;
const deleteDocument = 'mutation ($id: ID!) { deleteFolder(id: $id) }';
const moveDocument = `mutation ($ids: [ID!]!, $folderId: ID) {
  moveConversations(ids: $ids, folderId: $folderId) { title folder { name } }
}`;
const listDocument = `query ($folderId: ID, $search: String, $first: Int = 9, $after: String) {
  conversations(folderId: $folderId, search: $search, first: $first, after: $after) {
    edges { node { title folder { name } } } totalCount pageInfo { endCursor }
  }
}`;
const everywhereDocument = '{ conversations(first: 9) { edges { node { title } } } }';

describeDatabases('folders', (database) => {
  let app: TestApp;
  let admin: Client;
  let member: Client;
  beforeAll(async () => {
    app = await startApp({ database: database() });
    admin = await app.newMember('Admin');
  });
  beforeEach(async () => {
    member = await app.newMember();
  });
  afterAll(async () => {
    await app?.close();
    expect(app?.errors).toEqual([]);
  });

  const folder = async (name: string, input = {}) =>
    (await member.gql(createDocument, { input: { name, ...input } })).createFolder;
  const conversation = async (title: string, folderId: string | null = null): Promise<string> => {
    const document = 'mutation ($input: CreateConversationInput!) { createConversation(input: $input) { id } }';
    return (await member.gql(document, { input: { title, folderId } })).createConversation.id;
  };
  const titlesOf = async (document: string, variables: object = {}) =>
    (await member.gql(document, { ...variables })).conversations.edges.map(
      ({ node }: { node: { title: string } }) => node.title,
    );
  const titlesIn = (folderId: string | null, more = {}) => titlesOf(listDocument, { folderId, ...more });
  const refusalOf = async (client: Client, document: string, variables: object) =>
    (await client.post(document, { ...variables })).errors?.[0]?.extensions;

  it('hold conversations that begin in them or are moved there, and lists can be of one folder or of none', async () => {
    const work = await folder('Work');
    const begun = await conversation('begun', work.id);
    const moved = await conversation('moved');
    await conversation('loose');
    const { moveConversations } = await member.gql(moveDocument, { ids: [moved, moved], folderId: work.id });
    expect(moveConversations).toContainEqual({ title: 'moved', folder: { name: 'Work' } });
    expect(await titlesIn(work.id)).toEqual(['moved', 'begun']);
    expect(await titlesIn(null)).toEqual(['loose']);
    expect(await titlesOf(everywhereDocument)).toEqual(['loose', 'moved', 'begun']);

    const first = (await member.gql(listDocument, { folderId: work.id, first: 1 })).conversations;
    expect(first).toMatchObject({ totalCount: 2, edges: [{ node: { title: 'moved', folder: { name: 'Work' } } }] });
    expect(await titlesIn(work.id, { after: first.pageInfo.endCursor })).toEqual(['begun']);
    await member.gql(moveDocument, { ids: [begun], folderId: null });
    expect(await titlesIn(null)).toEqual(['loose', 'begun']);
  });

  it('count the conversations that lists show', async () => {
    const [work, empty] = [await folder('Work'), await folder('Empty')];
    await conversation('one', work.id);
    const archived = await conversation('two', work.id);
    await conversation('three');
    const document = 'mutation ($id: ID!) { updateConversation(input: { id: $id, archived: true }) { id } }';
    await member.gql(document, { id: archived });
    const { viewer } = await member.gql('{ viewer { folders { id conversationCount } } }');
    expect(viewer.folders).toEqual([
      { id: empty.id, conversationCount: 0 },
      { id: work.id, conversationCount: 1 },
    ]);
  });

  it('keep no conversation from a search, which may be of one folder', async () => {
    const work = await folder('Work');
    await conversation('red fox', work.id);
    await conversation('red squirrel');
    expect(await titlesOf(listDocument, { search: 'red' })).toEqual(['red squirrel', 'red fox']);
    expect(await titlesIn(null, { search: 'red' })).toEqual(['red squirrel', 'red fox']);
    expect(await titlesIn(work.id, { search: 'red' })).toEqual(['red fox']);
  });

  it('keep their conversations’ order, which prompts change and moves do not', async () => {
    const work = await folder('Work');
    const older = await ask(member, { prompt: 'older', modelIds: ['mock/swift'] });
    await ask(member, { prompt: 'newer', modelIds: ['mock/swift'] });
    await member.gql(moveDocument, { ids: [older.conversation.id], folderId: work.id });
    expect(await titlesOf(everywhereDocument)).toEqual(['newer', 'older']);
    await ask(member, { prompt: 'again', modelIds: ['mock/swift'], conversationId: older.conversation.id });
    expect(await titlesOf(everywhereDocument)).toEqual(['older', 'newer']);
    expect(await titlesIn(work.id)).toEqual(['older']);
  });

  it('are listed by name, and stay collapsed and renamed', async () => {
    const b = await folder('b');
    await folder('A');
    await member.gql(updateDocument, { id: b.id, input: { collapsed: true } });
    await member.gql(updateDocument, { id: b.id, input: { name: ' C  c ' } });
    const { viewer } = await member.gql('{ viewer { folders { name collapsed } } }');
    expect(viewer.folders).toEqual([
      { name: 'A', collapsed: false },
      { name: 'C c', collapsed: true },
    ]);
  });

  it('leave their conversations when they are deleted', async () => {
    const { id } = await folder('Work');
    await conversation('kept', id);
    await member.gql(deleteDocument, { id });
    expect(await titlesIn(null)).toEqual(['kept']);
    expect(await refusalOf(member, deleteDocument, { id })).toMatchObject({ code: 'NOT_FOUND' });
  });

  it('have a preset that their member may use, until it is gone', async () => {
    const createPreset = async (client: Client, input: object) =>
      (await client.gql('mutation ($input: PresetInput!) { createPreset(input: $input) { id } }', { input }))
        .createPreset.id as string;
    const own = await createPreset(member, { name: 'Own' });
    const shared = await createPreset(admin, { name: 'House', shared: true });
    const ofAdmin = await createPreset(admin, { name: 'Hers' });
    const work = await folder('Work', { presetId: own });
    expect(work).toMatchObject({ preset: { name: 'Own' } });
    expect(await refusalOf(member, updateDocument, { id: work.id, input: { presetId: ofAdmin } })).toMatchObject({
      code: 'NOT_FOUND',
    });
    await member.gql(updateDocument, { id: work.id, input: { presetId: shared } });
    const presetOf = async () =>
      (await member.gql('query ($id: ID!) { node(id: $id) { ... on Folder { preset { name } } } }', { id: work.id }))
        .node.preset;
    expect(await presetOf()).toEqual({ name: 'House' });
    await admin.gql('mutation ($id: ID!) { updatePreset(id: $id, input: { shared: false }) { id } }', { id: shared });
    expect(await presetOf()).toBeNull();
    await member.gql(updateDocument, { id: work.id, input: { presetId: own } });
    await member.gql('mutation ($id: ID!) { deletePreset(id: $id) }', { id: own });
    expect(await presetOf()).toBeNull();
  });

  it('are their member’s alone, and take neither strangers’ conversations nor bad input', async () => {
    const mine = await folder('Mine');
    await folder('Taken');
    const conversationId = await conversation('mine');
    const stranger = await app.newMember();
    const theirs = (await stranger.gql(createDocument, { input: { name: 'Mine' } })).createFolder;
    const notFound = { code: 'NOT_FOUND' };
    for (const [document, variables] of [
      [updateDocument, { id: mine.id, input: { name: 'Theirs' } }],
      [deleteDocument, { id: mine.id }],
      [moveDocument, { ids: [conversationId], folderId: theirs.id }],
    ] as const) {
      expect(await refusalOf(stranger, document, variables)).toMatchObject(notFound);
    }
    expect(await refusalOf(member, moveDocument, { ids: [conversationId], folderId: theirs.id })).toMatchObject(
      notFound,
    );
    const begun = { input: { title: 'x', folderId: theirs.id } };
    const beginDocument = 'mutation ($input: CreateConversationInput!) { createConversation(input: $input) { id } }';
    expect(await refusalOf(member, beginDocument, begun)).toMatchObject(notFound);
    const badInput = { code: 'BAD_USER_INPUT' };
    expect(await refusalOf(member, moveDocument, { ids: [], folderId: mine.id })).toMatchObject(badInput);
    expect(await refusalOf(member, createDocument, { input: { name: 'TAKEN' } })).toMatchObject(badInput);
    expect(await refusalOf(member, updateDocument, { id: mine.id, input: { name: 'taken' } })).toMatchObject(badInput);
    expect(await refusalOf(member, createDocument, { input: { name: ' ' } })).toMatchObject(badInput);
    expect(await titlesIn(null)).toEqual(['mine']);
  });

  it('are in the member’s own data, and go with the account', async () => {
    const work = await folder('Work of mine');
    await conversation('filed', work.id);
    const data = await (await fetch(`${app.url}/export/my-data.json`, { headers: { cookie: member.cookie } })).json();
    const id = Buffer.from(work.id, 'base64').toString().split(':')[1];
    expect(data).toMatchObject({ folders: [{ id, name: 'Work of mine' }], conversations: [{ folderId: id }] });
    const { viewer } = await member.gql('{ viewer { id } }');
    await admin.gql('mutation ($id: ID!) { deleteMember(userId: $id) }', {
      id: Buffer.from(Buffer.from(viewer.id, 'base64').toString().replace('Viewer', 'User')).toString('base64'),
    });
    await until(async () => {
      const left = await database().db.selectFrom('folder').select('id').where('name', '=', 'Work of mine').execute();
      return left.length === 0;
    }, 'the folder is deleted');
  });
});
