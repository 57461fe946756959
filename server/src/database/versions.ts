import { type Kysely, sql } from 'kysely';
import { prepare } from './connection/prepared.ts';
import { conversationAt, type Whereabouts } from './conversations.ts';
import type { Database, ResponseStatus, StoredPart } from './database.ts';
import { leaseEnd } from './responses.ts';

/** A response that a later turn may take as its turn's answer. */
export interface Answer {
  turn_id: string;
  response_id: string;
  lane: number;
  model_id: string;
  /** The model that the lane was first asked of; a regeneration may have asked another one. */
  asked_model_id: string;
  status: ResponseStatus;
  text: string;
  /** Null or absent: no image of it is kept. */
  parts?: readonly StoredPart[] | null;
}

/** Whether an image of the response is kept. */
export const hasImage = sql<boolean>`
  coalesce(jsonb_path_exists(parts, '$[*] ? (@.kind == "image" && exists(@.data.fileId))'), false)`;

/**
 * Finds, for each lane of a conversation's turns, the finished response with text or an image that was made or chosen last:
 * mostly the version that is shown, or the last one before it if that ended without either.
 */
export const findAnswersAtStatement = prepare((db, at: Whereabouts) =>
  db
    .selectFrom('response')
    .distinctOn(['turn_id', 'lane'])
    .select(({ ref }) => ref('turn_id').$castTo<string>().as('turn_id'))
    .select(['id as response_id', 'lane', 'model_id', 'status', 'text'])
    .select(askedModel.as('asked_model_id'))
    .select(sql<StoredPart[] | null>`case when ${hasImage} then parts end`.as('parts'))
    .where('user_id', '=', at.userId)
    .where('conversation_id', '=', conversationAt(at))
    .where('finished_at', 'is not', null)
    .where((eb) => eb.or([eb('text', '!=', ''), hasImage]))
    .orderBy('turn_id')
    .orderBy('lane')
    .orderBy(shownSince, 'desc')
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc'),
);

const askedModel = sql<string>`
  case when regenerated and merge is null then (
    select original.model_id from response original
    where original.turn_id = response.turn_id and original.lane = response.lane and not original.regenerated
    limit 1
  ) else model_id end`;

/** A lane shows the version that was made or chosen last. */
const shownSince = sql<Date>`coalesce(chosen_at, created_at)`;

/** A response that goes on with another one's text, in its lane. */
export interface NewContinuation {
  id: string;
  continuesId: string;
  /** The account that pays. */
  creditAccountId: string;
  /** The API key that asks; null: a session does. */
  apiKeyId: string | null;
  owner: string;
  leaseMs: number;
  inputTokensExpected: number;
  creditsHeld: number;
  /** JSON: see `response.prices`. */
  prices: string;
  /** JSON: see `response.files_sent`. */
  filesSent: string | null;
}

/** Inserts the continuation QUEUED, with a copy of everything that it goes on from, leased to `owner` for `leaseMs`. */
export const insertContinuationStatement = prepare(
  (_db, to: NewContinuation) => sql<never>`
    insert into response (
      id, turn_id, conversation_id, user_id, credit_account_id, api_key_id, lane, regenerated, model_id, status, text,
      reasoning, parts, citations, merge, continues_id, input_tokens_expected, credits_held, prices, files_sent, lease_owner, lease_until
    )
    select
      ${to.id}::uuid, turn_id, conversation_id, user_id, ${to.creditAccountId}::uuid, ${to.apiKeyId}, lane, true,
      model_id, 'QUEUED', text, reasoning, parts, citations, merge,
      id, ${to.inputTokensExpected}::bigint, ${to.creditsHeld}::bigint, ${to.prices}::jsonb, ${to.filesSent}::jsonb,
      ${to.owner}::uuid, ${leaseEnd(to.leaseMs)}
    from response where id = ${to.continuesId}::uuid`,
);

interface Choice {
  userId: string;
  turnId: string;
  responseId: string;
  lane: number;
}

/** Makes a response the version that its lane shows, by a `chosen_at` later than that of all others. */
export async function setShown(db: Kysely<Database>, { userId, turnId, responseId, lane }: Choice): Promise<void> {
  const latest = db
    .selectFrom('response as version')
    .select(sql<Date>`max(coalesce(version.chosen_at, version.created_at)) + interval '1 millisecond'`.as('latest'))
    .where('version.turn_id', '=', turnId)
    .where('version.lane', '=', lane);
  await db
    .updateTable('response')
    .set({ chosen_at: sql<Date>`greatest(clock_timestamp(), ${latest})` })
    .where('user_id', '=', userId)
    .where('id', '=', responseId)
    .execute();
}

/** Makes a response the turn's chosen answer; with `ofLane` only if the chosen answer is of its lane already. */
export async function setChosen(
  db: Kysely<Database>,
  { userId, turnId, responseId, lane, ofLane }: Choice & { ofLane: boolean },
): Promise<void> {
  await db
    .updateTable('turn')
    .set({ chosen_response_id: responseId, chosen_lane: lane })
    .where('user_id', '=', userId)
    .where('id', '=', turnId)
    .$if(ofLane, (update) => update.where('chosen_lane', '=', lane))
    .execute();
}
