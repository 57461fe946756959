import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type OpenAI from 'openai';
import { beforeEach, expect, test } from 'vitest';
import { pictureOf } from '../../src/providers/mock/picture.ts';
import { expectSettled } from '../api/asking.ts';
import { askingHouse } from '../files/asking-house.ts';
import { cleaned } from '../files/cleaned.ts';
import { pixel } from '../files/stored-file.ts';
import { describeDatabases } from '../setup/describe-databases.ts';
import { anthropicAt } from './anthropic/anthropic-client.ts';
import { makeKey, openAI } from './openai/openai-client.ts';

const PLACE = 'X-Polylogue-Conversation';
const png = pixel.toString('base64');
const report = readFileSync(join(import.meta.dirname, '../reading/fixtures/report.pdf'));
const pdf = report.toString('base64');

type Message = OpenAI.ChatCompletionMessageParam;
const imagePart = (data = png) => ({
  type: 'image_url' as const,
  image_url: { url: `data:image/png;base64,${data}` },
});
const pdfPart = (filename = 'report.pdf') => ({
  type: 'file' as const,
  file: { filename, file_data: `data:application/pdf;base64,${pdf}` },
});
const textPart = (text: string) => ({ type: 'text' as const, text });

const isImage = { type: 'image_url', image_url: { url: expect.stringMatching(/^data:image\/png;base64,/) } };
const isReport = { type: 'file', file: { filename: 'report.pdf', file_data: `data:application/pdf;base64,${pdf}` } };

