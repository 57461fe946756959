import type { Kysely, Transaction } from 'kysely';
import { v7 as newId } from 'uuid';
import { sendTogether } from '../../database/connection/pipelining.ts';
import { allRows, oneRow, type Statement } from '../../database/connection/statement.ts';
import {
  insertConversationStatement,
  lockConversationAtStatement,
  promptConversationStatement,
} from '../../database/conversations.ts';
import type { Database } from '../../database/database.ts';
import { insertTurnFilesStatement, keepFilesStatement } from '../../database/files/files.ts';
import type { HiddenLaneRow } from '../../database/judging/hidden-turns.ts';
import {
  findSpentIdempotencyKeyStatement,
  findTurnByIdempotencyKeyStatement,
  insertTurnStatement,
  type KeyedTurnRow,
  type TurnRow,
} from '../../database/turns.ts';
import type { LiveResponses } from '../answering/live-responses.ts';
import type { Catalogue, Model } from '../catalogue/catalogue.ts';
import { isOffered, modelOf, tierOf } from '../catalogue/catalogue.ts';
import { resolveModels } from '../catalogue/models.ts';
import type { Offer } from '../catalogue/offer.ts';
import { newConversation } from '../conversations/conversations.ts';
import { titleFromPrompt } from '../conversations/title.ts';
import { type FileRow, inOrder } from '../files/files.ts';
import { InvalidInputError, NotFoundError } from '../ground/errors.ts';
import { type CreditAccount, lockAccountAndLook } from '../money/credits.ts';
import { explainMonthlyLimit, type MonthlyLimit, requireMonthlyLimitStatement } from '../money/monthly-limit.ts';
import type { Asking, Member } from '../people/members.ts';
import {
  lockKeptPayer,
  memberRestOf,
  type PayingTeamRow,
  payingTeamLook,
  requireTeam,
  teamOf,
} from '../people/paying-team.ts';
import {
  type Admission,
  admissionLook,
  admissionOf,
  type RunningLimits,
  requireFewModels,
  withTeam,
} from './admission.ts';
import type { PlannedAgent } from './agents/agent-request.ts';
import { type BlindLanes, blindLanes, laneHoldOf, namedForBlind } from './blind/blind-lanes.ts';
import { withoutModels } from './blind/hidden-refusals.ts';
import type { VerdictsOfPair } from './blind/known-pairs.ts';
import type { ContinuedAnswer } from './continued-history.ts';
import { importTurns, type ParentTurn } from './imported-turns.ts';
import type { PromptFiles } from './lanes.ts';
import { startMergeLast } from './merging/merge-start.ts';
import { openMergeOf } from './merging/prompt-merge.ts';
import { type Admitted, type NewResponsesOptions, newResponses, type UnstoredTurn } from './new-responses.ts';
import type { Payment } from './paying/affordable.ts';
import { type KeyRest, keyRestOf, keySpendingLook } from './paying/key-limit.ts';
import type { RefusedPayment } from './paying/shown-refusals.ts';
import { hiddenLanesLook, lookAround, type Place, placeOf, type Surroundings, withoutPending } from './place.ts';
import { type Bounds, plan, type Seen } from './plan.ts';
import { requireSameInput, type ValidPrompt } from './prompt-input.ts';
import type { Room } from './room.ts';
import { type JoinedPlace, joinHistory } from './sent-history.ts';
import { stoppedResponses, withStopped } from './stopped-answers.ts';

/** Everything that is needed to admit a prompt, with the offer of the moment when it was asked. */
export interface AskingOptions extends NewResponsesOptions, Offer {
  db: Kysely<Database>;
  live: Pick<LiveResponses, 'all'>;
  limits: RunningLimits;
  monthlyLimit: MonthlyLimit;
  room: Room;
  /** Whether a provider fails at present. */
  isDown: (providerId: string) => boolean;
}

/** A transaction in which something is admitted. */
export interface Admitting extends Payment {
  trx: Transaction<Database>;
  /** Takes room for so many responses, until the transaction has ended and they are started. */
  reserve(responses: number): void;
  /** Filled in, for the case that it is refused. */
  refused: RefusedPayment;
}

