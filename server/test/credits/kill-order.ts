import { labCatalogue } from './catalogue.ts';

/** What a process that is to be killed is told. */
export interface KillOrder {
  databaseUrl: string | null;
  dataDir: string;
  leaseMs: number;
  /** A regular expression for the statement. */
  statement: string;
  /** Which of them, from 1. */
  occurrence: number;
  /** Before it is sent, or after the database has done it and before anybody here knows. */
  moment: 'before' | 'after';
  /** Not at the statement itself but at the commit of its transaction. */
  atCommit: boolean;
  /** The statement is one of what makes final what an earlier process left; no prompt is sent. */
  recovering: boolean;
}

export const killCatalogue = labCatalogue({ plain: {}, dear: { prices: { output: 70_000_000 } } });

export const storyPieces = Array.from({ length: 12 }, (_, index) => `Then came the ${index + 1}. day. `);
