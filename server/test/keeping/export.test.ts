import { afterAll, beforeAll, expect, it } from 'vitest';
import { createMockModels } from '../../src/providers/mock/mock.ts';
import { type Asked, converse, regenerate } from '../api/asking.ts';
import { storeFile } from '../files/stored-file.ts';
import { type Client, startApp, type TestApp } from '../setup/app.ts';
import { describeDatabases } from '../setup/describe-databases.ts';
import { contentsOfZip } from './zips.ts';

describeDatabases('an export', (database) => {
  let app: TestApp;
  let member: Client;
  let asked: Asked;
  let fileId: string;
  beforeAll(async () => {
    const mock = createMockModels({ pace: 50 });
    app = await startApp({ database: database(), languageModels: { mock } });
    member = await app.newMember();
    fileId = await storeFile(database().db, member.email, {
      name: 'notes.txt',
      kind: 'TEXT',
      mediaType: 'text/plain',
      content: Buffer.from('What I noted.'),
      text: 'What I noted.',
    });
    asked = await converse(member, {
      prompt: '# Loud\n\nSay "<script>alert(1)</script>"',
      modelIds: ['mock/swift', 'mock/poet'],
      fileIds: [fileId],
    });
  });
  afterAll(async () => {
    await app?.close();
    expect(app?.errors).toEqual([]);
  });

  const get = (path: string, client: Pick<Client, 'cookie'> = member) =>
    fetch(`${app.url}${path}`, { headers: { cookie: client.cookie } });
  const own = (form: string, of = asked) => `/export/conversation/${encodeURIComponent(of.conversation.id)}.${form}`;

  it('tells a conversation with its lanes, versions, files and figures as JSON', async () => {
    await regenerate(member, asked.turn.responses[0]?.id ?? '');
    const response = await get(own('json'));
    expect(response.headers.get('content-disposition')).toContain('.json');
    const told = await response.json();
    expect(told).toMatchObject({ format: 'polylogue.conversations', version: 1 });
    const [conversation] = told.conversations;
    expect(conversation).toMatchObject({ models: ['mock/swift', 'mock/poet'], pinned: false, archived: false });
    const [turn] = conversation.turns;
    expect(turn).toMatchObject({ parent: null, files: [{ name: 'notes.txt', bytes: 13 }], verdict: null });
    expect(
      turn.answers.map(({ lane, model, regenerated, status }: Record<string, unknown>) => [
        lane,
        model,
        regenerated,
        status,
      ]),
    ).toEqual([
      [0, 'mock/swift', false, 'COMPLETED'],
      [0, 'mock/swift', true, 'COMPLETED'],
      [1, 'mock/poet', false, 'COMPLETED'],
    ]);
    expect(turn.answers[0]).toMatchObject({
      usage: { outputTokens: expect.any(Number) },
      creditsCharged: expect.any(Number),
    });
  });

  it('writes Markdown whose headings are the prompts and the models', async () => {
    const text = await (await get(own('md'))).text();
    const headings = text.match(/^#{1,3} .*$/gm);
    expect(headings?.slice(1)).toEqual(['## Prompt 1', '### Swift', '### Poet']);
    expect(text).toContain('\n#### Loud\n');
  });

  it('writes one file of HTML in which nothing runs', async () => {
    const response = await get(own('html'));
    expect(response.headers.get('content-security-policy')).toContain('sandbox');
    const text = await response.text();
    expect(text).toContain('http-equiv="Content-Security-Policy"');
    expect(text).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(text).not.toMatch(/<script|src="http|<link/);
  });

  it('has only the turns of a branch if its last one is named', async () => {
    const next = await converse(member, {
      prompt: 'And then?',
      conversationId: asked.conversation.id,
      modelIds: ['mock/swift'],
    });
    const path = `${own('json')}?turn=${encodeURIComponent(asked.turn.id)}`;
    const prompts = async (at: string) => (await (await get(at)).json()).conversations[0].turns.length;
    expect([await prompts(path), await prompts(own('json'))]).toEqual([1, 2]);
    const other = await converse(member, { prompt: 'Elsewhere', modelIds: ['mock/swift'] });
    expect((await get(`${own('json', other)}?turn=${encodeURIComponent(next.turn.id)}`)).status).toBe(404);
  });

  it('tells nothing of the models that a blind turn hides', async () => {
    const hidden = await converse(member, { prompt: 'Who?', modelIds: ['mock/swift', 'mock/poet'], blind: true });
    for (const form of ['json', 'md', 'html']) {
      const text = await (await get(own(form, hidden))).text();
      expect(text).not.toMatch(/(mock\/|Mock )(swift|poet)/i);
      expect(text).toMatch(/blind\/A|Answer A/);
    }
  });

  it('packs everything into a zip with the bytes of its files', async () => {
    const response = await get('/export/conversations.zip');
    const entries = await contentsOfZip(Buffer.from(await response.arrayBuffer()));
    const told = JSON.parse(entries.get('conversations.json')?.toString() ?? '');
    expect(told.conversations.length).toBeGreaterThanOrEqual(3);
    const { hash } = told.conversations[0].turns[0].files[0];
    expect(entries.get(`files/${hash}`)?.toString()).toBe('What I noted.');
    expect(await (await get('/export/conversations.json')).json()).toMatchObject({ conversations: told.conversations });
  });

  it('is for its member and for keys that may read', async () => {
    const stranger = await app.newMember();
    expect((await get(own('json'), stranger)).status).toBe(404);
    expect((await get(own('json'), { cookie: '' })).status).toBe(401);
    const key = async (scope: string) =>
      (await member.gql(`mutation { createApiKey(name: "K", scopes: [${scope}]) { secret } }`)).createApiKey.secret;
    const status = async (scope: string) =>
      (await fetch(`${app.url}${own('json')}`, { headers: { 'x-api-key': await key(scope) } })).status;
    expect([await status('PROMPT'), await status('READ')]).toEqual([403, 200]);
  });
});
