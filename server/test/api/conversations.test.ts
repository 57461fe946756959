import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createMockModels } from '../../src/providers/mock/mock.ts';
import { type Client, startApp, type TestApp } from '../setup/app.ts';
import { describeDatabases } from '../setup/describe-databases.ts';
import { startWireServer, streamBody, type WireServer } from '../wire-server.ts';
import { ask, converse, expectSettled, followDocument, Reading, send } from './asking.ts';

describeDatabases('a conversation', (database) => {
  let wire: WireServer;
  let app: TestApp;
  let member: Client;
  beforeAll(async () => {
    wire = await startWireServer();
    app = await startApp({
      database: database(),
      wire,
      catalogue: { models: [{ id: 'openai/gpt-4.1', minimumTier: 'FREE' }] },
      languageModels: { mock: createMockModels({ pace: Number.POSITIVE_INFINITY }) },
    });
  });
  beforeEach(() => wire.reset());
  afterAll(async () => {
    await app?.close();
    await wire?.close();
    expect(app?.errors).toEqual([]);
  });

  const modelIds = ['mock/swift'];
  const say = (prompt: string, place = {}) => ask(member, { prompt, modelIds, ...place });

  describe('with branches', () => {
    beforeAll(async () => {
      member = await app.newMember();
    });

    it('goes on after its latest turn, and branches after a named turn or beside the first', async () => {
      const first = await say('one');
      const conversationId = first.conversation.id;
      const second = await say('two', { conversationId });
      const branch = await say('other two', { parentTurnId: first.turn.id });
      const afterBranch = await say('three', { conversationId });
      const beside = await say('other one', { conversationId, atStart: true });
      expect(await branchOf(conversationId)).toEqual(['other one']);
      expect(await branchOf(conversationId, second.turn.id)).toEqual(['one', 'two']);
      expect(await branchOf(conversationId, branch.turn.id)).toEqual(['one', 'other two', 'three']);
      expect(await branchOf(conversationId, first.turn.id)).toEqual(['one', 'other two', 'three']);
      expect(await alternativesOf(branch.turn.id)).toEqual(['two', 'other two']);
      expect(await alternativesOf(beside.turn.id)).toEqual(['one', 'other one']);
      expect(await alternativesOf(afterBranch.turn.id)).toEqual(['three']);
    });

    it('has its turns page by page, forwards and backwards, along one branch', async () => {
      const { conversation, turn } = await say('1');
      await say('aside', { parentTurnId: turn.id });
      let parentTurnId = turn.id;
      for (const prompt of ['2', '3', '4', '5']) parentTurnId = (await say(prompt, { parentTurnId })).turn.id;
      const page = (args: object) => turnsOf(conversation.id, args);

      const head = await page({ first: 2 });
      expect(head).toMatchObject({ prompts: ['1', '2'], totalCount: 5, hasNextPage: true, hasPreviousPage: false });
      const middle = await page({ first: 2, after: head.endCursor });
      expect(middle).toMatchObject({ prompts: ['3', '4'], hasNextPage: true, hasPreviousPage: true });
      await say('6', { parentTurnId });
      const rest = await page({ first: 10, after: middle.endCursor });
      expect(rest).toMatchObject({ prompts: ['5', '6'], hasNextPage: false, hasPreviousPage: true });

      const tail = await page({ last: 2 });
      expect(tail).toMatchObject({ prompts: ['5', '6'], hasNextPage: false, hasPreviousPage: true });
      const before = await page({ last: 3, before: tail.startCursor });
      expect(before).toMatchObject({ prompts: ['2', '3', '4'], hasNextPage: true, hasPreviousPage: true });
      expect((await page({ last: 3, before: before.startCursor })).prompts).toEqual(['1']);
      expect((await page({ first: 0 })).prompts).toEqual([]);
      expect(await page({ first: 4, last: 2 })).toMatchObject({
        prompts: ['3', '4'],
        hasNextPage: true,
        hasPreviousPage: true,
      });
      expect((await page({ first: 2, last: 4 })).prompts).toEqual(['1', '2']);
    });

    it('has its turns around any of them, and takes their ids for cursors', async () => {
      const { conversation, turn } = await say('1');
      await say('aside', { parentTurnId: turn.id });
      const ids = [turn.id];
      for (const prompt of ['2', '3', '4', '5']) {
        ids.push((await say(prompt, { parentTurnId: ids.at(-1) as string })).turn.id);
      }
      const [first, second, third, , fifth] = ids as [string, string, string, string, string];
      const around = async (args: string) => {
        const document = `query ($id: ID!) { conversation(id: $id) { turns(${args}) {
          edges { node { prompt } } pageInfo { hasPreviousPage hasNextPage }
        } } }`;
        const { conversation: found } = await member.gql(document, { id: conversation.id });
        const { edges, pageInfo } = found.turns;
        return [edges.map(({ node }: { node: { prompt: string } }) => node.prompt).join(''), pageInfo];
      };
      const both = { hasPreviousPage: true, hasNextPage: true };
      expect(await around(`first: 3, around: "${third}"`)).toEqual(['234', both]);
      expect(await around(`first: 2, around: "${first}"`)).toEqual(['12', { ...both, hasPreviousPage: false }]);
      expect(await around(`last: 3, around: "${fifth}"`)).toEqual(['345', { ...both, hasNextPage: false }]);
      expect(await around(`first: 1, after: "${second}", through: "${second}"`)).toEqual(['3', both]);
      const { errors } = await member.post(
        `{ conversation(id: "${conversation.id}") { turns(around: "${third}", after: "x") { totalCount } } }`,
      );
      expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT', field: 'around' } }]);
    });
  });

  describe('in the list', () => {
    beforeEach(async () => {
      member = await app.newMember();
    });

    it('keeps its place on later pages while newer conversations are created', async () => {
      const names = Array.from({ length: 7 }, (_, index) => `c${index}`);
      for (const name of names) await member.gql(createDocument, { input: { title: name } });
      const first = await conversations({ first: 3 });
      expect(first).toMatchObject({ titles: ['c6', 'c5', 'c4'], hasNextPage: true, totalCount: 7 });
      await member.gql(createDocument, { input: { title: 'newer' } });
      const second = await conversations({ first: 3, after: first.endCursor });
      expect(second.titles).toEqual(['c3', 'c2', 'c1']);
      const third = await conversations({ first: 3, after: second.endCursor });
      expect(third).toMatchObject({ titles: ['c0'], hasNextPage: false });
      expect((await conversations({ first: 1 })).titles).toEqual(['newer']);
    });

    it('moves to the top after a prompt, and stays in place after a renaming', async () => {
      const { conversation } = await say('older');
      await say('newer');
      await update({ id: conversation.id, title: 'older still' });
      expect((await conversations({})).titles).toEqual(['newer', 'older still']);
      await say('again', { conversationId: conversation.id });
      expect((await conversations({})).titles).toEqual(['older still', 'newer']);
    });

    it('is left out when archived, unless archived ones are requested or a search finds it', async () => {
      const { conversation } = await say('hidden away');
      await say('in sight');
      expect(await update({ id: conversation.id, archived: true })).toMatchObject({ archived: true });
      expect((await conversations({})).titles).toEqual(['in sight']);
      expect((await conversations({ archived: true })).titles).toEqual(['hidden away']);
      expect((await conversations({ search: 'hidden' })).titles).toEqual(['hidden away']);
      await update({ id: conversation.id, archived: false });
      expect((await conversations({})).titles).toHaveLength(2);
    });
  });

  describe('in a search', () => {
    beforeAll(async () => {
      member = await app.newMember();
    });
    const found = async (search: string) => (await conversations({ search })).titles;

    it('is found by the beginnings of words in its title, prompts and answers, in any letter case', async () => {
      await converse(member, { prompt: 'Tell me about Lighthouses', modelIds });
      const other = await converse(member, { prompt: 'Zebra crossings', modelIds: ['mock/poet'] });
      await update({ id: other.conversation.id, title: 'Ärger im Straßenverkehr' });
      const [lighthouses, crossings] = ['Tell me about Lighthouses', 'Ärger im Straßenverkehr'];
      expect(await found('lighthouses')).toEqual([lighthouses]);
      expect(await found('LIGHT')).toEqual([lighthouses]);
      expect(await found('about light')).toEqual([lighthouses]);
      expect(await found('light zebra')).toEqual([]);
      expect(await found('zeb')).toEqual([crossings]);
      expect(await found('ärger')).toEqual([crossings]);
      expect(await found('ÄRGER straß')).toEqual([crossings]);
      expect((await found('whisper')).concat(await found('lanterns'), await found('dream'))).toContain(crossings);
      expect(await found('nowhere')).toEqual([]);
      expect(await found('')).toHaveLength(2);
    });

    it('is found by words of every script and kind', async () => {
      const prompts = {
        'हिन्दी में नमस्ते': ['हिन्दी', 'नमस्ते'],
        'Read https://example.com/manual today': ['https://example.com/manual', 'example.co'],
        'a state-of-the-art machine': ['state-of-the', 'machine'],
        'pi is 3.14159 or so': ['3.14'],
        "it's O'Brien's": ["O'Brien", 'brien'],
        'back\\slash in the text': ['back\\slash'],
        'snake_case_name here': ['snake_case'],
        'ann@example.org wrote': ['ann@example.org'],
        日本の四季について教えて: ['日本', '四季', 'について 教え'],
        'JavaScriptで価格は多少 100%か': ['価格', 'javascriptで', '100%か'],
        ประเทศไทยมีกี่จังหวัด: ['จังหวัด'],
        'Why 🔥 and not 🧊?': ['🔥', 'not 🧊'],
      };
      for (const prompt of Object.keys(prompts)) await say(prompt);
      for (const [prompt, searches] of Object.entries(prompts)) {
        for (const search of searches) expect([search, await found(search)]).toEqual([search, [prompt]]);
      }
    });

    it('is not found by a search without words, and the search does not fail', async () => {
      const signs = ["'", '"', "''", ':*&|!', '!', '<->', '%%', '\\\\', '(', ')', '\0', '$$', "');--", '\ud800'];
      const searches = [...signs, 'q & q', 'q\0q', '🪗', 'x'.repeat(10_000), 'q '.repeat(2_000), `${' '.repeat(600)}q`];
      for (const search of searches) expect([search, await found(search)]).toEqual([search, []]);
    });
  });

  describe('when it is changed', () => {
    beforeAll(async () => {
      member = await app.newMember();
    });

    it('is titled by the first line with content', async () => {
      const { conversation } = await say('\n```ts\n\nconst x = 1;\n```\nWhat is x?');
      expect(await titleOf(conversation.id)).toBe('const x = 1;');
    });

    it('keeps the title that the member sets, whatever is asked later', async () => {
      const { conversation } = await member
        .gql(createDocument, { input: {} })
        .then((data) => ({ conversation: data.createConversation }));
      expect(conversation.title).toBe('New chat');
      await say('The first prompt', { conversationId: conversation.id });
      expect(await titleOf(conversation.id)).toBe('The first prompt');
      await update({ id: conversation.id, title: '  Mine  ' });
      await say('Another', { conversationId: conversation.id, atStart: true });
      expect(await titleOf(conversation.id)).toBe('Mine');
    });

    it('keeps the title that it was created with', async () => {
      const { createConversation } = await member.gql(createDocument, { input: { title: 'Given' } });
      await say('The first prompt', { conversationId: createConversation.id });
      expect(await titleOf(createConversation.id)).toBe('Given');
    });

    it('takes models, a system prompt and a pin independently of each other', async () => {
      const { conversation } = await say('hello');
      const { id } = conversation;
      expect(await update({ id, modelIds: ['mock/poet', 'mock/sage'] })).toMatchObject({
        models: [{ id: 'mock/poet' }, { id: 'mock/sage' }],
        systemPrompt: null,
        pinned: false,
      });
      expect(await update({ id, systemPrompt: 'Be brief.' })).toMatchObject({ systemPrompt: 'Be brief.' });
      expect(await update({ id, pinned: true })).toMatchObject({ pinned: true, systemPrompt: 'Be brief.' });
      expect(await update({ id, systemPrompt: '' })).toMatchObject({ systemPrompt: null, pinned: true });
      const next = await ask(member, { prompt: 'on', conversationId: id });
      expect(next.turn.responses.map(({ model }) => model.id)).toEqual(['mock/poet', 'mock/sage']);
    });

    it.each([
      `a${'👨‍👩‍👧‍👦'.repeat(80)}`,
      `e${'\u0301'.repeat(500)}`,
      `${'e\u0301'.repeat(300)}`,
      'x'.repeat(5000),
      '\u0000\ud800',
      '\n\n  \u00a0x',
    ])('has a well-formed title of limited length, whatever the first prompt is: %j', async (prompt) => {
      const { conversation } = await say(prompt);
      expect(conversation.title.length).toBeLessThanOrEqual(200);
      expect(conversation.title.isWellFormed()).toBe(true);
      expect(conversation.title.trim()).not.toBe('');
      if (prompt.isWellFormed()) expect(conversation.title).not.toContain('\ufffd');
    });
  });

  describe('when it is deleted', () => {
    beforeAll(async () => {
      member = await app.newMember();
    });

    it('stops its running answers, ends its followers and settles its holds', async () => {
      const [beginning] = streamBody('openai.chat', { text: ['Beginning', '\n'] }).split(/(?=data: [^\n]*\\n)/);
      wire.respondWith(() => ({ body: beginning, ending: 'stall' }));
      const modelIds = Array(4).fill('openai/gpt-4.1');
      const { turn, conversation } = await ask(member, { prompt: 'Long', modelIds });
      const reading = new Reading();
      let deletion: Promise<string> | undefined;
      for await (const { data, errors } of member.subscribe('ws', followDocument, { turnId: turn.id })) {
        expect(errors).toBeUndefined();
        reading.take(data.streamResponse);
        const begun = [...reading.texts.values()].filter(({ text }) => text === 'Beginning');
        if (begun.length === modelIds.length) deletion ??= remove(conversation.id);
      }
      expect(await deletion).toBe(conversation.id);
      await Promise.all(wire.requests.map(({ closedByClient }) => closedByClient));
      const { entries } = await expectSettled(member);
      expect(entries.map(({ kind }) => kind)).toEqual(['GRANT', ...Array(4).fill('CHARGE')]);
    });

    it('is gone with its turns and responses, from search too', async () => {
      const before = await expectSettled(member);
      const { turn, conversation } = await converse(member, { prompt: 'Vanishing', modelIds });
      expect(await remove(conversation.id)).toBe(conversation.id);
      const ids = [conversation.id, turn.id, turn.responses[0]?.id];
      for (const id of ids)
        expect((await member.gql('query ($id: ID!) { node(id: $id) { id } }', { id })).node).toBeNull();
      expect((await conversations({ search: 'vanishing' })).titles).toEqual([]);
      expect((await member.post(removeDocument, { id: conversation.id })).errors?.[0]?.extensions.code).toBe(
        'NOT_FOUND',
      );
      expect(await send(member, { prompt: 'on', conversationId: conversation.id })).toMatchObject({
        __typename: 'NotFoundError',
      });
      expect((await expectSettled(member)).entries).toHaveLength(before.entries.length + 1);
    });

    it('is deleted together with all others, even while answers run', async () => {
      await member.gql('mutation { deleteAllConversations }');
      wire.respondWith(() => ({ body: ': still thinking\n\n', ending: 'stall' }));
      await Promise.all(
        [1, 2].map((number) => ask(member, { prompt: `${number}`, modelIds: ['openai/gpt-4.1', 'mock/swift'] })),
      );
      await member.gql(createDocument, { input: {} });
      expect((await member.gql('mutation { deleteAllConversations }')).deleteAllConversations).toBe(3);
      expect(await conversations({})).toMatchObject({ titles: [], totalCount: 0 });
      await Promise.all(wire.requests.map(({ closedByClient }) => closedByClient));
      await expectSettled(member);
    });
  });

  const createDocument =
    'mutation ($input: CreateConversationInput!) { createConversation(input: $input) { id title } }';
  const removeDocument = 'mutation ($id: ID!) { deleteConversation(id: $id) }';

  async function remove(id: string) {
    return (await member.gql(removeDocument, { id })).deleteConversation;
  }

  async function update(input: object) {
    const document = `mutation ($input: UpdateConversationInput!) {
      updateConversation(input: $input) { title pinned archived systemPrompt models { id } }
    }`;
    return (await member.gql(document, { input })).updateConversation;
  }

  async function titleOf(id: string): Promise<string> {
    return (await member.gql('query ($id: ID!) { conversation(id: $id) { title } }', { id })).conversation.title;
  }

  async function turnsOf(id: string, args: object) {
    const { conversation } = await member.gql(
      `query ($id: ID!, $first: Int, $after: String, $last: Int, $before: String, $through: ID) {
        conversation(id: $id) {
          turns(first: $first, after: $after, last: $last, before: $before, through: $through) {
            totalCount edges { node { prompt } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
          }
        }
      }`,
      { id, ...args },
    );
    const { edges, pageInfo, totalCount } = conversation.turns;
    return { prompts: edges.map((edge: { node: { prompt: string } }) => edge.node.prompt), totalCount, ...pageInfo };
  }

  async function branchOf(id: string, through?: string): Promise<string[]> {
    return (await turnsOf(id, { through })).prompts;
  }

  async function alternativesOf(id: string): Promise<string[]> {
    const { node } = await member.gql(
      'query ($id: ID!) { node(id: $id) { ... on Turn { alternatives { prompt } } } }',
      { id },
    );
    return node.alternatives.map(({ prompt }: { prompt: string }) => prompt);
  }

  async function conversations(args: object) {
    const { conversations: page } = await member.gql(
      `query ($first: Int, $after: String, $search: String, $archived: Boolean) {
        conversations(first: $first, after: $after, search: $search, archived: $archived) {
          totalCount edges { node { title } } pageInfo { hasNextPage hasPreviousPage endCursor }
        }
      }`,
      args as Record<string, unknown>,
    );
    const { edges, pageInfo, totalCount } = page;
    return { titles: edges.map((edge: { node: { title: string } }) => edge.node.title), totalCount, ...pageInfo };
  }
});
