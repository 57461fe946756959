import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Catalogue, Model } from '../../src/domain/catalogue/catalogue.ts';
import { NameSearch, wordsOf } from '../../src/domain/judging/name-search.ts';
import { givingNames, namesModels } from '../../src/domain/judging/self-naming.ts';
import { labCatalogue } from '../credits/catalogue.ts';

const lab = labCatalogue({ plain: {} }, {});

/** A catalogue with these models, each of the provider that its id names. */
function catalogueOf(models: Record<string, string>, providers: Record<string, string> = {}): Catalogue {
  const [model] = lab.models.values() as unknown as [Model];
  const made = Object.entries(models).map(([id, name]) => {
    const slash = id.indexOf('/');
    return { ...model, id, name, providerId: id.slice(0, slash), providerModel: id.slice(slash + 1) };
  });
  const kind = 'openai-compatible' as const;
  return {
    ...lab,
    models: new Map(made.map((one) => [one.id, one])),
    providers: new Map(Object.entries(providers).map(([id, name]) => [id, { id, name, kind, configured: true }])),
  };
}

const catalogue = catalogueOf(
  {
    'openai/gpt-4.1-mini': 'GPT-4.1 mini',
    'anthropic/claude-sonnet-5': 'Claude Sonnet 5',
    'google/gemini-3-pro': 'Gemini 3 Pro',
    'xai/grok-4': 'Grok 4',
    'house/acme-writer-7b': 'Acme Writer 7B',
    'house/fast': 'Fast',
    'router/mistralai/mistral-small': 'Mistral Small',
  },
  { openai: 'OpenAI', anthropic: 'Anthropic', google: 'Google', xai: 'xAI', house: 'Local', router: 'Routerei' },
);

describe('an answer gives its model away', () => {
  it.each([
    ['I am Claude, made by Anthropic.', 'anthropic/claude-sonnet-5'],
    ['As **ChatGPT**, I cannot.', 'openai/gpt-4.1-mini'],
    ['Je suis ＧＰＴ‑4.1, développé par OpenAI', 'openai/gpt-4.1-mini'],
    ['我是通义千问，很高兴认识你。', 'house/fast'],
    ['私はクロードです。', 'anthropic/claude-sonnet-5'],
    ['저는 클로드입니다.', 'anthropic/claude-sonnet-5'],
    ['Ich bin Cl\u200baude.', 'anthropic/claude-sonnet-5'],
    // Even if it is wrong about itself.
    ['I am ChatGPT.', 'anthropic/claude-sonnet-5'],
    ['Trained by Google.', 'google/gemini-3-pro'],
    ['I am the acme-writer.', 'house/acme-writer-7b'],
    ['Mistral trained me.', 'router/mistralai/mistral-small'],
    ['I was trained by Routerei.', 'router/mistralai/mistral-small'],
    // A model that is gone from the catalogue.
    ['Ask oldie-writer for more.', 'house/oldie-writer-3'],
  ])('by "%s" of %s', async (text, modelId) => {
    expect(await namesModels(catalogue, ['Nothing.', text], modelId)).toBe(true);
  });

  it.each([
    ['You can find it with Google.', 'openai/gpt-4.1-mini'],
    ['The mistral blows from the north.', 'anthropic/claude-sonnet-5'],
    ['That is fast, and local.', 'house/fast'],
    ['Claudette was openly anthropical about gpts.', 'anthropic/claude-sonnet-5'],
    ['A sonnet has 14 lines, an opus has a number.', 'openai/gpt-4.1-mini'],
    ['o, 3 apples', 'google/gemini-3-pro'],
    ['', 'openai/gpt-4.1-mini'],
  ])('not by "%s" of %s', async (text, modelId) => {
    expect(await namesModels(catalogue, [text], modelId)).toBe(false);
  });

  it('by its name among any other words, and by none of the words alone', async () => {
    const models = [...catalogue.models.values()].filter(({ name }) => name !== 'Fast');
    const space = fc.constantFrom(' ', '-', '\n', ' _', '‑', '/');
    // No name has these words.
    const words = fc.array(fc.stringMatching(/^[bdhkvwyz]{1,6}$/), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...models), words, words, space, async (model, before, after, between) => {
        const name = model.name.toUpperCase().replaceAll(' ', between);
        const [head, tail] = [before.join(' '), after.join(between)];
        expect(await namesModels(catalogue, [`${head} ${name} ${tail}`], model.id)).toBe(true);
        expect(await namesModels(catalogue, [`${head} ${tail}`], model.id)).toBe(false);
      }),
    );
  });

  it('is told to the admin name by name, with the models that it counts for', () => {
    const names = givingNames(catalogue);
    expect(names).toContainEqual({ name: 'ChatGPT', everywhere: true, modelIds: ['openai/gpt-4.1-mini'] });
    expect(names).toContainEqual({ name: 'Google', everywhere: false, modelIds: ['google/gemini-3-pro'] });
    expect(names).toContainEqual({ name: 'Acme Writer 7B', everywhere: false, modelIds: ['house/acme-writer-7b'] });
    expect(names.map(({ name }) => name)).not.toContain('Fast');
    expect(names.map(({ name }) => name)).not.toContain('Local');
  });
});

describe('a search for names', () => {
  it('finds the names that a search of every place finds', async () => {
    const part = fc.constantFrom('a', 'b', '1', '漢');
    const texts = fc.array(part, { maxLength: 30 }).map((parts) => parts.join(' '));
    const names = fc.array(fc.array(part, { minLength: 1, maxLength: 4 }), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(texts, names, async (text, looked) => {
        const search = new NameSearch<number>();
        for (const [index, words] of looked.entries()) search.add(words, index);
        for (const [index, words] of looked.entries()) {
          const isThere = ` ${text} `.includes(` ${words.join(' ')} `);
          expect(await search.has(text, (found) => found === index)).toBe(isThere);
        }
      }),
    );
  });

  it('reads a text of any kind word by word, each a run of letters, a number or one sign', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
        const words = [...wordsOf(text)];
        for (const word of words) expect(word).toMatch(/^(?:[\p{L}\p{M}]+|\p{N}+)$/u);
        expect([...wordsOf(words.join(' '))]).toEqual(words);
      }),
    );
  });

  it('reads the same words wherever they stand in a long text', () => {
    const words = fc.array(fc.constantFrom('a', 'bc', '12', '漢', '😀'), { minLength: 1, maxLength: 5 });
    const before = fc.integer({ min: 16_370, max: 16_390 });
    fc.assert(
      fc.property(words, before, (parts, length) => {
        for (const filling of ['x ', 'x,', '漢', '𝒜 ', 'か\u3099']) {
          const text = filling.repeat(length / filling.length) + parts.join(' ');
          const own = [...wordsOf(parts.join(' '))];
          expect([...wordsOf(text)].slice(-own.length || Number.POSITIVE_INFINITY)).toEqual(own);
        }
      }),
      // Here a word of letters stands across the end of what is read at once.
      { numRuns: 30, examples: [[['bc'], 16_383]] },
    );
  });

  it('lets others go on while it reads a text of a million words', async () => {
    let turns = 0;
    const timer = setInterval(() => (turns += 1), 1);
    const long = 'gpt 4 1 nano claude sonne '.repeat(170_000);
    expect(
      await namesModels(catalogue, [long.replaceAll('gpt', 'acme').replaceAll('claude', 'writer')], 'house/fast'),
    ).toBe(false);
    clearInterval(timer);
    expect(turns).toBeGreaterThan(2);
  });
});
