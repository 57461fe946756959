import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { builtInCatalogue } from '../../src/config/built-in-catalogue.ts';
import type { FileRule } from '../../src/domain/ground/file-tokens/file-rule.ts';
import { fileTokens, type MeasuredFile } from '../../src/domain/ground/file-tokens/file-tokens.ts';
import { patchesWithin } from '../../src/domain/ground/file-tokens/openai-images.ts';

const { models, describeUnlisted } = builtInCatalogue('2026-11-20');

function ruleOf(id: string): { fileRule?: FileRule | undefined } {
  const model = models.find((one) => one.id === id) ?? describeUnlisted(id);
  if (!model) throw new Error(`There is no ${id}.`);
  return model;
}

const image = (width: number, height: number, detail?: string): MeasuredFile => ({
  kind: 'IMAGE',
  width,
  height,
  detail,
});

const rules: (FileRule | undefined)[] = [
  { by: 'tiles', base: 85, tile: 170 },
  { by: 'patches', multiplier: 1.62, sizing: 'FIXED' },
  { by: 'patches', multiplier: 1.2, sizing: 'HIGH' },
  { by: 'patches', multiplier: 1.2, sizing: 'ORIGINAL' },
  { by: 'patches', multiplier: 1.2, sizing: 'WHOLE' },
  { by: 'claude', sideMax: 1568, tokensMax: 1568 },
  { by: 'claude', sideMax: 2576, tokensMax: 4784 },
  { by: 'gemini-tiles' },
  { by: 'gemini-budget' },
  { by: 'grok' },
  { by: 'pixels' },
  undefined,
];
const rule = fc.constantFrom(...rules);
const detail = fc.constantFrom(undefined, 'low', 'high', 'original', 'auto', 'nonsense');
const side = fc.oneof(fc.integer({ min: 1, max: 4096 }), fc.integer({ min: 1, max: 70_000 }));

describe('tokens of an image', () => {
  it.each([
    ['openai/gpt-4.1', image(1024, 1024), 765],
    ['openai/gpt-4o', image(2048, 4096), 1105],
    ['openai/gpt-4o', image(4096, 8192, 'low'), 85],
    ['openai/gpt-5.4-mini', image(1024, 1024, 'high'), 1229],
    ['openai/gpt-5.4-mini', image(2048, 2048, 'high'), 3000],
    ['openai/gpt-6-luna', image(2048, 2048, 'high'), 3000],
    ['anthropic/claude-haiku-4-5', image(1000, 1000), 1296],
    ['anthropic/claude-sonnet-4-6', image(1920, 1080), 1560],
    ['anthropic/claude-opus-5-5', image(1920, 1080), 2691],
    ['anthropic/claude-opus-5-5', image(3840, 2160), 4784],
    ['google/gemini-2.5-flash-lite', image(384, 384), 258],
    ['google/gemini-2.5-flash-lite', image(960, 540), 6 * 258],
    ['google/gemini-3.8-flash', image(2048, 2048), 1120],
    ['xai/grok-4.3', image(448, 448), 512],
    ['xai/grok-4.3', image(4000, 4000), 1792],
    ['perplexity/sonar', image(1024, 768), 1049],
  ])('are for %s what its provider’s own example says (%#)', (id, file, likely) => {
    const tokens = fileTokens(file, ruleOf(id));
    expect(tokens.likely).toBe(likely);
    expect(tokens.most).toBeGreaterThanOrEqual(likely);
  });

  it('are 1452 patches for OpenAI’s example of an image that is scaled into 1536', () => {
    expect(patchesWithin({ width: 1800, height: 2400 }, { side: 2048, patches: 1536 })).toBe(1452);
    expect(patchesWithin({ width: 1024, height: 1024 }, { side: 2048, patches: 1536 })).toBe(1024);
  });

  it('are at most so many more as the file’s name may have', () => {
    const [without, named] = [null, 'ﷺ'.repeat(200)].map((name) => fileTokens({ ...image(10, 10), name }, {}).most);
    expect((named as number) - (without as number)).toBeGreaterThanOrEqual(
      Buffer.byteLength('ﷺ'.repeat(200).normalize('NFKC')),
    );
  });

  it('are a finite number, more than none, whatever the shape', () => {
    fc.assert(
      fc.property(rule, side, side, detail, (fileRule, width, height, closeness) => {
        const { likely, most } = fileTokens(image(width, height, closeness), { fileRule });
        expect(Number.isInteger(likely) && likely > 0).toBe(true);
        expect(Number.isInteger(most) && most >= likely).toBe(true);
      }),
    );
  });

  it('are at most no fewer for an image that is wider or higher', () => {
    fc.assert(
      fc.property(rule, side, side, side, side, detail, (fileRule, width, height, wider, higher, closeness) => {
        const { most } = fileTokens(image(width, height, closeness), { fileRule });
        const larger = fileTokens(image(width + wider, height + higher, closeness), { fileRule });
        expect(larger.most).toBeGreaterThanOrEqual(most);
      }),
    );
  });

  it('are at most, if its size is not known, what the largest image takes', () => {
    fc.assert(
      fc.property(rule, fc.integer({ min: 1, max: 65_535 }), detail, (fileRule, width, closeness) => {
        const unknown = fileTokens({ kind: 'IMAGE', detail: closeness }, { fileRule });
        expect(unknown.most).toBeGreaterThanOrEqual(unknown.likely);
        expect(unknown.most).toBeGreaterThanOrEqual(fileTokens(image(width, 65_535, closeness), { fileRule }).most);
      }),
    );
  });
});

