import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Member } from '../../src/domain/people/members.ts';
import { expectReconciled } from '../credits/audit.ts';
import { labCatalogue } from '../credits/catalogue.ts';
import { addMember, type House, startHouse, until } from '../credits/house.ts';
import { createScriptedModel, type ScriptedCall } from '../credits/scripted-model.ts';
import { describeDatabases } from '../setup/describe-databases.ts';

describeDatabases('an answer whose process died', (database) => {
  const languageModel = createScriptedModel();
  let member: Member;
  const houses: House[] = [];
  beforeAll(async () => {
    member = await addMember(database());
  });
  afterAll(async () => {
    for (const house of houses) await house.end();
    await expectReconciled(database().db);
  });

  const start = async (catalogue: Parameters<typeof startHouse>[0]['catalogue']) => {
    const house = await startHouse({ database: database(), catalogue, languageModel, leaseMs: 600 });
    houses.push(house);
    return house;
  };

  it.each([
    ['dearer', labCatalogue({ plain: { prices: { input: 90_000_000, output: 90_000_000 } } })],
    ['gone', labCatalogue({ other: {} })],
  ])('is charged at the prices at which it was asked, although its model is %s meanwhile', async (_, later) => {
    const first = await start(labCatalogue({ plain: { prices: { input: 3_000_000, output: 5_000_000 } } }));
    const { id: turnId } = await first.prompts.send(member, { prompt: 'What now?', modelIds: ['lab/plain'] });
    const call = languageModel.open.at(-1) as ScriptedCall;
    call.push({ type: 'text', text: 'One word after the other.' });
    const row = () =>
      database().db.selectFrom('response').selectAll().where('turn_id', '=', turnId).executeTakeFirstOrThrow();
    await until(async () => (await row()).status === 'STREAMING', 'it is journalled');
    expect((await row()).prices).toMatchObject({ 'lab/plain': { prices: { input: 3_000_000, output: 5_000_000 } } });
    await first.freeze();
    await start(later);
    await until(async () => (await row()).finished_at !== null, 'it is made final');
    const final = await row();
    expect(final).toMatchObject({ status: 'INTERRUPTED', prices: null });
    const tokens = 3 * (final.input_tokens ?? 0) + 5 * (final.output_tokens ?? 0);
    expect(final.credits_charged).toBe(tokens);
    expect(tokens).toBeGreaterThan(0);
    const receipt = database().db.selectFrom('receipt').selectAll().where('response_id', '=', final.id);
    expect(await receipt.executeTakeFirstOrThrow()).toMatchObject({ input_price: 3_000_000, output_price: 5_000_000 });
  });
});
