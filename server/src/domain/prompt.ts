import type { Kysely, Transaction } from 'kysely';
import { v7 as newId } from 'uuid';
import {
  type ConversationRow,
  findConversations,
  insertConversation,
  lockConversation,
  setConversation,
} from '../database/conversations.ts';
import type { Database, StoredParameters } from '../database/database.ts';
import {
  type Answer,
  countLiveResponses,
  findAnswersOfConversation,
  findResponses,
  findResponsesOfTurns,
  insertResponses,
  type NewResponse,
} from '../database/responses.ts';
import {
  findAgeOfAdmission,
  findTurnByIdempotencyKey,
  findTurns,
  findTurnsOfConversation,
  insertTurn,
  type TurnRow,
} from '../database/turns.ts';
import { findUsers } from '../database/users.ts';
import { type Catalogue, type Model, type Tier, tierIds } from './catalogue.ts';
import { newConversation, titleFromPrompt } from './conversations.ts';
import {
  type CreditAccount,
  findAccount,
  holdCredits,
  lockAccount,
  lockAccountAndLook,
  makeAccount,
} from './credits.ts';
import {
  ForbiddenError,
  InsufficientCreditsError,
  InvalidInputError,
  NotFoundError,
  RateLimitError,
  TierLimitError,
} from './errors.ts';
import type { Generation, GenerationJob } from './generation.ts';
import { type History, type LanePlan, type LaneRequest, planLane } from './lanes.ts';
import type { LiveResponses } from './live-responses.ts';
import { toStorable } from './live-text.ts';
import type { Member } from './members.ts';
import { type AccessRequest, disabledModels, modelAccess, requireAccess, resolveModels } from './models.ts';
import { accountTopic, type Notifications, turnTopic } from './notifications.ts';
import { newestOfLanes } from './responses.ts';
import { tierOf } from './tiers.ts';

export interface PromptInput {
  /** Absent: a new conversation. */
  conversationId?: string | null;
  /** Absent: the conversation's latest. */
  parentTurnId?: string | null;
  /** Starts a branch beside the conversation's first prompt. */
  atStart?: boolean | null;
  prompt: string;
  /** Absent: the conversation's, else the server's default. */
  modelIds?: readonly string[] | null;
  parameters?: Parameters | null;
  idempotencyKey?: string | null;
}

export interface Parameters {
  temperature?: number | null;
  topP?: number | null;
  maxOutputTokens?: number | null;
}

export interface Quote {
  models: { model: Model; inputTokens: number; expected: number; maximum: number }[];
  maximum: number;
  affordable: boolean;
}

/** Everything that may be refused throws a DomainError, and then nothing is stored, held or started. */
export interface Prompts {
  /** Stores the prompt, holds its credits and starts its responses. The same idempotency key: the same turn again. */
  send(member: Member, input: PromptInput): Promise<TurnRow>;
  /** A new response in the lane of one that is final, of the same model or another. */
  regenerate(member: Member, responseId: string, modelId: string | null): Promise<TurnRow>;
  /** What `send` would hold and is likely to charge; neither the rate limit nor the tier is looked at. */
  quote(member: Member, input: PromptInput): Promise<Quote>;
}

export interface PromptsOptions {
  db: Kysely<Database>;
  catalogue: Catalogue;
  live: LiveResponses;
  generation: Generation;
  notifications: Notifications;
  leaseMs: number;
  limits: RunningLimits;
}

/** Of responses at once; beyond them a prompt is refused with a wait, rather than everything slowed down. */
export interface RunningLimits {
  perProcess: number;
  perMember: number;
}

const BUSY_SECONDS = 5;

/** UTF-16 code units. */
export const PROMPT_LENGTH_MAX = 500_000;

