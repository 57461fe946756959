import { deflateSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ask } from '../api/asking.ts';
import { exportAll, importFile, withoutIds } from '../keeping/importing.ts';
import { type Client, connect, startApp, type TestApp } from '../setup/app.ts';
import { describeDatabases } from '../setup/describe-databases.ts';
import { read, share } from '../sharing/share-house.ts';
import { call, callsOf, createWorkshop, makeTool, text, told, watch, worked, workshopCatalogue } from './workshop.ts';

const secret = 'The safe opens with 7-4-1.';

describeDatabases('calls of tools in what members take along and show', (database) => {
  const shop = createWorkshop();
  let app: TestApp;
  let member: Client;
  let conversationId: string;
  let turnId: string;
  const picture = (data: string, mediaType = 'image/png') => ({ type: 'file' as const, mediaType, data, name: null });
  const tools = [
    makeTool('recall', () => told(`${secret}\n\`\`\`\n</pre><script>alert(1)</script>`)),
    makeTool('paint', () => ({
      content: [
        { type: 'text', text: 'Two pictures.' },
        picture(png(2, 2)),
        picture(png(60_000, 60_000)),
        picture(Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>').toString('base64'), 'image/svg+xml'),
      ],
      isError: false,
    })),
  ];

  beforeAll(async () => {
    app = await startApp({
      database: database(),
      catalogue: workshopCatalogue,
      languageModels: { lab: shop.languageModel },
      tools,
    });
    member = await app.newMember();
    shop.script('worker', (_request, index) =>
      index === 0
        ? [text('Let me look.'), ...call('recall', { what: 'the safe' }), ...call('paint', {}, 1)]
        : [text('I know it.')],
    );
    const asked = await ask(member, {
      prompt: 'Open it',
      modelIds: ['lab/worker'],
      toolIds: ['recall', 'paint'],
    } as never);
    await watch(member, asked.turn.id);
    conversationId = asked.conversation.id;
    turnId = asked.turn.id;
  });
  afterAll(async () => {
    await app?.close();
    expect(app?.errors).toEqual([]);
  });

  const download = async (path: string, { url, cookie }: Client = member) =>
    fetch(`${url}${path}`, { headers: { cookie } });

  const imagesDocument = `query ($id: ID!) { node(id: $id) { ... on Turn { responses { parts {
    ... on ToolCallPart { id result images { url mediaType } }
  } } } } }`;

  it('serves the images of a result to the member of the answer alone, and nothing that is no image or too large a one', async () => {
    const { node } = await member.gql(imagesDocument, { id: turnId });
    const { id, result, images } = node.responses[0].parts.at(-2);
    expect(result).toBe('Two pictures.\n[image/svg+xml]');
    expect(images.map(({ url }: { url: string }) => url)).toEqual([`/tool-results/${id}/1`, `/tool-results/${id}/2`]);
    const shown = await download(images[0].url);
    expect([shown.status, shown.headers.get('content-type')]).toEqual([200, 'image/png']);
    expect(shown.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(Buffer.from(await shown.arrayBuffer()).toString('base64')).toBe(png(2, 2));
    const etag = shown.headers.get('etag') ?? '';
    const known = { headers: { cookie: member.cookie, 'if-none-match': etag } };
    expect((await fetch(`${member.url}${images[0].url}`, known)).status).toBe(304);
    for (const place of [0, 2, 3, 4]) expect((await download(`/tool-results/${id}/${place}`)).status).toBe(404);
    expect((await download('/tool-results/x/1')).status).toBe(404);
    expect((await download(images[0].url, await app.newMember())).status).toBe(404);
    expect((await download(images[0].url, connect(app.url))).status).toBe(401);
  });

  it('tells of calls in exports, and takes them in again as they were', async () => {
    const id = encodeURIComponent(conversationId);
    const markdown = await (await download(`/export/conversation/${id}.md`)).text();
    expect(markdown).toContain('> _Tool recall: done_');
    expect(markdown).toContain('> {"what":"the safe"}');
    expect(markdown).toContain(`> \`\`\`\`\n> ${secret}\n> \`\`\`\n`);
    expect(markdown.indexOf('Let me look.')).toBeLessThan(markdown.indexOf('Tool recall'));
    expect(markdown.indexOf('Tool paint')).toBeLessThan(markdown.indexOf('I know it.'));
    const html = await (await download(`/export/conversation/${id}.html`)).text();
    expect(html).toContain('<summary>Tool recall: done</summary>');
    expect(html).toContain(secret);
    expect(html).not.toContain('<script>');

    const mine = await (await download('/export/my-data.json')).json();
    const [ofMine] = mine.conversations[0].turns[0].responses;
    expect(ofMine.toolCalls.map(({ arguments: json }: { arguments: string }) => json)).toEqual([
      '{"what":"the safe"}',
      '{}',
    ]);
    expect(JSON.stringify(ofMine.toolCalls)).toContain(secret);

    const original = await exportAll(member);
    const [answer] = original.conversations[0].turns[0].answers;
    expect(answer.calls).toMatchObject([
      { at: 1, name: 'recall', tool: 'recall', status: 'DONE', arguments: '{"what":"the safe"}' },
      { at: 1, name: 'paint', result: 'Two pictures.\n[image/svg+xml]\n[image/png]\n[image/png]' },
    ]);
    const other = await app.newMember();
    expect(await importFile(other, JSON.stringify(original))).toMatchObject({ taken: 1, notTaken: [] });
    const again = await exportAll(other);
    expect(withoutIds(again)).toEqual(withoutIds(original));
    const [response] = await worked(other, await onlyTurnOf(other));
    expect(callsOf(response as never)).toMatchObject([
      { name: 'recall', status: 'DONE', arguments: '{"what":"the safe"}', result: expect.stringContaining(secret) },
      { name: 'paint', status: 'DONE' },
    ]);
    // What was exported before there were calls is taken as well.
    delete answer.calls;
    const third = await app.newMember();
    expect(await importFile(third, JSON.stringify(original))).toMatchObject({ taken: 1, notTaken: [] });
  });

  it('shows nothing of calls in a share, nor in what a reader goes on with', async () => {
    const { key } = await share(member, { conversationId });
    const reader = await app.newMember();
    const shown = await read(reader, key);
    expect(shown.turns[0].answers[0].parts.map(({ text }: { text: string }) => text)).toEqual([
      'Let me look.',
      '\n\nI know it.',
    ]);
    expect(JSON.stringify(shown)).not.toMatch(/recall|7-4-1/);
    await reader.gql('mutation ($key: String!) { continueShared(key: $key) { id } }', { key });
    const [response] = await worked(reader, await onlyTurnOf(reader));
    expect(response?.text).toBe('Let me look.\n\nI know it.');
    expect(callsOf(response as never)).toEqual([]);
  });

  async function onlyTurnOf(client: Client): Promise<string> {
    const { conversations } = await client.gql(
      '{ conversations(first: 1) { edges { node { turns { edges { node { id } } } } } } }',
    );
    return conversations.edges[0].node.turns.edges[0].node.id;
  }
});

/** A PNG of one colour that says that it is so large, in base64. */
function png(width: number, height: number): string {
  const chunk = (type: string, data: Buffer) => {
    const head = Buffer.alloc(8);
    head.writeUInt32BE(data.length, 0);
    head.write(type, 4, 'latin1');
    return Buffer.concat([head, data, Buffer.alloc(4)]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 0, 0, 0, 0], 8);
  const rows = deflateSync(Buffer.alloc(6));
  const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', rows),
    chunk('IEND', Buffer.alloc(0)),
  ]).toString('base64');
}
