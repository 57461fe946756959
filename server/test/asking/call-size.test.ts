import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { likelyInputTokens as likelyFor, measureCall as measure, sizeFor } from '../../src/domain/asking/call-size.ts';
import { TextSizes } from '../../src/domain/ground/tokens.ts';
import { textMessage } from '../../src/ports/language-model.ts';

const options = {};
type Content = Parameters<typeof measure>[0];
const likelyInputTokens = (content: Content) => likelyFor(content, {});
const measureCall = async (content: Content) => sizeFor(await measure(content), {});
const saying = (...texts: string[]) => ({
  system: null,
  messages: texts.map((text) => textMessage('user', text)),
  options,
});
const megabytes = 4 * 1024 * 1024;

describe('measuring a call', () => {
  afterEach(() => vi.restoreAllMocks());

  /** How often others go on while the work is done. */
  async function turnsDuring(work: () => Promise<unknown>): Promise<number> {
    let turns = 0;
    let counting = setImmediate(function count() {
      turns += 1;
      counting = setImmediate(count);
    });
    await work();
    clearImmediate(counting);
    return turns;
  }

  it.each([
    ['prose', 'the quick brown fox jumps over the lazy dog, '],
    ['one line without spaces', 'abcdefghij'],
    ['characters that normalization makes 18 of', '\ufdfa'],
    ['combining marks', 'a\u0301\u0302\u0303\u0304'],
  ])('lets others go on many times within 4 MB of %s', async (_what, unit) => {
    const text = unit.repeat(megabytes / Buffer.byteLength(unit));
    // Each look at the clock takes a millisecond, so that it does not matter how fast the machine is.
    let now = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => ++now);
    expect(await turnsDuring(() => measureCall(saying(text)))).toBeGreaterThan(100);
    expect(await turnsDuring(() => likelyInputTokens(saying(text)))).toBeGreaterThan(2);
  });

  it('lets others go on within a tool whose description is long, and counts it as JSON', async () => {
    const tool = {
      name: 'look',
      description: '"漢字😀\n'.repeat(400_000),
      parameters: { type: 'object', properties: {} },
    };
    const options = { tools: [tool] };
    let now = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => ++now);
    expect(await turnsDuring(() => measureCall({ ...saying('Look.'), options }))).toBeGreaterThan(100);
    expect(await turnsDuring(() => likelyInputTokens({ ...saying('Look.'), options }))).toBeGreaterThan(2);
    const written = await likelyInputTokens(saying('Look.', JSON.stringify(tool)));
    expect(await likelyInputTokens({ ...saying('Look.'), options })).toBe(written - 4);
  });

  it('finds the most that a prompt of the same texts would be found to have', async () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 4000 });
    await fc.assert(
      fc.asyncProperty(fc.array(text, { maxLength: 4 }), fc.option(text), async (texts, system) => {
        const asked = { ...saying(...texts), system };
        const { most, likely, withReserve } = await measureCall(asked);
        expect(likely).toBe(await likelyInputTokens(asked));
        const ofPrompt = new TextSizes().inputTokensMax(
          system,
          texts.map((one) => [one]),
        );
        expect(most).toBe(ofPrompt);
        expect(withReserve).toBeGreaterThanOrEqual(likely);
        expect(withReserve).toBeLessThanOrEqual(1.35 * most);
      }),
    );
  });

  it('counts files and descriptions of tools too', async () => {
    const bare = await measureCall(saying('Look.'));
    const parts = [{ type: 'file' as const, mediaType: 'image/png', data: 'AAAA', name: null }];
    const withFile = await measureCall({ system: null, messages: [...saying('Look.').messages, { parts }], options });
    expect(withFile.likely).toBeGreaterThanOrEqual(bare.likely + 1000);
    expect(withFile.most).toBeGreaterThanOrEqual(bare.most + 5000);
    const header = Buffer.from('89504e470d0a1a0a0000000d49484452000004000000040008060000007f1d2b83', 'hex');
    const image = { ...parts[0], data: header.toString('base64') } as (typeof parts)[0];
    const measured = await measure({ system: null, messages: [{ parts: [image] }], options });
    const forTiles = sizeFor(measured, { fileRule: { by: 'tiles', base: 85, tile: 170 } });
    expect(forTiles.likely - measured.texts.likely).toBe(765);
    const tools = [{ name: 'look', description: 'Looks around.', parameters: null }];
    const withTools = await measureCall({ ...saying('Look.'), options: { tools } });
    expect(withTools.most).toBeGreaterThan(bare.most + JSON.stringify(tools[0]).length);
    expect(withTools.likely).toBeGreaterThan(bare.likely);
  });
});
