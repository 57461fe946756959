import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { regenerate } from '../api/asking.ts';
import { pdf } from '../files/asking-house.ts';
import { storeFile } from '../files/stored-file.ts';
import { alpha, beta, compare, createLab, gamma, labCatalogue, shaky } from '../judging/lab.ts';
import { SchemaWalk } from '../judging/schema-walk.ts';
import { type Client, startApp, type TestApp } from '../setup/app.ts';
import { describeDatabases } from '../setup/describe-databases.ts';
import { judgeShared, judgingRefusal, read, share, stranger, textOf } from './share-house.ts';

const token = (letter: string) => letter.repeat(22);

describeDatabases('a share that asks for a verdict first', (database) => {
  const lab = createLab();
  let app: TestApp;
  let ann: Client;
  beforeAll(async () => {
    app = await startApp({
      database: database(),
      catalogue: labCatalogue,
      languageModels: { lab: lab.languageModel },
      retryDelayMs: 1,
      // Each reader has an address of their own.
      env: { TRUSTED_PROXIES: '1' },
    });
    await app.newMember('Admin');
  });
  beforeEach(async () => {
    lab.reset();
    for (const [name, text] of Object.entries({ alpha: 'Plums.', beta: 'Pears.', gamma: 'Figs.' })) lab.say(name, text);
    ann = await app.newMember('Ann Sharer');
  });
  afterAll(async () => {
    await app?.close();
    expect(app?.errors).toEqual([]);
  });

  /** A reader without an account, whose requests come from this address. */
  function from(address: string, letter?: string): Client {
    const client = stranger(app, letter === undefined ? undefined : token(letter));
    const post: Client['post'] = async (query, variables) => {
      const headers = { 'content-type': 'application/json', 'x-forwarded-for': address, cookie: client.cookie };
      const body = JSON.stringify({ query, variables });
      return (await fetch(`${app.url}/graphql`, { method: 'POST', headers, body })).json() as never;
    };
    const gql: Client['gql'] = async (query, variables) => {
      const { data, errors } = await post(query, variables);
      if (errors) throw new Error(JSON.stringify(errors));
      return data;
    };
    return { ...client, post, gql };
  }

  const shared = async (modelIds = [alpha, beta, gamma]) => {
    const asked = await compare(ann, modelIds);
    return { asked, ...(await share(ann, { conversationId: asked.conversation.id, asksVerdict: true })) };
  };
  const answersOf = async (client: Client, key: string) => (await read(client, key)).turns.at(-1).answers;
  const letterOf = async (client: Client, key: string, text: string) =>
    (await answersOf(client, key)).find((answer: { parts: { text: string }[] }) => textOf(answer) === text).letter;

  it('shows each reader the answers under letters in an order of their own, which stays', async () => {
    const { key } = await shared();
    const orders = new Set<string>();
    for (const letter of 'abcdefghijklmnop') {
      const reader = from('192.0.2.1', letter);
      const answers = await answersOf(reader, key);
      expect(answers.map((answer: { letter: string }) => answer.letter)).toEqual(['A', 'B', 'C']);
      expect(await answersOf(reader, key)).toEqual(answers);
      orders.add(answers.map(textOf).join());
    }
    expect(orders.size).toBeGreaterThan(2);
    const fresh = await read(from('192.0.2.1'), key);
    expect(fresh.newReader).toMatch(/^[\w-]{22}$/);
    const again = await read(stranger(app, fresh.newReader), key);
    expect(again).toEqual({ ...fresh, newReader: null });
    expect(await read(ann, key)).toMatchObject({ own: true, hidden: false });
  });

  it('counts verdicts of people without an account by themselves, once a browser and an address', async () => {
    const { key, asked } = await shared();
    const [first, second, third] = [from('192.0.2.1', 'a'), from('192.0.2.2', 'b'), from('192.0.2.1', 'c')];
    expect((await read(first, key)).verdicts).toBeNull();
    const told = await judgeShared(first, key, { kind: 'BEST', bestLetters: [await letterOf(first, key, 'Pears.')] });
    expect(told.hidden).toBe(false);
    const named = told.turns[0].answers.map((answer: { model: { name: string }; parts: { text: string }[] }) => [
      answer.model.name,
      textOf(answer),
    ]);
    expect(Object.fromEntries(named)).toEqual({ alpha: 'Plums.', beta: 'Pears.', gamma: 'Figs.' });
    await judgeShared(second, key, { kind: 'TIE' });
    // The third comes from the address of the first, is told the models, and does not count.
    expect((await judgeShared(third, key, { kind: 'ALL_BAD' })).verdicts.others).toMatchObject({
      count: 2,
      ties: 1,
      allBad: 0,
    });
    expect(await judgingRefusal(first, key, { kind: 'TIE' })).toMatchObject({ code: 'BAD_USER_INPUT' });
    expect(await judgingRefusal(from('192.0.2.9'), key, { kind: 'TIE' })).toMatchObject({ code: 'BAD_USER_INPUT' });
    const { verdicts, turns } = await read(second, key);
    const beta = turns[0].answers.findIndex((answer: { model: { name: string } }) => answer.model.name === 'beta');
    expect(verdicts).toMatchObject({ members: { count: 0 }, others: { count: 2 } });
    expect(verdicts.others.best[beta]).toBe(1);
    const { leaderboard } = await ann.gql('{ leaderboard { verdicts } }');
    expect(leaderboard.verdicts).toBe(0);
    expect((await database().db.selectFrom('verdict').selectAll().execute()).length).toBe(0);
    expect(asked.turn.responses).toHaveLength(3);
  });

  it('takes a member’s verdict for a blind one of theirs, once a turn, whichever share they read', async () => {
    const { key, asked } = await shared([alpha, beta]);
    const other = await share(ann, { conversationId: asked.conversation.id, asksVerdict: true });
    const bob = await app.newMember('Bob');
    const told = await judgeShared(bob, key, { kind: 'BEST', bestLetters: [await letterOf(bob, key, 'Pears.')] });
    expect(told).toMatchObject({ hidden: false, verdicts: { members: { count: 1 }, others: { count: 0 } } });
    const [verdict] = await database().db.selectFrom('verdict').selectAll().orderBy('created_at', 'desc').execute();
    expect(verdict).toMatchObject({ kind: 'BEST', blind: true, unpaced: false });
    const contestants = await database()
      .db.selectFrom('verdict_contestant')
      .select(['model_id', 'best'])
      .where('verdict_id', '=', verdict?.id ?? '')
      .execute();
    expect(contestants.filter(({ best }) => best)).toEqual([{ model_id: beta, best: true }]);
    expect((await read(bob, other.key)).hidden).toBe(false);
    expect((await judgingRefusal(bob, other.key, { kind: 'TIE' })).code).toBe('BAD_USER_INPUT');
    expect((await judgingRefusal(ann, key, { kind: 'TIE' })).message).toContain('your own');
    const turns = await bob.gql('query ($id: ID!) { node(id: $id) { id } }', { id: asked.turn.id });
    expect(turns.node).toBeNull();
  });

  it('compares the versions that were shared, and leaves out until the verdict what is not compared', async () => {
    lab.say('shaky', null);
    const { asked, key } = await shared([alpha, beta, shaky]);
    lab.say('alpha', 'Later plums.');
    await regenerate(ann, asked.ids[0] ?? '');
    const bob = await app.newMember('Bob');
    expect(await answersOf(bob, key)).toHaveLength(2);
    const told = await judgeShared(bob, key, { kind: 'TIE' });
    expect(told.turns[0].answers.map(textOf).sort()).toEqual(['Pears.', 'Plums.', 'Plums.']);
  });

  it('tells nobody its models, ids or member before the verdict, whatever they ask', async () => {
    const fileIds = [await storeFile(database().db, ann.email, pdf)];
    const asked = await compare(ann, [alpha, beta], { fileIds });
    await compare(ann, null, { prompt: 'And?', conversationId: asked.conversation.id });
    const conversationId = asked.conversation.id;
    const { key } = await share(ann, { conversationId, asksVerdict: true, withFigures: true });
    const ids = [conversationId, asked.turn.id, ...asked.ids].flatMap((id) => [
      id,
      Buffer.from(id, 'base64').toString().split(':')[1] ?? '',
    ]);
    for (const reader of [from('192.0.2.7', 'z'), from('192.0.2.7'), await app.newMember('Reader')]) {
      const walk = await SchemaWalk.of(reader);
      await walk.askEverything([], { sharedConversation: `(key: ${JSON.stringify(key)})` });
      const answers = [...walk.answers].filter(([name]) => name.startsWith('sharedConversation'));
      expect(answers.length).toBeGreaterThan(8);
      const text = JSON.stringify(answers);
      expect(text).toContain('Plums.');
      for (const word of ['alpha', 'beta', 'Labelle', 'lab/', 'Ann', 'Sharer', ann.email, '"credits":', ...ids]) {
        expect(word === '"credits":' ? text.includes('"credits":1') : text.includes(word), word).toBe(false);
      }
    }
  });
});
