import type { Kysely, Transaction } from 'kysely';
import { v7 as newId } from 'uuid';
import { sendTogether } from '../../database/connection/pipelining.ts';
import type { Database } from '../../database/database.ts';
import { HOUSE } from '../../database/money/house.ts';
import { insertCallStatement } from '../../database/programs/calls.ts';
import { claimTitle, type UntitledRow } from '../../database/titles.ts';
import { type LanguageModel, textMessage } from '../../ports/language-model.ts';
import type { GenerationJob } from '../answering/generation-job.ts';
import { measureCall, sizeFor } from '../asking/call-size.ts';
import type { Model } from '../catalogue/catalogue.ts';
import { keptPrices } from '../catalogue/kept-prices.ts';
import { hold } from '../catalogue/pricing.ts';
import { holdCreditsStatement, lockCoveredHouse } from '../money/credits.ts';
import { explainMonthlyLimit, type MonthlyLimit, requireMonthlyLimitStatement } from '../money/monthly-limit.ts';
import { titleRequest } from './title-text.ts';

/** Enough for a title in any script. */
const OUTPUT_TOKENS = 32;
/** Of a model that may think first: its thoughts are of the same tokens. */
const THINKING_OUTPUT_TOKENS = 512;
/** Models whose thinking can be switched off are asked to answer at once. */
const options = { reasoningTokensMax: 0 };

export interface TitleCallOptions {
  db: Kysely<Database>;
  monthlyLimit: MonthlyLimit;
  generation: { readonly owner: string };
  leaseMs: number;
}

/** A request for a title, before anything of it is stored. */
export interface PlannedTitle {
  untitled: UntitledRow;
  model: Model;
  system: string;
  messages: GenerationJob['candidates'][number]['messages'];
  maxOutputTokens: number;
  input: { likely: number; most: number };
}

/** @returns null: the model's window is too small */
export async function planTitle(untitled: UntitledRow, model: Model): Promise<PlannedTitle | null> {
  const { id, prompt: asked, answer } = untitled;
  const { system, prompt } = titleRequest({ conversationId: id, prompt: asked, answer });
  const messages = [textMessage('user', prompt)];
  const { withReserve, most } = sizeFor(await measureCall({ system, messages, options: {} }), model);
  const tokens = model.reasoning || !model.sampling ? THINKING_OUTPUT_TOKENS : OUTPUT_TOKENS;
  const maxOutputTokens = Math.min(tokens, model.maxOutputTokens);
  if (withReserve + maxOutputTokens > model.contextWindow) return null;
  return { untitled, model, system, messages, maxOutputTokens, input: { likely: withReserve, most } };
}

/**
 * Takes note that the title is asked for, and stores the call, whose hold the house's account covers: whatever happens
 * then, nobody asks for the title again.
 *
 * @returns the job to be started; null: the title has been asked for, or is the member's own by now
 * @throws MonthlyLimitError
 */
export async function admitTitle(
  { db, monthlyLimit, generation, leaseMs }: TitleCallOptions,
  planned: PlannedTitle,
  languageModels: ReadonlyMap<string, LanguageModel>,
): Promise<GenerationJob | null> {
  const { model, input, maxOutputTokens } = planned;
  const held = hold(model.prices, input.most, maxOutputTokens);
  return db.transaction().execute(async (trx: Transaction<Database>) => {
    const creditAccountId = await lockCoveredHouse(trx, held);
    // A grant that nothing is held of does no harm: the next title uses it.
    if (!(await claimTitle(trx, planned.untitled.id))) return null;
    const job = titleJob(planned, { creditAccountId, held, languageModels });
    await sendTogether(trx, {
      held: holdCreditsStatement(creditAccountId, held),
      inserted: insertCallStatement({
        id: job.identity.id,
        userId: HOUSE,
        creditAccountId,
        apiKeyId: null,
        modelId: model.id,
        inputTokensExpected: input.likely,
        creditsHeld: held,
        prices: keptPrices([model]),
        owner: generation.owner,
        leaseMs,
      }),
      affordable: requireMonthlyLimitStatement(monthlyLimit, held),
    }).catch(explainMonthlyLimit(monthlyLimit, held));
    return job;
  });
}

function titleJob(
  { model, system, messages, maxOutputTokens, input }: PlannedTitle,
  {
    creditAccountId,
    held,
    languageModels,
  }: { creditAccountId: string; held: number; languageModels: ReadonlyMap<string, LanguageModel> },
): GenerationJob {
  const id = newId();
  return {
    // A call is the only response of its own turn, and nobody follows it.
    identity: { id, turnId: id, conversationId: id, userId: HOUSE, lane: 0, modelId: model.id, ofNewTurn: true },
    creditAccountId,
    apiKeyId: null,
    creditsHeld: held,
    candidates: [{ model, messages, maxOutputTokens, input }],
    languageModels,
    system,
    call: { options, reasoning: false },
    isSpare: true,
  };
}
