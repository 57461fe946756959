import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { type LanguageModel, ModelFailure } from '../../src/ports/language-model.ts';
import { accountOf, ask, converse, follow, regenerate } from '../api/asking.ts';
import { expectReconciled } from '../credits/audit.ts';
import { eventually } from '../eventually.ts';
import { alpha, beta, gamma, labCatalogue, localId } from '../judging/lab.ts';
import { importFile } from '../keeping/importing.ts';
import { type Client, connect, startApp, type TestApp } from '../setup/app.ts';
import { describeDatabases } from '../setup/describe-databases.ts';

const noUsage = { cachedInputTokens: 0, cacheWriteInputTokens: 0, reasoningTokens: 0 };
const chooseDocument = `mutation ($id: ID) { setTitleModel(modelId: $id) { model { id } problem } }`;
const renameDocument = `mutation ($id: ID!, $title: String!) {
  updateConversation(input: { id: $id, title: $title }) { title }
}`;

describeDatabases('the title that a model writes', (database) => {
  let app: TestApp;
  let admin: Client;
  let member: Client;
  /** What `gamma`, which writes the titles, is asked, and what it says to that. */
  const asked: { system: string | null; prompt: string; maxOutputTokens: number }[] = [];
  let title: () => string | Promise<string> = () => 'A fine title';
  let reason: 'STOP' | 'LENGTH' = 'STOP';
  const languageModel: LanguageModel = {
    listModels: async () => [],
    async stream({ model, system, messages, maxOutputTokens, signal }, onPart) {
      if (model === 'gamma') {
        const prompt = messages.map(({ parts }) => parts.map((part) => (part.type === 'text' ? part.text : '')).join());
        asked.push({ system, prompt: prompt.join(), maxOutputTokens });
        const stopped = new Promise<never>((_, reject) =>
          signal.addEventListener('abort', () => reject(signal.reason)),
        );
        stopped.catch(() => {});
        onPart({ type: 'text', text: await Promise.race([title(), stopped]) });
      } else onPart({ type: 'text', text: `The answer of ${model}.` });
      onPart({ type: 'usage', usage: { ...noUsage, inputTokens: 10, outputTokens: 5 } });
      onPart({ type: 'finish', reason: model === 'gamma' ? reason : 'STOP' });
    },
  };
  const start = () =>
    startApp({ database: database(), catalogue: labCatalogue, languageModels: { lab: languageModel } });
  const choose = (id: string | null) => admin.gql(chooseDocument, { id });
  beforeAll(async () => {
    app = await start();
    admin = await app.newMember('Admin');
    member = await app.newMember('Ann');
    await choose(gamma);
  });
  afterEach(async () => {
    await settled();
    asked.length = 0;
    title = () => 'A fine title';
    reason = 'STOP';
  });
  afterAll(async () => {
    await app?.close();
    expect(app?.errors).toEqual([]);
    await expectReconciled(database().db);
  });

  const titleOf = async (id: string, client = member) =>
    (await client.gql('query ($id: ID!) { conversation(id: $id) { title } }', { id })).conversation.title;
  const becomes = (id: string, expected: string, client = member) =>
    eventually(async () => expect(await titleOf(id, client)).toBe(expected));
  /** Nothing is being written any more. */
  const settled = () =>
    eventually(async () => {
      const live = await database()
        .db.selectFrom('response')
        .select('id')
        .where('lease_until', 'is not', null)
        .execute();
      expect(live).toEqual([]);
    });
  /** Another conversation gets its title: whatever was to be asked about those before it has been asked by then. */
  const afterAnother = async () => {
    title = () => 'Another one';
    const { conversation } = await converse(member, { prompt: 'Something else', modelIds: [alpha] });
    await becomes(conversation.id, 'Another one');
    return asked.filter(({ prompt }) => !prompt.includes('Something else'));
  };
  const usageOf = (client: Client, of: 'admin' | 'viewer', groupBy: string) =>
    client
      .gql(`{ ${of} { usage(groupBy: ${groupBy}) {
      total { responses credits } rows { house responses credits user { name } payer { id } }
    } } }`)
      .then((data) => data[of].usage);

  it('is asked for once, after the first answer, of what the conversation began with', async () => {
    title = () => '**"Bread at home."**\n\nEnjoy!';
    const { conversation, turn } = await converse(member, { prompt: 'How is bread made?', modelIds: [alpha, beta] });
    expect(conversation.title).toBe('How is bread made?');
    await becomes(conversation.id, 'Bread at home');
    title = () => 'Another title';
    await converse(member, { prompt: 'And rolls?', conversationId: conversation.id });
    await regenerate(member, turn.responses[0]?.id ?? '');
    expect(await afterAnother()).toMatchObject([
      { system: expect.stringContaining('in the language of the prompt'), maxOutputTokens: 32 },
    ]);
    expect(asked[0]?.prompt).toMatch(/How is bread made\?[\s\S]*The answer of (alpha|beta)\./);
    expect(await titleOf(conversation.id)).toBe('Bread at home');
  });

  it('is paid by the house, and costs the member nothing', async () => {
    const payer = await app.newMember('Payer');
    const before = await usageOf(admin, 'admin', 'USER');
    const { conversation } = await converse(payer, { prompt: 'What does it cost?', modelIds: [alpha] });
    await becomes(conversation.id, 'A fine title', payer);
    await settled();
    const { entries } = await accountOf(payer);
    expect(entries.map(({ kind, amount }) => (kind === 'CHARGE' ? amount : kind))).toEqual(['GRANT', -20]);
    expect((await usageOf(payer, 'viewer', 'MODEL')).total).toEqual({ responses: 1, credits: 20 });
    const { rows, total } = await usageOf(admin, 'admin', 'USER');
    const ofHouse = (all: { house: boolean; responses: number; credits: number }[]) => all.filter(({ house }) => house);
    const [was] = ofHouse(before.rows);
    expect(ofHouse(rows)).toEqual([
      { house: true, responses: (was?.responses ?? 0) + 1, credits: (was?.credits ?? 0) + 20, user: null, payer: null },
    ]);
    expect(total).toEqual({ responses: before.total.responses + 2, credits: before.total.credits + 40 });
    expect(ofHouse((await usageOf(admin, 'admin', 'PAYER')).rows)).toHaveLength(1);
    const csv = await fetch(`${app.url}/export/admin/usage.csv?groupBy=user`, { headers: { cookie: admin.cookie } });
    expect(await csv.text()).toMatch(/^this server,/m);
  });

  it('never takes the place of a name given by hand, before, while or after it is written', async () => {
    const named = await member.gql('mutation { createConversation(input: { title: "Mine" }) { id } }');
    await converse(member, { prompt: 'Hello', conversationId: named.createConversation.id, modelIds: [alpha] });
    expect(await afterAnother()).toEqual([]);
    expect(await titleOf(named.createConversation.id)).toBe('Mine');

    let release: (title: string) => void = () => {};
    const held = new Promise<string>((resolve) => {
      release = resolve;
    });
    title = () => held;
    const { conversation } = await converse(member, { prompt: 'Renamed meanwhile', modelIds: [alpha] });
    await eventually(() => expect(asked.some(({ prompt }) => prompt.includes('Renamed meanwhile'))).toBe(true));
    // Also one that is the same.
    await member.gql(renameDocument, { id: conversation.id, title: 'Renamed meanwhile' });
    release('Of a model');
    await settled();
    await afterAnother();
    expect(await titleOf(conversation.id)).toBe('Renamed meanwhile');

    title = () => 'Of a model';
    const later = await converse(member, { prompt: 'Renamed after', modelIds: [alpha] });
    await becomes(later.conversation.id, 'Of a model');
    await member.gql(renameDocument, { id: later.conversation.id, title: 'By hand' });
    expect(await titleOf(later.conversation.id)).toBe('By hand');
  });

  it('waits until a blind turn shows its models', async () => {
    const { conversation, turn } = await converse(member, {
      prompt: 'Who is it?',
      modelIds: [alpha, beta],
      blind: true,
    });
    expect(await afterAnother()).toEqual([]);
    title = () => 'After the reveal';
    await member.gql('mutation ($id: ID!) { revealTurn(turnId: $id) { id } }', { id: turn.id });
    await becomes(conversation.id, 'After the reveal');
  });

  it('is not asked for of temporary chats, of what keys ask, and of what came from a file', async () => {
    await converse(member, { prompt: 'Temporary', modelIds: [alpha], temporary: true } as never);
    const { createApiKey } = await member.gql(
      'mutation { createApiKey(name: "program", scopes: [READ, PROMPT]) { secret } }',
    );
    const program = connect(app.url, { key: createApiKey.secret });
    await converse(program, { prompt: 'By a key', modelIds: [alpha] });
    const told = await fetch(`${app.url}/export/conversations.json`, { headers: { cookie: member.cookie } });
    const other = await app.newMember();
    await importFile(other, await told.text());
    const { conversations } = await other.gql('{ conversations(first: 1) { edges { node { id title } } } }');
    const [{ node }] = conversations.edges;
    await converse(other, { prompt: 'Going on', conversationId: node.id, modelIds: [alpha] });
    expect(await afterAnother()).toEqual([]);
    expect(await titleOf(node.id, other)).toBe(node.title);
  });

  const failures: [how: string, said: typeof title, finish: 'STOP' | 'LENGTH'][] = [
    ['is empty', () => ' "" ', 'STOP'],
    ['is cut off', () => 'Sure, here is a title that', 'LENGTH'],
    ['fails', () => Promise.reject(new ModelFailure('OVERLOADED', 'Not now.')), 'STOP'],
  ];
  it.each(failures)(
    'stays the prompt’s if the model’s answer %s, and is asked for no more',
    async (how, said, finish) => {
      title = said;
      reason = finish;
      const { conversation, turn } = await converse(member, { prompt: `It ${how}`, modelIds: [alpha] });
      await eventually(() => expect(asked).toHaveLength(1));
      await settled();
      reason = 'STOP';
      await regenerate(member, turn.responses[0]?.id ?? '');
      expect(await afterAnother()).toHaveLength(1);
      expect(await titleOf(conversation.id)).toBe(`It ${how}`);
    },
  );

  it('is asked for once, also if two replicas find the same conversation at once', async () => {
    await choose(null);
    const { conversation, turn } = await converse(member, { prompt: 'Two replicas', modelIds: [alpha, beta] });
    await choose(gamma);
    const replica = await start();
    try {
      const there = connect(replica.url, { cookie: member.cookie, email: member.email });
      const [first, second] = turn.responses.map(({ id }) => id) as [string, string];
      await Promise.all([regenerate(member, first), regenerate(there, second)]);
      await becomes(conversation.id, 'A fine title');
      expect(await afterAnother()).toHaveLength(1);
    } finally {
      await replica.close();
    }
    expect(replica.errors).toEqual([]);
  });

  it('is given up by a process that ends, whose answers do not wait for it', async () => {
    const replica = await start();
    title = () => new Promise(() => {});
    const there = connect(replica.url, { cookie: member.cookie, email: member.email });
    const { conversation } = await converse(there, { prompt: 'The end is near', modelIds: [alpha] });
    await eventually(() => expect(asked).toHaveLength(1));
    await replica.close();
    expect(await titleOf(conversation.id)).toBe('The end is near');
    expect(replica.errors).toEqual([]);
    await settled();
  });

  it('reaches those who follow the titles of their conversations, as names given by hand do', async () => {
    const subscription = member.subscribe('sse', 'subscription { titlesChanged { id title } }');
    const heard = new Map<string, string>();
    const listening = (async () => {
      for await (const { data } of subscription) for (const { id, title } of data.titlesChanged) heard.set(id, title);
    })().catch(() => {});
    const { conversation, turn } = await ask(member, { prompt: 'Told to all', modelIds: [alpha] });
    await follow(member, turn.id);
    await eventually(() => expect(heard.get(conversation.id)).toBe('A fine title'));
    await member.gql(renameDocument, { id: conversation.id, title: 'By hand' });
    await eventually(() => expect(heard.get(conversation.id)).toBe('By hand'));
    const other = await converse(admin, { prompt: 'Of somebody else', modelIds: [alpha] });
    await becomes(other.conversation.id, 'A fine title', admin);
    expect(heard.has(other.conversation.id)).toBe(false);
    subscription.cut();
    await listening;
  });

  it('is of a model that an admin chooses, and stays the prompt’s while that model cannot be asked', async () => {
    const read = async () => (await admin.gql('{ admin { titleModel { model { id } problem } } }')).admin.titleModel;
    expect(await read()).toEqual({ model: { id: gamma }, problem: null });
    expect((await member.post(chooseDocument, { id: alpha })).errors).toMatchObject([
      { extensions: { code: 'FORBIDDEN' } },
    ]);
    expect((await admin.post(chooseDocument, { id: 'lab/none' })).errors?.[0]?.message).toContain('no model');
    const enable = (enabled: boolean) =>
      admin.gql('mutation ($id: ID!, $on: Boolean!) { setModelEnabled(modelId: $id, enabled: $on) { id } }', {
        id: gamma,
        on: enabled,
      });
    await enable(false);
    expect(await read()).toEqual({ model: { id: gamma }, problem: 'DISABLED' });
    expect((await admin.post(chooseDocument, { id: gamma })).errors?.[0]?.message).toContain('switched off');
    const { conversation } = await converse(member, { prompt: 'While it is off', modelIds: [alpha] });
    await enable(true);
    expect(await afterAnother()).toEqual([]);
    expect(await titleOf(conversation.id)).toBe('While it is off');
    await database()
      .db.updateTable('house_setting')
      .set({ value: JSON.stringify({ modelId: 'gone/away' }) })
      .where('name', '=', 'title-model')
      .execute();
    const replica = await start();
    const there = connect(replica.url, { cookie: admin.cookie, email: admin.email });
    expect((await there.gql('{ admin { titleModel { model { name } problem } } }')).admin.titleModel).toEqual({
      model: { name: 'away' },
      problem: 'GONE',
    });
    await replica.close();
    expect((await choose(null)).setTitleModel).toBeNull();
    expect(await read()).toBeNull();
    const { auditLog } = (await admin.gql('{ admin { auditLog(first: 1) { edges { node { action target } } } } }'))
      .admin;
    expect(auditLog.edges[0].node).toEqual({ action: 'setTitleModel', target: 'none' });
    await choose(gamma);
  });

  it('is left out when the month’s credits of the whole server are spent', async () => {
    const limited = await startApp({
      database: database(),
      catalogue: labCatalogue,
      languageModels: { lab: languageModel },
      env: { MONTHLY_CREDITS_MAX: '1' },
    });
    try {
      const { conversation, turn } = await converse(member, {
        prompt: 'Blind at first',
        modelIds: [alpha, beta],
        blind: true,
      });
      const there = connect(limited.url, { cookie: member.cookie, email: member.email });
      await there.gql('mutation ($id: ID!) { revealTurn(turnId: $id) { id } }', { id: turn.id });
      await limited.close();
      expect(asked).toEqual([]);
      expect(await titleOf(conversation.id)).toBe('Blind at first');
      const row = await database()
        .db.selectFrom('conversation')
        .select('title_asked_at')
        .where('id', '=', localId(conversation.id))
        .executeTakeFirst();
      expect(row).toEqual({ title_asked_at: null });
    } finally {
      await limited.close().catch(() => {});
    }
    expect(limited.errors).toEqual([]);
  });
});
