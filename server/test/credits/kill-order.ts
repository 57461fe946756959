import type { KillPoint } from '../setup/kill-at.ts';
import { labCatalogue } from './catalogue.ts';

/** The order to a process that is to be killed. */
export interface KillOrder extends KillPoint {
  databaseUrl: string | null;
  dataDir: string;
  leaseMs: number;
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