export function createPrompts(options: PromptsOptions): Prompts {
  const { db, catalogue, live, generation, notifications } = options;

  /** Admitted, or about to be, and not started yet. */
  let admitting = 0;

  async function admit(
    member: Member,
    /** Null: the account has to be made first, apart, because everybody locks it before anything else. */
    admission: (trx: Transaction<Database>, reserve: (responses: number) => void) => Promise<Admitted | null>,
  ): Promise<TurnRow> {
    if (generation.draining)
      throw new RateLimitError(BUSY_SECONDS, 'The server is restarting. Try again in a few seconds.');
    let reserved = 0;
    // Many may be let in at the same moment: each counts from here on.
    const reserve = (responses: number) => {
      if (live.size + admitting >= options.limits.perProcess) {
        throw new RateLimitError(
          BUSY_SECONDS,
          'The server writes as many answers as it can. Try again in a few seconds.',
        );
      }
      reserved += responses;
      admitting += responses;
    };
    const attempt = () => db.transaction().execute((trx) => admission(trx, reserve));
    try {
      reserve(0);
      let admitted = await attempt();
      while (!admitted) {
        await makeAccount(db, member.id);
        admitted = await attempt();
      }
      const { turn, jobs } = admitted;
      for (const job of jobs) generation.start(job);
      if (jobs.length > 0) notifications.publish([accountTopic(member.id), turnTopic(turn.id)]);
      return turn;
    } finally {
      admitting -= reserved;
    }
  }

  return {
    async send(asking, input) {
      const request = validated(input);
      return admit(asking, async (trx, reserve) => {
        const askingTier = tierOf(catalogue, asking);
        // All that is looked at goes to the database at once, as does all that is written.
        const look = () =>
          Promise.all([
            findUsers(trx, [asking.id]),
            request.idempotencyKey ? findTurnByIdempotencyKey(trx, asking.id, request.idempotencyKey) : undefined,
            findAround(trx, asking.id, request),
            disabledModels(trx),
            findAgeOfAdmission(trx, asking.id, askingTier.promptsPerMinute),
            countLiveResponses(trx, asking.id),
          ]);
        const locked = await lockAccountAndLook(trx, asking.id, askingTier, look);
        if (!locked) return null;
        const [account, [user, known, found, disabledModelIds, blockingAgeMs, running]] = locked;
        const member = activeMember(asking, user[0]);
        if (known) return { turn: known, jobs: [] };

        const tier = tierOf(catalogue, member);
        const place = placeOf(request, found);
        const access: AccessRequest = { catalogue, member, disabledModelIds, availableCredits: null };
        const models = modelsOf(catalogue, request, place.conversation);
        requireModels(models, tier, access);
        // Looked at for the tier that the request came with; it may have changed since.
        const isSameTier = member.tier === asking.tier;
        requireRate(isSameTier ? blockingAgeMs : await findAgeOfAdmission(trx, member.id, tier.promptsPerMinute), tier);
        requireRoom(running, models.length, options.limits);
        reserve(models.length);
        const system = place.conversation?.system_prompt ?? null;
        const lanes = planLanes(access, { ...request, history: place.history, tier, system }, models);
        requireCredits(lanes, account);
        const turn = newTurn(member, request, place);
        const admitted = newResponses(options, { turn, lanes, system });
        const [, stored] = await Promise.all([
          placeTurn(trx, turn, request, place, models),
          insertTurn(trx, { ...turn, parameters: JSON.stringify(turn.parameters) }),
          ...writeResponses(trx, options, turn.user_id, admitted),
        ]);
        return { turn: stored, jobs: admitted.jobs };
      });
    },

    async regenerate(asking, responseId, modelId) {
      return admit(asking, async (trx, reserve) => {
        const account = await lockAccount(trx, asking.id, tierOf(catalogue, asking));
        const member = activeMember(asking, (await findUsers(trx, [asking.id]))[0]);
        const tier = tierOf(catalogue, member);
        const [response] = await findResponses(trx, member.id, [responseId]);
        if (!response) throw new NotFoundError('response');
        const turn = (await findTurns(trx, member.id, [response.turn_id]))[0] as TurnRow;
        const conversation = await lockConversation(trx, member.id, turn.conversation_id);
        if (!conversation) throw new NotFoundError('response');
        const [ofTurn, turns, answers, disabledModelIds, blockingAgeMs, running] = await Promise.all([
          findResponsesOfTurns(trx, member.id, [turn.id]),
          findTurnsOfConversation(trx, member.id, conversation.id),
          findAnswersOfConversation(trx, member.id, conversation.id),
          disabledModels(trx),
          findAgeOfAdmission(trx, member.id, tier.promptsPerMinute),
          countLiveResponses(trx, member.id),
        ]);
        const current = newestOfLanes(ofTurn);
        if (current.some(({ lane, finished_at }) => lane === response.lane && finished_at === null)) {
          throw new InvalidInputError('responseId', 'This answer is still being written. Stop it first.');
        }

        const access: AccessRequest = { catalogue, member, disabledModelIds, availableCredits: null };
        const [model] = resolveModels(catalogue, [modelId ?? response.model_id]) as [Model];
        requireAccess(model, access);
        requireRate(blockingAgeMs, tier);
        requireRoom(running, 1, options.limits);
        reserve(1);
        const history = historyOf(turns, answers, turn.parent_id);
        const system = conversation.system_prompt;
        const request = { prompt: turn.prompt, parameters: turn.parameters, history, tier, system };
        const lanes = planLanes(access, request, [model], response.lane);
        requireCredits(lanes, account);
        const admitted = newResponses(options, { turn, lanes, system, regenerated: true });
        await Promise.all(writeResponses(trx, options, turn.user_id, admitted));
        return { turn, jobs: admitted.jobs };
      });
    },

    async quote(member, input) {
      const request = validated({ ...input, prompt: input.prompt.trim() === '' ? '…' : input.prompt });
      const place = placeOf(request, await findAround(db, member.id, request, { lock: false }));
      const disabledModelIds = await disabledModels(db);
      const access: AccessRequest = { catalogue, member, disabledModelIds, availableCredits: null };
      const models = modelsOf(catalogue, request, place.conversation);
      const tier = tierOf(catalogue, member);
      const system = place.conversation?.system_prompt ?? null;
      const lanes = planLanes(access, { ...request, history: place.history, tier, system }, models);
      const account = await findAccount(db, member.id, tier);
      const maximum = sumOf(lanes);
      return { models: lanes, maximum, affordable: maximum <= account.balance - account.held };
    },
  };
}

