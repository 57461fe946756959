import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Tool } from '../../../src/ports/tool.ts';
import { expectReconciled } from '../../credits/audit.ts';
import { labCatalogue } from '../../credits/catalogue.ts';
import { addMember, type House, startHouse, until } from '../../credits/house.ts';
import { openTestDatabase, type TestDatabase } from '../../setup/describe-databases.ts';
import { call, createWorkshop, makeTool, text, told } from '../workshop.ts';

describe('an answer that is stopped while its calls begin', () => {
  const shop = createWorkshop();
  let database: TestDatabase;
  let house: House;
  const later = makeTool('later', () => told('Done.'));
  /** Stops the answer as soon as it is called, while the other calls begin. */
  const first: Tool = {
    ...makeTool('first', () => told('Done.')),
    async call() {
      for (const response of house.live.all()) response.stop('STOPPED');
      return told('Done.');
    },
  };
  beforeAll(async () => {
    database = await openTestDatabase('pglite');
    house = await startHouse({
      database,
      catalogue: labCatalogue({ worker: {} }),
      languageModel: shop.languageModel,
      tools: [first, later],
    });
  });
  afterAll(async () => {
    await house?.end();
    await expectReconciled(database.db);
    await database?.close();
  });

  it('calls no tool any more, and says of each call that it was not made', async () => {
    const { db } = database;
    shop.script('worker', () => [
      text('Both.'),
      ...call('first', {}, 0),
      ...call('later', { number: 1 }, 1),
      ...call('later', { number: 2 }, 2),
    ]);
    const member = await addMember(database);
    await house.prompts.send(member, { prompt: 'Do both', modelIds: ['lab/worker'], toolIds: ['first', 'later'] });
    const response = () => db.selectFrom('response').selectAll().executeTakeFirstOrThrow();
    await until(async () => (await response()).lease_until === null, 'it is final');
    expect(await response()).toMatchObject({ status: 'STOPPED', text: 'Both.' });
    expect(later.requests).toEqual([]);
    const calls = await db.selectFrom('tool_call').select(['name', 'status']).orderBy('place').execute();
    expect(calls).toEqual([
      { name: 'first', status: 'DONE' },
      { name: 'later', status: 'FAILED' },
      { name: 'later', status: 'FAILED' },
    ]);
    const steps = await db.selectFrom('response_step').select('duration_ms').execute();
    expect(steps.every(({ duration_ms }) => duration_ms !== null)).toBe(true);
  });
});
