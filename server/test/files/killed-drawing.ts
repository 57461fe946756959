import { migrate } from '../../src/database/connection/migrate.ts';
import { openDatabase } from '../../src/database/connection/open.ts';
import { tierOf } from '../../src/domain/catalogue/catalogue.ts';
import { renewAccount } from '../../src/domain/money/credits.ts';
import type { LanguageModel } from '../../src/ports/language-model.ts';
import { pictureOf } from '../../src/providers/mock/picture.ts';
import { createFileReader } from '../../src/reading/file-reader.ts';
import { labCatalogue } from '../credits/catalogue.ts';
import { addMember, startHouse } from '../credits/house.ts';
import { testLog } from '../credits/quiet-log.ts';
import { type KillPoint, killAt } from '../setup/kill-at.ts';

/** The order to a process that is to be killed while it keeps an image. */
export interface DrawingOrder extends KillPoint {
  databaseUrl: string | null;
  dataDir: string;
  leaseMs: number;
}

// This process has a model make an image, and kills itself at the statement that its order names.
const order: DrawingOrder = JSON.parse(process.argv[2] ?? '');
const kill = killAt(order);

/** Goes on until the process is killed. */
const languageModel: LanguageModel = {
  async stream(_request, onPart) {
    onPart({ type: 'text', text: 'A hill: ' });
    onPart({ type: 'image', mediaType: 'image/png', data: pictureOf(7) });
    onPart({ type: 'text', text: ' under a cloud.' });
    await new Promise(() => {});
  },
  listModels: async () => [],
};

const database = await openDatabase({ databaseUrl: order.databaseUrl, dataDir: order.dataDir, log: testLog });
await migrate(database.db, testLog);
const catalogue = labCatalogue({ plain: {} });
const { leaseMs } = order;
const openReader = async () => createFileReader();
const house = await startHouse({ database, catalogue, languageModel, leaseMs, openReader });
const member = await addMember(database);
await renewAccount(database.db, { userId: member.id, tier: tierOf(catalogue, member) });
kill.arm();
await house.prompts.send(member, { prompt: 'Draw a hill.', modelIds: ['lab/plain'] });
setTimeout(() => {
  console.log(`never came to ${order.statement}`);
  process.exit(3);
}, 30_000);
