import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import { type TakingStep, UnreadableExportError } from '../../src/ports/conversation-reader.ts';
import { createConversationReader } from '../../src/reading/conversation-reader.ts';
import { HoldingSource } from '../../src/reading/taking/holding-source.ts';
import { JsonElements } from '../../src/reading/taking/json-elements.ts';
import { jsonFault } from '../../src/reading/taking/json-fault.ts';
import { openSource } from '../../src/reading/taking/source-file.ts';
import { takingSteps } from '../../src/reading/taking/taking-steps.ts';
import { zipOf } from './zips.ts';

const folder = mkdtempSync(join(tmpdir(), 'polylogue-taking-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;

async function stepsOf(content: string | Buffer): Promise<TakingStep[]> {
  const path = join(folder, `file-${files++}`);
  writeFileSync(path, content);
  const source = await openSource(path);
  const steps: TakingStep[] = [];
  for await (const step of takingSteps(new HoldingSource(source), () => false)) steps.push(step);
  source.close();
  return steps;
}

const chunked = (text: string, size: number): Buffer[] => {
  const bytes = Buffer.from(text);
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  );
};

function elementsOf(text: string, size: number) {
  const elements = new JsonElements();
  const found = chunked(text, size).flatMap((chunk) => [...elements.write(chunk)]);
  return [...found, ...elements.end()];
}

it('cuts every document into the values of its list, however its bytes arrive', () => {
  const layout = fc.constantFrom(0, 1);
  fc.assert(
    fc.property(
      fc.array(fc.jsonValue()),
      fc.dictionary(fc.string(), fc.jsonValue()),
      fc.integer({ min: 1, max: 9 }),
      layout,
      (list, more, size, space) => {
        const { conversations: _, ...fields } = more;
        const parse = (found: ReturnType<typeof elementsOf>) => found.map(({ text }) => JSON.parse(String(text)));
        expect(parse(elementsOf(JSON.stringify(list, null, space), size))).toEqual(JSON.parse(JSON.stringify(list)));
        const inside = JSON.stringify({ ...fields, conversations: list }, null, space);
        expect(parse(elementsOf(inside, size))).toEqual(JSON.parse(JSON.stringify(list)));
        expect(parse(elementsOf(JSON.stringify(fields, null, space), size))).toEqual([
          JSON.parse(JSON.stringify(fields)),
        ]);
      },
    ),
  );
});

it('finds where a text ceases to be JSON', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.nat(), (value, place) => {
      const text = JSON.stringify(value);
      expect(jsonFault(text)).toBe(text.length);
      const at = place % text.length;
      const broken = `${text.slice(0, at)}\u0001${text.slice(at)}`;
      expect(jsonFault(broken)).toBeLessThanOrEqual(at);
    }),
  );
  expect(jsonFault('{"a": [1, 2,, 3]}')).toBe(12);
});

it('says where a document of no known form begins to be none', async () => {
  const notTaken = async (text: string) => (await stepsOf(text)).filter(({ type }) => type === 'notTaken');
  expect(await notTaken('')).toMatchObject([{ why: 'The file is empty.' }]);
  expect(await notTaken('hello')).toMatchObject([{ why: expect.stringContaining('(line 1, column 1)') }]);
  expect(await notTaken('[{"a": 1}\n{"b": 2}]')).toMatchObject([
    { where: '[0]' },
    { why: expect.stringContaining('[1] on (line 2, column 1)') },
  ]);
  expect(await notTaken('[\n{"a": tru}\n]')).toMatchObject([
    { where: '[0]', why: expect.stringContaining('line 2, column 7') },
  ]);
  expect(await notTaken('[\n{"a":\n\n  1,,}\n]')).toMatchObject([
    { where: '[0]', why: expect.stringContaining('line 4, column 5') },
  ]);
});

const hostile = (messages: object) => [{ id: 'x', title: 'a\u0000\ud800b', chat: { history: { messages } } }];

it('takes twenty thousand messages in a row, in parts', async () => {
  const messages = Object.fromEntries(
    Array.from({ length: 20_000 }, (_, index) => [
      `m${index}`,
      {
        parentId: index === 0 ? null : `m${index - 1}`,
        role: index % 2 === 0 ? 'user' : 'assistant',
        content: `Message ${index}`,
      },
    ]),
  );
  const steps = await stepsOf(JSON.stringify(hostile(messages)));
  const turns = steps.flatMap((step) => (step.type === 'turns' ? [step.turns.length] : []));
  expect(turns.reduce((sum, count) => sum + count, 0)).toBe(10_000);
  expect(Math.max(...turns)).toBeLessThanOrEqual(50);
  expect(steps.find(({ type }) => type === 'conversation')).toMatchObject({
    conversation: { title: 'a\ufffd\ufffdb' },
  });
});

it('takes no more of trees that multiply than there is room for', async () => {
  // Each answer goes on in two ways, of which one ends: every way has all that is before it.
  const messages = Object.fromEntries(
    Array.from({ length: 20_000 }, (_, index) => [
      `m${index}`,
      { parentId: index === 0 ? null : `m${Math.floor((index - 1) / 2) * 2}`, role: 'assistant', content: 'a' },
    ]),
  );
  expect(await stepsOf(JSON.stringify(hostile(messages)))).toContainEqual({
    type: 'notTaken',
    where: '[0]',
    why: 'The conversation has too many branches.',
  });
});