interface Admitted {
  turn: TurnRow;
  jobs: GenerationJob[];
}

/**
 * The member as they are now: since the request was let in, somebody may have suspended them or changed their tier.
 * Either takes the account's lock too, so that whoever has it knows.
 */
function activeMember(asking: Member, user: (Pick<Member, 'tier'> & { suspended: boolean }) | undefined): Member {
  if (!user || user.suspended) throw new ForbiddenError('This account is suspended.');
  return { ...asking, tier: user.tier };
}

interface ValidPrompt extends Omit<PromptInput, 'parameters'> {
  parameters: StoredParameters;
}

function validated(input: PromptInput): ValidPrompt {
  const prompt = toStorable(input.prompt);
  if (prompt.trim() === '') throw new InvalidInputError('prompt', 'The prompt is empty.');
  if (prompt.length > PROMPT_LENGTH_MAX) {
    throw new InvalidInputError(
      'prompt',
      `The prompt has ${prompt.length.toLocaleString('en')} characters; at most ${PROMPT_LENGTH_MAX.toLocaleString('en')} are taken.`,
    );
  }
  if (input.modelIds?.length === 0) throw new InvalidInputError('modelIds', 'Name at least one model.');
  const key = input.idempotencyKey ?? null;
  if (key !== null && (key.length === 0 || key.length > 200 || key !== toStorable(key))) {
    throw new InvalidInputError('idempotencyKey', 'An idempotency key has 1 to 200 characters.');
  }
  return { ...input, prompt, idempotencyKey: key, parameters: validatedParameters(input.parameters ?? {}) };
}

function validatedParameters({ temperature, topP, maxOutputTokens }: Parameters): StoredParameters {
  if (temperature != null && !(temperature >= 0 && temperature <= 2)) {
    throw new InvalidInputError('parameters.temperature', 'The temperature is between 0 and 2.');
  }
  if (topP != null && !(topP > 0 && topP <= 1)) {
    throw new InvalidInputError('parameters.topP', 'topP is above 0 and at most 1.');
  }
  if (maxOutputTokens != null && maxOutputTokens < 1) {
    throw new InvalidInputError('parameters.maxOutputTokens', 'At least one output token is needed.');
  }
  return {
    ...(temperature != null && { temperature }),
    ...(topP != null && { topP }),
    ...(maxOutputTokens != null && { maxOutputTokens }),
  };
}

