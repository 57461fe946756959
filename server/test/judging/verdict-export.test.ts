import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { until } from '../credits/house.ts';
import { type Client, connect, startApp, type TestApp } from '../setup/app.ts';
import { describeDatabases } from '../setup/describe-databases.ts';
import { password } from '../setup/members.ts';
import { alpha, beta, compare, createLab, gamma, judge, labCatalogue, localId } from './lab.ts';

describeDatabases('the verdicts that are exported', (database) => {
  const lab = createLab();
  let app: TestApp;
  let admin: Client;
  let member: Client;
  let leaver: Client;
  const start = (models = labCatalogue.models) =>
    startApp({
      database: database(),
      catalogue: { ...labCatalogue, models },
      languageModels: { lab: lab.languageModel },
      retryDelayMs: 1,
    });
  const download = (file: string, { cookie, query = '' }: { cookie: string; query?: string }) =>
    fetch(`${app.url}/export/verdicts.${file}${query}`, { headers: { cookie } });
  const csv = async (query = '') => parsed(await (await download('csv', { cookie: member.cookie, query })).text());
  beforeAll(async () => {
    app = await start();
    admin = await app.newMember('Admin');
    member = await app.newMember('Member');
    leaver = await app.newMember('Leaver Lastname');
    const three = await compare(member, [alpha, beta, gamma]);
    await judge(member, three, { kind: 'BEST', bestResponseIds: [three.ids[1] ?? ''], topic: '=1+1', note: 'A note' });
    const tied = await compare(leaver, [alpha, beta, gamma]);
    await judge(leaver, tied, { kind: 'TIE', bestResponseIds: [tied.ids[0] ?? '', tied.ids[2] ?? ''], note: 'Theirs' });
    await judge(member, await compare(member, [alpha, gamma]), { kind: 'ALL_BAD', topic: 'verse' });
  });
  afterAll(async () => {
    await app?.close();
    expect(app?.errors).toEqual([]);
  });

  it('tell as CSV each compared pair with its weight, which make one for every verdict that counts', async () => {
    const lines = await csv();
    expect(
      lines.map(({ kind, model_a, best_a, model_b, best_b, score_a, weight }) =>
        [kind, model_a, best_a, model_b, best_b, score_a, Number(weight)].join(' '),
      ),
    ).toEqual([
      'BEST lab/beta true lab/alpha false 1 0.5',
      'BEST lab/beta true lab/gamma false 1 0.5',
      'TIE lab/alpha true lab/beta false 1 0.25',
      'TIE lab/gamma true lab/beta false 1 0.25',
      'TIE lab/alpha true lab/gamma true 0.5 0.5',
      'ALL_BAD lab/alpha false lab/gamma false  0',
    ]);
    expect(lines[0]).toMatchObject({
      topic: "'=1+1",
      blind: 'false',
      contestants: '3',
      lane_a: '1',
      lane_b: '0',
      credits_a: '20',
      output_tokens_a: '5',
      characters_a: String('Word 1.'.length),
      time: expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
    });
    expect(new Set(lines.map(({ member }) => member)).size).toBe(2);
    expect(new Set(lines.map(({ cluster }) => cluster)).size).toBe(3);
    expect(await csv('?topic=Verse')).toHaveLength(1);
    expect(await csv('?to=2020-01-01T00:00:00Z')).toEqual([]);
  });

  it('are the same as JSON, and have neither names nor texts', async () => {
    const answer = await download('json', { cookie: admin.cookie });
    expect(answer.headers.get('content-disposition')).toContain('verdicts.json');
    const text = await answer.text();
    expect(text).not.toMatch(/Lastname|example\.org|A note|Theirs|Word/);
    const { verdicts } = JSON.parse(text);
    expect(verdicts[1]).toMatchObject({
      kind: 'TIE',
      contestants: [
        { lane: 0, model: alpha, best: true, credits: 20 },
        { lane: 1, model: beta, best: false },
        { lane: 2, model: gamma, best: true },
      ],
      pairs: [
        { a: 0, b: 1, scoreA: 1, weight: 0.25 },
        { a: 2, b: 1, scoreA: 1, weight: 0.25 },
        { a: 0, b: 2, scoreA: 0.5, weight: 0.5 },
      ],
    });
  });

  it('tell no time finer than a day, and no figure that could be found in a bill', async () => {
    const { db } = database();
    const { rows } = await sql<{ id: string; created_at: Date }>`
      select id, created_at from verdict order by created_at limit 1`.execute(db);
    const [{ id, created_at }] = rows as [{ id: string; created_at: Date }];
    await sql`
      update verdict_contestant set credits = 12345, first_token_ms = 1234, output_tokens = 987, characters = 4567
      where verdict_id = ${id}::uuid and lane = 0`.execute(db);
    const [line] = await csv();
    expect(line).toMatchObject({
      verdict: expect.stringMatching(/^[0-9a-f]{32}$/),
      lane_b: '0',
      credits_b: '12000',
      first_token_ms_b: '1200',
      output_tokens_b: '990',
      characters_b: '4600',
    });
    const told = [await (await download('json', { cookie: member.cookie })).text(), JSON.stringify(await csv())];
    for (const text of told) {
      expect(text).not.toContain(id);
      // An id may have any digits.
      expect(text.replace(/[0-9a-f]{32}/g, '')).not.toMatch(/T\d\d:\d\d|12345|1234|987|4567/);
    }
    // Nor does a period tell it by whether the verdict is in it.
    const at = (ms: number) => new Date(created_at.getTime() + ms).toISOString();
    const all = (await csv()).length;
    expect(await csv(`?from=${at(1000)}`)).toHaveLength(all);
    expect(await csv(`?to=${at(-1000)}`)).toHaveLength(all);
  });

  it('have ids that nobody can find by those of turns and verdicts, the same in every file', async () => {
    const { rows } = await sql<{ id: string; turn_id: string; cluster_id: string }>`
      select id, turn_id, cluster_id from verdict`.execute(database().db);
    const hashOf = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 32);
    const known = rows.flatMap(({ id, turn_id, cluster_id }) => [
      ...[hashOf(`verdict ${id}`), hashOf(id), hashOf(turn_id), hashOf(`prompt ${cluster_id}`)],
      cluster_id.replaceAll('-', ''),
    ]);
    const lines = await csv();
    const told = lines.flatMap(({ verdict = '', cluster = '' }) => [verdict, cluster.replaceAll('-', '')]);
    expect(told.filter((id) => known.includes(id))).toEqual([]);
    expect(await csv()).toEqual(lines);
  });

  it('are for members, and for keys that may read', async () => {
    expect((await download('csv', { cookie: '' })).status).toBe(401);
    expect((await download('csv', { cookie: member.cookie, query: '?from=yesterday' })).status).toBe(400);
    expect((await fetch(`${app.url}/export/verdicts.csv`, { method: 'POST' })).status).toBe(405);
    for (const [scope, status] of [
      ['PROMPT', 403],
      ['READ', 200],
    ] as const) {
      const { createApiKey } = await member.gql(
        'mutation ($scopes: [ApiKeyScope!]) { createApiKey(name: "Program", scopes: $scopes) { secret } }',
        { scopes: [scope] },
      );
      const headers = { 'x-api-key': createApiKey.secret };
      expect((await fetch(`${app.url}/export/verdicts.csv`, { headers })).status).toBe(status);
    }
  });

  it('stay as they are when models are switched off, renamed or removed, and when conversations and accounts are deleted', async () => {
    const before = await csv();
    const mine = async (client: Client) =>
      (await (await fetch(`${app.url}/export/my-data.json`, { headers: { cookie: client.cookie } })).json()).verdicts;
    expect(await mine(leaver)).toMatchObject([
      { kind: 'TIE', note: 'Theirs', turnId: expect.any(String), contestants: [{ model_id: alpha }, {}, {}] },
    ]);
    const { viewer } = await leaver.gql('{ viewer { id } }');
    await admin.gql('mutation ($id: ID!) { setModelEnabled(modelId: $id, enabled: false) { id } }', { id: alpha });
    await app.close();
    app = await start(labCatalogue.models.slice(0, 2).map((model) => ({ ...model, name: `New ${model.name}` })));
    [admin, member, leaver] = [admin, member, leaver].map((client) => connect(app.url, client)) as [
      Client,
      Client,
      Client,
    ];
    expect(await csv()).toEqual(before);

    const { conversations } = await member.gql('{ conversations(first: 10) { edges { node { id } } } }');
    for (const { node } of conversations.edges) {
      await member.gql('mutation ($id: ID!) { deleteConversation(id: $id) }', { id: node.id });
    }
    const left = await fetch(`${app.url}/api/auth/delete-account`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', cookie: leaver.cookie },
      body: JSON.stringify({ password }),
    });
    expect(left.status).toBe(200);
    const { db } = database();
    await until(async () => {
      const { rows } = await sql<{ count: number }>`
        select count(*) from turn where user_id = ${localId(viewer.id)}`.execute(db);
      return Number(rows[0]?.count) === 0;
    }, 'everything is deleted');
    expect(await csv()).toEqual(before);
    expect(await mine(member)).toMatchObject([
      { kind: 'BEST', note: null, topic: '=1+1', turnId: null },
      { kind: 'ALL_BAD', topic: 'verse' },
    ]);
    const read = 'query ($id: ID!) { node(id: $id) { ... on Verdict { kind best { id } topic note } } }';
    const [{ id: own }] = await mine(member);
    const id = Buffer.from(`Verdict:${own}`).toString('base64');
    expect((await member.gql(read, { id })).node).toEqual({ kind: 'BEST', best: [], topic: '=1+1', note: null });
    const { rows } = await sql<{ row: string }>`
      select concat(verdict, judge) as row from verdict join judge on number = judge_number
      where note is not null or user_id = ${localId(viewer.id)}`.execute(db);
    expect(rows).toEqual([]);
  });
});

/** The lines by their columns' names. No cell of these tests has a comma. */
function parsed(text: string): Record<string, string>[] {
  const [head = '', ...lines] = text.split('\r\n').slice(0, -1);
  const names = head.split(',');
  return lines.map((line) => Object.fromEntries(line.split(',').map((cell, column) => [names[column], cell])));
}
