import { sql } from 'kysely';
import { beforeEach, expect, test } from 'vitest';
import { pictureOf } from '../../src/providers/mock/picture.ts';
import {
  type Asked,
  accountOf,
  continueResponse,
  converse,
  expectSettled,
  type PromptInput,
  regenerate,
  storedResponses,
} from '../api/asking.ts';
import { describeDatabases } from '../setup/describe-databases.ts';
import { streamBody, type WireAnswer, type WireRequest } from '../wire-server.ts';
import { askingHouse, filesTold, image, quote } from './asking-house.ts';

const drawing = 'google/gemini-3-pro-image';
const skipped = 'skip_thought_signature_validator';
const usageMetadata = { promptTokenCount: 20, candidatesTokenCount: 1300 };

/** An answer of Google: texts and, between them, an image for each null. */
function drawn(pieces: readonly (string | null)[], finishReason = 'STOP'): WireAnswer {
  const parts = pieces.map((piece, index) =>
    piece === null
      ? { inlineData: { mimeType: 'image/png', data: pictureOf(index) }, thoughtSignature: 'a proof of a megabyte' }
      : { text: piece },
  );
  const events = [
    ...parts.map((part) => ({ candidates: [{ content: { parts: [part] } }] })),
    { candidates: [{ content: { parts: [] }, finishReason }], usageMetadata },
  ];
  return { body: events.map((event) => `data: ${JSON.stringify(event)}\r\n\r\n`).join('') };
}