/** What the database has around a prompt's place. */
interface Surroundings {
  namedParent: TurnRow | undefined;
  conversation: ConversationRow | undefined;
  /** All of the conversation's. */
  turns: readonly TurnRow[];
  answers: readonly Answer[];
}

async function findAround(
  db: Kysely<Database>,
  userId: string,
  { conversationId, parentTurnId }: ValidPrompt,
  { lock } = { lock: true },
): Promise<Surroundings> {
  const [namedParent] = parentTurnId ? await findTurns(db, userId, [parentTurnId]) : [];
  const id = conversationId ?? namedParent?.conversation_id;
  if (!id) return { namedParent, conversation: undefined, turns: [], answers: [] };
  const [conversation, turns, answers] = await Promise.all([
    lock ? lockConversation(db, userId, id) : findConversations(db, userId, [id]).then(([found]) => found),
    findTurnsOfConversation(db, userId, id),
    findAnswersOfConversation(db, userId, id),
  ]);
  return { namedParent, conversation, turns, answers };
}

interface Place {
  /** Null: to be made. */
  conversation: ConversationRow | null;
  parent: TurnRow | null;
  history: History;
}

function placeOf(
  { conversationId, parentTurnId, atStart }: ValidPrompt,
  { namedParent, conversation, turns, answers }: Surroundings,
): Place {
  if (parentTurnId && !namedParent) throw new NotFoundError('turn');
  if (!conversationId && !namedParent) return { conversation: null, parent: null, history: { turns: [], answers: [] } };
  if (!conversation) throw new NotFoundError('conversation');
  if (namedParent && namedParent.conversation_id !== conversation.id) throw new NotFoundError('turn');
  const parent = atStart ? null : (namedParent ?? latestOf(turns));
  return { conversation, parent, history: historyOf(turns, answers, parent?.id ?? null) };
}

function latestOf(turns: readonly TurnRow[]): TurnRow | null {
  const isLater = (a: TurnRow, b: TurnRow) =>
    a.created_at > b.created_at || (a.created_at.getTime() === b.created_at.getTime() && a.id > b.id);
  return turns.reduce<TurnRow | null>((latest, turn) => (latest && isLater(latest, turn) ? latest : turn), null);
}

/** The branch that ends in a turn, among all of its conversation's. */
function historyOf(turns: readonly TurnRow[], answers: readonly Answer[], leafId: string | null): History {
  const byId = new Map(turns.map((turn) => [turn.id, turn]));
  const branch: TurnRow[] = [];
  for (let id = leafId; id !== null; ) {
    const turn = byId.get(id);
    if (!turn) break;
    branch.push(turn);
    id = turn.parent_id;
  }
  return { turns: branch.reverse(), answers };
}

function modelsOf(catalogue: Catalogue, request: ValidPrompt, conversation: ConversationRow | null): Model[] {
  if (request.modelIds) return resolveModels(catalogue, request.modelIds);
  const kept = (conversation?.model_ids ?? []).filter((id) => catalogue.models.has(id));
  const ids = kept.length > 0 ? kept : catalogue.defaultModelIds;
  if (ids.length === 0) throw new InvalidInputError('modelIds', 'Name the models: this server has no default.');
  return resolveModels(catalogue, ids);
}

function requireModels(models: readonly Model[], tier: Tier, access: AccessRequest): void {
  for (const model of models) requireAccess(model, access);
  if (models.length <= tier.modelsPerPrompt) return;
  const enough = tierIds.find((id) => (access.catalogue.tiers.get(id)?.modelsPerPrompt ?? 0) >= models.length);
  throw new TierLimitError(
    enough ?? null,
    `The ${tier.name} plan asks up to ${tier.modelsPerPrompt} models at once; this prompt names ${models.length}.`,
  );
}

/** @param blockingAgeMs of the admission that has to be a minute old before there may be another */
function requireRate(blockingAgeMs: number | null, tier: Tier): void {
  if (blockingAgeMs === null) return;
  const retryAfterSeconds = Math.max(1, Math.ceil((60_000 - blockingAgeMs) / 1000));
  throw new RateLimitError(
    retryAfterSeconds,
    `The ${tier.name} plan sends ${tier.promptsPerMinute} prompts a minute. Try again in ${retryAfterSeconds} s.`,
  );
}

