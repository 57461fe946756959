import { tmpdir } from 'node:os';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/settings.ts';
import { planCall } from '../../src/domain/asking/call-plan.ts';
import { measureCall, sizeFor } from '../../src/domain/asking/call-size.ts';
import { type Model, tierOf } from '../../src/domain/catalogue/catalogue.ts';
import { charge } from '../../src/domain/catalogue/pricing.ts';
import { type MessagePart, textMessage } from '../../src/ports/language-model.ts';
import { labCatalogue } from '../credits/catalogue.ts';

// The price rises within the provider's window; ours ends before.
const dearer = { input: 2_000_000, cachedInput: 200_000, cacheWriteInput: 2_500_000, output: 8_000_000 };
const tiers = [{ aboveInputTokens: 3000, ...dearer }];
const catalogue = labCatalogue({
  cut: { contextWindow: 3000, providerWindow: 12_000, prices: { tiers } },
  unknown: { contextWindow: 3000, prices: { tiers } },
});
const [cut, unknown] = ['lab/cut', 'lab/unknown'].map((id) => catalogue.models.get(id) as Model) as [Model, Model];

const access = {
  catalogue,
  member: { tier: 'FREE' },
  disabledModelIds: new Set<string>(),
  availableCredits: null,
} as const;

const { catalogue: real } = loadConfig({ XAI_API_KEY: 'xai-test', OPENAI_API_KEY: 'sk-test' }, tmpdir());

function builtInModel(id: string): Model {
  return real.models.get(id) as Model;
}

async function planFor(model: Model, parts: readonly MessagePart[]) {
  const messages = [{ role: 'user' as const, parts }];
  const size = await measureCall({ system: null, messages, options: {} });
  const asked = { messages, parameters: { maxOutputTokens: 10 }, size };
  const known = catalogue.models.has(model.id)
    ? access
    : { ...access, catalogue: real, member: { tier: 'ENTERPRISE' as const } };
  return planCall({ tier: tierOf(catalogue, { tier: 'FREE' }), access: known }, model, asked);
}

async function heldFor(model: Model, parts: readonly MessagePart[]): Promise<number> {
  return (await planFor(model, parts)).maximum;
}

/** What the provider bills at most for so many tokens. */
function billed(inputTokens: number, outputTokens = 10): number {
  const usage = { cachedInputTokens: 0, reasoningTokens: 0, inputTokens: 0, outputTokens };
  return charge(cut.prices, { ...usage, cacheWriteInputTokens: inputTokens });
}

it('a call that fits only if the tokenizer is no other one is sent, with room for an answer', async () => {
  const text = 'word '.repeat(2200);
  const measured = await measureCall({ system: null, messages: [textMessage('user', text)], options: {} });
  const { withReserve } = sizeFor(measured, cut);
  expect(withReserve).toBeGreaterThan(cut.contextWindow);
  expect((await planFor(cut, [{ type: 'text', text }])).candidates[0]?.maxOutputTokens).toBe(10);
  await expect(planFor(cut, [{ type: 'text', text: 'word '.repeat(3200) }])).rejects.toMatchObject({
    field: 'messages',
  });
});

describe('an image of a type that the provider does not take', () => {
  const seeing = (id: string) => builtInModel(id);
  const dataOf = (beginning: string) => Buffer.from(beginning, 'latin1').toString('base64');
  const [png, webp, gif] = ['\x89PNG\r\n\x1a\n', 'RIFF\0\0\0\0WEBP', 'GIF89a\0\0\0'].map(dataOf) as [
    string,
    string,
    string,
  ];
  const imageOf = (mediaType: string, data: string): MessagePart => ({ type: 'file', mediaType, data, name: null });

  it.each([
    ['image/webp', webp],
    ['image/gif', gif],
    // The provider would find out.
    ['image/png', webp],
    ['image/jpeg', gif],
  ])('is refused for xAI before anything is held (%s)', async (mediaType, data) => {
    await expect(planFor(seeing('xai/grok-4.3'), [imageOf(mediaType, data)])).rejects.toMatchObject({
      field: 'messages',
      message: expect.stringMatching(
        /^Grok 4\.3 takes no images of the type image\/(webp|gif)\. Send it as PNG or JPEG\.$/,
      ),
    });
    expect((await planFor(seeing('openai/gpt-4.1'), [imageOf(mediaType, data)])).maximum).toBeGreaterThan(0);
  });

  it('leaves out the fallbacks whose provider does not take it', async () => {
    const model = { ...seeing('openai/gpt-4.1'), fallbacks: ['xai/grok-4.3', 'openai/gpt-4.1-mini'] };
    const asked = async (image: MessagePart) =>
      (await planFor(model, [image])).candidates.map((candidate) => candidate.model.id);
    expect(await asked(imageOf('image/png', png))).toEqual(['openai/gpt-4.1', 'xai/grok-4.3', 'openai/gpt-4.1-mini']);
    expect(await asked(imageOf('image/webp', webp))).toEqual(['openai/gpt-4.1', 'openai/gpt-4.1-mini']);
  });
});

describe('a call holds', () => {
  it('what the provider can bill for its bytes, up to the provider’s own window', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 7000 }),
        fc.constantFrom('x', 'é', 'ﷺ', ' '),
        async (length, letter) => {
          const text = letter.repeat(length).slice(0, 7000);
          const plan = await planFor(cut, [{ type: 'text', text }]).catch((error) => error.field);
          // A text that does not fit is refused.
          if (plan === 'messages') return;
          const [{ maxOutputTokens }] = plan.candidates;
          const most = billed(Math.min(Buffer.byteLength(text), 12_000), maxOutputTokens);
          expect(plan.maximum).toBeGreaterThanOrEqual(most);
        },
      ),
    );
  });

  it('for a document as much as fits into the window: a few bytes may have any number of pages', async () => {
    const document = { type: 'file', mediaType: 'application/pdf', data: 'JVBERg==', name: 'a.pdf' } as const;
    expect(await heldFor(cut, [document])).toBe(billed(12_000));
    expect(await heldFor(unknown, [document])).toBe(billed(3000));
  });

  it('for a text file no more than for its bytes', async () => {
    const file = { type: 'file', mediaType: 'text/csv', data: 'YSxi', name: 'a.csv' } as const;
    expect(await heldFor(unknown, [file])).toBeLessThan(billed(8000));
  });

  it('for a thought that is shown in part what its proof may hide', async () => {
    const shown = { type: 'reasoning', text: 'Hm.', signature: null } as const;
    const hidden = { ...shown, signature: 's'.repeat(2000) };
    const question = { type: 'text', text: 'And?' } as const;
    const difference = (await heldFor(cut, [hidden, question])) - (await heldFor(cut, [shown, question]));
    expect(difference).toBeGreaterThan(billed(2000) - billed(0));
  });
});
