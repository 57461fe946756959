import type { Transaction } from 'kysely';
import { sendLast, sendTogether } from '../../database/connection/pipelining.ts';
import type { ConversationRow } from '../../database/conversations.ts';
import { lockConversationAtStatement } from '../../database/conversations.ts';
import type { Database } from '../../database/database.ts';
import { findResponses, findResponsesOfTurns, type ResponseRow } from '../../database/responses.ts';
import { findTurns, findTurnsAtStatement, type TurnRow } from '../../database/turns.ts';
import { findAnswersAtStatement, setChosen } from '../../database/versions.ts';
import type { Catalogue, Model } from '../catalogue/catalogue.ts';
import { tierOf } from '../catalogue/catalogue.ts';
import { modelAccess, requireAccess, resolveModels } from '../catalogue/models.ts';
import { showVersion } from '../conversations/turns.ts';
import { InvalidInputError, NotFoundError } from '../ground/errors.ts';
import { type CreditAccount, lockAccount } from '../money/credits.ts';
import { explainMonthlyLimit, type MonthlyLimit, requireMonthlyLimitStatement } from '../money/monthly-limit.ts';
import type { Member } from '../people/members.ts';
import {
  type Admission,
  admissionOf,
  admissionStatement,
  type RunningLimits,
  requireCredits,
  requireRate,
  requireRoom,
} from './admission.ts';
import { type History, type LanePlan, planLanes } from './lanes.ts';
import { type Admitted, type NewResponsesOptions, newContinuation, newResponses } from './new-responses.ts';
import { historyOf } from './place.ts';

export interface VersionsOptions extends NewResponsesOptions {
  catalogue: Catalogue;
  limits: RunningLimits;
  monthlyLimit: MonthlyLimit;
}

/** One more version in the lane of a response that is final. */
export interface VersionRequest {
  asking: Member;
  responseId: string;
  /** Takes the room of one response, or throws. */
  reserve(responses: number): void;
}

/** Asks the response's prompt again: its model, or another one. */
export async function admitRegeneration(
  options: VersionsOptions,
  trx: Transaction<Database>,
  { modelId, ...request }: VersionRequest & { modelId: string | null },
): Promise<Admitted> {
  const place = await lookAtLane(options, trx, request);
  requireNoneLive(place);
  const [model] = resolveModels(options.catalogue, [modelId ?? place.response.model_id]) as [Model];
  requireAccess(model, place.admission.access);
  const plan = planVersion(options, place, { model, reserve: request.reserve });
  const { turn, conversation } = place;
  const lanes = { turn, lanes: [plan], system: conversation.system_prompt, regenerated: true };
  return store(options, trx, { place, plan, ...newResponses(options, lanes) });
}

/**
 * Asks the model that wrote a response which was cut off to go on where its text ends. A response is continued once:
 * whoever asks again is shown what came of it.
 */
export async function admitContinuation(
  options: VersionsOptions,
  trx: Transaction<Database>,
  request: VersionRequest,
): Promise<Admitted> {
  const place = await lookAtLane(options, trx, request);
  const { turn, conversation, response } = place;
  const known = place.versions.find((version) => isContinuationOf(response, version));
  if (known) {
    await showVersion(trx, known);
    return { turn, jobs: [] };
  }
  requireNoneLive(place);
  requireCutOff(response);
  const model = writerOf(response, options.catalogue, place.admission);
  const plan = planVersion(options, place, { model, reserve: request.reserve, answerSoFar: response.text });
  const continuation = { turn, plan, system: conversation.system_prompt, continued: response };
  return store(options, trx, { place, plan, ...newContinuation(options, continuation) });
}

interface LanePlace {
  account: CreditAccount;
  admission: Admission;
  conversation: ConversationRow;
  turn: TurnRow;
  response: ResponseRow;
  /** All of its lane. */
  versions: ResponseRow[];
  history: History;
}