function requireRoom(running: number, wanted: number, { perMember }: RunningLimits): void {
  if (running + wanted <= perMember) return;
  throw new RateLimitError(BUSY_SECONDS, `At most ${perMember} answers are written for a member at once.`);
}

function requireCredits(lanes: readonly LanePlan[], account: CreditAccount): void {
  const required = sumOf(lanes);
  const available = account.balance - account.held;
  if (required > available) throw new InsufficientCreditsError(required, available);
}

function sumOf(lanes: readonly LanePlan[]): number {
  return lanes.reduce((sum, { maximum }) => sum + maximum, 0);
}

function planLanes(
  access: AccessRequest,
  request: Pick<LaneRequest, 'prompt' | 'parameters' | 'history' | 'tier' | 'system'>,
  models: readonly Model[],
  firstLane = 0,
): LanePlan[] {
  return models.map((model, index) => {
    const fallbacks = model.fallbacks
      .flatMap((id) => access.catalogue.models.get(id) ?? [])
      .filter((fallback) => modelAccess(fallback, access).allowed);
    return planLane({ ...request, model, fallbacks, lane: firstLane + index });
  });
}

/** A turn that is yet to be stored. */
type NewTurn = Omit<TurnRow, 'created_at'>;

function newTurn(member: Member, request: ValidPrompt, { conversation, parent }: Place): NewTurn {
  return {
    id: newId(),
    conversation_id: conversation?.id ?? newId(),
    user_id: member.id,
    parent_id: parent?.id ?? null,
    depth: parent ? parent.depth + 1 : 0,
    prompt: request.prompt,
    parameters: request.parameters,
    idempotency_key: request.idempotencyKey ?? null,
    chosen_response_id: null,
  };
}

/** Makes the turn's conversation, or moves it to the top. */
async function placeTurn(
  trx: Transaction<Database>,
  turn: NewTurn,
  { prompt, atStart }: ValidPrompt,
  { conversation, parent }: Place,
  models: readonly Model[],
): Promise<void> {
  const { conversation_id: id, user_id: userId } = turn;
  const modelIds = models.map((model) => model.id);
  const title = titleFromPrompt(prompt);
  if (!conversation) {
    await insertConversation(trx, newConversation({ id, userId, title, modelIds }));
    return;
  }
  const retitled = !parent && !atStart && !conversation.titled_by_user ? { title } : {};
  await setConversation(trx, userId, id, { model_ids: modelIds, active_at: new Date(), ...retitled });
}

interface LanesToInsert {
  turn: NewTurn;
  lanes: readonly LanePlan[];
  system: string | null;
  regenerated?: boolean;
}

interface NewResponses {
  jobs: GenerationJob[];
  rows: NewResponse[];
  creditsHeld: number;
}

function newResponses(
  { generation }: PromptsOptions,
  { turn, lanes, system, regenerated = false }: LanesToInsert,
): NewResponses {
  const jobs = lanes.map(
    (plan): GenerationJob => ({
      identity: {
        id: newId(),
        turnId: turn.id,
        conversationId: turn.conversation_id,
        userId: turn.user_id,
        lane: plan.lane,
        modelId: plan.model.id,
        ofNewTurn: !regenerated,
      },
      creditsHeld: plan.maximum,
      candidates: plan.candidates,
      system,
      temperature: turn.parameters.temperature,
      topP: turn.parameters.topP,
    }),
  );
  const rows = jobs.map(({ identity, creditsHeld }, index) => ({
    id: identity.id,
    turn_id: turn.id,
    conversation_id: turn.conversation_id,
    user_id: turn.user_id,
    lane: identity.lane,
    regenerated,
    model_id: identity.modelId,
    input_tokens_expected: lanes[index]?.inputTokens ?? 0,
    credits_held: creditsHeld,
    lease_owner: generation.owner,
  }));
  return { jobs, rows, creditsHeld: sumOf(lanes) };
}

function writeResponses(
  trx: Transaction<Database>,
  { leaseMs }: PromptsOptions,
  userId: string,
  { rows, creditsHeld }: NewResponses,
): Promise<unknown>[] {
  return [holdCredits(trx, userId, creditsHeld), insertResponses(trx, rows, leaseMs)];
}
