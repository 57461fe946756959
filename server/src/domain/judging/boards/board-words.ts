import type { BoardPair } from '../ratings/board.ts';
import { sayChance } from '../ratings/scale.ts';
import type { Leaderboard } from './leaderboards.ts';

/** The name of a contestant by its place on a board. */
export type NameOf = (place: number) => string;

export interface BoardWarning {
  code: 'NOT_CONNECTED' | 'MOSTLY_ONE_JUDGE';
  message: string;
  /** The names of the models of each group, of those that the verdicts compare with one another. */
  groups: string[][] | null;
  /** The part of the verdicts that one judge gave, from 0 to 1. */
  share: number | null;
}

/** What must be known about a board before it is believed. */
export function warningsOf({ state, groups, mostByOne, judges, source }: Leaderboard, nameOf: NameOf): BoardWarning[] {
  const warnings: BoardWarning[] = [];
  if (groups.length > 1) {
    const names = groups.map((group) => group.map(nameOf));
    const named = names.map((group) => group.join(', ')).join(' | ');
    warnings.push({
      code: 'NOT_CONNECTED',
      message: `The comparisons do not connect all models, so those of different groups cannot be compared: ${named}.`,
      groups: names,
      share: null,
    });
  }
  // Where judges are missing, that is said anyway.
  if (mostByOne > 0.5 && state !== 'TOO_FEW_JUDGES' && (source === 'MEMBERS' || judges > 1)) {
    const judge = source === 'MEMBERS' ? 'One member' : 'One judging model';
    warnings.push({
      code: 'MOSTLY_ONE_JUDGE',
      message: `${judge} gave ${Math.round(mostByOne * 100)} % of the verdicts, so this is mostly one taste.`,
      groups: null,
      share: mostByOne,
    });
  }
  return warnings;
}

/** What a board tells, in a sentence or two. */
export function sayBoard(board: Leaderboard, nameOf: NameOf): string {
  const { state, verdicts, allBad, judges, judgesMissing, moreVerdicts, openPair, rows, source } = board;
  if (state === 'NO_VERDICTS')
    return allBad > 0 ? 'No verdict says yet which answer is best.' : 'There are no verdicts yet.';
  if (state === 'TOO_FEW_JUDGES') {
    const people = judges === 1 ? 'One member has' : 'Two members have';
    return `${people} given ${count(verdicts, 'verdict')}. Ratings begin with three members: ${judgesMissing === 1 ? 'one more is' : 'two more are'} missing.`;
  }
  const best = rows.find(({ rating }) => rating !== null);
  if (state === 'DECIDED' && best) return `${nameOf(best.model)} is the best so far.`;
  if (!openPair) return 'Only one model was judged.';
  const two = openPair.map(nameOf).join(' or ');
  if (moreVerdicts === null) return `Cannot tell yet which is better, ${two}, nor how many more verdicts that takes.`;
  const others = source === 'MEMBERS' ? 'those of other members' : 'on other prompts';
  return `Cannot tell yet which is better, ${two}: about ${count(moreVerdicts, 'more verdict')} between them would be likely to decide it, ${others} among them.`;
}

function count(number: number, noun: string): string {
  return `${number.toLocaleString('en')} ${noun}${number === 1 ? '' : 's'}`;
}

/** What is known of two models; null: nothing. */
export function sayPair({ one, other, chance }: BoardPair, nameOf: NameOf): string | null {
  return chance && sayChance(nameOf(one), nameOf(other), chance);
}
