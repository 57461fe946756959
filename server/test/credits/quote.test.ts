import fc from 'fast-check';
import { expect, it } from 'vitest';
import { InsufficientCreditsError } from '../../src/domain/ground/errors.ts';
import { countTokens, inputTokensMax } from '../../src/domain/ground/tokens.ts';
import { textOf } from '../../src/ports/language-model.ts';
import { describeDatabases } from '../setup/describe-databases.ts';
import { expectReconciled } from './audit.ts';
import { labCatalogue } from './catalogue.ts';
import { addMember, startHouse, until } from './house.ts';
import { createScriptedModel } from './scripted-model.ts';

const catalogue = labCatalogue(
  {
    plain: {},
    backed: { prices: { input: 10_001, output: 7 }, fallbacks: ['lab/dear', 'lab/locked'] },
    dear: { prices: { input: 3_000_000, cacheWriteInput: 9_999_999, output: 15_000_000, perRequest: 123 } },
    locked: { minimumTier: 'PRO', prices: { output: 900_000_000 } },
  },
  { FREE: { monthlyCredits: 1_000_000_000 } },
);

const words = fc.oneof(
  fc.lorem(),
  fc.string({ unit: 'grapheme', minLength: 1 }),
  fc.stringMatching(/^[\u{1F300}-\u{1FAFF}]{1,40}$/u),
  fc.stringMatching(/^[\u4e00-\u9fff]{1,80}$/),
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the text is a piece of code that a member might paste
  fc.constantFrom('for (let i = 0; i < 10; i++) {\n\tx[i] ??= `${y}`;\n}', 'ﷺ'.repeat(30), '👩‍🚀'.repeat(30)),
);

describeDatabases('a quote', (database) => {
  it('equals the credits that sending holds, and covers every bill for the tokens that were sent', {
    timeout: 60_000,
  }, async () => {
    const languageModel = createScriptedModel();
    const house = await startHouse({ database: database(), catalogue, languageModel });
    const member = await addMember(database());
    const modelIds = fc.array(fc.constantFrom('lab/plain', 'lab/backed', 'lab/dear'), { minLength: 1, maxLength: 3 });
    const maxOutputTokens = fc.option(fc.integer({ min: 1, max: 3000 }));
    let conversationId: string | null = null;
    await fc.assert(
      fc.asyncProperty(words, modelIds, maxOutputTokens, async (prompt, ids, output) => {
        fc.pre(prompt.trim() !== '');
        const input = { prompt, conversationId, modelIds: ids, parameters: { maxOutputTokens: output } };
        const quote = await house.prompts.quote(member, input);
        const turn = await house.prompts.send(member, input);
        conversationId = turn.conversation_id;
        const held = await database()
          .db.selectFrom('response')
          .select(['lane', 'credits_held'])
          .where('turn_id', '=', turn.id)
          .orderBy('lane')
          .execute();
        expect(held.map(({ credits_held }) => credits_held)).toEqual(quote.models.map(({ maximum }) => maximum));
        expect(quote.maximum).toBe(held.reduce((sum, { credits_held }) => sum + credits_held, 0));
        for (const { expected, maximum } of quote.models) expect(expected).toBeLessThanOrEqual(maximum);
        for (const call of [...languageModel.open]) {
          const { system, messages } = call.request;
          let inputTokens = 0;
          for (const message of messages) inputTokens += await countTokens(textOf(message));
          expect(inputTokens).toBeLessThanOrEqual(inputTokensMax(system, messages));
          call.push({ type: 'text', text: `Answer to ${prompt}` });
          call.finish({
            inputTokens: 0,
            cachedInputTokens: 0,
            cacheWriteInputTokens: inputTokens,
            outputTokens: call.request.maxOutputTokens,
            reasoningTokens: 0,
          });
        }
        await until(() => house.live.size === 0, 'all is settled');
        const receipts = await database()
          .db.selectFrom('receipt')
          .select(['credits', 'credits_held', 'cost_usd'])
          .execute();
        // The charge is not cut to the hold, so the hold covers the provider's bill.
        for (const { credits, cost_usd } of receipts)
          expect(credits).toBeGreaterThanOrEqual(Math.floor(Number(cost_usd) * 1_000_000));
      }),
      { numRuns: 15 },
    );
    await house.end();
    await expectReconciled(database().db);
  });

  it('that cannot be paid says how long answers may be so that it can, and then it is sent', async () => {
    const poor = labCatalogue(
      { dear: { prices: { input: 3_000_000, output: 15_000_000 } }, plain: {} },
      { FREE: { monthlyCredits: 30_000 } },
    );
    const languageModel = createScriptedModel();
    const house = await startHouse({ database: database(), catalogue: poor, languageModel });
    const member = await addMember(database());
    const ask = (modelIds: string[], maxOutputTokens?: number) => ({
      prompt: 'Why?',
      modelIds,
      parameters: { maxOutputTokens: maxOutputTokens ?? null },
    });
    const none = { reasoningTokens: 0, cachedInputTokens: 0, cacheWriteInputTokens: 0 };
    const dear = ask(['lab/dear', 'lab/dear']);
    const quote = await house.prompts.quote(member, dear);
    expect(quote.affordable).toBe(false);
    await expect(house.prompts.send(member, dear)).rejects.toThrow(InsufficientCreditsError);
    const longest = quote.longestAnswer() as number;
    expect(longest).toBeGreaterThan(100);
    const longer = await house.prompts.quote(member, ask(['lab/dear', 'lab/dear'], Math.ceil(longest * 1.03)));
    expect(longer.affordable).toBe(false);
    await house.prompts.send(member, ask(['lab/dear', 'lab/dear'], longest));
    for (const call of [...languageModel.open]) call.finish({ ...none, inputTokens: 1, outputTokens: 1 });
    await until(() => house.live.size === 0, 'all is settled');
    expect((await house.prompts.quote(member, ask(['lab/plain']))).longestAnswer()).toBeNull();
    await house.end();
    await expectReconciled(database().db);
  });
});