interface Payer {
  account: CreditAccount;
  key: KeyRest | null;
  /** The team that owns the account; null: the member does. */
  team: PayingTeamRow | null;
}

/** The bounds of a prompt of this member that this account pays. */
export function boundsOf(
  { limits, room }: AskingOptions,
  { houseRest, availableOf, refused }: Admitting,
  { blockingAgeMs, running }: Admission,
  { account, key, team }: Payer,
): Bounds {
  const { balance, teamId } = account;
  const { obstacle } = room;
  refused.team = teamId === null ? null : { teamId };
  const rests = { available: availableOf(account), balance, key, member: team && memberRestOf(team), house: houseRest };
  return { blockingAgeMs, running, runningMax: limits.perMember, obstacle, rests };
}

/** Finds the prompt that was admitted before with the same idempotency key. */
export interface EarlierPrompt {
  statement: Statement<KeyedTurnRow>;
  /** @throws InvalidInputError if the key was used for another prompt */
  requireSame(turn: KeyedTurnRow): void;
}

/** Null: the request has no key. */
export function earlierPrompt(
  catalogue: Catalogue,
  { id: userId }: Member,
  request: ValidPrompt,
): EarlierPrompt | null {
  const { idempotencyKey: key } = request;
  if (!key) return null;
  return {
    statement: findTurnByIdempotencyKeyStatement({ userId, key }),
    requireSame: (turn) => requireSameInput(request, turn, catalogue),
  };
}

export interface PromptToAdmit {
  asking: Asking;
  request: ValidPrompt;
  earlier: EarlierPrompt | null;
  /** Null: no models are to be drawn. */
  pairs: VerdictsOfPair | null;
  /** Null: each model is asked once. */
  agent: PlannedAgent | null;
}

/**
 * Stores the prompt and holds its credits. All reads go to the database at once, as do all writes (decision 0005).
 *
 * @returns null: an account has to be made first, in a transaction of its own, because everybody locks it before
 * anything else
 */
