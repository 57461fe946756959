import type { Kysely } from 'kysely';
import { lookTogether } from '../../database/connection/pipelining.ts';
import { findConversationAtStatement } from '../../database/conversations.ts';
import type { Database } from '../../database/database.ts';
import { type Catalogue, type Model, standInModel, tierOf } from '../catalogue/catalogue.ts';
import { disabledModels } from '../catalogue/models.ts';
import { requireFiles } from '../files/files.ts';
import type { SentFiles } from '../ground/stored-files.ts';
import { renewAccount, shownAccount } from '../money/credits.ts';
import { findMonthlyRest, type MonthlyLimit } from '../money/monthly-limit.ts';
import type { Asking } from '../people/members.ts';
import {
  chosenPayer,
  findPayingTeam,
  type PayerChoice,
  type PayingTeamRow,
  requireKeptTeam,
  requireTeam,
  shownRestOf,
  teamOf,
} from '../people/paying-team.ts';
import { requireFewModels } from './admission.ts';
import { type PlannedAgent, planAgent } from './agents/agent-request.ts';
import { type BlindLanes, dearestLanes } from './blind/blind-lanes.ts';
import { withoutModels } from './blind/hidden-refusals.ts';
import type { ContinuedAnswer } from './continued-history.ts';
import { answersFor, type History, type LanePlan, type PromptFiles } from './lanes.ts';
import { openMergeOf } from './merging/prompt-merge.ts';
import { firstHolds } from './paying/first-holds.ts';
import { findKeyRests } from './paying/key-limit.ts';
import { longestPaid } from './paying/longest-paid.ts';
import { hiddenLanesLook, historyOf, lookAround, type Place, placeOf, withoutPending } from './place.ts';
import { plan, type Seen } from './plan.ts';
import { type PromptInput, type ValidPrompt, validated } from './prompt-input.ts';
import { type AskingOptions, lanesOfBlind, modelsOf, systemOf } from './sending.ts';

export interface Quote {
  models: {
    model: Model;
    inputTokens: number;
    expected: number;
    maximum: number;
    /** What the model would be sent of files; nothing for a blind turn. */
    files: SentFiles;
    /** The branch as the model would be sent it, oldest turn first. */
    history: () => SentTurn[];
  }[];
  maximum: number;
  /** What each answer may take before it ends with what there is; null: no agent writes it. */
  answerBudget: { credits: number; steps: number; minutes: number } | null;
  /** Credits that are held at the start; less than `maximum` if the holds grow with the answers. */
  held: number;
  affordable: boolean;
  /** Whether the answers may cost more than is left, and then end before their models end them. */
  mayBeShortened: boolean;
  /** The longest answers in tokens, if the prompt can be sent only with shorter ones than it asks for; null: it can as it is, or not at all, or its models are secret. */
  longestAnswer: () => number | null;
  /** The team that would pay; null: the member would. */
  team: PayingTeamRow | null;
}

export interface SentTurn {
  turnId: string;
  /** The response that answers it; null: none. */
  responseId: string | null;
  /** Whether the model is sent it: the oldest turns may not fit into its context window. */
  sent: boolean;
}

/** Where a merge is planned. */
export interface MergeLane {
  lane: number;
  /** The answer from which its turn goes on; null: each lane from its own. */
  continued: Pick<ContinuedAnswer, 'turnId' | 'lane'> | null;
}

interface QuoteOptions extends Pick<AskingOptions, 'isDown' | 'agents'> {
  db: Kysely<Database>;
  catalogue: Catalogue;
  monthlyLimit: MonthlyLimit;
}

/**
 * The price of sending the input. For a blind turn it is the price of the dearest models that may answer.
 *
 * @param merge the lane in place of the first one, if the input stands for a merge (`inputLikeMerge`)
 */
