import type { Generated, GeneratedAlways } from 'kysely';
import type { EvaluationTables } from './evaluation-tables.ts';

/** The tables of what was judged, by whom, and of evaluations. */
export interface VerdictTables extends EvaluationTables {
  judge: JudgeTable;
  verdict: VerdictTable;
  verdict_contestant: VerdictContestantTable;
}

interface JudgeTable {
  /** What stands for the judge wherever verdicts are told without names. */
  number: GeneratedAlways<number>;
  /** Null: the account was deleted, or a model judges. */
  user_id: string | null;
  /** A model that judges; null: a member does. */
  model_id: string | null;
}

export type VerdictKind = 'BEST' | 'TIE' | 'ALL_BAD';

interface VerdictTable {
  id: string;
  /** Null: the conversation was deleted. */
  turn_id: string | null;
  /** What was judged of an evaluation; null: a turn was judged, or the evaluation was deleted. */
  pair_id: string | null;
  judge_number: number;
  /** The team that paid for the answers; null: a member did. */
  team_id: string | null;
  kind: VerdictKind;
  topic: string | null;
  note: string | null;
  /** Whether the judge did not know the models. */
  blind: boolean;
  /** Whether the judge saw the answers arrive at the models' own speeds. */
  unpaced: Generated<boolean>;
  /** Whether an answer names its model or maker, or is a merge that speaks of the others. */
  named: Generated<boolean>;
  /** The same for all verdicts on a prompt: on a turn, or on what an evaluation asked, however often. By default, no other's. */
  cluster_id: Generated<string>;
  created_at: Generated<Date>;
  changed_at: Date | null;
}

interface VerdictContestantTable {
  verdict_id: string;
  /** As the judge saw it, from 0. */
  lane: number;
  /** The response may be deleted. */
  response_id: string;
  model_id: string;
  /** BEST: the one; TIE: those that are equally good; ALL_BAD: none. */
  best: boolean;
  /** Whether the answer was made from other answers. */
  merged: Generated<boolean>;
  credits: number;
  first_token_ms: number | null;
  output_tokens: number | null;
  /** UTF-16 code units. */
  characters: number;
}
