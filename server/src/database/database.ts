import type { ColumnType, Generated, GeneratedAlways, JSONColumnType, RawBuilder } from 'kysely';
import type { AgentTables, Shortening, StoredAgent } from './agents/agent-tables.ts';
import type { AuthTables, TierId } from './auth-tables.ts';
import type { CatalogueTables } from './catalogue/catalogue-tables.ts';
import type { FileTables } from './files/file-tables.ts';
import type { VerdictTables } from './judging/verdict-tables.ts';
import type { KeepingTables } from './keeping/keeping-tables.ts';
import type { BudgetTables } from './money/budget-tables.ts';
import type { HouseTables } from './people/house-tables.ts';
import type { TeamTables } from './people/team-tables.ts';
import type { PresetTables } from './presets/preset-tables.ts';
import type { ShareTables } from './sharing/share-tables.ts';
import type { ToolTables } from './tools/tool-tables.ts';

/** Every table, as the migrations leave them. int8 is read as a safe integer, numeric as a string. */
export interface Database
  extends AgentTables,
    AuthTables,
    BudgetTables,
    CatalogueTables,
    FileTables,
    HouseTables,
    PresetTables,
    KeepingTables,
    ShareTables,
    TeamTables,
    ToolTables,
    VerdictTables {
  conversation: ConversationTable;
  turn: TurnTable;
  response: ResponseTable;
  response_chunk: ResponseChunkTable;
  credit_account: CreditAccountTable;
  credit_entry: CreditEntryTable;
  receipt: ReceiptTable;
  deleted_admission: DeletedAdmissionTable;
  spent_idempotency_key: SpentIdempotencyKeyTable;
  invitation: InvitationTable;
  attempt_count: AttemptCountTable;
  revoked_api_key: RevokedApiKeyTable;
  one_time_link: OneTimeLinkTable;
}

interface ConversationTable {
  id: string;
  user_id: string;
  title: string;
  titled_by_user: boolean;
  model_ids: string[];
  system_prompt: string | null;
  client_id: string | null; // What a program's client calls it; null: a client of another kind made it.
  payer_team_id: string | null; // The team that pays unless a prompt says otherwise; null: the member does.
  folder_id: string | null;
  evaluation_id: string | null; // Of its own, which no list shows; null: an ordinary one.
  temporary: Generated<boolean>; // Whether no list shows it, and nothing of it is kept.
  left_at: ColumnType<Date | null, never, RawBuilder<Date> | null>; // Of a temporary one: when its page was closed.
  title_asked_at: ColumnType<Date | null, never, RawBuilder<Date>>; // When a model was asked for the title; null: none was.
  retitled_at: ColumnType<Date | null, never, RawBuilder<Date>>; // When the title was last changed; null: never.
  pinned: Generated<boolean>;
  archived: Generated<boolean>;
  created_at: Generated<Date>;
  updated_at: Generated<Date>;
  active_at: Generated<Date>;
}

interface TurnTable {
  id: string;
  conversation_id: string;
  user_id: string;
  parent_id: string | null;
  depth: number;
  prompt: string;
  parameters: JSONColumnType<StoredParameters>;
  idempotency_key: string | null;
  chosen_response_id: string | null;
  /** The lane of the chosen response; a later version in that lane takes its place. */
  chosen_lane: number | null;
  /** Whether a client sent it with its answer, as something that had been asked before. */
  imported: Generated<boolean>;
  /** Whether the models are hidden from its member until `revealed_at`. */
  blind: Generated<boolean>;
  revealed_at: Date | null;
  unpaced: Generated<boolean>; // Whether a reader of the blind turn was shown its answers at the models' own speeds.
  /** The answer that the prompt went on from, with its turn and its lane; null: each model went on from its own. */
  history_response_id: string | null;
  history_turn_id: string | null;
  history_lane: number | null;
  /** The account that pays for the blind turn; null: the turn is not blind. */
  credit_account_id: string | null;
  /** Credits that each answer of the blind turn counts as held until the reveal. */
  lane_hold: Generated<number>;
  with_merge: Generated<boolean>; // Whether the prompt asked for a merge of the other answers.
  agent: ColumnType<StoredAgent | null, string | null | undefined, never>; // Null: each model is asked once.
  created_at: Generated<Date>;
}