async function lookAtLane(
  { catalogue }: VersionsOptions,
  trx: Transaction<Database>,
  { asking, responseId }: VersionRequest,
): Promise<LanePlace> {
  const userId = asking.id;
  const account = await lockAccount(trx, userId, tierOf(catalogue, asking));
  const [response] = await findResponses(trx, userId, [responseId]);
  if (!response) throw new NotFoundError('response');
  const [turn] = (await findTurns(trx, userId, [response.turn_id])) as [TurnRow];
  const at = { userId, conversationId: turn.conversation_id, turnId: null };
  const {
    conversation: [conversation],
    ...seen
  } = await sendTogether(trx, {
    conversation: lockConversationAtStatement(at),
    admission: admissionStatement(catalogue, asking),
    turns: findTurnsAtStatement(at),
    answers: findAnswersAtStatement(at),
  });
  if (!conversation) throw new NotFoundError('response');
  const admission = await admissionOf(trx, catalogue, asking, seen.admission);
  const ofTurn = await findResponsesOfTurns(trx, userId, [turn.id]);
  const versions = ofTurn.filter(({ lane }) => lane === response.lane);
  const history = historyOf(seen.turns, seen.answers, turn.parent_id);
  return { account, admission, conversation, turn, response, versions, history };
}

function requireNoneLive({ versions }: LanePlace): void {
  if (versions.every(({ finished_at }) => finished_at !== null)) return;
  throw new InvalidInputError('responseId', 'This answer is still being written. Stop it first.');
}

/** One that came to nothing does not count: the response may be continued anew. */
function isContinuationOf({ id, text }: ResponseRow, version: ResponseRow): boolean {
  return version.continues_id === id && (version.finished_at === null || version.text.length > text.length);
}

function requireCutOff({ status, finish_reason, text }: ResponseRow): void {
  if (text.trim() === '') {
    throw new InvalidInputError('responseId', 'This answer has no text to go on from. Ask again instead.');
  }
  if (status === 'COMPLETED' && finish_reason !== 'LENGTH') {
    throw new InvalidInputError('responseId', 'This answer is not cut off. Send a prompt to hear more.');
  }
}

/** The model that wrote it, which a fallback may have been; where that may not be asked any more, the one that was asked. */
function writerOf({ served_by, model_id }: ResponseRow, catalogue: Catalogue, { access }: Admission): Model {
  const writer = served_by === null ? undefined : catalogue.models.get(served_by);
  if (writer && modelAccess(writer, access).allowed) return writer;
  const [asked] = resolveModels(catalogue, [model_id]) as [Model];
  requireAccess(asked, access);
  return asked;
}

/** @throws what refuses it: the rate, the room, the context window, the credits */
function planVersion(
  { limits }: VersionsOptions,
  { account, admission, conversation, turn, response, history }: LanePlace,
  { model, reserve, answerSoFar }: { model: Model; reserve: (responses: number) => void; answerSoFar?: string },
): LanePlan {
  requireRate(admission);
  requireRoom(admission, 1, limits);
  reserve(1);
  const { prompt, parameters } = turn;
  const request = { prompt, parameters, history, system: conversation.system_prompt, answerSoFar };
  const [plan] = planLanes(admission, request, [model], response.lane) as [LanePlan];
  requireCredits(plan.maximum, account);
  return plan;
}

/** A turn whose chosen answer is of this lane goes along with it. */
async function store(
  { monthlyLimit }: VersionsOptions,
  trx: Transaction<Database>,
  { place, plan, jobs, statements }: { place: LanePlace; plan: LanePlan } & ReturnType<typeof newResponses>,
): Promise<Admitted> {
  const { turn, response } = place;
  if (turn.chosen_lane === response.lane) {
    const [{ identity }] = jobs as [Admitted['jobs'][number]];
    const choice = { userId: turn.user_id, turnId: turn.id, responseId: identity.id, lane: response.lane };
    await setChosen(trx, { ...choice, ofLane: true });
  }
  await sendLast(trx, { ...statements, affordable: requireMonthlyLimitStatement(monthlyLimit, plan.maximum) }).catch(
    explainMonthlyLimit(monthlyLimit, plan.maximum),
  );
  return { turn, jobs };
}
