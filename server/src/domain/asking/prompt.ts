import type { Kysely, Transaction } from 'kysely';
import { v7 as newId } from 'uuid';
import { sendLast, sendTogether } from '../../database/connection/pipelining.ts';
import { execute, type Statement } from '../../database/connection/statement.ts';
import {
  findConversationAtStatement,
  insertConversationStatement,
  lockConversationAtStatement,
  promptConversationStatement,
} from '../../database/conversations.ts';
import type { Database } from '../../database/database.ts';
import {
  findSpentIdempotencyKeyStatement,
  findTurnByIdempotencyKeyStatement,
  insertTurnStatement,
  type KeyedTurnRow,
  type TurnRow,
} from '../../database/turns.ts';
import type { Generation } from '../answering/generation.ts';
import type { LiveResponses } from '../answering/live-responses.ts';
import type { Catalogue, Model } from '../catalogue/catalogue.ts';
import { tierOf } from '../catalogue/catalogue.ts';
import { disabledModels, resolveModels } from '../catalogue/models.ts';
import { newConversation } from '../conversations/conversations.ts';
import { titleFromPrompt } from '../conversations/title.ts';
import { InvalidInputError, NotFoundError, RateLimitError } from '../ground/errors.ts';
import { accountTopic, type Notifications, turnTopic } from '../ground/notifications.ts';
import { findAccount, lockAccountAndLook, makeAccount } from '../money/credits.ts';
import {
  explainMonthlyLimit,
  findMonthlyRest,
  type MonthlyLimit,
  requireMonthlyLimitStatement,
} from '../money/monthly-limit.ts';
import type { Member } from '../people/members.ts';
import {
  admissionOf,
  BUSY_SECONDS,
  admissionStatement,
  type RunningLimits,
  requireCredits,
  requireFewModels,
  requireModels,
  requireRate,
  requireRoom,
} from './admission.ts';
import { maximumOf, planLanes } from './lanes.ts';
import { type Admitted, newResponses, type UnstoredTurn } from './new-responses.ts';
import { lookAround, type Place, placeOf } from './place.ts';
import { type PromptInput, requireSameInput, type ValidPrompt, validated } from './prompt-input.ts';
import { admitContinuation, admitRegeneration } from './versions.ts';

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
  /** A new response in the lane of one that was cut off: its model goes on with its text. Again: the same turn again. */
  continue(member: Member, responseId: string): Promise<TurnRow>;
  /** What `send` would hold and is likely to charge. Of the tier only the number of models is looked at, and no rate. */
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
  monthlyLimit: MonthlyLimit;
}