describeDatabases('files of a kept call', (database) => {
  const house = askingHouse(database);
  let key: string;
  let openai: OpenAI;
  beforeEach(async () => {
    key = await makeKey(house.member);
    openai = openAI(house.app, { apiKey: key });
  });

  const sentMessages = () => house.wire.requests.at(-1)?.body.messages;

  /** Keeps a chat completion. @returns where */
  async function complete(messages: Message[], conversation = 'new', model = 'box/seeing'): Promise<string> {
    const asked = openai.chat.completions.create({ model, messages }, { headers: { [PLACE]: conversation } });
    return (await asked.withResponse()).response.headers.get(PLACE) ?? '';
  }

  async function turnsOf(conversation: string) {
    const document = `query ($id: ID!) { node(id: $id) { ... on Conversation { turns { edges { node {
      prompt files { name kind mediaType pages width } responses { text fileForms }
    } } } } } }`;
    const { node } = await house.member.gql(document, { id: conversation });
    // biome-ignore lint/suspicious/noExplicitAny: the tests read what they asked for
    return node.turns.edges.map((edge: any) => edge.node);
  }

  const isPicture = { name: 'image.png', kind: 'IMAGE', mediaType: 'image/png', pages: null, width: 1 };
  const isPdf = { name: 'report.pdf', kind: 'PDF', mediaType: 'application/pdf', pages: 2, width: null };

  /** How many files and contents there are of anybody. */
  async function countKept() {
    const { db } = database();
    const files = await db
      .selectFrom('file')
      .select(({ fn }) => fn.countAll<number>().as('n'))
      .executeTakeFirst();
    const contents = await db
      .selectFrom('file_content')
      .select(({ fn }) => fn.countAll<number>().as('n'))
      .executeTakeFirst();
    return { files: Number(files?.n), contents: Number(contents?.n) };
  }

  test('are those of its turn, and go along with the next calls of the conversation', async () => {
    const first: Message = { role: 'user', content: [textPart('What are these?'), imagePart(), pdfPart()] };
    const place = await complete([first]);
    expect(sentMessages()).toEqual([{ role: 'user', content: [isImage, isReport, textPart('What are these?')] }]);
    expect(await turnsOf(place)).toMatchObject([
      { prompt: 'What are these?', files: [isPicture, isPdf], responses: [{ fileForms: ['NATIVE', 'NATIVE'] }] },
    ]);
    expect(await complete([{ role: 'user', content: 'And in short?' }], place)).toBe(place);
    const again = [
      { role: 'user', content: [isImage, isReport, textPart('What are these?')] },
      { role: 'assistant', content: 'Hello there!' },
      { role: 'user', content: 'And in short?' },
    ];
    expect(sentMessages()).toEqual(again);
    const kept = await countKept();
    const whole: Message[] = [
      first,
      { role: 'assistant', content: 'Hello there!' },
      { role: 'user', content: 'And in short?' },
      { role: 'assistant', content: 'Hello there!' },
      { role: 'user', content: [textPart('Once more?'), imagePart()] },
    ];
    expect(await complete(whole, place)).toBe(place);
    expect(sentMessages().slice(0, 3)).toEqual(again);
    expect(sentMessages().at(-1)).toEqual({ role: 'user', content: [isImage, textPart('Once more?')] });
    expect(await turnsOf(place)).toMatchObject([
      { files: [isPicture, isPdf] },
      { files: [] },
      { prompt: 'Once more?', files: [isPicture] },
    ]);
    expect(await countKept()).toEqual(kept);
    await expectSettled(house.member);
  });

  test('come in Anthropic’s protocol with their titles, and images are drawn anew', async () => {
    const anthropic = anthropicAt(house.app, { apiKey: key });
    const data = pictureOf(3);
    const content = [
      { type: 'image' as const, source: { type: 'base64' as const, media_type: 'image/png' as const, data } },
      {
        type: 'document' as const,
        title: 'The report',
        source: { type: 'base64' as const, media_type: 'application/pdf' as const, data: pdf },
      },
      {
        type: 'document' as const,
        title: 'Notes',
        context: 'Of May.',
        source: { type: 'text' as const, media_type: 'text/plain' as const, data: 'It rained.' },
      },
      textPart('What are these?'),
    ];
    const asked = { model: 'box/seeing', max_tokens: 500, messages: [{ role: 'user' as const, content }] };
    const { response } = await anthropic.messages.create(asked, { headers: { [PLACE]: 'new' } }).withResponse();
    const place = response.headers.get(PLACE) ?? '';
    expect(await turnsOf(place)).toMatchObject([
      {
        prompt: 'Of May.\n\nWhat are these?',
        files: [
          { name: 'image.png', width: 96 },
          { ...isPdf, name: 'The report.pdf' },
          { name: 'Notes.txt', kind: 'TEXT' },
        ],
      },
    ]);
    const [{ content: sent }] = sentMessages();
    expect(sent).toMatchObject([
      isImage,
      { file: { filename: 'The report.pdf' } },
      textPart('<file name="Notes.txt">\nIt rained.\n</file>\n\nOf May.\n\nWhat are these?'),
    ]);
    expect(sent[0].image_url.url).not.toContain(data);
    const next = { ...asked, messages: [{ role: 'user' as const, content: 'And in short?' }] };
    await anthropic.messages.create(next, { headers: { [PLACE]: place } });
    expect(sentMessages()[0].content).toEqual(sent);
  });

  test('come in the Responses API, a text for a model that reads no other', async () => {
    const file_data = `data:text/csv;base64,${Buffer.from('month,sum\nMay,3\n').toString('base64')}`;
    const content = [
      { type: 'input_file' as const, filename: 'sums.csv', file_data },
      { type: 'input_file' as const, filename: 'report.pdf', file_data: `data:application/pdf;base64,${pdf}` },
      { type: 'input_text' as const, text: 'Add up.' },
    ];
    const asked = openai.responses.create({
      model: 'box/reading',
      input: [{ role: 'user', content }],
      store: true,
    });
    const { response } = await asked.withResponse();
    expect(await turnsOf(response.headers.get(PLACE) ?? '')).toMatchObject([
      {
        files: [{ name: 'sums.csv', kind: 'TEXT', mediaType: 'text/csv' }, isPdf],
        responses: [{ fileForms: ['TEXT', 'TEXT'] }],
      },
    ]);
    const [{ content: sent }] = sentMessages();
    expect(sent).toMatch(/^<file name="sums.csv">\nmonth,sum\nMay,3\n\n<\/file>\n\n<file name="report.pdf" pages="2">/);
    expect(sent).toMatch(/\n\nAdd up\.$/);
  });

  test('stay with the earlier prompts of a history that is brought along', async () => {
    const history: Message[] = [
      { role: 'user', content: [textPart('A picture?'), imagePart()] },
      { role: 'assistant', content: 'Yes.' },
      { role: 'user', content: [pdfPart()] },
      { role: 'user', content: [textPart('A report?')] },
      { role: 'assistant', content: 'It is.' },
      { role: 'user', content: 'Thanks. More?' },
    ];
    const place = await complete(history);
    expect(await turnsOf(place)).toMatchObject([
      { prompt: 'A picture?', files: [isPicture] },
      { prompt: 'A report?', files: [isPdf] },
      { prompt: 'Thanks. More?', files: [] },
    ]);
    expect(sentMessages()[2].content).toEqual([isReport, textPart('A report?')]);
    // Another picture in the same words is another prompt.
    const other: Message = { role: 'user', content: [textPart('A picture?'), imagePart(pictureOf(60))] };
    await complete([other, ...history.slice(1)], place);
    expect(await turnsOf(place)).toHaveLength(6);
    expect(sentMessages()).toHaveLength(11);
  });

  test('are one file where a call has the same one twice, and are read once', async () => {
    const content = [textPart('Which differ?'), imagePart(), imagePart(), pdfPart('a.pdf'), pdfPart('b.pdf')];
    const place = await complete([{ role: 'user', content }]);
    const names = (await turnsOf(place))[0].files.map(({ name }: { name: string }) => name);
    expect(names).toEqual(['image.png', 'a.pdf', 'b.pdf']);
  });

  const refusals: [string, Message[], string, object][] = [
    [
      'an image for a model that cannot see',
      [{ role: 'user', content: [textPart('Look.'), imagePart(pictureOf(64))] }],
      'box/reading',
      { status: 400, code: 'file_not_readable', param: 'messages' },
    ],
    [
      'eleven images',
      [
        {
          role: 'user',
          content: [textPart('Look.'), ...Array.from({ length: 11 }, (_, n) => imagePart(pictureOf(4 * n)))],
        },
      ],
      'box/seeing',
      { status: 400, param: 'messages', message: expect.stringContaining('at most 10 files; this one has 11') },
    ],
    [
      'eleven images in an earlier message',
      [
        {
          role: 'user',
          content: [textPart('Look.'), ...Array.from({ length: 11 }, (_, n) => imagePart(pictureOf(4 * n)))],
        },
        { role: 'assistant', content: 'Yes.' },
        { role: 'user', content: 'And?' },
      ],
      'box/seeing',
      {
        status: 400,
        code: null,
        param: 'messages',
        message: expect.stringContaining('an earlier one of these has 11'),
      },
    ],
    [
      'a file that is no file, behind one that is',
      [
        { role: 'user', content: [textPart('Look.'), imagePart(pictureOf(68))] },
        { role: 'assistant', content: 'Yes.' },
        { role: 'user', content: [textPart('And?'), imagePart(Buffer.from('\x7fELF\0\0\0').toString('base64'))] },
      ],
      'box/seeing',
      { status: 400, param: 'messages[2]' },
    ],
    [
      'what is no base64',
      [{ role: 'user', content: [textPart('Look.'), imagePart('AAAA$AAA')] }],
      'box/seeing',
      { status: 400, param: 'messages[0]', message: expect.stringContaining('no base64') },
    ],
    [
      'a conversation that is not there',
      [{ role: 'user', content: [textPart('Look.'), imagePart(pictureOf(72))] }],
      'nowhere',
      { status: 404 },
    ],
  ];
  test.each(refusals)('leave nothing behind if the call is refused: %s', async (_what, messages, model, refusal) => {
    await cleaned(database().db);
    const before = await countKept();
    const asked =
      model === 'nowhere' ? complete(messages, btoa('Conversation:01a22403-9708-71b5-8d03-c45b1f98f07a')) : null;
    await expect(asked ?? complete(messages, 'new', model)).rejects.toMatchObject(refusal);
    await expect.poll(countKept).toEqual(before);
    expect(house.wire.requests).toEqual([]);
    await expectSettled(house.member);
  });

  test('are refused beyond what the plan allows, but for those that the member has in use', async () => {
    const content = [textPart('Look.'), imagePart()];
    const place = await complete([{ role: 'user', content }]);
    const { db } = database();
    const large = { name: 'large.txt', kind: 'TEXT' as const, mediaType: 'text/plain', content: Buffer.from('x') };
    for (let time = 0; time < 5; time++) await house.store(large);
    await db.updateTable('file').set({ bytes: 2_100_000_000 }).where('name', '=', 'large.txt').execute();
    const kept = await countKept();
    const fresh = [textPart('Look.'), imagePart(pictureOf(76))];
    await expect(complete([{ role: 'user', content: fresh }])).rejects.toMatchObject({
      status: 403,
      param: 'messages[0]',
      message: expect.stringContaining('of your plan'),
    });
    await complete([{ role: 'user', content }], place);
    expect(await countKept()).toEqual(kept);
  });

  test('of a client that goes away while they are read are not left behind', async () => {
    const { db } = database();
    await cleaned(database().db);
    const before = await countKept();
    const images = Array.from({ length: 10 }, (_, seed) => imagePart(pictureOf(100 + 4 * seed)));
    const leave = new AbortController();
    const asked = openai.chat.completions.create(
      { model: 'box/seeing', messages: [{ role: 'user', content: [textPart('Look.'), ...images] }], store: true },
      { signal: leave.signal },
    );
    asked.catch(() => {});
    await expect.poll(async () => (await countKept()).files, { interval: 5 }).toBeGreaterThan(before.files);
    leave.abort();
    await expect(asked).rejects.toThrow();
    await expect.poll(countKept).toEqual(before);
    expect(house.wire.requests).toEqual([]);
    expect(await db.selectFrom('turn_file').select('file_id').where('position', '=', 9).execute()).toEqual([]);
  });
});
