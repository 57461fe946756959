import { expect, test } from 'vitest';
import { accountOf, ask, converse, expectSettled, type PromptInput, send } from '../api/asking.ts';
import { describeDatabases } from '../setup/describe-databases.ts';
import type { WireRequest } from '../wire-server.ts';
import { askingHouse, csv, docx, filesTold, image, pdf, quote, textFile } from './asking-house.ts';

const docxText = '<file name="letter.docx">\nDear Ada,\n\nit works.\n</file>';
const pdfText = '<file name="report.pdf" pages="2">\n[Page 1]\nProfits rose.\n[Page 2]\nThe end.\n</file>';
const base64 = (content: Buffer) => content.toString('base64');

describeDatabases('a prompt with files', (database) => {
  const house = askingHouse(database);
  const models = ['openai/gpt-4.1-mini', 'anthropic/claude-haiku-4-5', 'google/gemini-2.5-flash-lite', 'box/reading'];

  const converseWith = (input: PromptInput) => converse(house.member, input);
  const sendWith = (input: PromptInput) => send(house.member, input);
  const requestOf = (api: WireRequest['api'], model?: string): WireRequest => {
    const found = house.wire.requests.findLast(
      (request) => request.api === api && (!model || request.body.model === model),
    );
    if (!found) throw new Error(`Nobody asked ${api}.`);
    return found;
  };

  test('reaches each provider in the form that it takes, byte for byte', async () => {
    const fileIds = [await house.store(image), await house.store(pdf), await house.store(docx)];
    const asked = await converseWith({ prompt: 'What is this?', modelIds: models.slice(0, 3), fileIds });
    const question = `${docxText}\n\nWhat is this?`;
    expect(requestOf('openai.chat').body.messages.at(-1).content).toEqual([
      { type: 'image_url', image_url: { url: `data:image/png;base64,${base64(image.content)}` } },
      {
        type: 'file',
        file: { filename: 'report.pdf', file_data: `data:application/pdf;base64,${base64(pdf.content)}` },
      },
      { type: 'text', text: question },
    ]);
    expect(requestOf('anthropic.messages').body.messages.at(-1).content).toMatchObject([
      { type: 'image', source: { type: 'base64', media_type: 'image/png', data: base64(image.content) } },
      { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: base64(pdf.content) } },
      { type: 'text', text: question },
    ]);
    expect(requestOf('google.streamGenerateContent').body.contents.at(-1).parts).toMatchObject([
      { inlineData: { mimeType: 'image/png', data: base64(image.content) } },
      { inlineData: { mimeType: 'application/pdf', data: base64(pdf.content) } },
      { text: question },
    ]);
    const forms = ['NATIVE', 'NATIVE', 'TEXT'];
    expect(await filesTold(house.member, asked)).toMatchObject(
      models.slice(0, 3).map((id) => ({ model: { id }, status: 'COMPLETED', fileForms: forms, filesLeftOut: 0 })),
    );
    await expectSettled(house.member);
  });

  test('reaches a model that reads no PDFs as their text, in a plain string', async () => {
    const fileIds = [await house.store(pdf), await house.store(docx)];
    const asked = await converseWith({ prompt: 'Sum up.', modelIds: ['box/reading'], fileIds });
    expect(requestOf('openai.chat').body.messages.at(-1).content).toBe(`${pdfText}\n\n${docxText}\n\nSum up.`);
    expect(await filesTold(house.member, asked)).toMatchObject([{ fileForms: ['TEXT', 'TEXT'] }]);
  });

  test('of 3 MB of CSV reaches models whole, or is refused where their window is small', async () => {
    const fileIds = [await house.store(csv)];
    const wide = ['openai/gpt-4.1-mini', 'box/wide'];
    await converseWith({ prompt: 'Which sold best?', modelIds: wide, fileIds });
    for (const model of ['gpt-4.1-mini', 'wide']) {
      expect(requestOf('openai.chat', model).body.messages.at(-1).content).toBe(
        `<file name="sales.csv">\n${csv.text}\n</file>\n\nWhich sold best?`,
      );
    }
    await expectSettled(house.member);
    house.wire.reset();
    const before = await accountOf(house.member);
    expect(await sendWith({ prompt: 'Which sold best?', modelIds: ['box/wide', 'box/small'], fileIds })).toMatchObject({
      __typename: 'InvalidInputError',
      message: expect.stringContaining('Small has room for'),
    });
    expect(await accountOf(house.member)).toEqual(before);
    expect(house.wire.requests).toEqual([]);
  });

  test('is refused before anything is held if a model can read neither a file nor a text of it', async () => {
    const { member } = house;
    const fileIds = [await house.store(docx), await house.store(image)];
    const before = await accountOf(member);
    const { data } = await member.post(
      `mutation ($input: SendPromptInput!) {
        sendPrompt(input: $input) { __typename ... on FileNotReadableError { message modelId fileId } }
      }`,
      { input: { prompt: 'What is this?', modelIds: ['box/seeing', 'box/reading'], fileIds } },
    );
    expect(data.sendPrompt).toEqual({
      __typename: 'FileNotReadableError',
      message: 'Reading cannot read pixel.png, and there is no text in it that it could be sent.',
      modelId: 'box/reading',
      fileId: fileIds[1],
    });
    expect(await accountOf(member)).toEqual(before);
    const { errors } = await member.post('query ($input: SendPromptInput!) { quote(input: $input) { maximum } }', {
      input: { prompt: 'What is this?', modelIds: ['box/reading'], fileIds },
    });
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'FILE_NOT_READABLE', modelId: 'box/reading' });
  });

  test('takes its member’s own files only, and ten at most', async () => {
    const other = await house.app.newMember();
    const foreign = await house.store(docx, other.email);
    const own = await house.store(docx);
    const missing = { __typename: 'NotFoundError', message: 'There is no such file.' };
    expect(await sendWith({ prompt: 'Sum up.', fileIds: [own, foreign] })).toMatchObject(missing);
    expect(await sendWith({ prompt: 'Sum up.', fileIds: ['nothing'] })).toMatchObject(missing);
    const many = await Promise.all(Array.from({ length: 11 }, () => house.store(docx)));
    expect(await sendWith({ prompt: 'Sum up.', fileIds: many })).toMatchObject({ field: 'fileIds' });
    expect((await accountOf(house.member)).held).toBe(0);
    expect(house.wire.requests).toEqual([]);
  });

  test('is the same prompt again only with the same files', async () => {
    const [one, other] = [await house.store(docx), await house.store(docx)];
    const input = { prompt: 'Sum up.', idempotencyKey: 'files', fileIds: [one, other] };
    const asked = await converseWith(input);
    expect((await sendWith(input)).turn.id).toBe(asked.turn.id);
    for (const fileIds of [[one], [other, one], undefined]) {
      const { fileIds: _, ...rest } = input;
      expect(await sendWith({ ...rest, ...(fileIds && { fileIds }) })).toMatchObject({ field: 'idempotencyKey' });
    }
    expect(house.wire.requests).toHaveLength(1);
  });

  test('is quoted with its files, and holds what was quoted', async () => {
    const { member } = house;
    const input = { prompt: 'What is this?', modelIds: ['box/seeing'] };
    const without = await quote(member, input);
    const fileIds = [await house.store(image), await house.store(pdf)];
    const quoted = await quote(member, { ...input, fileIds });
    expect(quoted.maximum).toBeGreaterThan(without.maximum);
    expect(quoted.models[0].inputTokens).toBeGreaterThan(without.models[0].inputTokens);
    expect(without.models).toMatchObject([{ fileForms: [], filesLeftOut: 0 }]);
    expect(quoted.models).toMatchObject([{ fileForms: ['NATIVE', 'NATIVE'], filesLeftOut: 0 }]);
    let held = 0;
    house.wire.respondWith(async () => {
      held = (await accountOf(member)).held;
      return { status: 400, body: '{}' };
    });
    await converseWith({ ...input, fileIds });
    expect(held).toBe(quoted.maximum);
    await expectSettled(member);
  });

  test('shows the images of its input on the receipt, where the provider tells them apart', async () => {
    const { member } = house;
    house.wire.respondWith(({ api }) => ({ body: imageAnswers[api as keyof typeof imageAnswers] }));
    const fileIds = [await house.store(image)];
    const modelIds = ['box/seeing', 'google/gemini-2.5-flash-lite'];
    const { turn } = await converseWith({ prompt: 'What is this?', modelIds, fileIds });
    const { node } = await member.gql(
      `query ($id: ID!) {
        node(id: $id) { ... on Turn { responses { usage { inputTokens } receipt { buckets { bucket tokens } } } } }
      }`,
      { id: turn.id },
    );
    for (const { usage, receipt } of node.responses) {
      expect(usage.inputTokens).toBe(300);
      expect(receipt.buckets.slice(0, 2)).toEqual([
        { bucket: 'INPUT', tokens: 42 },
        { bucket: 'IMAGE_INPUT', tokens: 258 },
      ]);
    }
    await expectSettled(member);
  });

  test('keeps its files in later prompts, versions and branches, and leaves the oldest images out first', async () => {
    const { member } = house;
    const modelIds = ['box/small'];
    const large = { ...image, name: 'large.png', width: 2048, height: 2048 };
    const fileIds = [await house.store(large), await house.store(textFile('a.txt', 'The answer is 42.'))];
    const first = await converseWith({ prompt: 'Look.', modelIds, fileIds });
    const conversationId = first.conversation.id;
    const placed = [
      { type: 'image_url', image_url: { url: `data:image/png;base64,${base64(image.content)}` } },
      { type: 'text', text: '<file name="a.txt">\nThe answer is 42.\n</file>\n\nLook.' },
    ];
    expect(requestOf('openai.chat').body.messages[0].content).toEqual(placed);
    await converseWith({ prompt: 'And?', conversationId });
    expect(requestOf('openai.chat').body.messages[0].content).toEqual(placed);
    const responseId = first.turn.responses[0]?.id;
    const again = await member.gql(
      `mutation ($id: ID!) { regenerateResponse(responseId: $id) { ... on SendPromptPayload { turn { id } } } }`,
      { id: responseId },
    );
    expect(again.regenerateResponse.turn.id).toBe(first.turn.id);

    const next = await converseWith({ prompt: 'And this?', conversationId, fileIds: [await house.store(large)] });
    const { messages } = requestOf('openai.chat').body;
    expect(messages[0].content).toBe(
      '[image large.png left out]\n\n<file name="a.txt">\nThe answer is 42.\n</file>\n\nLook.',
    );
    expect(messages.at(-1).content).toHaveLength(2);
    expect(await filesTold(member, next)).toMatchObject([{ fileForms: ['NATIVE'], filesLeftOut: 1 }]);
    const branch = await ask(member, { prompt: 'Beside.', conversationId, parentTurnId: first.turn.id });
    expect(branch.turn.id).not.toBe(first.turn.id);
  });

  test('goes to a fallback in the form that it reads, or not at all', async () => {
    house.wire.respondWith(({ body, api }) =>
      body.model === 'seeing' ? { status: 503, body: '{}' } : { body: answerOf(api) },
    );
    const read = await converseWith({ prompt: 'Sum up.', modelIds: ['box/seeing'], fileIds: [await house.store(pdf)] });
    expect(requestOf('openai.chat', 'reading').body.messages.at(-1).content).toBe(`${pdfText}\n\nSum up.`);
    expect(await filesTold(house.member, read)).toMatchObject([{ status: 'COMPLETED', fileForms: ['TEXT'] }]);
    house.wire.requests.length = 0;
    const fileIds = [await house.store(image)];
    const seen = await converseWith({ prompt: 'Look.', modelIds: ['box/seeing'], fileIds });
    expect(house.wire.requests.map(({ body }) => body.model)).toEqual(['seeing', 'seeing', 'seeing']);
    expect(await filesTold(house.member, seen)).toMatchObject([{ status: 'FAILED', fileForms: ['NATIVE'] }]);
    await expectSettled(house.member);
  });

  test('fails in a way that may be tried again, and charges nothing, while a content is away', async () => {
    const { db } = database();
    const lost = await house.store(textFile('lost.txt', `Lost ${Math.random()}`));
    const { key } = await db
      .selectFrom('file')
      .innerJoin('file_content', 'file_content.hash', 'file.content_hash')
      .select('file_content.key')
      .where('file.name', '=', 'lost.txt')
      .executeTakeFirstOrThrow();
    const chunks = await db.deleteFrom('file_chunk').where('key', '=', key).returningAll().execute();
    const before = await accountOf(house.member);
    const asked = await converseWith({ prompt: 'Read.', modelIds: ['box/seeing'], fileIds: [lost] });
    expect(await filesTold(house.member, asked)).toMatchObject([
      { status: 'FAILED', failure: { code: 'FILE_UNAVAILABLE', retryable: true } },
    ]);
    expect(house.wire.requests).toEqual([]);
    expect(await accountOf(house.member)).toMatchObject({ balance: before.balance, held: 0 });
    await db.insertInto('file_chunk').values(chunks).execute();
    const again = await converseWith({ prompt: 'Read.', conversationId: asked.conversation.id });
    expect(await filesTold(house.member, again)).toMatchObject([{ status: 'COMPLETED' }]);
  });
});

function answerOf(api: WireRequest['api']): string {
  return api === 'openai.chat'
    ? `data: {"choices":[{"index":0,"delta":{"content":"Yes."},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":1}}\n\ndata: [DONE]\n\n`
    : '';
}

/** Answers whose usage tells the tokens of images apart, as xAI and Google do. */
const imageAnswers = {
  'openai.chat': `data: ${JSON.stringify({
    choices: [{ index: 0, delta: { content: 'Yes.' }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 300, completion_tokens: 1, prompt_tokens_details: { text_tokens: 42, image_tokens: 258 } },
  })}\n\ndata: [DONE]\n\n`,
  'google.streamGenerateContent': `data: ${JSON.stringify({
    candidates: [{ content: { parts: [{ text: 'Yes.' }] }, finishReason: 'STOP' }],
    usageMetadata: {
      promptTokenCount: 300,
      promptTokensDetails: [
        { modality: 'TEXT', tokenCount: 42 },
        { modality: 'IMAGE', tokenCount: 258 },
      ],
      candidatesTokenCount: 1,
    },
  })}\n\n`,
};
