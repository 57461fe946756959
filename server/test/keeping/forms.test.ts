import { readdirSync } from 'node:fs';
import { type ClientRequest, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createMockModels } from '../../src/providers/mock/mock.ts';
import { eventually } from '../eventually.ts';
import { type Client, startApp, type TestApp } from '../setup/app.ts';
import { describeDatabases } from '../setup/describe-databases.ts';
import { chatGpt, claude, libreChat, libreChatTree, openWebUi, pixel } from './foreign-exports.ts';
import { exportAll, importFile, postImport, withoutIds } from './importing.ts';
import { zipOf } from './zips.ts';

describeDatabases('the export of another program', (database) => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp({ database: database(), languageModels: { mock: createMockModels({ pace: 50 }) } });
  });
  afterAll(async () => {
    await app?.close();
    expect(app?.errors).toEqual([]);
  });

  /** What an import makes of a document: the report, and the conversations, told shortly. */
  async function imported(content: unknown) {
    const member = await app.newMember();
    const bytes = Buffer.isBuffer(content) ? content : JSON.stringify(content);
    const report = await importFile(member, bytes);
    const again = await importFile(member, bytes);
    expect(again).toMatchObject({ taken: 0, alreadyThere: report.taken });
    const told = await exportAll(member);
    return { report, conversations: withoutIds(told).map(short), member };
  }

  it('of ChatGPT is taken with its branches, versions, thoughts and pictures', async () => {
    const zip = await zipOf({
      'conversations.json': JSON.stringify(chatGpt),
      'file-Boat1-boat.png': pixel,
      'user.json': '{}',
    });
    const { report, conversations, member } = await imported(zip);
    expect(report).toMatchObject({ form: 'chatgpt', taken: 1, turns: 3, files: 1, notTaken: [] });
    expect(conversations).toEqual([
      {
        title: 'Naming a boat',
        pinned: true,
        archived: false,
        system: null,
        turns: [
          {
            parent: null,
            prompt: 'Name this boat.',
            files: ['boat.png'],
            from: null,
            answers: ['0 openai/o3 ★ [Looking\n\nIt is small.] **Nutshell**.', '0 openai/gpt-4o Titanic II'],
          },
          { parent: 'turn 0', prompt: 'Really?', files: [], from: 'answer 2', answers: [] },
          { parent: 'turn 0', prompt: 'Shorter?', files: [], from: null, answers: ['0 openai/o3 Nut'] },
        ],
      },
    ]);
    const { conversations: list } = await member.gql(
      '{ conversations(first: 1) { edges { node { branch: turns(last: 5) { edges { node { prompt responses { model { name } text } } } } } } } }',
    );
    expect(list.edges[0].node.branch.edges.map((edge: { node: object }) => edge.node)).toMatchObject([
      { prompt: 'Name this boat.', responses: [{ model: { name: expect.any(String) }, text: '**Nutshell**.' }] },
      { prompt: 'Shorter?', responses: [{ text: 'Nut' }] },
    ]);
  });

  it('of Claude is taken with its branches, thoughts and what was read of its attachments', async () => {
    const { report, conversations } = await imported(
      await zipOf({ 'conversations.json': JSON.stringify(claude), 'users.json': '[]' }),
    );
    expect(report).toMatchObject({ form: 'claude', taken: 1, turns: 3, files: 1 });
    expect(report.notTaken).toEqual([{ where: '[0]', why: expect.stringContaining('photo.jpg') }]);
    expect(conversations[0]?.turns).toEqual([
      {
        parent: null,
        prompt: 'Read this.',
        files: ['notes.md'],
        from: null,
        answers: ['0 anthropic/claude [A short note.] Done.\n\nIt says one.'],
      },
      { parent: 'turn 0', prompt: 'First way', files: [], from: null, answers: ['0 anthropic/claude One.'] },
      { parent: 'turn 0', prompt: 'Second way', files: [], from: null, answers: ['0 anthropic/claude Two.'] },
    ]);
  });

  it('of LibreChat is taken alike as a list and as a tree', async () => {
    const { report, conversations } = await imported(libreChat);
    expect(report).toMatchObject({ form: 'librechat', taken: 1, turns: 2, notTaken: [] });
    expect(conversations).toEqual([
      {
        title: 'Greetings',
        pinned: false,
        archived: false,
        system: 'Be polite.',
        turns: [
          {
            parent: null,
            prompt: 'Hello',
            files: [],
            from: null,
            answers: ['0 openai/gpt-4-turbo Hi.', '0 openai/gpt-4-turbo [Polite.] Good day.'],
          },
          {
            parent: 'turn 0',
            prompt: 'Bye',
            files: [],
            from: null,
            answers: ['0 openai/gpt-4-turbo FAILED Out of quota.'],
          },
        ],
      },
    ]);
    expect((await imported(libreChatTree)).conversations).toEqual(conversations);
  });

  it('of Open WebUI is taken with models side by side as lanes', async () => {
    const { report, conversations } = await imported(openWebUi);
    expect(report).toMatchObject({ form: 'open-webui', taken: 1, turns: 2, files: 2, notTaken: [] });
    expect(conversations).toEqual([
      {
        title: 'Side by side',
        pinned: false,
        archived: true,
        system: 'Answer briefly.',
        turns: [
          {
            parent: null,
            prompt: 'What is this?',
            files: ['image.png', 'list.pdf.txt'],
            from: null,
            answers: [
              '0 open-webui/llama3:8b A dot.',
              '0 open-webui/llama3:8b A spot.',
              '1 open-webui/mistral:7b [Tiny.] A pixel.',
            ],
          },
          {
            parent: 'turn 0',
            prompt: 'Sure?',
            files: [],
            from: 'answer 3',
            answers: ['0 open-webui/llama3:8b FAILED Out of memory.', '1 open-webui/mistral:7b Yes.'],
          },
        ],
      },
    ]);
  });

  it('is told where it is broken, and all else is taken', async () => {
    const [boat] = structuredClone(chatGpt);
    const broken = {
      ...boat,
      conversation_id: 'other',
      mapping: {
        ...boat?.mapping,
        odd: 5,
        one: { parent: 'two', message: null },
        two: { parent: 'one', message: null },
      },
    };
    const { report } = await imported([broken, { hello: 'there' }, 7, claude[0]]);
    expect(report.taken).toBe(2);
    expect(report.notTaken).toEqual(
      [
        { where: '[0].mapping["odd"]', why: expect.any(String) },
        { where: '[0] (message one)', why: expect.stringContaining('circle') },
        { where: '[0]', why: expect.stringContaining('boat.png') },
        { where: '[1]', why: expect.stringContaining('form') },
        { where: '[2]', why: expect.stringContaining('no conversation') },
        { where: '[0]', why: expect.any(String) },
      ].map((note, index) => (index === 5 ? { ...note, where: '[3]' } : note)),
    );
  });

  it('is refused without a session, and as anything but a file', async () => {
    const post = (headers: Record<string, string>, body: BodyInit) =>
      fetch(`${app.url}/import`, { method: 'POST', headers, body });
    expect((await post({}, '[]')).status).toBe(401);
    const { cookie } = await app.newMember();
    expect((await post({ cookie, 'content-type': 'application/json' }, '[]')).status).toBe(415);
    expect((await fetch(`${app.url}/import`, { headers: { cookie } })).status).toBe(405);
    expect(await importFile(await app.newMember(), 'PK no zip')).toMatchObject({
      form: null,
      taken: 0,
      notTaken: [{ where: '', why: expect.stringContaining('neither a zip nor JSON') }],
    });
  });

  it('is refused in words while those of two others are taken, however large it is', async () => {
    const [one, two, third] = [await app.newMember(), await app.newMember(), await app.newMember()];
    const held = [one, two].map(beginImport);
    try {
      await eventually(() => expect(filesOnTheirWay()).toBe(2));
      const refused = await postImport(third, Buffer.alloc(70_000_000, ' '));
      expect(refused.status).toBe(429);
      expect(refused.headers.get('retry-after')).toBe('30');
      expect(await refused.json()).toMatchObject({
        error: { message: expect.stringContaining('Others are importing') },
      });
    } finally {
      for (const request of held) request.destroy();
    }
    await eventually(() => expect(filesOnTheirWay()).toBe(0));
    expect((await postImport(third, '[]')).status).toBe(200);
  });
});