it('takes what is deep in a document, and leaves out what is too large', async () => {
  const deep = `[${'{"a":['.repeat(100_000)}${']}'.repeat(100_000)}, {"id": "y", "chat": {"messages": [{"role": "user", "content": "Hi"}]}}]`;
  const steps = await stepsOf(deep);
  expect(steps.filter(({ type }) => type === 'notTaken')).toHaveLength(1);
  expect(steps.filter(({ type }) => type === 'conversation')).toHaveLength(1);
  // Parsed, these few megabytes would be gigabytes.
  const bottomless = `[${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}, {"a": [${'[],'.repeat(10_000_000)}0]}, 1]`;
  expect([...new JsonElements().write(Buffer.from(bottomless))].map(({ text }) => text)).toEqual([null, null, '1']);
  // One sign makes a text twice as large in memory.
  const [latin, wide] = ['é', 'あ'].map((sign) => `["${'x'.repeat(20_000_000)}${sign}"]`);
  expect(elementsOf(latin ?? '', 1_000_000).map(({ text }) => text?.length)).toEqual([20_000_003]);
  expect(elementsOf(wide ?? '', 1_000_000).map(({ text }) => text)).toEqual([null]);
  const elements = new JsonElements(100);
  const found = [...elements.write(Buffer.from(`["${'x'.repeat(200)}", 1]`))];
  expect(found.map(({ text }) => text)).toEqual([null, '1']);
});

it('takes no more messages, answers and files of a conversation than there is room for', async () => {
  const messages = (count: number, parentOf: (index: number) => string | null) =>
    Object.fromEntries(
      Array.from({ length: count }, (_, index) => [
        `m${index}`,
        { parentId: parentOf(index), role: index === 0 ? 'user' : 'assistant', content: 'a' },
      ]),
    );
  const many = messages(20_001, (index) => (index === 0 ? null : `m${index - 1}`));
  const star = messages(3000, (index) => (index === 0 ? null : 'm0'));
  const documents = JSON.stringify([...hostile(many), ...hostile(star)]);
  expect((await stepsOf(documents)).filter(({ type }) => type === 'notTaken')).toEqual([
    { type: 'notTaken', where: '[0]', why: 'The conversation has more than 20,000 messages.' },
    { type: 'notTaken', where: '[1]', why: 'A prompt has more than 2,000 answers.' },
  ]);
  const files = Array.from({ length: 12_000 }, (_, index) => ({ name: `${index}.txt` }));
  const [note, conversation, turns] = await stepsOf(
    JSON.stringify(hostile({ m: { parentId: null, role: 'user', content: 'a', files } })),
  );
  expect(note).toMatchObject({ where: '[0]', why: expect.stringContaining('more than 10,000 files') });
  expect(conversation).toMatchObject({ files: { length: 10_000 } });
  expect(turns).toMatchObject({ turns: [{ files: { length: 1000 } }] });
});

it('tells the first of very many faults, and how many more there are', async () => {
  const steps = await stepsOf(`[${'{},'.repeat(99_999)}1]`);
  expect(steps.filter(({ type }) => type === 'notTaken')).toHaveLength(200);
  const more = steps.reduce((sum, step) => sum + (step.type === 'moreNotTaken' ? step.count : 0), 0);
  expect([more, steps.at(-1)]).toEqual([99_800, { type: 'end' }]);
  expect(steps.length).toBeLessThan(210);
  await expect(stepsOf(`[${'{},'.repeat(100_000)}1]`)).rejects.toThrow('Import those from [100000] on');
});

it('ends with its process alone where reading takes more memory than it has', async () => {
  const program = join(folder, 'greedy.mjs');
  writeFileSync(
    program,
    `process.on('message', () => {
      const lists = [];
      for (;;) lists.push(new Array(100_000).fill(0.5));
    });`,
  );
  const reader = createConversationReader({ program: pathToFileURL(program) });
  const opening = reader.open(program, new AbortController().signal);
  await expect(opening).rejects.toThrow(new UnreadableExportError('Reading the file takes too much memory here.'));
});

it('tells of characters that are not in UTF-8, and takes the rest', async () => {
  const text = JSON.stringify(hostile({ m: { parentId: null, role: 'user', content: 'caf_' } }));
  const [note, , turns] = await stepsOf(Buffer.from(text.replace('caf_', 'caf\u00e9'), 'latin1'));
  expect(note).toMatchObject({ where: '[0]', why: expect.stringContaining('not in UTF-8') });
  expect(turns).toMatchObject({ turns: [{ prompt: 'caf\ufffd' }] });
});

it('takes every list of conversations, also behind a name that was there before', async () => {
  const [one, other] = ['One', 'Other'].map((content) => hostile({ m: { parentId: null, role: 'user', content } }));
  const steps = await stepsOf(`{"conversations": ${JSON.stringify(one)}, "conversations": ${JSON.stringify(other)}}`);
  expect(steps.flatMap((step) => (step.type === 'conversation' ? step.where : []))).toEqual([
    'conversations[0]',
    'conversations[1]',
  ]);
});

it('refuses a file of Polylogue of a newer form, or of none', async () => {
  const ofVersion = (version: unknown) =>
    stepsOf(JSON.stringify({ format: 'polylogue.conversations', version, conversations: hostile({}) }));
  await expect(ofVersion(2)).rejects.toThrow('its form has version 2, and this one reads up to 1');
  for (const version of [undefined, '1', 0, 1.5]) await expect(ofVersion(version)).rejects.toThrow('of which version');
  expect((await ofVersion(1)).map(({ type }) => type)).toContain('conversation');
});

it('refuses a zip without conversations, and a broken one', async () => {
  await expect(stepsOf(await zipOf({ 'readme.txt': 'Hi' }))).rejects.toThrow('has no conversations.json');
  const zip = await zipOf({ 'conversations.json': JSON.stringify(hostile({})) });
  await expect(stepsOf(zip.subarray(0, zip.length - 30))).rejects.toThrow('broken or not complete');
  await expect(stepsOf(await zipOf({ 'export.zip': zip }))).rejects.toThrow('has no conversations.json');
});
