import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
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

async function planFor(model: Model, parts: readonly MessagePart[]) {
  const messages = [{ role: 'user' as const, parts }];
  const size = await measureCall({ system: null, messages, options: {} });
  const asked = { messages, parameters: { maxOutputTokens: 10 }, size };
  return planCall({ tier: tierOf(catalogue, { tier: 'FREE' }), access }, model, asked);
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
