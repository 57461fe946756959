import { afterAll, beforeAll, expect, it } from 'vitest';
import { createProviderSearch } from '../../src/tools/built-in/provider-search.ts';
import { ask } from '../api/asking.ts';
import { expectReconciled } from '../credits/audit.ts';
import { startApp, type TestApp } from '../setup/app.ts';
import { describeDatabases } from '../setup/describe-databases.ts';
import { createWorkshop, makeTool, text, told, watch, worked, workshopCatalogue } from './workshop.ts';

describeDatabases('a prompt that lets models search by themselves', (database) => {
  const shop = createWorkshop();
  const [first, ...others] = workshopCatalogue.models;
  const catalogue = { ...workshopCatalogue, models: [{ ...first, searchPriceUsd: 0.01 }, ...others] };
  const toolIds = [createProviderSearch().id];
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp({
      database: database(),
      catalogue: catalogue as never,
      languageModels: { lab: shop.languageModel },
      tools: [createProviderSearch(), makeTool('other', () => told('Done.'))],
    });
  });
  afterAll(async () => {
    await expectReconciled(database().db);
    await app?.close();
    expect(app?.errors).toEqual([]);
  });

  it('asks only those to whose searches have a price, names no tool to them, and holds for the searches', async () => {
    const member = await app.newMember();
    for (const model of ['worker', 'helper']) shop.script(model, () => [text('Found.')]);
    const { turn } = await ask(member, { prompt: 'Search', modelIds: ['lab/worker', 'lab/helper'], toolIds } as never);
    await watch(member, turn.id);
    const asked = new Map(shop.requests.map(({ model, options }) => [model, options]));
    expect(asked.get('worker')).toEqual({ search: true });
    expect(asked.get('helper')?.search).toBeUndefined();
    expect(asked.get('helper')?.tools).toBeUndefined();
    const [searching, other] = await worked(member, turn.id);
    expect(searching).toMatchObject({ status: 'COMPLETED', text: 'Found.' });
    // At least the fee of a search, 0.01 USD.
    expect((searching?.creditsHeld ?? 0) - (other?.creditsHeld ?? 0)).toBeGreaterThanOrEqual(10_000);
  });

  it('has no search beside functions where the model’s provider takes none', async () => {
    const member = await app.newMember();
    shop.script('worker', () => [text('Well.')]);
    const { turn } = await ask(member, {
      prompt: 'Search',
      modelIds: ['lab/worker'],
      toolIds: [...toolIds, 'other'],
    } as never);
    await watch(member, turn.id);
    const { options } = shop.requests[0] ?? {};
    expect(options?.search).toBeUndefined();
    expect(options?.tools?.map(({ name }) => name)).toEqual(['other']);
  });
});
