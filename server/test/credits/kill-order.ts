import { labCatalogue } from './catalogue.ts';

/** The order to a process that is to be killed. */
export interface KillOrder {
  databaseUrl: string | null;
  dataDir: string;
  leaseMs: number;
  /** A regular expression that matches the statement. */
  statement: string;
  /** The number of the matching statement, from 1. */
  occurrence: number;
  /** Before the statement is sent, or after the database has executed it and before its result arrives. */
  moment: 'before' | 'after';
  /** Kill at the commit of the statement's transaction instead of at the statement. */
  atCommit: boolean;
  /** The statement is part of the recovery of what an earlier process left. No prompt is sent. */
  recovering: boolean;
  /** The holds grow with their answers, and so little is there that they must. */
  growing: boolean;
  /** The prompt asks for a merge of its answers too. */
  merging: boolean;
}

export function killCatalogue({ growing }: Pick<KillOrder, 'growing'>) {
  const tier = { growingHolds: growing, monthlyCredits: killCredits({ growing }) };
  return labCatalogue({ plain: {}, dear: { prices: { output: 70_000_000 } } }, { FREE: tier });
}

/** The credits of the account. */
export function killCredits({ growing }: Pick<KillOrder, 'growing'>): number {
  return growing ? 45_000 : 1_000_000;
}

export const storyPieces = Array.from({ length: 12 }, (_, index) => `Then came the ${index + 1}. day. `);
