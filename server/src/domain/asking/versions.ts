import type { Transaction } from 'kysely';
import { lookTogether, sendTogether } from '../../database/connection/pipelining.ts';
import { allRows, oneRow } from '../../database/connection/statement.ts';
import type { ConversationRow } from '../../database/conversations.ts';
import {
  lockConversationAtStatement,
  lockEvaluatedAtStatement,
  touchConversationStatement,
} from '../../database/conversations.ts';
import type { Database, StoredMerge } from '../../database/database.ts';
import type { TurnFileRow } from '../../database/files/files.ts';
import { findFilesAtStatement } from '../../database/files/prompt-files.ts';
import { findHiddenTurn, setUnpaced } from '../../database/judging/hidden-turns.ts';
import type { KeySpendingRow } from '../../database/programs/key-spending.ts';
import { findResponses, findResponsesOfTurns, type ResponseRow } from '../../database/responses.ts';
import { findTurns, findTurnsAtStatement, type TurnRow } from '../../database/turns.ts';
import { findAnswersAtStatement, setChosen } from '../../database/versions.ts';
import type { Catalogue, Model } from '../catalogue/catalogue.ts';
import { modelOf, standInId, tierOf } from '../catalogue/catalogue.ts';
import { modelAccess, resolveModels } from '../catalogue/models.ts';
import { requireNotPending } from '../conversations/pending.ts';
import { showVersion } from '../conversations/turns.ts';
import { InvalidInputError, NotFoundError } from '../ground/errors.ts';
import { type CreditAccount, lockAccount, lockTeamAccountOf } from '../money/credits.ts';
import { explainMonthlyLimit, requireMonthlyLimitStatement } from '../money/monthly-limit.ts';
import type { Asking } from '../people/members.ts';
import { type PayingTeamRow, payingTeamLook, requireKeysPayer, requireTeamOfAnswer } from '../people/paying-team.ts';
import { type Admission, admissionLook, admissionOf, withTeam } from './admission.ts';
import { type PlannedAgent, planAgentAgain } from './agents/agent-request.ts';
import { requireKeyOfAllModels, withoutModels } from './blind/hidden-refusals.ts';
import { type AnswerImage, imagesOf } from './files/answer-images.ts';
import { filesOfPrompts } from './files/turn-files.ts';
import { type History, hidesModels } from './lanes.ts';
import { mergeLengthMin, promptOfMerge, textsOfMerge } from './merging/merge-prompt.ts';
import { mergeAgain } from './merging/sources.ts';
import { type Admitted, newContinuation, newResponses } from './new-responses.ts';
import type { HeldLane } from './paying/first-holds.ts';
import { keyRestOf, keySpendingLook } from './paying/key-limit.ts';
import { continuedBy, historyOf, withoutPending } from './place.ts';
import { type Plan, plan } from './plan.ts';
import { PROMPT_LENGTH_MAX } from './prompt-input.ts';
import { type Admitting, type AskingOptions, boundsOf } from './sending.ts';

/** A request for one more version in the lane of a final response, paid by the account that paid for that response. */
export interface VersionRequest {
  asking: Asking;
  responseId: string;
  /** The evaluation in whose conversation the response is; absent: it is in an ordinary one. */
  evaluationId?: string;
}

/** Asks the response's prompt again, of its model or of another one. */
export async function admitRegeneration(
  options: AskingOptions,
  admitting: Admitting,
  { modelId, ...request }: VersionRequest & { modelId: string | null },
): Promise<Admitted> {
  const place = await lookAtLane(options, admitting.trx, request);
  requireMayAskHidden(place);
  requireNoneLive(place);
  requireFewVersions(place);
  requireHiddenModel(place, modelId);
  const isOwn = modelId === null || hidesModels(place.turn);
  const merge = place.response.merge && mergeAgain(place.response.merge, place.ofTurn);
  const model = () => resolveModels(options.catalogue, [isOwn ? place.response.model_id : modelId])[0] as Model;
  const agent = await agentOf(options, admitting, place, merge);
  const planned = await planVersion(options, admitting, place, { model, merge, prompt: promptOf(place, merge), agent });
  admitting.reserve(1);
  const { turn, conversation, account } = place;
  const created = newResponses(options, {
    turn,
    plan: planned,
    creditAccountId: account.id,
    apiKeyId: request.asking.apiKey?.id ?? null,
    system: conversation.system_prompt,
    regenerated: true,
    merge,
  });
  return store(options, admitting.trx, { place, plan: planned, ...created });
}

