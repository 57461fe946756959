import { sql } from 'kysely';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ask, converse } from '../api/asking.ts';
import { expectReconciled } from '../credits/audit.ts';
import { storeFile } from '../files/stored-file.ts';
import { alpha, beta, createLab, judgeDocument, labCatalogue, localId } from '../judging/lab.ts';
import { type Client, startApp, type TestApp } from '../setup/app.ts';
import { describeDatabases } from '../setup/describe-databases.ts';

describeDatabases('a temporary chat', (database) => {
  const lab = createLab();
  let app: TestApp;
  let ann: Client;
  const start = () =>
    startApp({ database: database(), catalogue: labCatalogue, languageModels: { lab: lab.languageModel } });
  beforeAll(async () => {
    app = await start();
    ann = await app.newMember('Ann');
  });
  afterAll(async () => {
    await app?.close();
    expect(app?.errors).toEqual([]);
  });

  const begin = (prompt: string, more = {}) =>
    converse(ann, { prompt, modelIds: [alpha, beta], temporary: true, ...more } as never);
  const refusalOf = async (document: string, variables: Record<string, unknown>) =>
    (await ann.post(document, variables)).errors?.[0]?.message;
  const textsLeft = async (word: string) => {
    const { rows } = await sql<{ count: number }>`
      select (select count(*) from conversation where title like ${word}) + (select count(*) from turn where prompt like ${word})
        + (select count(*) from response where text like ${word}) as count`.execute(database().db);
    return Number(rows[0]?.count);
  };
  const leave = (id: string, left = true) =>
    ann.gql('mutation ($id: ID!, $left: Boolean!) { leaveTemporary(id: $id, left: $left) }', { id, left });
  const age = (id: string, column: 'left_at' | 'active_at', by: string) =>
    sql`update conversation set ${sql.ref(column)} = ${sql.ref(column)} - ${by}::interval where id = ${localId(id)}::uuid`.execute(
      database().db,
    );
  const exists = async (id: string) =>
    (await ann.gql('query ($id: ID!) { conversation(id: $id) { id } }', { id })).conversation !== null;

  it('is found by its address, and in no list, search or export', async () => {
    lab.say('alpha', 'A kumquat of an answer.');
    const content = Buffer.from('All about them.');
    const facts = { name: 'kumquat.txt', kind: 'TEXT', mediaType: 'text/plain', text: `${content}`, content } as const;
    const fileId = await storeFile(database().db, ann.email, facts);
    const asked = await begin('A kumquat?', { fileIds: [fileId] });
    const onward = await converse(ann, { prompt: 'More kumquat', conversationId: asked.conversation.id });
    expect(onward.conversation.id).toBe(asked.conversation.id);
    const { conversation } = await ann.gql(
      'query ($id: ID!) { conversation(id: $id) { temporary turns { totalCount } } }',
      { id: asked.conversation.id },
    );
    expect(conversation).toEqual({ temporary: true, turns: { totalCount: 2 } });
    const { viewer } = await ann.gql(
      '{ viewer { fileUsage { bytes } files(first: 9) { totalCount edges { node { id } } } } }',
    );
    expect(viewer.files).toEqual({ totalCount: 0, edges: [] });
    expect(viewer.fileUsage.bytes).toBeGreaterThan(0);
    const lists = await ann.gql(`{
      all: conversations { totalCount }
      archived: conversations(archived: true) { totalCount }
      found: conversations(search: "kumquat") { totalCount edges { node { id } } }
    }`);
    expect(lists).toEqual({ all: { totalCount: 0 }, archived: { totalCount: 0 }, found: { totalCount: 0, edges: [] } });
    for (const path of ['/export/my-data.json', '/api/v1/conversations', '/export/conversations.json']) {
      const response = await fetch(`${app.url}${path}`, { headers: { cookie: ann.cookie } });
      expect([path, await response.text()]).toEqual([path, expect.not.stringContaining('kumquat')]);
    }
    const plain = await converse(ann, { prompt: 'A plain one', modelIds: [alpha] });
    expect((await ann.gql('{ conversations { totalCount } }')).conversations.totalCount).toBe(1);
    await ann.gql('mutation ($id: ID!) { deleteConversation(id: $id) }', { id: plain.conversation.id });
  });

  it('is not judged, kept for evaluations or shared', async () => {
    const { turn, conversation } = await begin('Which?');
    const best = { turnId: turn.id, kind: 'TIE' };
    expect(await refusalOf(judgeDocument, { input: best })).toContain('nothing is kept');
    const { createPromptSet: set } = await ann.gql('mutation { createPromptSet(input: { name: "Set" }) { id } }');
    expect(
      await refusalOf('mutation ($id: ID!, $ids: [ID!]!) { addTurnsToPromptSet(id: $id, turnIds: $ids) { id } }', {
        id: set.id,
        ids: [turn.id],
      }),
    ).toContain('nothing is kept');
    expect(
      await refusalOf('mutation ($input: ShareInput!) { shareConversation(input: $input) { id } }', {
        input: { conversationId: conversation.id, audience: 'MEMBERS' },
      }),
    ).toBe('A temporary chat cannot be shared.');
  });

  it('is deleted with its files by any process five minutes after it was left, or a day after its last prompt', async () => {
    const text = 'A pomelo in a file';
    const file = {
      name: 'pomelo.txt',
      kind: 'TEXT' as const,
      mediaType: 'text/plain',
      content: Buffer.from(text),
      text,
    };
    const fileIds = [await storeFile(database().db, ann.email, file)];
    lab.say('alpha', 'The pomelo answers.');
    const left = (await begin('A pomelo, left', { fileIds })).conversation.id;
    const returned = (await begin('A pomelo, returned')).conversation.id;
    const old = (await begin('A pomelo, old')).conversation.id;
    lab.reset();
    const fresh = (await begin('A lime')).conversation.id;
    const receipts = await database().db.selectFrom('receipt').select('response_id').execute();
    await leave(left);
    await leave(returned);
    await age(left, 'left_at', '6 minutes');
    await age(returned, 'left_at', '6 minutes');
    await leave(returned, false);
    await age(old, 'active_at', '25 hours');
    await leave(fresh);
    // Each process looks when it starts; these two look at once.
    const others = await Promise.all([start(), start()]);
    await expect.poll(() => Promise.all([left, old].map(exists))).toEqual([false, false]);
    expect(await Promise.all([returned, fresh].map(exists))).toEqual([true, true]);
    await age(returned, 'active_at', '25 hours');
    others.push(await start());
    await expect.poll(() => exists(returned)).toBe(false);
    for (const process of others) {
      await process.close();
      expect(process.errors).toEqual([]);
    }
    expect(await textsLeft('%pomelo%')).toBe(0);
    await expect
      .poll(async () => database().db.selectFrom('file').select('id').where('name', '=', 'pomelo.txt').execute())
      .toEqual([]);
    expect(await database().db.selectFrom('receipt').select('response_id').execute()).toEqual(receipts);
    await expectReconciled(database().db);
    // A prompt in it keeps a chat that was left.
    await ask(ann, { prompt: 'And?', conversationId: fresh });
    expect(await database().db.selectFrom('conversation').select('left_at').execute()).not.toContainEqual({
      left_at: expect.anything(),
    });
    expect(
      (await ann.post('mutation ($id: ID!) { leaveTemporary(id: $id) }', { id: left })).errors?.[0]?.extensions.code,
    ).toBe('NOT_FOUND');
  });
});
