import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { stopResponses } from '../../src/domain/conversations/turns.ts';
import { parseGlobalId } from '../../src/domain/ground/global-ids.ts';
import { createDatabaseFileStore } from '../../src/storage/database-file-store.ts';
import { expectReconciled } from '../credits/audit.ts';
import { labCatalogue } from '../credits/catalogue.ts';
import { addMember, startHouse, until } from '../credits/house.ts';
import { createScriptedModel } from '../credits/scripted-model.ts';
import { describeDatabases } from '../setup/describe-databases.ts';
import { textFile } from './asking-house.ts';
import { storeFile } from './stored-file.ts';

describeDatabases('an answer whose files are still being loaded', (database) => {
  test('is stopped at once, reads no further, asks no model and costs nothing', async () => {
    const { db } = database();
    const languageModel = createScriptedModel();
    const reading: PassThrough[] = [];
    const fileStore = {
      ...createDatabaseFileStore(db),
      read: async () => {
        const never = new PassThrough();
        reading.push(never);
        return never;
      },
    };
    const catalogue = labCatalogue({ plain: {} });
    const house = await startHouse({ database: database(), catalogue, languageModel, fileStore });
    try {
      const member = await addMember(database());
      const fileId = parseGlobalId(await storeFile(db, member.email, textFile('a.txt', 'A text.')))?.id ?? '';
      const input = { prompt: 'Read.', fileIds: [fileId] };
      expect((await house.prompts.quote(member, input)).maximum).toBeGreaterThan(0);
      // Nothing of a file is read to plan a prompt.
      expect(reading).toEqual([]);
      const turn = await house.prompts.send(member, input);
      await until(() => reading.length === 1, 'the file is being read');
      const closed = once(reading[0] as PassThrough, 'close').catch(() => {});
      await stopResponses(house, member.id, turn.id, null);
      await closed;
      const row = await db
        .selectFrom('response')
        .select(['status', 'credits_charged', 'files_sent'])
        .where('turn_id', '=', turn.id)
        .executeTakeFirstOrThrow();
      expect(row).toEqual({ status: 'STOPPED', credits_charged: 0, files_sent: { forms: ['TEXT'], leftOut: 0 } });
      expect(languageModel.requests).toEqual([]);
      await expectReconciled(db);
    } finally {
      await house.end();
    }
  });
});
