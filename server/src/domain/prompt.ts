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
  countLiveResponses,
  findAnswers,
  findResponses,
  findResponsesOfTurns,
  insertResponses,
} from '../database/responses.ts';
import {
  findAdmissionsOfLastMinute,
  findBranch,
  findLatestTurn,
  findTurnByIdempotencyKey,
  findTurns,
  insertTurn,
  type TurnRow,
} from '../database/turns.ts';
import { findUsers } from '../database/users.ts';
import { type Catalogue, type Model, type Tier, tierIds } from './catalogue.ts';
import { newConversation, titleFromPrompt } from './conversations.ts';
import { type CreditAccount, findAccount, holdCredits, lockAccount } from './credits.ts';
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

  async function admit(member: Member, admission: (trx: Transaction<Database>) => Promise<Admitted>): Promise<TurnRow> {
    if (generation.draining)
      throw new RateLimitError(BUSY_SECONDS, 'The server is restarting. Try again in a few seconds.');
    if (live.size >= options.limits.perProcess) {
      throw new RateLimitError(
        BUSY_SECONDS,
        'The server writes as many answers as it can. Try again in a few seconds.',
      );
    }
    const { turn, jobs } = await db.transaction().execute(admission);
    for (const job of jobs) generation.start(job);
    if (jobs.length > 0) notifications.publish([accountTopic(member.id), turnTopic(turn.id)]);
    return turn;
  }

  return {
    async send(asking, input) {
      const request = validated(input);
      return admit(asking, async (trx) => {
        const account = await lockAccount(trx, asking.id, tierOf(catalogue, asking));
        const member = await findActive(trx, asking);
        const tier = tierOf(catalogue, member);
        const known =
          request.idempotencyKey && (await findTurnByIdempotencyKey(trx, member.id, request.idempotencyKey));
        if (known) return { turn: known, jobs: [] };

        const place = await findPlace(trx, member.id, request);
        const access = await accessOf(trx, catalogue, member);
        const models = modelsOf(catalogue, request, place.conversation);
        requireModels(models, tier, access);
        await requireRate(trx, member.id, tier);
        await requireRoom(trx, member.id, models.length, options.limits);
        const system = place.conversation?.system_prompt ?? null;
        const lanes = await planLanes(trx, access, { ...request, ...place, tier, system, userId: member.id }, models);
        requireCredits(lanes, account);
        const turn = await insertPrompt(trx, member, request, place, models);
        return insertLanes(trx, options, { turn, lanes, system });
      });
    },

    async regenerate(asking, responseId, modelId) {
      return admit(asking, async (trx) => {
        const account = await lockAccount(trx, asking.id, tierOf(catalogue, asking));
        const member = await findActive(trx, asking);
        const tier = tierOf(catalogue, member);
        const [response] = await findResponses(trx, member.id, [responseId]);
        if (!response) throw new NotFoundError('response');
        const turn = (await findTurns(trx, member.id, [response.turn_id]))[0] as TurnRow;
        const conversation = await lockConversation(trx, member.id, turn.conversation_id);
        if (!conversation) throw new NotFoundError('response');
        const current = newestOfLanes(await findResponsesOfTurns(trx, member.id, [turn.id]));
        if (current.some(({ lane, finished_at }) => lane === response.lane && finished_at === null)) {
          throw new InvalidInputError('responseId', 'This answer is still being written. Stop it first.');
        }

        const access = await accessOf(trx, catalogue, member);
        const [model] = resolveModels(catalogue, [modelId ?? response.model_id]) as [Model];
        requireAccess(model, access);
        await requireRate(trx, member.id, tier);
        await requireRoom(trx, member.id, 1, options.limits);
        const [parent = null] = turn.parent_id ? await findTurns(trx, member.id, [turn.parent_id]) : [];
        const system = conversation.system_prompt;
        const lanes = await planLanes(
          trx,
          access,
          { prompt: turn.prompt, parameters: turn.parameters, parent, tier, system, userId: member.id },
          [model],
          response.lane,
        );
        requireCredits(lanes, account);
        return insertLanes(trx, options, { turn, lanes, system, regenerated: true });
      });
    },

    async quote(member, input) {
      const request = validated({ ...input, prompt: input.prompt.trim() === '' ? '…' : input.prompt });
      const place = await findPlace(db, member.id, request, { lock: false });
      const access = await accessOf(db, catalogue, member);
      const models = modelsOf(catalogue, request, place.conversation);
      const tier = tierOf(catalogue, member);
      const system = place.conversation?.system_prompt ?? null;
      const lanes = await planLanes(db, access, { ...request, ...place, tier, system, userId: member.id }, models);
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
async function findActive(trx: Transaction<Database>, asking: Member): Promise<Member> {
  const [user] = await findUsers(trx, [asking.id]);
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

interface Place {
  /** Null: to be made. */
  conversation: ConversationRow | null;
  parent: TurnRow | null;
}

async function findPlace(
  db: Kysely<Database>,
  userId: string,
  { conversationId, parentTurnId, atStart }: ValidPrompt,
  { lock } = { lock: true },
): Promise<Place> {
  const [namedParent] = parentTurnId ? await findTurns(db, userId, [parentTurnId]) : [];
  if (parentTurnId && !namedParent) throw new NotFoundError('turn');
  const id = conversationId ?? namedParent?.conversation_id;
  if (!id) return { conversation: null, parent: null };

  const conversation = lock ? await lockConversation(db, userId, id) : (await findConversations(db, userId, [id]))[0];
  if (!conversation) throw new NotFoundError('conversation');
  if (namedParent && namedParent.conversation_id !== id) throw new NotFoundError('turn');
  if (atStart) return { conversation, parent: null };
  return { conversation, parent: namedParent ?? (await findLatestTurn(db, userId, id)) ?? null };
}

async function accessOf(db: Kysely<Database>, catalogue: Catalogue, member: Member): Promise<AccessRequest> {
  return { catalogue, member, disabledModelIds: await disabledModels(db), availableCredits: null };
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

async function requireRate(trx: Transaction<Database>, userId: string, tier: Tier): Promise<void> {
  const agesMs = await findAdmissionsOfLastMinute(trx, userId);
  const blockingAgeMs = agesMs.at(-tier.promptsPerMinute);
  if (blockingAgeMs === undefined) return;
  const retryAfterSeconds = Math.max(1, Math.ceil((60_000 - blockingAgeMs) / 1000));
  throw new RateLimitError(
    retryAfterSeconds,
    `The ${tier.name} plan sends ${tier.promptsPerMinute} prompts a minute. Try again in ${retryAfterSeconds} s.`,
  );
}

async function requireRoom(
  trx: Transaction<Database>,
  userId: string,
  wanted: number,
  { perMember }: RunningLimits,
): Promise<void> {
  if ((await countLiveResponses(trx, userId)) + wanted <= perMember) return;
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

interface PlanRequest extends Pick<LaneRequest, 'prompt' | 'parameters' | 'tier' | 'system'> {
  userId: string;
  parent: TurnRow | null;
}

async function planLanes(
  db: Kysely<Database>,
  access: AccessRequest,
  { userId, parent, ...request }: PlanRequest,
  models: readonly Model[],
  firstLane = 0,
): Promise<LanePlan[]> {
  const history = await loadHistory(db, userId, parent);
  return models.map((model, index) => {
    const fallbacks = model.fallbacks
      .flatMap((id) => access.catalogue.models.get(id) ?? [])
      .filter((fallback) => modelAccess(fallback, access).allowed);
    return planLane({ ...request, history, model, fallbacks, lane: firstLane + index });
  });
}

async function loadHistory(db: Kysely<Database>, userId: string, parent: TurnRow | null): Promise<History> {
  if (!parent) return { turns: [], answers: [] };
  const ids = await findBranch(db, userId, parent.id);
  const rows = new Map((await findTurns(db, userId, ids)).map((turn) => [turn.id, turn]));
  return { turns: ids.flatMap((id) => rows.get(id) ?? []), answers: await findAnswers(db, userId, ids) };
}

async function insertPrompt(
  trx: Transaction<Database>,
  member: Member,
  request: ValidPrompt,
  { conversation, parent }: Place,
  models: readonly Model[],
): Promise<TurnRow> {
  const modelIds = models.map(({ id }) => id);
  const now = new Date();
  const title = titleFromPrompt(request.prompt);
  const { atStart } = request;
  let conversationId: string;
  if (conversation) {
    conversationId = conversation.id;
    const retitled = !parent && !atStart && !conversation.titled_by_user ? { title } : {};
    await setConversation(trx, member.id, conversationId, { model_ids: modelIds, active_at: now, ...retitled });
  } else {
    conversationId = newId();
    await insertConversation(trx, newConversation({ id: conversationId, userId: member.id, title, modelIds }));
  }
  return insertTurn(trx, {
    id: newId(),
    conversation_id: conversationId,
    user_id: member.id,
    parent_id: parent?.id ?? null,
    depth: parent ? parent.depth + 1 : 0,
    prompt: request.prompt,
    parameters: JSON.stringify(request.parameters),
    idempotency_key: request.idempotencyKey ?? null,
    chosen_response_id: null,
  });
}

interface LanesToInsert {
  turn: TurnRow;
  lanes: readonly LanePlan[];
  system: string | null;
  regenerated?: boolean;
}

async function insertLanes(
  trx: Transaction<Database>,
  { generation, leaseMs }: PromptsOptions,
  { turn, lanes, system, regenerated = false }: LanesToInsert,
): Promise<Admitted> {
  const jobs = lanes.map(
    (plan): GenerationJob => ({
      identity: {
        id: newId(),
        turnId: turn.id,
        conversationId: turn.conversation_id,
        userId: turn.user_id,
        lane: plan.lane,
        modelId: plan.model.id,
      },
      creditsHeld: plan.maximum,
      candidates: plan.candidates,
      system,
      temperature: turn.parameters.temperature,
      topP: turn.parameters.topP,
    }),
  );
  await holdCredits(trx, turn.user_id, sumOf(lanes));
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
  await insertResponses(trx, rows, leaseMs);
  return { turn, jobs };
}