export async function admitPrompt(
  options: AskingOptions,
  admitting: Admitting,
  { asking, request, earlier, pairs, agent }: PromptToAdmit,
): Promise<Admitted | null> {
  const { catalogue, monthlyLimit } = options;
  const { trx } = admitting;
  const { id: userId } = asking;
  const { idempotencyKey: key, before, fileIds } = request;
  const allFileIds = [...new Set([...fileIds, ...(before ?? []).flatMap((exchange) => exchange.fileIds)])];
  const stopped = before ? stoppedResponses(options.live, userId) : [];
  const namedTeam = teamOf(request.payer ?? null);
  const locked = await lockAccountAndLook(trx, { userId, tier: tierOf(catalogue, asking) }, namedTeam, {
    team: namedTeam ? payingTeamLook(namedTeam, userId) : undefined,
    admission: admissionLook(catalogue, asking),
    keySpending: keySpendingLook(asking),
    known: earlier ? oneRow(earlier.statement) : undefined,
    spent: key ? oneRow(findSpentIdempotencyKeyStatement({ userId, key })) : undefined,
    hiddenLanes: request.blind ? hiddenLanesLook(userId, request) : undefined,
    ownFiles: allFileIds.length > 0 ? allRows(keepFilesStatement({ userId, ids: allFileIds })) : undefined,
    ...lookAround(userId, request, lockConversationAtStatement),
  });
  if (!locked) return null;
  const { seen } = locked;
  const admitted = await admissionOf(trx, catalogue, asking, seen.admission);
  if (seen.known) {
    earlier?.requireSame(seen.known);
    return { turn: seen.known, creditAccountId: locked.account.id, jobs: [] };
  }
  if (seen.spent) throw new NotFoundError('conversation');

  const answers = withStopped(seen.answers ?? [], stopped, seen.conversation?.id);
  const ownFiles = seen.ownFiles ?? [];
  const place = await shownPlace(trx, userId, placeIn(request, { ...seen, answers }, ownFiles));
  const { conversation } = place;
  const kept = !request.payer && conversation ? await lockKeptPayer(trx, conversation) : null;
  const { account, team } = kept ?? { account: locked.account, team: namedTeam && requireTeam(seen.team) };
  const creditAccountId = account.id;
  const admission = withTeam(admitted, team);
  const { prompt, parameters } = request;
  const files = { files: inOrder(fileIds, ownFiles), areRequired: !request.filesOptional };
  const system = request.system ?? systemOf(place);
  const keyRest = keyRestOf(asking, seen.keySpending);
  const bounds = boundsOf(options, admitting, admission, { account, key: keyRest, team });
  const checked = { ...admission, history: place.history, system, bounds };
  const blind = request.blind
    ? lanesOfBlind(options, checked, { request, files, pairs, lanes: seen.hiddenLanes })
    : null;
  const models = blind?.models ?? modelsOf(catalogue, request, place);
  const merge = blind ? blind.merge : openMergeOf(request, models, catalogue);
  const laneCount = models.length + (merge ? 1 : 0);
  const conversationId = conversation?.id ?? newId();
  const imported = importTurns(place, { conversationId, userId, model: models[0] as Model });
  const planModels = () =>
    plan({ models, firstLane: 0, prompt, files, parameters, merge, agent }, { ...checked, history: imported.history });
  const laneHold = blind ? laneHoldOf(blind) : 0;
  if (blind?.isKept) {
    requireFewModels(models.length, admission.tier, catalogue);
    admitting.refused.required = laneHold * laneCount;
  }
  const planned = blind?.isKept ? withoutModels(planModels) : planModels();
  admitting.reserve(laneCount);
  const where = { conversationId, parent: imported.parent, continued: place.continued };
  const turn = newTurn(userId, request, { ...where, withMerge: merge !== null });
  const apiKeyId = asking.apiKey?.id ?? null;
  const { jobs, statements } = newResponses(options, { turn, plan: planned, creditAccountId, apiKeyId, system });
  startMergeLast(options, { turn, jobs, lanes: planned.lanes, files, seen: { ...checked, history: imported.history } });
  const { stored } = await sendTogether(trx, {
    placed: placeTurnStatement(turn, request, place, {
      // What the conversation asks next would tell what it has just asked.
      modelIds: blind ? (conversation?.model_ids ?? []) : models.map(({ id }) => id),
      payerTeamId: team?.id ?? null,
    }),
    ...imported.statements,
    stored: insertTurnStatement({
      ...turn,
      parameters: JSON.stringify(turn.parameters),
      agent: turn.agent && JSON.stringify(turn.agent),
      credit_account_id: blind && creditAccountId,
      lane_hold: laneHold,
    }),
    withFiles: fileIds.length > 0 ? insertTurnFilesStatement({ turnId: turn.id, fileIds }) : undefined,
    ...statements,
    affordable: requireMonthlyLimitStatement(monthlyLimit, planned.held),
  }).catch(explainMonthlyLimit(monthlyLimit, planned.held));
  return { turn: stored[0] as TurnRow, creditAccountId, jobs };
}

interface BlindPrompt {
  request: Pick<ValidPrompt, 'modelIds' | 'drawCount' | 'merge' | 'prompt' | 'parameters'>;
  files: PromptFiles;
  pairs: VerdictsOfPair | null;
  /** Those of the conversation's hidden turns; undefined: it is new. */
  lanes: readonly HiddenLaneRow[] | undefined;
}

/** @throws DomainError, as `namedForBlind` and `blindLanes` do */
export function lanesOfBlind(
  { isDown }: Pick<AskingOptions, 'isDown'>,
  seen: Seen,
  { request: { modelIds, drawCount = null, merge, prompt, parameters }, files, pairs, lanes = [] }: BlindPrompt,
  available = seen.bounds?.rests.available ?? 0,
): BlindLanes {
  const named = modelIds ? namedForBlind(seen.access.catalogue, modelIds) : null;
  const verdicts = pairs ?? (() => 0);
  return blindLanes(seen, {
    named,
    drawCount,
    merge,
    question: { prompt, files, parameters },
    hiddenLanes: lanes,
    verdicts,
    available,
    isDown,
  });
}

