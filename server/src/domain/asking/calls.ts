import { v7 as newId } from 'uuid';
import { sendTogether } from '../../database/connection/pipelining.ts';
import { insertCallStatement } from '../../database/programs/calls.ts';
import type { CallOptions, ModelMessage } from '../../ports/language-model.ts';
import type { GenerationJob } from '../answering/generation-job.ts';
import type { Model } from '../catalogue/catalogue.ts';
import { tierOf } from '../catalogue/catalogue.ts';
import { keptPrices } from '../catalogue/kept-prices.ts';
import { resolveModels } from '../catalogue/models.ts';
import { holdCreditsStatement, lockAccountAndLook } from '../money/credits.ts';
import { explainMonthlyLimit, requireMonthlyLimitStatement } from '../money/monthly-limit.ts';
import type { Asking } from '../people/members.ts';
import { type PayingTeam, payingTeamLook, requireTeam } from '../people/paying-team.ts';
import { admissionLook, admissionOf, withTeam } from './admission.ts';
import { planCall } from './call-plan.ts';
import type { MeasuredCall } from './call-size.ts';
import type { AdmittedJobs } from './new-responses.ts';
import type { HeldLane } from './paying/first-holds.ts';
import { keyRestOf, keySpendingLook } from './paying/key-limit.ts';
import { type Checked, planned } from './plan.ts';
import { type Parameters, validatedParameters } from './prompt-input.ts';
import { type Admitting, type AskingOptions, boundsOf } from './sending.ts';

/** A program's call of one model, which makes no conversation. */
export interface CallInput {
  /** The model's id. */
  modelId: string;
  system: string | null;
  /** As `ModelRequest.messages` requires. */
  messages: readonly ModelMessage[];
  parameters?: Parameters | null;
  options?: CallOptions;
  /** Whether to ask for visible reasoning, of models that show it on request. Default: no. */
  reasoning?: boolean;
  /** Whether the caller is given the images that the model makes. Default: no; their places are told all the same. */
  givesImages?: boolean;
}

/**
 * Stores the call and holds its credits, as `admitPrompt` does.
 *
 * @returns null: the account has to be made first
 */
export async function admitCall(
  options: AskingOptions,
  admitting: Admitting,
  {
    asking,
    input,
    size,
    team: named,
  }: { asking: Asking; input: CallInput; size: MeasuredCall; team: PayingTeam | null },
): Promise<AdmittedJobs | null> {
  const { catalogue, languageModels, monthlyLimit, generation, leaseMs } = options;
  const { trx } = admitting;
  const { id: userId } = asking;
  const parameters = validatedParameters(input.parameters ?? {});
  const [model] = resolveModels(catalogue, [input.modelId]) as [Model];
  const locked = await lockAccountAndLook(trx, { userId, tier: tierOf(catalogue, asking) }, named, {
    team: named ? payingTeamLook(named, userId) : undefined,
    admission: admissionLook(catalogue, asking),
    keySpending: keySpendingLook(asking),
  });
  if (!locked) return null;
  const { account, seen } = locked;
  const creditAccountId = account.id;
  const apiKeyId = asking.apiKey?.id ?? null;
  const team = named && requireTeam(seen.team);
  const admission = withTeam(await admissionOf(trx, catalogue, asking, seen.admission), team);
  const key = keyRestOf(asking, seen.keySpending);
  const checked: Checked = { ...admission, bounds: boundsOf(options, admitting, admission, { account, key, team }) };
  const { system, messages, options: callOptions = {}, reasoning = false } = input;
  const { lanes, held } = planned([model], checked, () => [planCall(admission, model, { messages, parameters, size })]);
  admitting.reserve(1);
  const [{ candidates, inputTokens, maximum }] = lanes as [HeldLane];
  const id = newId();
  const { temperature, topP } = parameters;
  const job: GenerationJob = {
    // Readers find a live response by its turn; a call is the only response of its own.
    identity: { id, turnId: id, conversationId: id, userId, lane: 0, modelId: model.id, ofNewTurn: true },
    creditAccountId,
    apiKeyId,
    creditsHeld: held,
    growsTo: held < maximum ? maximum : undefined,
    candidates,
    languageModels,
    system,
    temperature,
    topP,
    call: { options: callOptions, reasoning },
  };
  await sendTogether(trx, {
    held: holdCreditsStatement(creditAccountId, held),
    inserted: insertCallStatement({
      id,
      userId,
      creditAccountId,
      apiKeyId,
      modelId: model.id,
      inputTokensExpected: inputTokens,
      creditsHeld: held,
      prices: keptPrices(candidates.map((candidate) => candidate.model)),
      owner: generation.owner,
      leaseMs,
    }),
    affordable: requireMonthlyLimitStatement(monthlyLimit, held),
  }).catch(explainMonthlyLimit(monthlyLimit, held));
  return { creditAccountId, jobs: [job] };
}
