import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { LanguageModel, ModelPart } from '../../src/ports/language-model.ts';
import { pictureOf } from '../../src/providers/mock/picture.ts';
import { ask, choose, converse, follow, regenerate } from '../api/asking.ts';
import { pixel, storeFile } from '../files/stored-file.ts';
import { alpha, beta, labCatalogue, localId } from '../judging/lab.ts';
import { type Client, startApp, type TestApp } from '../setup/app.ts';
import { describeDatabases } from '../setup/describe-databases.ts';
import { read, share, shareRefusal, stranger, textOf } from './share-house.ts';

const usage = {
  inputTokens: 4_111,
  cachedInputTokens: 0,
  cacheWriteInputTokens: 0,
  outputTokens: 333,
  reasoningTokens: 0,
};
const nobodysKey = 'A'.repeat(24);

describeDatabases('a share', (database) => {
  let app: TestApp;
  let admin: Client;
  let ann: Client;
  let bob: Client;
  let anyone: Client;
  let answer: ModelPart[] | null = null;
  let waiting: Promise<void> = Promise.resolve();
  let words = 0;
  const model: LanguageModel = {
    listModels: async () => [],
    async stream(_request, onPart) {
      onPart({ type: 'reasoning', text: 'A secret thought.' });
      for (const part of answer ?? [{ type: 'text' as const, text: `Word ${++words}.` }]) onPart(part);
      await waiting;
      onPart({ type: 'usage', usage });
      onPart({ type: 'finish', reason: 'STOP' });
    },
  };

  beforeAll(async () => {
    const seeing = { ...labCatalogue.models[0], id: 'lab/seeing', name: 'seeing', accepts: ['TEXT', 'IMAGE'] };
    const catalogue = { ...labCatalogue, models: [...labCatalogue.models, seeing] };
    app = await startApp({ database: database(), catalogue, languageModels: { lab: model } });
    admin = await app.newMember('Admin');
    bob = await app.newMember('Bob');
    anyone = stranger(app);
  });
  beforeEach(async () => {
    answer = null;
    words = 0;
    ann = await app.newMember('Ann Sharer');
  });
  afterAll(async () => {
    await app?.close();
    expect(app?.errors).toEqual([]);
  });

  const setRule = (rule: string) => admin.gql(`mutation { setShareRule(rule: ${rule}) }`);
  const one = (prompt = 'Why?', more = {}) => converse(ann, { prompt, modelIds: [alpha, beta], ...more });

  it('by link shows a branch to anyone who has the link, and its answers as they were when it was shared', async () => {
    const first = await one();
    const conversationId = first.conversation.id;
    const second = await converse(ann, { prompt: 'And then?', conversationId });
    const { key, url } = await share(ann, { conversationId });
    expect(url).toMatch(/^http:\/\/localhost:\d+\/s\/[\w-]{24}$/);
    const before = await read(anyone, key);
    expect(before).toMatchObject({ title: 'Why?', sharedBy: null, own: false, hidden: false, newReader: null });
    expect(before.turns.map(({ prompt }: { prompt: string }) => prompt)).toEqual(['Why?', 'And then?']);
    expect(before.turns[1].answers).toMatchObject([
      { letter: null, model: { name: 'alpha', providerName: 'Labelle' }, status: 'COMPLETED', figures: null },
      { letter: null, model: { name: 'beta' } },
    ]);
    expect(textOf(before.turns[0].answers[0])).toBe('Word 1.');

    // A later prompt, another answer, an older version chosen, an edit, another title: nothing of it shows.
    await converse(ann, { prompt: 'A later secret', conversationId });
    const id = second.turn.responses[0]?.id ?? '';
    await regenerate(ann, id);
    await converse(ann, { prompt: 'An edited secret', conversationId, parentTurnId: first.turn.id });
    await ann.gql('mutation ($id: ID!) { updateConversation(input: { id: $id, title: "A new secret" }) { id } }', {
      id: conversationId,
    });
    expect(await read(anyone, key)).toEqual(before);
    // An answer that is not shown any more stays in what was shared with it.
    await choose(ann, id, { laneOnly: true });
    expect(await read(bob, key)).toEqual(before);
    expect(await read(ann, key)).toEqual({ ...before, own: true });
  });

  it('shows a turn that is not the last one, and only what leads to it', async () => {
    const first = await one('Where to begin?');
    const conversationId = first.conversation.id;
    await converse(ann, { prompt: 'A later one', conversationId });
    const { key } = await share(ann, { conversationId, throughTurnId: first.turn.id });
    expect((await read(anyone, key)).turns).toHaveLength(1);
  });

  it('shows figures and a name if its member wishes so, and never what a model thought or the system prompt', async () => {
    const { createConversation } = await ann.gql(
      'mutation { createConversation(input: { systemPrompt: "A secret system" }) { id } }',
    );
    const asked = await one('How much?', { conversationId: createConversation.id });
    const plain = await share(ann, { conversationId: asked.conversation.id });
    const full = await share(ann, { conversationId: asked.conversation.id, withFigures: true, withName: true });
    const told = await read(anyone, full.key);
    expect(told.sharedBy).toBe('Ann Sharer');
    expect(told.turns[0].answers[0].figures).toMatchObject({ inputTokens: 4_111, outputTokens: 333 });
    expect(told.turns[0].answers[0].figures.credits).toBeGreaterThan(0);
    expect(JSON.stringify(told)).not.toContain('secret');
    const kept = JSON.stringify(await read(anyone, plain.key));
    const { conversation, turn } = asked;
    for (const word of [
      ...['Ann', 'Sharer', ann.email, '4111', '333', 'secret'],
      ...[conversation.id, turn.id, turn.responses[0]?.id ?? ''].flatMap((id) => [id, localId(id)]),
    ]) {
      expect(kept).not.toContain(word);
    }
  });

  it('for members is nothing to anybody else, and looks like one that never was', async () => {
    const asked = await one();
    const { key } = await share(ann, { conversationId: asked.conversation.id, audience: 'MEMBERS' });
    expect(await read(bob, key)).toMatchObject({ title: 'Why?', forMembers: true });
    expect(await read(anyone, key)).toBeNull();
    expect(await read(anyone, nobodysKey)).toBeNull();
    expect(await read(bob, 'no key')).toBeNull();
  });

  it('ends when it is revoked or expires, its conversation is deleted, or its member is suspended or gone', async () => {
    const shared = async () => share(ann, { conversationId: (await one()).conversation.id });
    const expectEnd = async (key: string) => expect(await read(anyone, key)).toBeNull();

    const revoked = await shared();
    const revoke = (client: Client) => client.post('mutation ($id: ID!) { revokeShare(id: $id) }', { id: revoked.id });
    expect((await revoke(bob)).errors?.[0]?.extensions.code).toBe('NOT_FOUND');
    expect((await revoke(ann)).data).toEqual({ revokeShare: revoked.id });
    await expectEnd(revoked.key);

    const expired = await shared();
    await sql`update share set expires_at = clock_timestamp() where key = ${expired.key}`.execute(database().db);
    await expectEnd(expired.key);

    const asked = await one();
    const deleted = await share(ann, { conversationId: asked.conversation.id });
    await ann.gql('mutation ($id: ID!) { deleteConversation(id: $id) }', { id: asked.conversation.id });
    await expectEnd(deleted.key);

    const suspended = await shared();
    const { viewer } = await ann.gql('{ viewer { id } }');
    const suspend = (to: boolean) =>
      admin.gql('mutation ($id: ID!, $to: Boolean!) { setSuspended(userId: $id, suspended: $to) { id } }', {
        id: Buffer.from(`User:${localId(viewer.id)}`).toString('base64'),
        to,
      });
    await suspend(true);
    await expectEnd(suspended.key);
    await suspend(false);
    expect(await read(anyone, suspended.key)).not.toBeNull();
    await admin.gql('mutation ($id: ID!) { deleteMember(userId: $id) }', {
      id: Buffer.from(`User:${localId(viewer.id)}`).toString('base64'),
    });
    await expectEnd(suspended.key);
  });

  it('is refused while an answer is being written or hidden, and of what is somebody else’s, empty or over', async () => {
    let end = () => {};
    waiting = new Promise((resolve) => {
      end = resolve;
    });
    const writing = await ask(ann, { prompt: 'Still?', modelIds: [alpha] });
    const conversationId = writing.conversation.id;
    expect(await shareRefusal(ann, { conversationId })).toMatchObject({
      code: 'BAD_USER_INPUT',
      field: 'throughTurnId',
      message: expect.stringContaining('still being written'),
    });
    end();
    waiting = Promise.resolve();
    await follow(ann, writing.turn.id);
    await share(ann, { conversationId });
    expect(await shareRefusal(bob, { conversationId })).toMatchObject({ code: 'NOT_FOUND' });
    const other = await one();
    expect(await shareRefusal(ann, { conversationId, throughTurnId: other.turn.id })).toMatchObject({
      code: 'NOT_FOUND',
    });
    expect(await shareRefusal(ann, { conversationId, expiresAt: '2020-01-01T00:00:00Z' })).toMatchObject({
      field: 'expiresAt',
    });
    expect(await shareRefusal(ann, { conversationId, asksVerdict: true })).toMatchObject({ field: 'asksVerdict' });
    const { createConversation } = await ann.gql('mutation { createConversation(input: {}) { id } }');
    expect(await shareRefusal(ann, { conversationId: createConversation.id })).toMatchObject({
      field: 'conversationId',
    });

    const blind = await one('Who?', { blind: true });
    const hidden = { conversationId: blind.conversation.id };
    expect((await shareRefusal(ann, hidden)).message).toContain('still hidden');
    await ann.gql('mutation ($id: ID!) { revealTurn(turnId: $id) { id } }', { id: blind.turn.id });
    const { key } = await share(ann, hidden);
    expect((await read(anyone, key)).turns[0].answers[0].model).not.toBeNull();
  });

  it('serves the files of its prompts and the pictures of its answers by its own address, and no others', async () => {
    const png = {
      name: 'cat.png',
      kind: 'IMAGE' as const,
      mediaType: 'image/png',
      content: pixel,
      width: 1,
      height: 1,
    };
    const html = {
      name: 'page.html',
      kind: 'TEXT' as const,
      mediaType: 'text/html',
      content: Buffer.from('<b>Hi</b>'),
      text: '<b>Hi</b>',
    };
    const fileIds = [await storeFile(database().db, ann.email, png), await storeFile(database().db, ann.email, html)];
    answer = [
      { type: 'text', text: 'See: ' },
      { type: 'image', mediaType: 'image/png', data: pictureOf(7) },
    ];
    const asked = await converse(ann, { prompt: 'What?', modelIds: ['lab/seeing'], fileIds });
    const link = await share(ann, { conversationId: asked.conversation.id });
    const members = await share(ann, { conversationId: asked.conversation.id, audience: 'MEMBERS' });
    const { turns } = await read(anyone, link.key);
    expect(turns[0].files).toMatchObject([
      { name: 'cat.png', url: `/s/${link.key}/files/0` },
      { name: 'page.html', url: `/s/${link.key}/files/1` },
    ]);
    const [said, drawn] = turns[0].answers[0].parts;
    expect(said).toMatchObject({ text: 'See: ', image: null });
    const get = (path: string, headers = {}) => fetch(`${app.url}${path}`, { headers });
    const cat = await get(turns[0].files[0].url);
    expect(cat.status).toBe(200);
    expect(Buffer.from(await cat.arrayBuffer())).toEqual(pixel);
    expect(Object.fromEntries(cat.headers)).toMatchObject({
      'x-robots-tag': 'noindex, nofollow, noarchive',
      'referrer-policy': 'no-referrer',
      'content-security-policy': expect.stringContaining('sandbox'),
    });
    const page = await get(turns[0].files[1].url);
    expect(page.headers.get('content-disposition')).toContain('attachment');
    expect((await get(drawn.image.url)).headers.get('content-type')).toBe('image/png');
    expect((await get(drawn.image.thumbnailUrl)).headers.get('content-type')).toBe('image/webp');
    expect((await get(`/s/${link.key}/files/9`)).status).toBe(404);
    expect((await get(`/s/${nobodysKey}/files/0`)).status).toBe(404);
    expect((await get(`/s/${members.key}/files/0`)).status).toBe(404);
    expect((await get(`/s/${members.key}/files/0`, { cookie: bob.cookie })).status).toBe(200);
    await ann.gql('mutation ($id: ID!) { revokeShare(id: $id) }', { id: link.id });
    expect((await get(turns[0].files[0].url)).status).toBe(404);
  });

  it('is bound by what an admin allows, also if it was made before', async () => {
    const { conversation } = await one();
    const link = await share(ann, { conversationId: conversation.id });
    const members = await share(ann, { conversationId: conversation.id, audience: 'MEMBERS' });
    try {
      await setRule('MEMBERS');
      expect((await ann.gql('{ server { shareRule } }')).server.shareRule).toBe('MEMBERS');
      expect(await shareRefusal(ann, { conversationId: conversation.id })).toMatchObject({ code: 'FORBIDDEN' });
      expect([await read(anyone, link.key), (await read(bob, link.key)).forMembers]).toEqual([null, true]);
      await setRule('NOBODY');
      expect([await read(bob, link.key), await read(bob, members.key)]).toEqual([null, null]);
      expect(await shareRefusal(ann, { conversationId: conversation.id, audience: 'MEMBERS' })).toMatchObject({
        code: 'FORBIDDEN',
      });
    } finally {
      await setRule('LINK');
    }
    expect(await read(anyone, link.key)).not.toBeNull();
    expect((await bob.post('mutation { setShareRule(rule: LINK) }')).errors?.[0]?.extensions.code).toBe('FORBIDDEN');
  });

  it('is in its member’s list and data, and in the audit log without its key', async () => {
    const { conversation } = await one();
    const made = await share(ann, { conversationId: conversation.id, withName: true });
    const { viewer } = await ann.gql('{ viewer { shares { totalCount edges { node { id url title } } } } }');
    expect(viewer.shares).toMatchObject({
      totalCount: 1,
      edges: [{ node: { id: made.id, url: made.url, title: 'Why?' } }],
    });
    expect((await bob.gql('query ($id: ID!) { node(id: $id) { id } }', { id: made.id })).node).toBeNull();
    const data = await (await fetch(`${app.url}/export/my-data.json`, { headers: { cookie: ann.cookie } })).text();
    expect(JSON.parse(data).shares).toMatchObject([{ id: localId(made.id), withName: true, audience: 'LINK' }]);
    expect(data).not.toContain(made.key);
    const { admin: seen } = await admin.gql(
      '{ admin { auditLog(first: 100) { edges { node { action note target } } } } }',
    );
    const notes = seen.auditLog.edges.map(({ node }: { node: { target: string } }) => node);
    expect(notes.filter(({ target }: { target: string }) => target === ann.email)).toEqual(
      expect.arrayContaining([
        {
          action: 'share',
          target: ann.email,
          note: `with anyone who has the link; with the name; share ${localId(made.id)}`,
        },
      ]),
    );
    expect(JSON.stringify(notes)).not.toContain(made.key);
  });
});
