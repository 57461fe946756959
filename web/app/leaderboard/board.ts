import { board as texts } from 'texts:leaderboard';
import type { LeaderboardQuery } from '../graphql/generated/graphql.ts';

export type Board = LeaderboardQuery['leaderboard'];
export type BoardRow = Board['rows'][number];
export type BoardPair = Board['pairs'][number];

/** A row whose model has a rating. */
export type RatedRow = BoardRow & { rating: number; ratingLow: number; ratingHigh: number };

export function isRated(row: BoardRow): row is RatedRow {
  return row.rating !== null;
}

/** Tells a model's own answers from what it made of others'. */
export function keyOf({ model, merged }: { model: { id: string }; merged: boolean }): string {
  return `${model.id}${merged ? ' merging' : ''}`;
}

export function nameOf({ model, merged }: Pick<BoardRow, 'model' | 'merged'>): string {
  return merged ? texts.merging({ model: model.name }) : model.name;
}

/** The ranks that a model may have: `1`, or `2 to 4`. */
export function ranksOf({ rankBest, rankWorst }: BoardRow): string {
  return rankBest === rankWorst ? `${rankBest}` : texts.ranks({ best: rankBest, worst: rankWorst });
}

/** A chance, or another part of 1, of a hundred. */
export function ofHundred(part: number): number {
  return Math.round(part * 100);
}