export function createPrompts(options: PromptsOptions): Prompts {
  const { db, catalogue, live, generation, notifications, monthlyLimit } = options;

  /** Admitted, or about to be, and not started yet. */
  let admitting = 0;

  /** Why this process starts nothing now; null: it does. */
  function findObstacle(): RateLimitError | null {
    if (generation.draining) {
      return new RateLimitError(BUSY_SECONDS, 'The server is restarting. Try again in a few seconds.');
    }
    if (live.size + admitting < options.limits.perProcess) return null;
    return new RateLimitError(BUSY_SECONDS, 'The server writes as many answers as it can. Try again in a few seconds.');
  }

  async function admit(
    member: Member,
    /** Finds what came of it where it was admitted before: that needs no room. */
    earlier: { statement: Statement<KeyedTurnRow>; requireSame(turn: KeyedTurnRow): void } | undefined,
    /** Null: the account has to be made first, apart, because everybody locks it before anything else. */
    admission: (trx: Transaction<Database>, reserve: (responses: number) => void) => Promise<Admitted | null>,
  ): Promise<TurnRow> {
    const obstacle = findObstacle();
    if (obstacle) {
      const [known] = earlier ? await execute(db, earlier.statement) : [];
      if (!known) throw obstacle;
      earlier?.requireSame(known);
      return known;
    }
    let reserved = 0;
    // Many may be let in at the same moment: each counts from here on.
    const reserve = (responses: number) => {
      const full = findObstacle();
      if (full) throw full;
      reserved += responses;
      admitting += responses;
    };
    const attempt = () => db.transaction().execute((trx) => admission(trx, reserve));
    try {
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
      const request = validated(input, catalogue);
      const userId = asking.id;
      const key = request.idempotencyKey;
      const requireSame = (turn: KeyedTurnRow) => requireSameInput(request, turn, catalogue);
      const earlier = key ? { statement: findTurnByIdempotencyKeyStatement({ userId, key }), requireSame } : undefined;
      return admit(asking, earlier, async (trx, reserve) => {
        // All that is looked at goes to the database at once, as does all that is written.
        const locked = await lockAccountAndLook(trx, userId, tierOf(catalogue, asking), {
          admission: admissionStatement(catalogue, asking),
          known: earlier?.statement,
          spent: key ? findSpentIdempotencyKeyStatement({ userId, key }) : undefined,
          ...lookAround(userId, request, lockConversationAtStatement),
        });
        if (!locked) return null;
        const { account, seen } = locked;
        const admission = await admissionOf(trx, catalogue, asking, seen.admission);
        const [known] = seen.known;
        if (known) {
          requireSame(known);
          return { turn: known, jobs: [] };
        }
        if (seen.spent.length > 0) throw new NotFoundError('conversation');

        const place = placeOf(request, seen);
        const models = modelsOf(catalogue, request, place.conversation);
        requireModels(models, admission);
        requireRate(admission);
        requireRoom(admission, models.length, options.limits);
        reserve(models.length);
        const system = place.conversation?.system_prompt ?? null;
        const lanes = planLanes(admission, { ...request, history: place.history, system }, models);
        const maximum = maximumOf(lanes);
        requireCredits(maximum, account);
        const turn = newTurn(userId, request, place);
        const { jobs, statements } = newResponses(options, { turn, lanes, system });
        const { stored } = await sendLast(trx, {
          placed: placeTurnStatement(turn, request, place, models),
          stored: insertTurnStatement({ ...turn, parameters: JSON.stringify(turn.parameters) }),
          ...statements,
          affordable: requireMonthlyLimitStatement(monthlyLimit, maximum),
        }).catch(explainMonthlyLimit(monthlyLimit, maximum));
        return { turn: stored[0] as TurnRow, jobs };
      });
    },

    async regenerate(asking, responseId, modelId) {
      return admit(asking, undefined, (trx, reserve) =>
        admitRegeneration(options, trx, { asking, responseId, modelId, reserve }),
      );
    },

    async continue(asking, responseId) {
      return admit(asking, undefined, (trx, reserve) =>
        admitContinuation(options, trx, { asking, responseId, reserve }),
      );
    },

    async quote(member, input) {
      const request = validated({ ...input, prompt: input.prompt.trim() === '' ? '…' : input.prompt }, catalogue);
      const tier = tierOf(catalogue, member);
      // Whatever can be refused is, before anything is read for it, and before its texts are measured.
      if (request.modelIds) requireFewModels(request.modelIds.length, tier, catalogue);
      const place = placeOf(
        request,
        await sendTogether(db, lookAround(member.id, request, findConversationAtStatement)),
      );
      const access = { catalogue, member, disabledModelIds: await disabledModels(db), availableCredits: null };
      const models = modelsOf(catalogue, request, place.conversation);
      requireFewModels(models.length, tier, catalogue);
      const system = place.conversation?.system_prompt ?? null;
      const lanes = planLanes({ tier, access }, { ...request, history: place.history, system }, models);
      const account = await findAccount(db, member.id, tier);
      const maximum = maximumOf(lanes);
      const available = Math.min(account.balance - account.held, await findMonthlyRest(db, monthlyLimit));
      return { models: lanes, maximum, affordable: maximum <= available };
    },
  };
}

function modelsOf(catalogue: Catalogue, request: ValidPrompt, conversation: Place['conversation']): Model[] {
  if (request.modelIds) return resolveModels(catalogue, request.modelIds);
  const kept = (conversation?.model_ids ?? []).filter((id) => catalogue.models.has(id));
  const ids = kept.length > 0 ? kept : catalogue.defaultModelIds;
  if (ids.length === 0) throw new InvalidInputError('modelIds', 'Name the models: this server has no default.');
  return resolveModels(catalogue, ids);
}

function newTurn(userId: string, request: ValidPrompt, { conversation, parent }: Place): UnstoredTurn {
  return {
    id: newId(),
    conversation_id: conversation?.id ?? newId(),
    user_id: userId,
    parent_id: parent?.id ?? null,
    depth: parent ? parent.depth + 1 : 0,
    prompt: request.prompt,
    parameters: request.parameters,
    idempotency_key: request.idempotencyKey ?? null,
    chosen_response_id: null,
    chosen_lane: null,
  };
}

/** Makes the turn's conversation, or moves it to the top. */
function placeTurnStatement(
  { conversation_id: id, user_id: userId }: UnstoredTurn,
  { prompt, atStart }: ValidPrompt,
  { conversation, parent }: Place,
  models: readonly Model[],
): Statement {
  const modelIds = models.map((model) => model.id);
  const title = titleFromPrompt(prompt);
  if (!conversation) return insertConversationStatement(newConversation({ id, userId, title, modelIds }));
  const isRetitled = !parent && !atStart && !conversation.titled_by_user;
  return promptConversationStatement({ userId, id, modelIds, title: isRetitled ? title : null });
}