export interface StoredParameters {
  temperature?: number;
  topP?: number;
  maxOutputTokens?: number;
}

export type ResponseStatus = 'QUEUED' | 'STREAMING' | 'COMPLETED' | 'FAILED' | 'STOPPED' | 'INTERRUPTED';

interface ResponseTable {
  id: string;
  /** Null, as `conversation_id` is: a program's call, which is deleted when it is settled. */
  turn_id: string | null;
  conversation_id: string | null;
  user_id: string;
  lane: number;
  /** Whether it was asked for after its turn's prompt, which began the other lanes. */
  regenerated: Generated<boolean>;
  model_id: string;
  served_by: string | null;
  status: ResponseStatus;
  text: Generated<string>;
  reasoning: Generated<string>;
  /** In order; null: stored before answers had parts. */
  parts: ColumnType<StoredPart[] | null, string | undefined, string>;
  refusal: string | null;
  citations: ColumnType<StoredCitation[], string | undefined, string>;
  finish_reason: string | null;
  /** What ended the answer before its model did; null: nothing. */
  shortened_by: Shortening | null;
  failure_code: string | null;
  failure_message: string | null;
  attempts: ColumnType<StoredAttempt[], string | undefined, string>;
  input_tokens: number | null;
  cached_input_tokens: number | null;
  cache_write_input_tokens: number | null;
  output_tokens: number | null;
  reasoning_tokens: number | null;
  usage_estimated: boolean | null;
  input_tokens_expected: number;
  credits_held: number;
  /** Whether the answer is kept back until its account has credits for more of it. */
  waits_for_credits: Generated<boolean>;
  credits_charged: number | null;
  first_token_ms: number | null;
  duration_ms: number | null;
  created_at: Generated<Date>;
  finished_at: Date | null;
  lease_owner: string | null;
  lease_until: Date | null;
  stop_requested: Generated<boolean>;
  /** When the response was last chosen as the version that its lane shows; null: never. */
  chosen_at: Date | null;
  /** The response whose text this one goes on with. */
  continues_id: string | null;
  /** The account that pays; null if the response was final before accounts had owners: then the member's own paid. */
  credit_account_id: string | null;
  /** The API key that asked, which may be revoked by now; null: a session did. */
  api_key_id: string | null;
  /** What it is made from; null: from the prompt alone. */
  merge: ColumnType<StoredMerge | null, string | null | undefined, never>;
  /** What each model that may answer cost when it was asked, by its id; null: the response is final, or of before. */
  prices: ColumnType<StoredPrices | null, string | undefined, null>;
  /** What the model was sent of files; null: there are none. */
  files_sent: ColumnType<StoredSentFiles | null, string | null | undefined, string | null>;
  agent: ColumnType<StoredAgent | null, never, never>; // Null: its model is asked once.
}

/** As what a model was sent each file of its prompt (null: not at all), and how many of earlier ones it was not. */
export interface StoredSentFiles {
  forms: ('NATIVE' | 'TEXT' | null)[];
  leftOut: number;
}

/** Other answers of the same turn, by which model and how they are made into one. */
export interface StoredMerge {
  mode: 'COMBINE' | 'COMPARE' | 'JUDGE';
  /** In the order in which the model reads them. */
  sourceIds: readonly string[];
  instruction: string | null; // What the member asks for beside that.
  withPrompt?: true; // It was asked for with the prompt: a hidden turn hides that it is a merge.
}

export type StoredPrices = Readonly<Record<string, StoredPriceTag>>;

/** The prices of a model, in credits and in USD for a million tokens. */
export interface StoredPriceTag {
  prices: StoredRates;
  pricesUsd: StoredRates;
  priceFrom?: 'provider' | 'prices';
  creditsPerUsd?: number;
}

interface StoredRates {
  input: number;
  cachedInput: number;
  cacheWriteInput: number;
  output: number;
  perRequest?: number;
  perSearch?: number;
  tiers?: readonly (Omit<StoredRates, 'perRequest' | 'perSearch' | 'tiers'> & { aboveInputTokens: number })[];
}

