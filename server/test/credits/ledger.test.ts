import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeDatabases } from '../setup/describe-databases.ts';
import { action, history } from './histories/actions.ts';
import { startWorld } from './histories/world.ts';

describeDatabases('the ledger', (database) => {
  it('reconciles after every step of any history, whatever happens at the same time, and no team pays for those who left it', {
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
      // A failure prints its seed and path. A higher LEDGER_RUNS searches longer after a change.
      { numRuns: Number(process.env.LEDGER_RUNS ?? 8), endOnFailure: true },
    );
  });
});

describe('the random histories', () => {
  it('contain all 20 kinds of actions', () => {
    const kinds = new Set(fc.sample(action, 2000).map((one) => one.do));
    expect(kinds.size).toBe(20);
  });
});