export async function quotePrompt(
  options: QuoteOptions,
  member: Asking,
  input: PromptInput,
  merge: MergeLane | null = null,
): Promise<Quote> {
  const { db, catalogue, monthlyLimit } = options;
  const request = validated({ ...input, prompt: input.prompt.trim() === '' ? '…' : input.prompt }, catalogue);
  const tier = tierOf(catalogue, member);
  // This check comes before anything is read for a prompt that will be refused.
  if (request.modelIds) requireFewModels(request.modelIds.length, tier, catalogue);
  const { hiddenLanes, ...surroundings } = await lookTogether(db, {
    hiddenLanes: request.blind ? hiddenLanesLook(member.id, request) : undefined,
    ...lookAround(member.id, request, findConversationAtStatement),
  });
  const place = placeOf(request, surroundings);
  const all = merge ? historyOf(surroundings, place.parent?.id ?? null, merge.continued) : place.history;
  const history = await withoutPending(db, { userId: member.id, conversationId: place.conversation?.id }, all);
  const team = await findTeam(db, member, { payer: chosenPayer(member, input.payer), place });
  const access = { catalogue, member, disabledModelIds: await disabledModels(db), availableCredits: null, team };
  const files = { files: await requireFiles(db, member.id, request.fileIds), areRequired: !request.filesOptional };
  const account = await renewAccount(db, team ? { teamId: team.id } : { userId: member.id, tier });
  const { balance, held } = shownAccount(account);
  const seen = { tier, access, history, system: request.system ?? systemOf(place), bounds: null };
  const blind = { request, files, pairs: null, lanes: hiddenLanes };
  const agent = request.agent && (await planAgent(options, member, request.agent));
  const open = { request, files, place, firstLane: merge?.lane ?? 0, agent };
  const lanes = request.blind
    ? lanesOfQuote(lanesOfBlind(options, seen, blind, balance - held), seen, blind)
    : lanesOf(seen, open);
  const maximum = lanes.reduce((sum, lane) => sum + lane.maximum, 0);
  const [house, key] = [await findMonthlyRest(db, monthlyLimit), (await findKeyRests(db, member)).shown];
  const ofMember = (team && shownRestOf(team)) ?? Number.POSITIVE_INFINITY;
  const rests = { available: Math.min(balance - held, key, ofMember), balance, key: null, member: null, house };
  const { required, lanes: heldLanes } = firstHolds(lanes, tier, rests);
  const available = Math.min(rests.available, house);
  const affordable = required <= available;
  const isPaid = (maxOutputTokens: number) => {
    const shorter = { ...request, parameters: { ...request.parameters, maxOutputTokens } };
    return firstHolds(lanesOf(seen, { ...open, request: shorter }), tier, rests).required <= available;
  };
  return {
    models: lanes.map((lane) => ({
      ...lane,
      files: lane.files ?? nothingSent,
      history: () => sentTurns(history, lane),
      ...(request.blind && { model: standInModel(lane.lane), files: nothingSent }),
    })),
    maximum,
    answerBudget: agent && budgetOf(options.agents, agent),
    held: affordable ? heldLanes.reduce((sum, lane) => sum + lane.held, 0) : required,
    affordable,
    mayBeShortened: affordable && maximum > available,
    longestAnswer: () => (affordable || request.blind ? null : longestPaid(longestOf(lanes), isPaid)),
    team,
  };
}

function budgetOf({ limits }: QuoteOptions['agents'], { budget }: PlannedAgent): Quote['answerBudget'] {
  return { credits: budget, steps: limits.stepsMax, minutes: limits.minutesMax };
}

/** In tokens. */
function longestOf(lanes: readonly LanePlan[]): number {
  return Math.max(...lanes.flatMap(({ candidates }) => candidates.map(({ maxOutputTokens }) => maxOutputTokens)));
}

const nothingSent: SentFiles = { forms: [], leftOut: 0 };

interface OpenQuote {
  request: ValidPrompt;
  files: PromptFiles;
  place: Place;
  firstLane: number;
  agent: PlannedAgent | null;
}

function lanesOf(seen: Seen, { request, files, place, firstLane, agent }: OpenQuote): LanePlan[] {
  const { catalogue } = seen.access;
  const { prompt, parameters } = request;
  const models = modelsOf(catalogue, request, place);
  const merge = openMergeOf(request, models, catalogue);
  return plan({ models, firstLane, prompt, files, parameters, merge, agent }, seen).lanes;
}

/**
 * Refuses what the prompt would be refused for, in the same words: where the models are hidden, these do not tell which of
 * them it is.
 *
 * @throws TierLimitError, InvalidInputError, FileNotReadableError
 */
function lanesOfQuote(
  blind: BlindLanes,
  seen: Seen,
  { request, files }: Pick<OpenQuote, 'request' | 'files'>,
): LanePlan[] {
  const { models, merge, isKept } = blind;
  requireFewModels(models.length, seen.tier, seen.access.catalogue);
  const { prompt, parameters } = request;
  const planModels = () => plan({ models, firstLane: 0, prompt, files, parameters, merge }, seen);
  // Models that are drawn for a quote may be others than those of the prompt; each of them can be sent it.
  if (isKept) withoutModels(planModels);
  else if (request.modelIds) planModels();
  return dearestLanes(blind);
}

function sentTurns(history: History, { lane, model, dropped }: LanePlan): SentTurn[] {
  const answers = answersFor(history, { lane, modelId: model.id });
  return history.turns.map(({ id }, place) => ({
    turnId: id,
    responseId: answers[place]?.response_id ?? null,
    sent: place >= dropped,
  }));
}

async function findTeam(
  db: Kysely<Database>,
  { id: userId }: Asking,
  { payer, place: { conversation } }: { payer: PayerChoice | null; place: Place },
): Promise<PayingTeamRow | null> {
  const named = teamOf(payer);
  if (named) return requireTeam(await findPayingTeam(db, named, userId));
  const teamId = payer === null ? conversation?.payer_team_id : null;
  return teamId == null ? null : requireKeptTeam(await findPayingTeam(db, { teamId }, userId));
}