/** @throws NotFoundError, InvalidInputError */
function placeIn(request: ValidPrompt, surroundings: Surroundings, ownFiles: readonly FileRow[]): JoinedPlace {
  const place = placeOf(request, surroundings);
  const { before, prompt, fileIds } = request;
  if (!before) return { ...place, unstored: [] };
  const filesOf = (ids: readonly string[]) => inOrder(ids, ownFiles);
  const exchanges = before.map(({ fileIds, ...exchange }) => ({ ...exchange, files: filesOf(fileIds) }));
  return joinHistory({ before: exchanges, prompt, files: filesOf(fileIds) }, place, surroundings);
}

/** The place with the history that the member may know of. */
async function shownPlace(
  trx: Transaction<Database>,
  userId: string,
  { history, ...place }: JoinedPlace,
): Promise<JoinedPlace> {
  const conversationId = place.conversation?.id;
  return { ...place, history: await withoutPending(trx, { userId, conversationId }, history) };
}

/** @throws ModelUnavailableError, InvalidInputError */
export function modelsOf(catalogue: Catalogue, request: ValidPrompt, { conversation, continued }: Place): Model[] {
  if (request.modelIds) return resolveModels(catalogue, request.modelIds);
  if (continued) return resolveModels(catalogue, [continued.modelId]);
  const kept = (conversation?.model_ids ?? []).filter((id) => {
    const model = modelOf(catalogue, id);
    return model && isOffered(catalogue, model);
  });
  const ids = kept.length > 0 ? kept : catalogue.defaultModelIds;
  if (ids.length === 0)
    throw new InvalidInputError('modelIds', 'Choose the models: this server has no default models.');
  return resolveModels(catalogue, ids);
}

export function systemOf({ conversation }: Place): string | null {
  return conversation?.system_prompt ?? null;
}

function newTurn(
  userId: string,
  request: ValidPrompt,
  {
    conversationId,
    parent,
    continued,
    withMerge,
  }: { conversationId: string; parent: ParentTurn | null; continued: ContinuedAnswer | null; withMerge: boolean },
): UnstoredTurn {
  return {
    id: newId(),
    conversation_id: conversationId,
    user_id: userId,
    parent_id: parent?.id ?? null,
    depth: parent ? parent.depth + 1 : 0,
    prompt: request.prompt,
    parameters: request.parameters,
    idempotency_key: request.idempotencyKey ?? null,
    chosen_response_id: null,
    chosen_lane: null,
    imported: false,
    blind: request.blind ?? false,
    revealed_at: null,
    unpaced: false,
    history_response_id: continued?.responseId ?? null,
    history_turn_id: continued?.turnId ?? null,
    history_lane: continued?.lane ?? null,
    with_merge: withMerge,
    agent: request.agent,
  };
}

/** Makes the turn's conversation, or moves it to the top. */
function placeTurnStatement(
  { conversation_id: id, user_id: userId }: UnstoredTurn,
  { prompt, atStart, system, clientId = null, evaluationId = null, temporary }: ValidPrompt,
  { conversation, parent, unstored }: JoinedPlace,
  { modelIds, payerTeamId }: { modelIds: string[]; payerTeamId: string | null },
): Statement {
  const title = titleFromPrompt(unstored[0]?.prompt ?? prompt);
  if (!conversation) {
    const made = newConversation({ id, userId, title, modelIds });
    return insertConversationStatement({
      ...made,
      system_prompt: system,
      client_id: clientId,
      payer_team_id: payerTeamId,
      evaluation_id: evaluationId,
      temporary: temporary ?? false,
    });
  }
  const isRetitled = !parent && !atStart && !conversation.titled_by_user;
  return promptConversationStatement({
    userId,
    id,
    modelIds,
    title: isRetitled ? title : null,
    systemPrompt: system,
    payerTeamId,
  });
}