/** The agent that writes the lane again; null: its model is asked once. */
async function agentOf(
  { agents }: AskingOptions,
  { trx: db }: Admitting,
  { turn, asking }: LanePlace,
  merge: StoredMerge | null,
): Promise<PlannedAgent | null> {
  return turn.agent && merge === null ? planAgentAgain({ db, agents }, asking, turn.agent) : null;
}

/**
 * Asks the model that wrote a response which was cut off to go on where its text ends. A response is continued once: a
 * repeated request shows the continuation that is there.
 */
export async function admitContinuation(
  options: AskingOptions,
  admitting: Admitting,
  request: VersionRequest,
): Promise<Admitted> {
  const place = await lookAtLane(options, admitting.trx, request);
  const { turn, conversation, response, account } = place;
  requireMayAskHidden(place);
  const known = place.versions.find((version) => isContinuationOf(response, version));
  if (known) {
    await showVersion(admitting.trx, known);
    return { turn, creditAccountId: account.id, jobs: [] };
  }
  requireNoneLive(place);
  requireFewVersions(place);
  requireCutOff(response);
  const model = () => writerOf(response, options.catalogue, place.admission);
  const planned = await planVersion(options, admitting, place, {
    model,
    prompt: promptOf(place, response.merge),
    answerSoFar: response.text,
    imagesSoFar: imagesOf(response, place.history.made ?? new Map()),
  });
  admitting.reserve(1);
  const created = newContinuation(options, {
    turn,
    lane: planned.lanes[0] as HeldLane,
    creditAccountId: account.id,
    apiKeyId: request.asking.apiKey?.id ?? null,
    system: conversation.system_prompt,
    continued: response,
  });
  return store(options, admitting.trx, { place, plan: planned, ...created });
}

export interface LanePlace {
  asking: Asking;
  /** The account that pays. */
  account: CreditAccount;
  /** The team that owns the account; null: the member does. */
  team: PayingTeamRow | null;
  admission: Admission;
  keySpending: KeySpendingRow | null | undefined;
  conversation: ConversationRow;
  turn: TurnRow;
  response: ResponseRow;
  /** All responses of the turn, by lane and age. */
  ofTurn: ResponseRow[];
  /** Those of the lane. */
  versions: ResponseRow[];
  history: History;
  /** Of the turn. */
  files: readonly TurnFileRow[];
}

/** Locks the account that paid for the response, and looks at all around it. @throws NotFoundError */
export async function lookAtLane(
  { catalogue }: AskingOptions,
  trx: Transaction<Database>,
  { asking, responseId, evaluationId }: VersionRequest,
): Promise<LanePlace> {
  const userId = asking.id;
  const own = await lockAccount(trx, { userId, tier: tierOf(catalogue, asking) });
  const [response] = await findResponses(trx, userId, [responseId]);
  if (!response) throw new NotFoundError('response');
  const account = await payerOf(trx, response, own);
  requireKeysPayer(asking, account);
  const { teamId } = account;
  const [turn] = (await findTurns(trx, userId, [response.turn_id])) as [TurnRow];
  const at = { userId, conversationId: turn.conversation_id, turnId: null, clientId: null };
  const { conversation, ...seen } = await lookTogether(trx, {
    team: teamId === null ? undefined : payingTeamLook({ teamId }, userId),
    conversation: oneRow(
      evaluationId === undefined ? lockConversationAtStatement(at) : lockEvaluatedAtStatement({ ...at, evaluationId }),
    ),
    admission: admissionLook(catalogue, asking),
    keySpending: keySpendingLook(asking),
    turns: allRows(findTurnsAtStatement(at)),
    answers: allRows(findAnswersAtStatement(at)),
    files: allRows(findFilesAtStatement(at)),
  });
  if (!conversation) throw new NotFoundError('response');
  const team = teamId === null ? null : requireTeamOfAnswer(seen.team);
  const admission = withTeam(await admissionOf(trx, catalogue, asking, seen.admission), team);
  const ofTurn = await findResponsesOfTurns(trx, userId, [turn.id]);
  const versions = ofTurn.filter(({ lane }) => lane === response.lane);
  const before = historyOf(seen, turn.parent_id, continuedBy(turn));
  const history = await withoutPending(trx, at, before);
  const { keySpending } = seen;
  const files = filesOfPrompts(seen.files).get(turn.id) ?? [];
  const rows = { conversation, turn, response, ofTurn, versions, files };
  return { asking, account, team, admission, keySpending, history, ...rows };
}

