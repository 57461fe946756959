import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeDatabases } from '../setup/describe-databases.ts';
import { action, history } from './histories/actions.ts';
import { startWorld } from './histories/world.ts';

describeDatabases('the ledger', (database) => {
  it('reconciles after every step of any history, whatever happens at the same time', {
    timeout: 120_000,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(history, async (batches) => {
        const world = await startWorld(database());
        try {
          for (const batch of batches) {
            await Promise.all(batch.map((one) => world.act(one)));
            await world.expectSound();
          }
        } finally {
          await world.end();
        }
      }),
      // A failure names its seed and path. LEDGER_RUNS is for whoever has changed something and has a while.
      { numRuns: Number(process.env.LEDGER_RUNS ?? 8), endOnFailure: true },
    );
  });
});

describe('what goes into the histories', () => {
  it('is all there is', () => {
    const kinds = new Set(fc.sample(action, 2000).map((one) => one.do));
    expect(kinds.size).toBe(14);
  });
});