describeDatabases('an image that a model made', (database) => {
  const house = askingHouse(database);
  /** What Google answers next. */
  let drawings: WireAnswer[] = [];
  beforeEach(() => {
    drawings = [];
    house.wire.respondWith(({ api }) => {
      const short = { body: streamBody(api, { text: ['Seen.'], usage: { input: 9, output: 3 } }) };
      return (api === 'google.streamGenerateContent' && drawings.shift()) || short;
    });
  });

  const converseWith = (input: PromptInput) => converse(house.member, input);
  const draw = (pieces: readonly (string | null)[], input: Partial<PromptInput> = {}) => {
    drawings.push(drawn(pieces));
    return converseWith({ prompt: 'Draw a hill', modelIds: [drawing], ...input });
  };
  const goOn = (asked: Asked, modelIds: string[], input: Partial<PromptInput> = {}) =>
    converseWith({ prompt: 'Now make it blue', conversationId: asked.conversation.id, modelIds, ...input });
  const requestOf = (api: WireRequest['api'], model?: string): WireRequest => {
    const isOf = (request: WireRequest) => request.api === api && (!model || request.body.model === model);
    return house.wire.requests.findLast(isOf) as WireRequest;
  };
  /** The bytes of the images in the turn's answer, in base64. */
  async function keptOf({ turn }: Asked): Promise<string[]> {
    const { node } = await house.member.gql(
      'query ($id: ID!) { node(id: $id) { ... on Turn { responses { parts { ... on ImagePart { file { url } } } } } } }',
      { id: turn.id },
    );
    const parts: { file?: { url: string } }[] = node.responses[0].parts;
    const files = parts.flatMap(({ file }) => file ?? []);
    return Promise.all(
      files.map(async ({ url }) => {
        const answer = await fetch(house.app.url + url, { headers: { cookie: house.member.cookie } });
        return Buffer.from(await answer.arrayBuffer()).toString('base64');
      }),
    );
  }

  test('goes back with the next prompt, to each provider in its own form', async () => {
    const asked = await draw(['Here: ', null, ' a hill.', null]);
    const [hill, other] = await keptOf(asked);
    const told = await goOn(asked, [drawing, 'openai/gpt-4.1-mini', 'anthropic/claude-haiku-4-5', 'box/reading']);
    const { contents } = requestOf('google.streamGenerateContent').body;
    expect(contents).toEqual([
      { role: 'user', parts: [{ text: 'Draw a hill' }] },
      {
        role: 'model',
        parts: [
          { text: 'Here: ', thoughtSignature: skipped },
          { inlineData: { mimeType: 'image/png', data: hill }, thoughtSignature: skipped },
          { text: ' a hill.' },
          { inlineData: { mimeType: 'image/png', data: other }, thoughtSignature: skipped },
        ],
      },
      { role: 'user', parts: [{ text: 'Now make it blue' }] },
    ]);
    const line = { type: 'text', text: '[image made by the assistant]' };
    expect(requestOf('openai.chat', 'gpt-4.1-mini').body.messages).toEqual([
      { role: 'user', content: 'Draw a hill' },
      { role: 'assistant', content: 'Here: \n\n[image]\n\n a hill.\n\n[image]' },
      {
        role: 'user',
        content: [
          line,
          { type: 'image_url', image_url: { url: `data:image/png;base64,${hill}` } },
          line,
          { type: 'image_url', image_url: { url: `data:image/png;base64,${other}` } },
          { type: 'text', text: 'Now make it blue' },
        ],
      },
    ]);
    expect(requestOf('anthropic.messages').body.messages).toMatchObject([
      { role: 'user', content: 'Draw a hill' },
      { role: 'assistant', content: 'Here: \n\n[image]\n\n a hill.\n\n[image]' },
      { role: 'user', content: [line, { source: { data: hill } }, line, { source: { data: other } }, {}] },
    ]);
    expect(requestOf('openai.chat', 'reading').body.messages).toEqual([
      { role: 'user', content: 'Draw a hill' },
      { role: 'assistant', content: 'Here: \n\n[image]\n\n a hill.\n\n[image]' },
      { role: 'user', content: 'Now make it blue' },
    ]);
    expect(await filesTold(house.member, told)).toMatchObject([
      { status: 'COMPLETED', filesLeftOut: 0 },
      { filesLeftOut: 0 },
      { filesLeftOut: 0 },
      { filesLeftOut: 2 },
    ]);
    await expectSettled(house.member);
  });

  test('is quoted and held as an image, and the oldest leaves a small window first', async () => {
    let asked = await draw(['A hill.']);
    const input = { prompt: 'And?', conversationId: asked.conversation.id, modelIds: ['box/small'] };
    const without = await quote(house.member, input);
    asked = await draw([null], { conversationId: asked.conversation.id });
    const quoted = await quote(house.member, input);
    expect(quoted.models[0].inputTokens).toBeGreaterThan(without.models[0].inputTokens + 64);
    expect(quoted.maximum).toBeGreaterThan(without.maximum + 2000);
    let held = 0;
    house.wire.respondWith(async () => {
      held = (await accountOf(house.member)).held;
      return { status: 400, body: '{}' };
    });
    await converseWith(input);
    expect(held).toBe(quoted.maximum);
    await sql`update file set width = 2048, height = 2048`.execute(database().db);
    const full = await quote(house.member, { ...input, prompt: `And? ${'word '.repeat(3500)}` });
    expect(full.models).toMatchObject([{ filesLeftOut: 1 }]);
  });

  test('is an answer without a word, from which prompts and branches go on', async () => {
    const asked = await draw([null]);
    const [hill] = await keptOf(asked);
    const model = {
      role: 'model',
      parts: [{ inlineData: { mimeType: 'image/png', data: hill }, thoughtSignature: skipped }],
    };
    const [response] = asked.turn.responses;
    const further = await goOn(asked, [drawing], { historyFrom: response?.id as string });
    expect(requestOf('google.streamGenerateContent').body.contents[1]).toEqual(model);
    await goOn(asked, [drawing], { prompt: 'Or red', parentTurnId: asked.turn.id });
    expect(requestOf('google.streamGenerateContent').body.contents).toEqual([
      { role: 'user', parts: [{ text: 'Draw a hill' }] },
      model,
      { role: 'user', parts: [{ text: 'Or red' }] },
    ]);
    await regenerate(house.member, further.turn.responses[0]?.id as string, 'openai/gpt-4.1-mini');
    expect(requestOf('openai.chat').body.messages.slice(1)).toMatchObject([
      { role: 'assistant', content: '[image]' },
      { content: [{ type: 'text' }, { type: 'image_url' }, { text: 'Now make it blue' }] },
    ]);
  });

  test('goes back with the answer that is to go on, and with those behind it', async () => {
    drawings.push(drawn(['Here: ', null, ' a'], 'MAX_TOKENS'), drawn([' hill.']));
    const asked = await converseWith({ prompt: 'Draw a hill', modelIds: [drawing] });
    const [hill] = await keptOf(asked);
    await continueResponse(house.member, asked.turn.responses[0]?.id as string);
    const model = (end: string) => ({
      role: 'model',
      parts: [
        { text: 'Here: ', thoughtSignature: skipped },
        { inlineData: { mimeType: 'image/png', data: hill }, thoughtSignature: skipped },
        { text: end },
      ],
    });
    expect(requestOf('google.streamGenerateContent').body.contents[1]).toEqual(model(' a'));
    await goOn(asked, [drawing]);
    expect(requestOf('google.streamGenerateContent').body.contents[1]).toEqual(model(' a hill.'));
  });

  test('has a line in its place where it is gone', async () => {
    const asked = await draw(['A hill: ', null]);
    const { db } = database();
    const [row] = await db.selectFrom('response_file').select('file_id').orderBy('file_id', 'desc').limit(1).execute();
    await db
      .deleteFrom('response_file')
      .where('file_id', '=', row?.file_id ?? '')
      .execute();
    await db
      .deleteFrom('file')
      .where('id', '=', row?.file_id ?? '')
      .execute();
    const told = await goOn(asked, [drawing], { fileIds: [await house.store(image)] });
    expect(requestOf('google.streamGenerateContent').body.contents[1].parts).toEqual([
      { text: 'A hill: \n\n[image]', thoughtSignature: skipped },
    ]);
    expect(await storedResponses(house.member, told.turn.id)).toMatchObject([{ status: 'COMPLETED' }]);
  });

  test('is not sent to the model of a merge of its turn, which reads texts, but is with later prompts', async () => {
    drawings.push(drawn(['A hill.', null]));
    const asked = await converseWith({
      prompt: 'Draw a hill',
      modelIds: [drawing, 'openai/gpt-4.1-mini'],
      merge: { modelId: 'box/seeing' },
    });
    expect(
      requestOf('openai.chat', 'seeing').body.messages.map(({ content }: { content: unknown }) => content),
    ).toEqual([expect.stringContaining('A hill.')]);
    await goOn(asked, [drawing]);
    expect(requestOf('google.streamGenerateContent').body.contents[1].parts).toHaveLength(2);
  });
});