/** Begins to send a file, and does not go on. */
function beginImport({ url, cookie }: Client): ClientRequest {
  const headers = { cookie, 'content-type': 'multipart/form-data; boundary=held' };
  const sent = request(`${url}/import`, { method: 'POST', headers });
  sent.on('error', () => {});
  sent.write('--held\r\nContent-Disposition: form-data; name="file"; filename="held.json"\r\n\r\n[');
  return sent;
}

/** How many files this process receives or reads: each has a folder of its own. */
function filesOnTheirWay(): number {
  const own = readdirSync(tmpdir()).filter(
    (name) => name.startsWith('polylogue-files-') && name.includes(`-${process.pid}-`),
  );
  return own.flatMap((name) => readdirSync(join(tmpdir(), name))).length;
}

// biome-ignore lint/suspicious/noExplicitAny: a document of JSON
type Told = any;

function short({ title, pinned, archived, systemPrompt: system, turns }: Told) {
  return {
    title,
    pinned,
    archived,
    system,
    turns: turns.map(({ parent, prompt, files, historyFrom, answers }: Told) => ({
      parent,
      prompt,
      files: files.map(({ name }: Told) => name),
      from: historyFrom?.answer ?? null,
      answers: answers.map(told),
    })),
  };
}

function told({ lane, model, status, chosenAt, parts, failure }: Told): string {
  const texts = parts.map(({ kind, text }: Told) => (kind === 'reasoning' ? `[${text}] ` : text)).join('');
  const name = `${lane} ${model}${chosenAt ? ' ★' : ''}`;
  return `${name} ${status === 'COMPLETED' ? texts : `${status} ${failure?.message ?? texts}`}`;
}