/** The account that paid for the response, locked. */
async function payerOf(
  trx: Transaction<Database>,
  { credit_account_id: paidBy }: ResponseRow,
  own: CreditAccount,
): Promise<CreditAccount> {
  return paidBy === null || paidBy === own.id ? own : lockTeamAccountOf(trx, paidBy);
}

/**
 * Refuses what would tell something of a turn that hides its models.
 *
 * @throws ModelUnavailableError for an API key that could find them out; InvalidInputError while answers are written
 */
function requireMayAskHidden({ asking, turn, ofTurn }: LanePlace): void {
  if (hidesModels(turn)) requireKeyOfAllModels(asking.apiKey);
  requireNotPending(turn, ofTurn, 'responseId');
}

function requireNoneLive({ versions }: LanePlace): void {
  if (versions.every(({ finished_at }) => finished_at !== null)) return;
  throw new InvalidInputError('responseId', 'This answer is still being written. Stop it first.');
}

/** All versions of a turn are read, with their texts, for each new one of it. */
const VERSIONS_MAX = 100;

function requireFewVersions({ versions }: LanePlace): void {
  if (versions.length < VERSIONS_MAX) return;
  throw new InvalidInputError(
    'responseId',
    `An answer has at most ${VERSIONS_MAX} versions. Send the prompt again instead.`,
  );
}

/**
 * Whether the version continues the response; a continuation that added nothing does not count, so that there may be
 * another.
 */
function isContinuationOf({ id, text }: ResponseRow, version: ResponseRow): boolean {
  return version.continues_id === id && (version.finished_at === null || version.text.length > text.length);
}

function requireCutOff({ status, finish_reason, text }: ResponseRow): void {
  if (text.trim() === '') {
    throw new InvalidInputError('responseId', 'This answer has no text to continue. Ask again instead.');
  }
  if (status === 'COMPLETED' && finish_reason !== 'LENGTH') {
    throw new InvalidInputError('responseId', 'This answer was not cut off. Send a prompt to read more.');
  }
}

/**
 * The model that wrote the response, which may have been a fallback; if that may not be asked any more, the model that
 * was asked.
 */
function writerOf({ served_by, model_id }: ResponseRow, catalogue: Catalogue, { access }: Admission): Model {
  const writer = served_by === null ? undefined : modelOf(catalogue, served_by);
  if (writer && modelAccess(writer, access).allowed) return writer;
  const [asked] = resolveModels(catalogue, [model_id]) as [Model];
  return asked;
}

/** What the lane's model was sent: the turn's prompt, or a merge's. */
function promptOf({ turn, ofTurn }: LanePlace, merge: StoredMerge | null): string {
  return merge === null ? turn.prompt : textOfMerge(merge, turn, ofTurn);
}

/** @throws InvalidInputError if a merge that never began would be too long */
function textOfMerge(merge: StoredMerge, turn: TurnRow, ofTurn: readonly ResponseRow[]): string {
  if (mergeLengthMin(merge, textsOfMerge(merge, turn, ofTurn), PROMPT_LENGTH_MAX) > PROMPT_LENGTH_MAX) {
    throw new InvalidInputError('responseId', 'These answers are too long to be merged.');
  }
  return promptOfMerge(merge, turn, ofTurn);
}

