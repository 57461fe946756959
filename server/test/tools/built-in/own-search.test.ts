import { afterAll, beforeAll, expect, it } from 'vitest';
import { findOwnTexts } from '../../../src/domain/conversations/searching/own-texts.ts';
import { FileContents } from '../../../src/domain/files/contents.ts';
import { parseGlobalId } from '../../../src/domain/ground/global-ids.ts';
import type { Tool } from '../../../src/ports/tool.ts';
import { createDatabaseFileStore } from '../../../src/storage/database-file-store.ts';
import { createOwnSearchTool } from '../../../src/tools/built-in/own-search-tool.ts';
import { converse } from '../../api/asking.ts';
import { storeFile } from '../../files/stored-file.ts';
import { alpha, beta, createLab, labCatalogue } from '../../judging/lab.ts';
import { type Client, startApp, type TestApp } from '../../setup/app.ts';
import { describeDatabases, testLog } from '../../setup/describe-databases.ts';
import { valueOfText } from './tool-call.ts';

describeDatabases('a search in the member’s own conversations and files', (database) => {
  const lab = createLab();
  let app: TestApp;
  let ann: Client;
  let ben: Client;
  let tool: Tool;
  beforeAll(async () => {
    app = await startApp({ database: database(), catalogue: labCatalogue, languageModels: { lab: lab.languageModel } });
    ann = await app.newMember('Ann');
    ben = await app.newMember('Ben');
    const { db } = database();
    const contents = new FileContents({
      db,
      stores: { DATABASE: createDatabaseFileStore(db), BUCKET: null },
      log: testLog,
    });
    tool = createOwnSearchTool({ findOwnTexts: (search, signal) => findOwnTexts({ db, contents }, search, signal) });
  });
  afterAll(async () => {
    await app?.close();
    expect(app?.errors).toEqual([]);
  });

  const userIdOf = async ({ email }: Client) =>
    (await database().db.selectFrom('user').select('id').where('email', '=', email).executeTakeFirstOrThrow()).id;
  const search = async (client: Client, query: string, conversationId: string | null = null) =>
    (await valueOfText(tool, { query }, { userId: await userIdOf(client), conversationId })).text;

  it('finds their prompts, answers and files with an excerpt, and nobody else’s', async () => {
    lab.say('alpha', `${'Before it. '.repeat(40)}The quince is ripe in October.${' After it.'.repeat(40)}`);
    const asked = await converse(ann, { prompt: 'When is the quince ripe?', modelIds: [alpha] });
    const content = Buffer.from(`${'Rows of trees. '.repeat(60)}A QUINCE stands among them.`);
    await storeFile(database().db, ann.email, {
      name: 'garden.txt',
      kind: 'TEXT',
      mediaType: 'text/plain',
      content,
      text: String(content),
    });
    const found = await search(ann, 'quince');
    expect(found).toMatch(/\[Prompt in “[^”]+”, \d{4}-\d\d-\d\d\]\nWhen is the quince ripe\?/);
    expect(found).toMatch(/\[Answer of lab\/alpha in “[^”]+”, [\d-]+\]\n….*The quince is ripe in October\..*…/);
    expect(found).toMatch(/\[File “garden\.txt”, [\d-]+\]\n….*A QUINCE stands among them\./);
    expect(found.length).toBeLessThan(2_200);
    expect(await search(ann, 'garden')).toContain('[File “garden.txt”');
    expect(await search(ben, 'quince')).toBe('Nothing was found.');
    const own = parseGlobalId(asked.conversation.id)?.id ?? null;
    expect(await search(ann, 'quince', own)).not.toMatch(/Prompt|Answer/);
  });

  it('leaves out temporary chats, and the models of blind turns that are not revealed', async () => {
    await converse(ann, { prompt: 'A medlar, in passing', modelIds: [alpha], temporary: true } as never);
    expect(await search(ann, 'medlar')).toBe('Nothing was found.');
    lab.say('alpha', 'Of rowan jelly.');
    lab.say('beta', 'Of rowan wine.');
    await converse(ann, { prompt: 'Rowan berries?', modelIds: [alpha, beta], blind: true });
    const found = await search(ann, 'rowan');
    expect(found).toContain('Of rowan jelly.');
    expect(found).not.toMatch(/lab\/(alpha|beta)/);
  });

  it('says so of a query that is none', async () => {
    expect(await search(ann, '   ')).toContain('must be a text');
    expect(await search(ann, '...')).toBe('Nothing was found.');
  });
});
