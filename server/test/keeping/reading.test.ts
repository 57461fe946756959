import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import type { TakingStep } from '../../src/ports/conversation-reader.ts';
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
        const parse = (found: ReturnType<typeof elementsOf>) => found.map(({ bytes }) => JSON.parse(String(bytes)));
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
    { where: '[0]', why: expect.stringContaining('line 2, column 6') },
  ]);
});

const hostile = (messages: object) => [{ id: 'x', title: 'a\u0000\ud800b', chat: { history: { messages } } }];

it('takes a hundred thousand messages in a row, in parts', async () => {
  const messages = Object.fromEntries(
    Array.from({ length: 100_000 }, (_, index) => [
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
  expect(turns.reduce((sum, count) => sum + count, 0)).toBe(50_000);
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
  expect([...new JsonElements().write(Buffer.from(bottomless))].map(({ bytes }) => bytes?.toString() ?? null)).toEqual([
    null,
    null,
    '1',
  ]);
  const elements = new JsonElements(100);
  const found = [...elements.write(Buffer.from(`["${'x'.repeat(200)}", 1]`))];
  expect(found.map(({ bytes }) => bytes?.toString() ?? null)).toEqual([null, '1']);
});

it('refuses a zip without conversations, and a broken one', async () => {
  await expect(stepsOf(await zipOf({ 'readme.txt': 'Hi' }))).rejects.toThrow('has no conversations.json');
  const zip = await zipOf({ 'conversations.json': JSON.stringify(hostile({})) });
  await expect(stepsOf(zip.subarray(0, zip.length - 30))).rejects.toThrow('broken or not complete');
});
