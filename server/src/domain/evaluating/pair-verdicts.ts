import type { Kysely, Transaction } from 'kysely';
import { v7 as newId } from 'uuid';
import { countActsOf, insertAuditEntry } from '../../database/audit.ts';
import type { Database } from '../../database/database.ts';
import type { PairOutcome } from '../../database/judging/evaluation-tables.ts';
import { findLanes } from '../../database/judging/evaluation-work.ts';
import {
  findComparedResponses,
  findShownTexts,
  insertVerdict,
  type JudgeKey,
  type NewContestant,
  requireJudgeNumber,
} from '../../database/judging/verdicts.ts';
import { findUsers } from '../../database/users.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { RateLimitError } from '../ground/errors.ts';
import { contestantsOf } from '../judging/contestants.ts';
import { namesModels } from '../judging/self-naming.ts';

/*
 * A verdict of an evaluation is a row like those of turns, and counts on the same boards. It compares two of the turn's
 * answers, and a judge gives as many as there are pairs, so that it names its answers and not the turn.
 */

/** Two answers of a turn. */
export interface PairOfTurn {
  turn_id: string | null;
  lane_a: number;
  lane_b: number;
}

/** What is compared, in the order of the lanes, or as it was shown. */
export interface ComparedPair {
  contestants: Omit<NewContestant, 'best'>[];
  /** Whether an answer names its model or maker. */
  named: boolean;
}

/** Reads what a verdict keeps of its answers; null: they are no contestants any more. */
export async function comparedPair(
  { db, catalogue }: { db: Kysely<Database>; catalogue: Catalogue },
  { turn_id, lane_a, lane_b }: PairOfTurn,
  isSwapped: boolean,
): Promise<ComparedPair | null> {
  if (turn_id === null) return null;
  const rows = await findComparedResponses(db, [turn_id]);
  const counted = await findLanes(db, [turn_id]);
  const idOf = (lane: number) => counted.find((row) => row.lane === lane)?.id ?? '';
  const order = isSwapped ? [idOf(lane_b), idOf(lane_a)] : [idOf(lane_a), idOf(lane_b)];
  const compared = contestantsOf(rows, order);
  if (compared.length !== 2) return null;
  let named = false;
  const contestants = [];
  for (const { lane, responseId, modelId, credits, firstTokenMs, outputTokens } of compared) {
    const [shown] = await findShownTexts(db, [responseId]);
    const text = shown?.text ?? '';
    named ||= await namesModels(catalogue, [text], modelId);
    contestants.push({
      lane,
      response_id: responseId,
      model_id: modelId,
      credits,
      first_token_ms: firstTokenMs,
      output_tokens: outputTokens,
      characters: text.length,
    });
  }
  return { contestants, named };
}

export interface PairVerdict {
  evaluationId: string;
  pairId: string;
  /** The place of the prompt in the evaluation: all verdicts on it hang together. */
  position: number;
  judge: JudgeKey;
  /** Of what was shown: A is the first contestant. */
  outcome: PairOutcome | 'ALL_BAD';
  blind: boolean;
  /** In the form of `validTopic`, which the set gave it. */
  topic: string | null;
  teamId: string | null;
}

/** How many verdicts a member may give in an hour, each of which the audit log keeps. */
const VERDICTS_PER_HOUR = 1_000;

/** Stores the verdict. @throws RateLimitError */
export async function storePairVerdict(
  trx: Transaction<Database>,
  { contestants, named }: ComparedPair,
  { evaluationId, pairId, position, judge, outcome, blind, topic, teamId }: PairVerdict,
): Promise<void> {
  const id = newId();
  const kind = outcome === 'A' || outcome === 'B' ? 'BEST' : outcome;
  const best = (place: number) => outcome === 'TIE' || outcome === (place === 0 ? 'A' : 'B');
  await insertVerdict(
    trx,
    {
      id,
      turn_id: null,
      judge_number: await requireJudgeNumber(trx, judge),
      team_id: teamId,
      kind,
      pair_id: pairId,
      topic,
      note: null,
      blind,
      named,
      prompt: `${evaluationId} ${position}`,
    },
    contestants.map((contestant, place) => ({ ...contestant, best: best(place) })),
  );
  if (judge.user_id === null) return;
  if ((await countActsOf(trx, judge.user_id, 'judgeTurn')) >= VERDICTS_PER_HOUR) {
    throw new RateLimitError(3600, `You have given ${VERDICTS_PER_HOUR.toLocaleString('en')} verdicts within an hour.`);
  }
  const [user] = await findUsers(trx, [judge.user_id]);
  const said = kind === 'BEST' ? `BEST ${outcome}` : kind;
  const note = `${said} of A, B; ${blind ? 'blind' : 'not blind'}; verdict ${id}; evaluation ${evaluationId}`;
  await insertAuditEntry(trx, { actor_id: judge.user_id, action: 'judgeTurn', target: user?.email ?? null, note });
}
