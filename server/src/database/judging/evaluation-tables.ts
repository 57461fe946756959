import type { ColumnType, Generated } from 'kysely';

/** The tables of prompt sets and of evaluations. */
export interface EvaluationTables {
  prompt_set: PromptSetTable;
  prompt_set_item: PromptSetItemTable;
  prompt_set_file: PromptSetFileTable;
  evaluation: EvaluationTable;
  evaluation_item: EvaluationItemTable;
  evaluation_file: EvaluationFileTable;
  evaluation_ask: EvaluationAskTable;
  evaluation_pair: EvaluationPairTable;
  evaluation_verdict: EvaluationVerdictTable;
  evaluation_opening: EvaluationOpeningTable;
}

/** With whom a member shares what is theirs: nobody, a team, or all members. */
export type Audience = 'NOBODY' | 'TEAM' | 'MEMBERS';

interface PromptSetTable {
  id: string;
  user_id: string;
  name: string;
  shared_with: Generated<Audience>;
  /** Set if it is shared with a team. */
  team_id: string | null;
  created_at: Generated<Date>;
  updated_at: Generated<Date>;
}

interface PromptSetItemTable {
  id: string;
  set_id: string;
  /** Counted up; a place that is left stays empty. */
  position: number;
  prompt: string;
  /** The answer that is hoped for; null: none is given. */
  reference: string | null;
  topic: string | null;
}

interface PromptSetFileTable {
  item_id: string;
  /** From 0. */
  position: number;
  file_id: string;
}

export type EvaluationState = 'RUNNING' | 'PAUSED' | 'DONE' | 'STOPPED' | 'DELETED';

/** As `StoredParameters`. */
export interface EvaluationParameters {
  temperature?: number;
  topP?: number;
  maxOutputTokens?: number;
}

interface EvaluationTable {
  id: string;
  user_id: string;
  /** Null: the set was deleted. */
  set_id: string | null;
  set_name: string;
  model_ids: string[];
  repeats: number;
  parameters: ColumnType<EvaluationParameters, string, never>;
  system_prompt: string | null;
  /** Null: only people judge. */
  judge_model_id: string | null;
  rubric: string | null;
  /** Whether the judge is of the same family as a model that it judges. */
  judge_of_family: boolean;
  /** The team that pays; null: the owner does. */
  payer_team_id: string | null;
  /** Credits that it may cost at most. */
  credits_max: number;
  /** Credits that the answers which have ended were charged. */
  spent: Generated<number>;
  /** Whether it ends once a model is found to be better than all others. */
  stop_early: boolean;
  /** Who may judge beside its owner. */
  judged_by: Generated<Audience>;
  judging_team_id: string | null;
  state: EvaluationState;
  pause_code: string | null;
  pause_message: string | null;
  decided_model_id: string | null;
  lease_owner: string | null;
  lease_until: Date | null;
  created_at: Generated<Date>;
  finished_at: Date | null;
}

/** A prompt as it was when the evaluation began. */
interface EvaluationItemTable {
  evaluation_id: string;
  /** From 0. */
  position: number;
  prompt: string;
  reference: string | null;
  topic: string | null;
}

interface EvaluationFileTable {
  evaluation_id: string;
  /** The prompt's position. */
  item: number;
  /** From 0. */
  position: number;
  file_id: string;
}

export type AskState = 'WAITING' | 'ASKED' | 'ENDED' | 'REFUSED';

/** One sending of a prompt to all models of the evaluation. */
interface EvaluationAskTable {
  evaluation_id: string;
  position: number;
  /** From 0. */
  repeat: number;
  /** The order in which they are sent. */
  place: number;
  state: Generated<AskState>;
  /** Null: not asked yet, or the conversation was deleted. */
  turn_id: string | null;
  /** Credits that it may cost at most, as quoted when it was sent. */
  most: Generated<number>;
  /** Why it was refused. */
  message: string | null;
}

/** What a judge says of two answers, by their lanes. */
export type PairOutcome = 'A' | 'B' | 'TIE';

/** Two answers of one sending that are compared. */
interface EvaluationPairTable {
  id: string;
  evaluation_id: string;
  position: number;
  repeat: number;
  lane_a: number;
  lane_b: number;
  /** What the judge model was asked, with the answer of `lane_a` first; null: not asked yet, or deleted. */
  first_turn_id: string | null;
  /** The same with the answer of `lane_a` last. */
  last_turn_id: string | null;
  first_asked: Generated<boolean>;
  last_asked: Generated<boolean>;
  /** Credits that the judge's answers may cost at most, as quoted when it was asked. */
  first_most: Generated<number>;
  last_most: Generated<number>;
  /** By lanes; NONE: nothing that counts. */
  first_said: PairOutcome | 'NONE' | null;
  last_said: PairOutcome | 'NONE' | null;
  /** What both say; null: the judge abstains, or has not said it yet. */
  judged: PairOutcome | null;
}

/** What a person was shown, and says. */
interface EvaluationVerdictTable {
  id: string;
  pair_id: string;
  user_id: string;
  /** Whether the answer of `lane_b` was shown as A. */
  swapped: boolean;
  shown_at: Generated<Date>;
  /** By lanes; null: not judged yet. */
  said: PairOutcome | 'ALL_BAD' | null;
  /** Whether the member had not read the answers beside their models' names. */
  blind: boolean | null;
  judged_at: Date | null;
}

/** That a member has read a prompt's answers beside their models' names. */
interface EvaluationOpeningTable {
  evaluation_id: string;
  position: number;
  user_id: string;
  opened_at: Generated<Date>;
}
