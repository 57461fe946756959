import { migrate } from '../../src/database/connection/migrate.ts';
import { openDatabase } from '../../src/database/connection/open.ts';
import { tierOf } from '../../src/domain/catalogue/catalogue.ts';
import { renewAccount } from '../../src/domain/money/credits.ts';
import type { LanguageModel } from '../../src/ports/language-model.ts';
import { killAt } from '../setup/kill-at.ts';
import { addMember, startHouse } from './house.ts';
import { type KillOrder, killCatalogue, storyPieces } from './kill-order.ts';
import { testLog } from './quiet-log.ts';

// This process writes answers to a database, and kills itself at the statement that its order names.
const order: KillOrder = JSON.parse(process.argv[2] ?? '');

const catalogue = killCatalogue(order);

const kill = killAt(order);

/** Writes a piece every few milliseconds, so that the journal has something to write in between. */
const languageModel: LanguageModel = {
  async stream({ signal }, onPart) {
    for (const text of storyPieces) {
      signal.throwIfAborted();
      onPart({ type: 'text', text });
      await new Promise((resolve) => setTimeout(resolve, 60));
    }
    const usage = {
      inputTokens: 20,
      cachedInputTokens: 5,
      cacheWriteInputTokens: 1,
      outputTokens: 60,
      reasoningTokens: 0,
    };
    onPart({ type: 'usage', usage });
    onPart({ type: 'finish', reason: 'STOP' });
  },
  listModels: async () => [],
};

const database = await openDatabase({ databaseUrl: order.databaseUrl, dataDir: order.dataDir, log: testLog });
await migrate(database.db, testLog);
if (order.recovering) kill.arm();
const house = await startHouse({ database, catalogue, languageModel, leaseMs: order.leaseMs });
if (!order.recovering) {
  const member = await addMember(database);
  await renewAccount(database.db, { userId: member.id, tier: tierOf(catalogue, member) });
  kill.arm();
  await house.prompts.send(member, {
    prompt: 'Tell me a story.',
    modelIds: ['lab/plain', 'lab/dear'],
    merge: order.merging ? {} : null,
  });
}
setTimeout(() => {
  console.log(`never came to ${order.statement}`);
  process.exit(3);
}, 15_000);