/** While a turn hides its models, a lane keeps its own. @throws InvalidInputError */
function requireHiddenModel({ turn, response: { lane } }: LanePlace, modelId: string | null): void {
  if (modelId === null || !hidesModels(turn) || modelId === standInId(lane)) return;
  throw new InvalidInputError('modelId', 'As long as the models are hidden, an answer can only be asked of its own.');
}

/**
 * Plans one more version, or one more lane. In a turn that hides its models, a version is alone, so that its speed is
 * seen: the turn is marked.
 *
 * @throws DomainError, as `plan` does
 */
export async function planVersion(
  options: AskingOptions,
  admitting: Admitting,
  { asking, account, team, admission, keySpending, conversation, turn, response, ofTurn, history, files }: LanePlace,
  { model, prompt, merge = response.merge, lane = response.lane, agent, answerSoFar, imagesSoFar }: VersionPlan,
): Promise<Plan> {
  const { parameters } = turn;
  const key = keyRestOf(asking, keySpending);
  const planOf = (asked: Model, sent: Pick<VersionPlan, 'prompt' | 'merge'> = { prompt, merge }) =>
    plan(
      {
        models: [asked],
        firstLane: lane,
        prompt: sent.prompt,
        // A merge is made of texts: its model need not see what they are about.
        files: { files, areRequired: sent.merge === null },
        parameters,
        agent,
        answerSoFar,
        imagesSoFar,
      },
      {
        ...admission,
        history,
        system: conversation.system_prompt,
        bounds: boundsOf(options, admitting, admission, { account, key, team }),
      },
    );
  // The model of a new lane is the member's own choice.
  if (!hidesModels(turn) || lane !== response.lane) return planOf(model());
  const hidden = await findHiddenTurn(admitting.trx, turn.user_id, turn.id);
  await setUnpaced(admitting.trx, turn.user_id, turn.id);
  admitting.refused.required = hidden?.laneHold ?? 0;
  return withoutModels(() => {
    // That one of the lanes is refused, or cannot be paid, would tell which one it is: each of their models must pass.
    const ids = new Set(ofTurn.filter(({ merge }) => !merge || merge.withPrompt).map(({ model_id }) => model_id));
    const made = ofTurn.find((one) => one.merge?.withPrompt)?.merge ?? null;
    const asked = { prompt: turn.prompt, merge: null };
    const sent =
      made === null ? [{ prompt, merge }] : [asked, { prompt: textOfMerge(made, turn, ofTurn), merge: made }];
    for (const one of resolveModels(admission.access.catalogue, [...ids])) for (const each of sent) planOf(one, each);
    return planOf(model());
  });
}

interface VersionPlan {
  /** @throws DomainError, which a turn that hides its models masks */
  model: () => Model;
  prompt: string;
  /** Absent: the response's. */
  merge?: StoredMerge | null;
  /** Absent: the response's. */
  lane?: number;
  /** Absent: its model is asked once. */
  agent?: PlannedAgent | null;
  answerSoFar?: string;
  imagesSoFar?: readonly AnswerImage[];
}

/** Stores the new version. If the turn's chosen answer is of this lane, the new version becomes the chosen one. */
export async function store(
  { monthlyLimit }: AskingOptions,
  trx: Transaction<Database>,
  { place, plan: { held }, jobs, statements }: { place: LanePlace; plan: Plan } & ReturnType<typeof newResponses>,
): Promise<Admitted> {
  const { turn, conversation, account } = place;
  const [{ identity }] = jobs as [Admitted['jobs'][number]];
  if (turn.chosen_lane === identity.lane) {
    const choice = { userId: turn.user_id, turnId: turn.id, responseId: identity.id, lane: identity.lane };
    await setChosen(trx, { ...choice, ofLane: true });
  }
  const touched = touchConversationStatement({ userId: turn.user_id, id: conversation.id });
  const affordable = requireMonthlyLimitStatement(monthlyLimit, held);
  await sendTogether(trx, { ...statements, touched, affordable }).catch(explainMonthlyLimit(monthlyLimit, held));
  return { turn, creditAccountId: account.id, jobs };
}
