import type { Kysely } from 'kysely';
import { forgetAgentRun } from '../../database/agents/agent-runs.ts';
import { execute } from '../../database/connection/statement.ts';
import { lockCreditAccount } from '../../database/credits.ts';
import type { Database } from '../../database/database.ts';
import { HOUSE } from '../../database/money/house.ts';
import { deleteCall } from '../../database/programs/calls.ts';
import { chargeApiKeyStatement } from '../../database/programs/key-spending.ts';
import { insertReceipt } from '../../database/receipts.ts';
import { deleteChunks } from '../../database/response-chunks.ts';
import { setResponseFinal } from '../../database/responses.ts';
import { chargeTeamMemberStatement } from '../../database/teams.ts';
import { providerIdOf } from '../catalogue/catalogue.ts';
import { type AnswerCost, answerCost, pricesOf } from '../catalogue/pricing.ts';
import { type Budget, tellOfBudgets } from '../money/alerts/budget-alerts.ts';
import { type AccountBudget, settleHold } from '../money/credits.ts';
import type { Outcome } from './stored-response.ts';
import { finalRow, noUsage, usageRow } from './stored-response.ts';

export interface SettledResponse {
  id: string;
  /** The member who asked, or HOUSE. */
  userId: string;
  /** The account that pays. */
  creditAccountId: string;
  /** The API key that asked; null: a session did. */
  apiKeyId: string | null;
  modelId: string;
  /** Whether it is a program's call, of which only its receipt and its ledger entry stay. */
  isCall: boolean;
}

/**
 * Makes a response final, in one transaction: its row, the end of its journal, its hold, its charge (to the account, to the
 * API key, and to the member of a team that pays), and its receipt.
 *
 * @param owner the process that must hold the lease; one that lost it changes nothing
 * @returns what was charged; null: it did not hold the lease
 */
export async function settle(
  db: Kysely<Database>,
  owner: string,
  response: SettledResponse,
  outcome: Outcome,
): Promise<Settlement | null> {
  const usage = outcome.usage ?? noUsage;
  const cost = costOf(outcome);
  const credits = cost?.credits ?? 0;
  return db.transaction().execute(async (trx) => {
    const teamId = await lockCreditAccount(trx, response.creditAccountId);
    const { id, isCall, userId } = response;
    // The row knows what is held: a hold that grows may be more than this process was told, if a connection broke.
    const held = isCall
      ? await deleteCall(trx, owner, id)
      : await setResponseFinal(trx, owner, id, { ...finalRow(outcome), credits });
    if (held === undefined) return null;
    const charged = Math.min(credits, held);
    const [account, key] = await Promise.all([
      settleHold(trx, response.creditAccountId, {
        held,
        charged,
        responseId: id,
        ...(isCall && { note: userId === HOUSE ? TITLE_NOTE : CALL_NOTE }),
      }),
      response.apiKeyId === null
        ? undefined
        : execute(trx, chargeApiKeyStatement({ id: response.apiKeyId, credits: charged })),
      deleteChunks(trx, response.id),
      insertReceipt(trx, {
        ...receiptRow(response, outcome, cost),
        credits_held: held,
        ...usageRow(usage),
        image_input_tokens: Math.min(usage.imageInputTokens ?? 0, usage.inputTokens),
        estimated: outcome.usageEstimated,
        credits: charged,
        cost_usd: cost?.usd ?? '0',
        cost_reported: cost?.reported ?? false,
      }),
      outcome.spent && forgetAgentRun(trx, id),
      teamId !== null && execute(trx, chargeTeamMemberStatement({ teamId, userId, credits: charged })),
    ]);
    return { credits: charged, hasAlert: await tellOfBudgets(trx, charged, budgetsOf(response, account, key?.[0])) };
  });
}

export interface Settlement {
  /** Credits charged. */
  credits: number;
  /** Whether a part of a budget was crossed. */
  hasAlert: boolean;
}

function budgetsOf(
  { creditAccountId, apiKeyId }: SettledResponse,
  account: AccountBudget | null,
  key: { charged: number; monthly_credits: number | null } | undefined,
): Budget[] {
  const budgets: Budget[] = account ? [{ ...account, creditAccountId, apiKeyId: null }] : [];
  if (key?.monthly_credits == null) return budgets;
  const { charged: spent, monthly_credits: budget } = key;
  return [...budgets, { scope: 'KEY', creditAccountId: null, apiKeyId, budget, spent }];
}

/** Tells a ledger entry of a call from one whose response was deleted. */
const CALL_NOTE = 'API call';
/** What the house asks for is titles. */
const TITLE_NOTE = 'Title';

/** The cost of a response; null: nothing was used, or its prices are no longer known. */
export function costOf({ servedBy, usage, costUsd, costIsPartial, spent }: Outcome): AnswerCost | null {
  if (spent) {
    const prices = servedBy ? pricesOf(servedBy.prices, usage ?? noUsage) : noPrices;
    return { ...spent, prices, reported: false };
  }
  return servedBy && usage && answerCost(servedBy, { usage, told: costUsd, isPartial: costIsPartial });
}

const noPrices = { input: 0, cachedInput: 0, cacheWriteInput: 0, output: 0 };

function receiptRow(response: SettledResponse, outcome: Outcome, cost: AnswerCost | null) {
  const modelId = outcome.servedBy?.id ?? response.modelId;
  const prices = cost?.prices ?? outcome.servedBy?.prices;
  return {
    response_id: response.id,
    user_id: response.userId === HOUSE ? null : response.userId,
    credit_account_id: response.creditAccountId,
    api_key_id: response.apiKeyId,
    model_id: modelId,
    provider_id: providerIdOf(modelId),
    status: outcome.status,
    input_price: prices?.input ?? 0,
    cached_input_price: prices?.cachedInput ?? 0,
    cache_write_input_price: prices?.cacheWriteInput ?? 0,
    output_price: prices?.output ?? 0,
    request_price: prices?.perRequest ?? 0,
    first_token_ms: outcome.firstTokenMs,
  };
}
