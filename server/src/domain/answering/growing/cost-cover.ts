import { costOf } from '../settlement.ts';
import type { Outcome } from '../stored-response.ts';
import type { GrowingHold } from './growing-hold.ts';

/** Extends the hold a last time, if the answer cost more than could be seen of it, and ends its growth. */
export async function coverCost(hold: GrowingHold, outcome: Outcome, isGivenUp: () => boolean): Promise<void> {
  const needed = costOf(outcome)?.credits ?? 0;
  if (needed > hold.held && outcome.status !== 'INTERRUPTED') {
    await hold.cover(() => ({ needed, ahead: needed }), undefined, isGivenUp);
  }
  await hold.close();
}