/**
 * A part of an answer. A `text` or `reasoning` part is a piece of the column of that name, from `start` (UTF-16 code units) to
 * where the next part of its kind starts; a part of any other kind has its data with it.
 */
export interface StoredPart {
  kind: string;
  start?: number;
  data?: unknown;
}

export interface StoredCitation {
  url: string;
  title: string | null;
}

export interface StoredAttempt {
  modelId: string;
  /** RFC 3339. */
  startedAt: string;
  durationMs: number;
  failure: { code: string; message: string } | null;
}

interface ResponseChunkTable {
  response_id: string;
  part: 'text' | 'reasoning';
  start: number;
  content: string;
}

/** The owner is exactly one: a user, a team, or the house. */
interface CreditAccountTable {
  id: Generated<string>;
  user_id: string | null;
  team_id: string | null;
  house: Generated<boolean>;
  balance: Generated<number>;
  held: Generated<number>;
  topped_up_month: ColumnType<string | null, string | null | undefined, string | null>;
  topped_up_to: Generated<number>;
  /** First day of the month of the last charge; null before the first. */
  charged_month: ColumnType<string | null, never, string>;
  /** All charges of that month together. */
  charged: ColumnType<number, never, number>;
}

export type CreditEntryKind = 'GRANT' | 'CHARGE' | 'ADJUSTMENT';

interface CreditEntryTable {
  id: GeneratedAlways<number>;
  credit_account_id: string;
  kind: CreditEntryKind;
  amount: number;
  balance_after: number;
  response_id: string | null;
  note: string | null;
  created_at: Generated<Date>;
}

interface ReceiptTable {
  response_id: string;
  /** The member who asked; null: the house did. */
  user_id: string | null;
  credit_account_id: string; // The account that paid.
  /** The API key that asked, which may be revoked by now; null: a session did. */
  api_key_id: string | null;
  model_id: string;
  provider_id: string;
  status: string;
  input_tokens: number;
  /** How many of them are of images, as far as the provider said so. */
  image_input_tokens: Generated<number>;
  cached_input_tokens: number;
  cache_write_input_tokens: number;
  output_tokens: number;
  reasoning_tokens: number;
  estimated: boolean;
  input_price: number;
  cached_input_price: number;
  cache_write_input_price: number;
  output_price: number;
  request_price: number;
  credits_held: number;
  credits: number;
  cost_usd: string;
  /** Whether `cost_usd`, and with it the charge, is the provider's own figure. */
  cost_reported: boolean;
  first_token_ms: number | null;
  created_at: Generated<Date>;
}

interface DeletedAdmissionTable {
  user_id: string;
  admitted_at: Date;
}

interface SpentIdempotencyKeyTable {
  user_id: string;
  key: string;
  spent_at: Generated<Date>;
}

interface InvitationTable {
  id: string;
  created_by: string | null;
  tier: TierId;
  /** The team that new members join; null: none. */
  team_id: string | null;
  /** A trigger counts here when a user who names the invitation is inserted. */
  uses: Generated<number>;
  uses_max: number | null;
  expires_at: Date | null;
  revoked_at: ColumnType<Date | null, never, Date>;
  created_at: Generated<Date>;
}

interface AttemptCountTable {
  key: string;
  points: Generated<number>;
  /** In ms since 1970. */
  expire: number | null;
}

/** The keys that were used before they were revoked. */
interface RevokedApiKeyTable {
  id: string;
  user_id: string;
  name: string;
  /** The key's first characters. */
  start: string;
  revoked_at: Generated<Date>;
}

/** A link that works once, which a member gets by mail or from an admin. */
interface OneTimeLinkTable {
  /** SHA-256 of the link's secret in base64url; the secret is stored nowhere. */
  hash: string;
  user_id: string;
  purpose: 'RESET' | 'CONFIRM';
  /** CONFIRM: the address that is confirmed, which may be the member's next one. */
  email: string;
  expires_at: Date;
  created_at: Generated<Date>;
}
