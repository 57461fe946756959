import { openDatabase } from '../../src/database/connection/open.ts';
import { addMember, startHouse } from '../credits/house.ts';
import { testLog } from '../credits/quiet-log.ts';
import { type KilledOrder, killedCatalogue, steadyModel, tracingTools } from './kill-order.ts';

// This process has agents write answers, and kills itself in the middle.
const order: KilledOrder = JSON.parse(process.argv[2] ?? '');

const database = await openDatabase({ databaseUrl: order.databaseUrl, dataDir: '', log: testLog });
const house = await startHouse({
  database,
  catalogue: killedCatalogue,
  languageModel: steadyModel,
  tools: tracingTools(order.trace),
  leaseMs: order.leaseMs,
});
for (let number = 0; number < order.prompts; number++) {
  const member = await addMember(database);
  await house.prompts.send(member, { prompt: `Task ${number}`, modelIds: ['lab/plain'], toolIds: ['note', 'ask'] });
}
console.log('admitted');
setTimeout(() => process.kill(process.pid, 'SIGKILL'), order.killAfterMs);
