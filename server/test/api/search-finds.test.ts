import { afterAll, beforeAll, expect, it } from 'vitest';
import type { LanguageModel } from '../../src/ports/language-model.ts';
import { textOf } from '../../src/ports/language-model.ts';
import { type Client, startApp, type TestApp } from '../setup/app.ts';
import { describeDatabases } from '../setup/describe-databases.ts';
import { converse } from './asking.ts';

/** Prompt and answer of each conversation, by its name. The last conversation is the newest. */
const conversations = {
  résumé: ['How do I shorten my résumé?', 'Leave out what your re\u0301sume\u0301’s reader skips.'],
  street: ['Wo liegt die Straße des 17. Juni?', 'In BERLIN, westlich vom Brandenburger Tor; GROẞE STERN in der Mitte.'],
  names: ['Ångström, Łódź, Dvořák, Curaçao, Søren', 'İstanbul, Iğdır, São Tomé, Hồ Chí Minh, Ærø'],
  greek: ['Τι σημαίνει ΟΔΥΣΣΕΎΣ;', 'Ο Οδυσσέας. И ёлка, и Йод.'],
  script: ['JavaScript or TypeScript?', 'Look into node_modules/react-dom, and at https://docs.example.org/a_b?q=1.'],
  signs: ['Is C++ faster than C#, or .NET?', 'F# too; R&D used A*; it cost $5, that is 100%, of x_y -> z.'],
  plain: ['Is C faster than F or net?', 'Neither; 5 of 100, a net loss.'],
  tokyo: ['東京タワーの高さは?', '333メートルです。株式会社の所有。ｶﾀｶﾅ も。'],
  seoul: ['서울에서 공개는 언제?', '내일 공개 됩니다.'],
  arabic: ['ما معنى كِتَاب؟', 'שָׁלוֹם means peace, สวัสดี hello, नमस्ते too.'],
  emoji: ['What does 🔥 mean?', 'It is hot: 👩‍💻 agrees.'],
  ligatures: ['The ﬁrst Ｗｉｄｅ ½', 'soft\u00adhyphen, zero\u200bwidth, don’t “quote”, l’été'],
  long: ['Write a long one', `${'word '.repeat(40_000)}needle in the haystack`],
  endless: ['Write without end', `${'word '.repeat(190_000)}spindle${' word'.repeat(12_000)} bobbin`],
  ranked: ['Where do things go?', 'A kettle boils over.'],
  partly: ['Cargo ships', 'Far they go.'],
  rank: ['Kettles', 'Cargo of algorithms.'],
} as const;

type Name = keyof typeof conversations;

/** A search text and the conversations that it finds, the best first. */
const searches: [search: string, found: Name[]][] = [
  // A text's first million characters are searched.
  ['spindle', ['endless']],
  ['bobbin', []],
  ['resume', ['résumé']],
  ['RÉSUMÉ', ['résumé']],
  ['re\u0301sume\u0301', ['résumé']],
  ['résumé reader', ['résumé']],
  ['Strasse', ['street']],
  ['STRASSE', ['street']],
  ['straße berlin', []],
  ['grosse stern', ['street']],
  ['angstrom lodz', ['names']],
  ['dvorak curacao soren', ['names']],
  ['istanbul igdir', ['names']],
  ['ho chi minh', ['names']],
  ['AERO', ['names']],
  ['οδυσσευς', ['greek']],
  ['елка', ['greek']],
  ['react', ['script']],
  ['react-dom', ['script']],
  ['modules/react', ['script']],
  ['example.org', ['script']],
  ['Script', ['script']],
  ['a_b', ['script']],
  ['C++', ['signs']],
  ['c#', ['signs']],
  ['.NET', ['signs']],
  ['F#', ['signs']],
  ['R&D', ['signs']],
  ['$5', ['signs']],
  ['100%', ['signs']],
  ['x_y', ['signs']],
  ['->', ['signs']],
  ['net', ['plain', 'signs']],
  ['東京', ['tokyo']],
  ['タワー', ['tokyo']],
  ['株', ['tokyo']],
  ['カタカナ', ['tokyo']],
  ['공개', ['seoul']],
  ['서울', ['seoul']],
  ['كتاب', ['arabic']],
  ['שלום', ['arabic']],
  ['สวัส', ['arabic']],
  ['🔥', ['emoji']],
  ['first wide', ['ligatures']],
  ['softhyphen zerowidth', ['ligatures']],
  ['don\'t "quote" l\'ete', ['ligatures']],
  ['needle', ['long']],
  ['go', ['ranked', 'partly', 'rank']],
  ['kettle', ['ranked', 'rank']],
  ['zzyzx', []],
  ['%', ['signs']],
  ['" , ; :', []],
];

describeDatabases('a search', (database) => {
  let app: TestApp;
  let member: Client;
  const names = new Map<string, string>();

  beforeAll(async () => {
    app = await startApp({
      database: database(),
      catalogue: {
        providers: [{ id: 'books', kind: 'openai-compatible', baseURL: 'http://127.0.0.1:9', name: 'Books' }],
        models: [{ id: 'books/model', name: 'Book', minimumTier: 'FREE', contextWindow: 1_000_000, ...free }],
      },
      languageModels: { books },
    });
    member = await app.newMember();
    for (const [name, [prompt]] of Object.entries(conversations)) {
      const { conversation } = await converse(member, { prompt, modelIds: ['books/model'] });
      names.set(conversation.id, name);
    }
  });
  afterAll(() => app?.close());

  it.each(searches)('a search for %j finds %j', async (search, found) => {
    const { conversations: connection } = await member.gql(
      'query ($search: String) { conversations(search: $search) { edges { node { id } } totalCount } }',
      { search },
    );
    expect(connection.edges.map(({ node }: { node: { id: string } }) => names.get(node.id))).toEqual(found);
    expect(connection.totalCount).toBe(found.length);
  });

  it.each([
    ['go', ['ranked', 'partly', 'rank']],
    ['net', ['plain', 'signs']],
  ])(
    'a search for %j pages through its results in order, and refuses the cursors of other lists',
    async (search, order) => {
      const query = `query ($search: String, $after: String) {
      conversations(first: 1, search: $search, after: $after) { edges { cursor node { id } } pageInfo { hasNextPage } }
    }`;
      const found: (string | undefined)[] = [];
      for (let after: string | null = null, more = true; more; ) {
        const { conversations: page } = await member.gql(query, { search, after });
        found.push(names.get(page.edges[0].node.id));
        after = page.edges[0].cursor;
        more = page.pageInfo.hasNextPage;
      }
      expect(found).toEqual(order);
      const all = await member.gql(query, {});
      const { errors } = await member.post(query, { search, after: all.conversations.edges[0].cursor });
      expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT', field: 'after' } }]);
    },
  );
});

const free = { maxOutputTokens: 100_000, inputPriceUsd: 0, outputPriceUsd: 0 };

/** Answers each prompt with the text beside it in `conversations`. */
const books: LanguageModel = {
  async stream({ messages }, onPart) {
    const [asked] = messages.slice(-1);
    const prompt = asked && textOf(asked);
    const text = Object.values(conversations).find(([asked]) => asked === prompt)?.[1] ?? '';
    onPart({ type: 'text', text });
    onPart({ type: 'finish', reason: 'STOP' });
  },
  listModels: async () => ['model'],
};
