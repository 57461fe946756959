import { afterAll, beforeAll, expect, it } from 'vitest';
import type { LanguageModel, ModelPart } from '../../src/ports/language-model.ts';
import { pictureOf } from '../../src/providers/mock/picture.ts';
import { converse } from '../api/asking.ts';
import { expectReconciled } from '../credits/audit.ts';
import { pixel, storeFile } from '../files/stored-file.ts';
import { labCatalogue } from '../judging/lab.ts';
import { type Client, startApp, type TestApp } from '../setup/app.ts';
import { describeDatabases } from '../setup/describe-databases.ts';
import { share, stranger } from './share-house.ts';

const continueDocument = `mutation ($key: String!) { continueShared(key: $key) {
  id title systemPrompt models { id } turns { edges { node {
    id prompt files { id name url }
    responses { id lane status text reasoning model { id } creditsCharged usage { outputTokens }
      parts { __typename ... on TextPart { text } ... on ImagePart { file { id url } } } }
  } } } } }`;

describeDatabases('a share that a reader continues as their own', (database) => {
  let app: TestApp;
  let ann: Client;
  let bob: Client;
  let answer: ModelPart[] = [];
  const sent: string[][] = [];
  const model: LanguageModel = {
    listModels: async () => [],
    async stream({ messages }, onPart) {
      sent.push(messages.map(({ parts }) => parts.map((part) => (part.type === 'text' ? part.text : '▣')).join('')));
      onPart({ type: 'reasoning', text: 'A secret thought.' });
      for (const part of answer) onPart(part);
      onPart({
        type: 'usage',
        usage: { inputTokens: 10, cachedInputTokens: 0, cacheWriteInputTokens: 0, outputTokens: 5, reasoningTokens: 0 },
      });
      onPart({ type: 'finish', reason: 'STOP' });
    },
  };
  beforeAll(async () => {
    const seeing = { ...labCatalogue.models[0], id: 'lab/seeing', name: 'seeing', accepts: ['TEXT', 'IMAGE'] };
    const catalogue = { ...labCatalogue, models: [...labCatalogue.models, seeing] };
    app = await startApp({ database: database(), catalogue, languageModels: { lab: model } });
    ann = await app.newMember('Ann');
    bob = await app.newMember('Bob');
  });
  afterAll(async () => {
    await app?.close();
    expect(app?.errors).toEqual([]);
  });

  const get = (client: Client, path: string) => fetch(`${app.url}${path}`, { headers: { cookie: client.cookie } });
  const receiptsOf = async (client: Client) => {
    const { viewer } = await client.gql('{ viewer { credits { entries(first: 50) { edges { node { kind } } } } } }');
    return viewer.credits.entries.edges.filter(({ node }: { node: { kind: string } }) => node.kind === 'CHARGE').length;
  };

  it('is a conversation of theirs that costs nothing, keeps its files, and goes on at their own cost', async () => {
    const png = {
      name: 'cat.png',
      kind: 'IMAGE' as const,
      mediaType: 'image/png',
      content: pixel,
      width: 1,
      height: 1,
    };
    const fileIds = [await storeFile(database().db, ann.email, png)];
    answer = [
      { type: 'text', text: 'A cat, and a hill: ' },
      { type: 'image', mediaType: 'image/png', data: pictureOf(7) },
      { type: 'text', text: ' So.' },
    ];
    const first = await converse(ann, { prompt: 'What is it?', modelIds: ['lab/seeing'], fileIds });
    const conversationId = first.conversation.id;
    answer = [{ type: 'text', text: 'It purrs.' }];
    await converse(ann, { prompt: 'And now?', conversationId });
    const { key, id } = await share(ann, { conversationId, audience: 'MEMBERS' });
    const plain = 'mutation ($key: String!) { continueShared(key: $key) { id } }';
    expect((await stranger(app).post(plain, { key })).errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED');
    const { continueShared: copy } = await bob.gql(continueDocument, { key });
    expect(copy).toMatchObject({ title: 'What is it?', systemPrompt: null, models: [{ id: 'lab/seeing' }] });
    expect(copy.id).not.toBe(conversationId);
    const turns = copy.turns.edges.map(({ node }: { node: unknown }) => node);
    expect(turns).toMatchObject([
      {
        prompt: 'What is it?',
        files: [{ name: 'cat.png' }],
        responses: [{ status: 'COMPLETED', reasoning: '', creditsCharged: 0, text: 'A cat, and a hill:  So.' }],
      },
      { prompt: 'And now?', responses: [{ text: 'It purrs.' }] },
    ]);
    const parts = turns[0].responses[0].parts;
    expect(parts.map(({ __typename }: { __typename: string }) => __typename)).toEqual([
      'TextPart',
      'ImagePart',
      'TextPart',
    ]);
    expect(JSON.stringify(copy)).not.toContain('secret');
    expect(await receiptsOf(bob)).toBe(0);

    // What it was copied from goes, and the copy stays.
    await ann.gql('mutation ($id: ID!) { revokeShare(id: $id) }', { id });
    await ann.gql('mutation ($id: ID!) { deleteConversation(id: $id) }', { id: conversationId });
    expect(Buffer.from(await (await get(bob, turns[0].files[0].url)).arrayBuffer())).toEqual(pixel);
    expect((await get(bob, parts[1].file.url)).status).toBe(200);
    expect((await get(ann, turns[0].files[0].url)).status).toBe(404);
    const onward = await converse(bob, { prompt: 'Go on', conversationId: copy.id });
    expect(sent.at(-1)).toEqual(['▣What is it?', 'A cat, and a hill: ▣ So.', 'And now?', 'It purrs.', 'Go on']);
    expect(await receiptsOf(bob)).toBe(1);
    expect(onward.conversation.id).toBe(copy.id);
    await expectReconciled(database().db);
  });

  it('is refused before the verdict that it asks for, and where its files have no room', async () => {
    answer = [{ type: 'text', text: 'Same.' }];
    const asked = await converse(ann, { prompt: 'Which?', modelIds: ['lab/alpha', 'lab/beta'] });
    const { key } = await share(ann, { conversationId: asked.conversation.id, asksVerdict: true });
    const refused = await bob.post(continueDocument, { key });
    expect(refused.errors?.[0]).toMatchObject({ message: 'Say first which answer is best.' });
    await bob.gql('mutation ($key: String!) { judgeShared(input: { key: $key, kind: TIE }) { hidden } }', { key });
    expect((await bob.gql(continueDocument, { key })).continueShared.turns.edges[0].node.responses).toHaveLength(2);

    const text = 'x'.repeat(4000);
    const big = { name: 'big.txt', kind: 'TEXT' as const, mediaType: 'text/plain', content: Buffer.from(text), text };
    const fileIds = [await storeFile(database().db, ann.email, big)];
    const withFile = await converse(ann, { prompt: 'Read', modelIds: ['lab/alpha'], fileIds });
    const shared = await share(ann, { conversationId: withFile.conversation.id });
    const full = await app.newMember('Full');
    await storeFile(database().db, full.email, { ...big, name: 'own.txt' });
    // Five times 2 GB are all of the plan's 10 GB.
    for (let files = 0; files < 5; files += 1) {
      const filler = Buffer.from(`filler ${files}`);
      await storeFile(database().db, full.email, {
        ...big,
        name: `filler-${files}.txt`,
        content: filler,
        text: `${filler}`,
      });
    }
    await database().db.updateTable('file').set({ bytes: 2_000_000_000 }).where('name', 'like', 'filler-%').execute();
    const { errors } = await full.post(continueDocument, { key: shared.key });
    expect(errors?.[0]?.message).toContain('MB of your plan');
    const { conversations } = await full.gql('{ conversations { totalCount } }');
    expect(conversations.totalCount).toBe(0);
  });
});
