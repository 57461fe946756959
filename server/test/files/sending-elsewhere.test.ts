import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ask, continueResponse, converse, expectSettled, follow, send } from '../api/asking.ts';
import { becomes, run } from '../evaluating/evaluation-house.ts';
import { connect } from '../setup/app.ts';
import { describeDatabases } from '../setup/describe-databases.ts';
import { streamBody } from '../wire-server.ts';
import { askingHouse, csv, docx, filesTold, image, pdf, quote } from './asking-house.ts';
import { upload } from './sending.ts';
import { pixel } from './stored-file.ts';

const pdfText = '<file name="report.pdf" pages="2">\n[Page 1]\nProfits rose.\n[Page 2]\nThe end.\n</file>';

describeDatabases('files of prompts', (database) => {
  const house = askingHouse(database, { env: { CHAT_KIT: 'on' } });
  const askedModels = () => house.wire.requests.map(({ body }) => body.model);
  const lastContent = () => house.wire.requests.at(-1)?.body.messages.at(-1).content;

  test('come with a prompt over the REST API, and stand in what it and one’s own data tell', async () => {
    const { app, member } = house;
    const { createApiKey } = await member.gql(
      'mutation { createApiKey(name: "rest", scopes: [READ, PROMPT]) { secret } }',
    );
    const headers = { authorization: `Bearer ${createApiKey.secret}`, 'content-type': 'application/json' };
    const post = (body: object) =>
      fetch(`${app.url}/api/v1/chat`, { method: 'POST', headers, body: JSON.stringify(body) });
    const file_ids = [await house.store(pdf)];
    const answered = await post({ prompt: 'Sum up.', models: ['box/reading'], file_ids });
    expect(answered.status).toBe(200);
    expect(lastContent()).toBe(`${pdfText}\n\nSum up.`);
    const { conversation_id } = await answered.json();
    const read = await fetch(`${app.url}/api/v1/conversations/${encodeURIComponent(conversation_id)}`, { headers });
    expect((await read.json()).messages[0]).toMatchObject({
      content: 'Sum up.',
      files: [{ id: file_ids[0], name: 'report.pdf', media_type: 'application/pdf', bytes: 20, pages: 2 }],
    });
    const refused = await post({ prompt: 'Look.', models: ['box/reading'], file_ids: [await house.store(image)] });
    expect([refused.status, await refused.json()]).toMatchObject([400, { error: { code: 'FILE_NOT_READABLE' } }]);
    const missing = await post({ prompt: 'Look.', file_ids: ['nothing'] });
    expect([missing.status, await missing.json()]).toMatchObject([404, { error: { code: 'NOT_FOUND' } }]);
    const history = await fetch(
      `${app.url}/chat/conversation?userId=me&conversationId=${encodeURIComponent(conversation_id)}`,
      { headers: { cookie: member.cookie } },
    );
    expect((await history.json()).messages[0]).toEqual({
      role: 'user',
      content: 'Sum up.',
      meta: { files: ['report.pdf'] },
    });
    const data = await fetch(`${app.url}/export/my-data.json`, { headers: { cookie: member.cookie } });
    const [{ turns }] = (await data.json()).conversations;
    expect(turns).toMatchObject([{ files: [{ name: 'report.pdf', mediaType: 'application/pdf', bytes: 20 }] }]);
  });

  test('reach providers as they were uploaded, an image drawn anew and a document as its text', async () => {
    const { member, wire } = house;
    const given = (name: string) => readFileSync(join(import.meta.dirname, '../reading/fixtures', name));
    const uploaded = [
      await upload(member, new Uint8Array(pixel), { name: 'pixel.png' }),
      await upload(member, new Uint8Array(given('report.pdf')), { name: 'report.pdf' }),
      await upload(member, new Uint8Array(given('report.docx')), { name: 'report.docx' }),
      await upload(member, csv.content.toString(), { name: 'sales.csv' }),
    ];
    expect(uploaded.map(({ status }) => status)).toEqual([201, 201, 201, 201]);
    const fileIds = uploaded.map(({ body }) => body.id);
    const asked = await converse(member, { prompt: 'What are these?', modelIds: ['openai/gpt-4.1-mini'], fileIds });
    const [sentImage, sentPdf, { text }] = lastContent();
    const bytesOf = (url: string) => Buffer.from(url.slice(url.indexOf(',') + 1), 'base64');
    const served = await fetch(`${member.url}/files/${fileIds[0]}`, { headers: { cookie: member.cookie } });
    expect(bytesOf(sentImage.image_url.url).equals(Buffer.from(await served.arrayBuffer()))).toBe(true);
    expect(bytesOf(sentPdf.file.file_data).equals(given('report.pdf'))).toBe(true);
    expect(text).toMatch(/^<file name="report\.docx">\n.*Harbour report/);
    expect(text.endsWith(`<file name="sales.csv">\n${csv.text}\n</file>\n\nWhat are these?`)).toBe(true);
    expect(await filesTold(member, asked)).toMatchObject([{ fileForms: ['NATIVE', 'NATIVE', 'TEXT', 'TEXT'] }]);
    expect(wire.requests).toHaveLength(1);
  });

  test('are sent again where an answer is continued, and to the model of a merge if it can read them', async () => {
    const { member, wire } = house;
    wire.respondWith(({ api }) => ({
      body: streamBody(api, { text: ['Half'], usage: { input: 9, output: 1 } }).replace('"stop"', '"length"'),
    }));
    const fileIds = [await house.store(image)];
    const asked = await converse(member, { prompt: 'Look.', modelIds: ['box/seeing', 'box/small'], fileIds });
    const [first = '', other = ''] = asked.turn.responses.map(({ id }) => id);
    await continueResponse(member, first);
    expect(wire.requests.at(-1)?.body.messages[0].content).toHaveLength(2);
    const merge = async (modelId: string) => {
      const input = { turnId: asked.turn.id, responseIds: [first, other], modelId, mode: 'COMBINE' };
      const { mergeResponses, quoteMerge } = await member.gql(
        `mutation ($input: MergeInput!) { mergeResponses(input: $input) { ... on SendPromptPayload { turn { id } } } }`,
        { input },
      );
      expect(quoteMerge).toBeUndefined();
      await follow(member, mergeResponses.turn.id);
      return lastContent();
    };
    expect(await merge('box/small')).toMatchObject([{ type: 'image_url' }, { type: 'text' }]);
    expect(await merge('box/reading')).toMatch(/^\[image pixel\.png left out\]\n\nBelow are a question/);
    const told = await filesTold(member, asked);
    expect(told.map(({ fileForms }: { fileForms: string[] }) => fileForms)).toEqual([
      ['NATIVE'],
      ['NATIVE'],
      ['NATIVE'],
      ['LEFT_OUT'],
    ]);
    await expectSettled(member);
  });

  test('have blind prompts draw models that can read them, and tell nothing of hidden ones', async () => {
    const { member } = house;
    const fileIds = [await house.store(image)];
    for (let time = 0; time < 4; time++) {
      const asked = await converse(member, { prompt: 'Look.', blind: true, fileIds });
      expect(await filesTold(member, asked)).toMatchObject([
        { fileForms: [], filesLeftOut: 0 },
        { fileForms: [], filesLeftOut: 0 },
      ]);
    }
    for (const blindModel of ['reading', 'wide']) expect(askedModels()).not.toContain(blindModel);
    const quoted = await quote(member, { prompt: 'Look.', blind: true, fileIds });
    expect(quoted.models).toMatchObject([
      { model: { id: 'blind/A' }, fileForms: [], filesLeftOut: 0 },
      { model: { id: 'blind/B' }, fileForms: [], filesLeftOut: 0 },
    ]);
    const hidden = await converse(member, {
      prompt: 'Hello.',
      blind: true,
      modelIds: ['box/seeing', 'box/reading'],
    });
    const input = { prompt: 'Look.', blind: true, conversationId: hidden.conversation.id, fileIds };
    const refusal = { message: 'One of these models cannot be sent these files.' };
    expect(await send(member, input)).toEqual({ __typename: 'InvalidInputError', field: 'fileIds', ...refusal });
    const quoteOf = `query ($input: SendPromptInput!) { quote(input: $input) { maximum } }`;
    const { errors } = await member.post(quoteOf, { input });
    expect(errors).toMatchObject([{ ...refusal, extensions: { code: 'BAD_USER_INPUT', field: 'fileIds' } }]);
    expect((await quote(member, { ...input, fileIds: [await house.store(docx)] })).models).toHaveLength(2);
    const named = { prompt: 'Look.', blind: true, fileIds, modelIds: ['box/seeing', 'box/reading'] };
    expect((await member.post(quoteOf, { input: named })).errors).toMatchObject([
      { extensions: { code: 'FILE_NOT_READABLE', modelId: 'box/reading' } },
    ]);
  });

  test('are kept with the prompts of a set, and an evaluation sends them, also for a member with whom it is shared', async () => {
    const { member, wire } = house;
    const fileIds = [await house.store(pdf)];
    const { createPromptSet } = await member.gql(
      `mutation ($prompts: PromptsInput) {
        createPromptSet(input: { name: "With files", sharedWith: MEMBERS }, prompts: $prompts) { id }
      }`,
      { prompts: { prompts: [{ prompt: 'Sum up.', fileIds }] } },
    );
    const setId: string = createPromptSet.id;
    const asked = await ask(member, { prompt: 'Read.', modelIds: ['box/reading'], fileIds: [await house.store(docx)] });
    await follow(member, asked.turn.id);
    await member.gql(
      'mutation ($id: ID!, $turnIds: [ID!]!) { addTurnsToPromptSet(id: $id, turnIds: $turnIds) { id } }',
      {
        id: setId,
        turnIds: [asked.turn.id],
      },
    );
    const other = await house.app.newMember();
    const shown = await other.gql(
      'query ($id: ID!) { node(id: $id) { ... on PromptSet { prompts { prompt files { name pages } } } } }',
      { id: setId },
    );
    expect(shown.node.prompts).toEqual([
      { prompt: 'Sum up.', files: [{ name: 'report.pdf', pages: 2 }] },
      { prompt: 'Read.', files: [{ name: 'letter.docx', pages: null }] },
    ]);
    const textsFor = async (client: typeof member) => {
      const document =
        'query ($id: ID!) { node(id: $id) { ... on PromptSet { prompts(first: 1) { files { text } } } } }';
      return (await client.gql(document, { id: setId })).node.prompts[0].files;
    };
    expect(await textsFor(member)).toEqual([{ text: pdf.text }]);
    expect(await textsFor(other)).toEqual([{ text: null }]);
    for (const client of [member, other]) {
      wire.requests.length = 0;
      const document = 'query ($input: RunEvaluationInput!) { quoteEvaluation(input: $input) { maximum } }';
      const input = { setId, modelIds: ['box/seeing', 'box/reading'] };
      expect((await client.gql(document, { input })).quoteEvaluation.maximum).toBeGreaterThan(0);
      await becomes(client, await run(client, input), 'DONE');
      const sent = wire.requests.map(({ body }) => [body.model, body.messages.at(-1).content]);
      expect(sent).toHaveLength(4);
      expect(sent).toContainEqual(['reading', `${pdfText}\n\nSum up.`]);
      expect(sent).toContainEqual([
        'seeing',
        [expect.objectContaining({ type: 'file' }), { type: 'text', text: 'Sum up.' }],
      ]);
      expect(sent).toContainEqual(['reading', '<file name="letter.docx">\nDear Ada,\n\nit works.\n</file>\n\nRead.']);
    }
    const { db } = database();
    const rows = await db
      .selectFrom('file')
      .innerJoin('user', 'user.id', 'file.user_id')
      .select(['file.name', 'file.expires_at'])
      .where('user.email', '=', other.email)
      .orderBy('file.name')
      .execute();
    expect(rows).toEqual([
      { name: 'letter.docx', expires_at: null },
      { name: 'report.pdf', expires_at: null },
    ]);
    const foreign = { prompts: [{ prompt: 'Mine?', fileIds }] };
    const { errors } = await connect(house.app.url, other).post(
      `mutation ($prompts: PromptsInput) { createPromptSet(input: { name: "Theirs" }, prompts: $prompts) { id } }`,
      { prompts: foreign },
    );
    expect(errors?.[0]).toMatchObject({ message: 'There is no such file.' });
  });
});
