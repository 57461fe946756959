import type { Kysely } from 'kysely';
import { lookTogether } from '../../database/connection/pipelining.ts';
import { findConversationAtStatement } from '../../database/conversations.ts';
import type { Database } from '../../database/database.ts';
import { type Catalogue, type Model, tierOf } from '../catalogue/catalogue.ts';
import { disabledModels } from '../catalogue/models.ts';
import { renewAccount } from '../money/credits.ts';
import { findMonthlyRest, type MonthlyLimit } from '../money/monthly-limit.ts';
import type { Asking } from '../people/members.ts';
import { requireFewModels } from './admission.ts';
import { findKeyRest } from './key-limit.ts';
import { lookAround, placeOf } from './place.ts';
import { plan } from './plan.ts';
import { type PromptInput, validated } from './prompt-input.ts';
import { modelsOf, systemOf } from './sending.ts';

export interface Quote {
  models: { model: Model; inputTokens: number; expected: number; maximum: number }[];
  maximum: number;
  affordable: boolean;
}

interface QuoteOptions {
  db: Kysely<Database>;
  catalogue: Catalogue;
  monthlyLimit: MonthlyLimit;
}

/** The price of sending the input. */
export async function quotePrompt(
  { db, catalogue, monthlyLimit }: QuoteOptions,
  member: Asking,
  input: PromptInput,
): Promise<Quote> {
  const request = validated({ ...input, prompt: input.prompt.trim() === '' ? '…' : input.prompt }, catalogue);
  const tier = tierOf(catalogue, member);
  // This check comes before anything is read for a prompt that will be refused.
  if (request.modelIds) requireFewModels(request.modelIds.length, tier, catalogue);
  const place = placeOf(request, await lookTogether(db, lookAround(member.id, request, findConversationAtStatement)));
  const access = { catalogue, member, disabledModelIds: await disabledModels(db), availableCredits: null };
  const { prompt, parameters } = request;
  const models = modelsOf(catalogue, request, place.conversation);
  const { lanes, maximum } = plan(
    { models, firstLane: 0, prompt, parameters },
    { tier, access, history: place.history, system: systemOf(place), bounds: null },
  );
  const { balance, held } = await renewAccount(db, request.payer ?? { userId: member.id, tier });
  const available = Math.min(balance - held, await findMonthlyRest(db, monthlyLimit), await findKeyRest(db, member));
  return { models: lanes, maximum, affordable: maximum <= available };
}