describe('tokens of a document', () => {
  const measure = fc.record({
    pages: fc.integer({ min: 1, max: 1000 }),
    textTokens: fc.integer({ min: 0, max: 500_000 }),
    more: fc.integer({ min: 0, max: 1_000_000 }),
  });

  it('cover the text of a file that is sent as text, and nothing else', () => {
    fc.assert(
      fc.property(rule, measure, fc.constantFrom('TEXT' as const, 'DOCUMENT' as const), (fileRule, file, kind) => {
        const textBytesMax = file.textTokens + file.more;
        const { likely, most } = fileTokens({ kind, textTokens: file.textTokens, textBytesMax }, { fileRule });
        expect(likely).toBe(Math.max(1, file.textTokens));
        expect(most).toBeGreaterThanOrEqual(textBytesMax);
        expect(most).toBeLessThan(textBytesMax + 1000);
      }),
    );
  });

  it('of a PDF grow with its pages and its text, and are never infinite', () => {
    fc.assert(
      fc.property(rule, measure, measure, (fileRule, file, more) => {
        const pdf = (pages: number, textTokens: number, textBytesMax: number) =>
          fileTokens({ kind: 'PDF', pages, textTokens, textBytesMax }, { fileRule });
        const smaller = pdf(file.pages, file.textTokens, file.textTokens + file.more);
        const larger = pdf(
          file.pages + more.pages,
          file.textTokens + more.textTokens,
          file.textTokens + more.textTokens + file.more + more.more,
        );
        expect(smaller.likely).toBeGreaterThan(0);
        expect(smaller.most).toBeGreaterThanOrEqual(smaller.likely);
        expect(larger.likely).toBeGreaterThanOrEqual(smaller.likely);
        expect(larger.most).toBeGreaterThanOrEqual(smaller.most);
        expect(Number.isFinite(larger.most)).toBe(true);
      }),
    );
  });

  it('of a PDF are at most no fewer than what is billed where its pages are images of text, whatever text was found', () => {
    const page = fc.record({
      width: fc.integer({ min: 1, max: 2048 }),
      height: fc.integer({ min: 1, max: 2048 }),
      // What a provider reads on it, up to what one publishes, and the layer of text that was found here.
      read: fc.integer({ min: 0, max: 3000 }),
      layer: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 20_000 })),
    });
    fc.assert(
      fc.property(rule, fc.array(page, { minLength: 1, maxLength: 20 }), fc.boolean(), (fileRule, pages, isScan) => {
        const found = isScan ? 0 : pages.reduce((sum, { layer }) => sum + layer, 0);
        const text = found === 0 ? {} : { textTokens: Math.ceil(found / 4), textBytesMax: found };
        const { most } = fileTokens({ kind: 'PDF', pages: pages.length, ...text }, { fileRule });
        const isGemini = fileRule?.by === 'gemini-tiles' || fileRule?.by === 'gemini-budget';
        const billed = pages.map(({ width, height, read, layer }) => {
          if (isGemini) return fileRule.by === 'gemini-tiles' ? 258 : 560;
          const seen = fileTokens(image(width, height, fileRule?.by === 'patches' ? 'high' : undefined), { fileRule });
          return seen.likely + Math.max(read, isScan ? 0 : layer);
        });
        expect(most).toBeGreaterThanOrEqual(billed.reduce((sum, tokens) => sum + tokens, 0));
      }),
    );
  });

  it('of a PDF are at most no fewer where a text was found than where none was', () => {
    fc.assert(
      fc.property(rule, measure, (fileRule, { pages, textTokens, more }) => {
        const scan = fileTokens({ kind: 'PDF', pages }, { fileRule });
        const read = fileTokens({ kind: 'PDF', pages, textTokens, textBytesMax: textTokens + more }, { fileRule });
        expect(read.most).toBeGreaterThanOrEqual(scan.most);
      }),
    );
  });

  it('of a PDF are 258 a page for Gemini 2.5, at most 1120 a page and its text for Gemini 3', () => {
    const pdf: MeasuredFile = { kind: 'PDF', pages: 10, textTokens: 4000, textBytesMax: 16_000 };
    expect(fileTokens(pdf, ruleOf('google/gemini-2.5-flash-lite')).likely).toBe(2580);
    const { likely, most } = fileTokens(pdf, ruleOf('google/gemini-3.8-flash'));
    expect(likely).toBe(5600);
    expect(most).toBeGreaterThanOrEqual(11_200 + 16_000);
  });

  it('of unknown length have no bound', () => {
    for (const fileRule of rules) {
      expect(fileTokens({ kind: 'PDF' }, { fileRule }).most).toBe(Number.POSITIVE_INFINITY);
      expect(fileTokens({ kind: 'AUDIO' }, { fileRule }).most).toBe(Number.POSITIVE_INFINITY);
    }
  });
});
