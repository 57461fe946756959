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
}

export const killCatalogue = labCatalogue({ plain: {}, dear: { prices: { output: 70_000_000 } } });

export const storyPieces = Array.from({ length: 12 }, (_, index) => `Then came the ${index + 1}. day. `);
