import { v7 as newId } from 'uuid';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { ForbiddenError, KeyLimitError } from '../../../src/domain/ground/errors.ts';
import { adjustCredits } from '../../../src/domain/people/administration.ts';
import { createApiKey, revokeApiKey } from '../../../src/domain/people/api-keys.ts';
import type { Asking, Member } from '../../../src/domain/people/members.ts';
import { expectReconciled } from '../../credits/audit.ts';
import { labCatalogue } from '../../credits/catalogue.ts';
import { addMember, type House, startHouse, until } from '../../credits/house.ts';
import { createScriptedModel } from '../../credits/scripted-model.ts';
import { describeDatabases } from '../../setup/describe-databases.ts';
import { recordOwnStatements } from '../../setup/statements.ts';

const catalogue = labCatalogue({
  plain: {},
  free: { prices: { input: 0, cachedInput: 0, cacheWriteInput: 0, output: 0 } },
});
const input = { prompt: 'What now?', modelIds: ['lab/plain'] };
/** Costs 1000 credits. */
const usage = {
  inputTokens: 100,
  cachedInputTokens: 0,
  cacheWriteInputTokens: 0,
  outputTokens: 225,
  reasoningTokens: 0,
};

describeDatabases('what an API key spends', (database) => {
  const model = createScriptedModel();
  const statements = recordOwnStatements();
  let house: House;
  let member: Member;
  let maximum: number;
  beforeAll(async () => {
    house = await startHouse({ database: database(), catalogue, languageModel: model });
    member = await addMember(database());
    maximum = (await house.prompts.quote(member, input)).maximum;
  });
  afterEach(async () => {
    await finishAll();
    await expectReconciled(database().db);
  });
  afterAll(() => house?.end());

  async function make(owner: Member, monthlyCredits: number | null): Promise<Asking> {
    const { apiKeyId: id } = await createApiKey(database().db, owner, { name: 'Program', monthlyCredits });
    return { ...owner, apiKey: { id, monthlyCredits, modelIds: null } };
  }

  const spentBy = async ({ apiKey }: Asking) =>
    (
      await database()
        .db.selectFrom('api_key')
        .select('charged')
        .where('id', '=', apiKey?.id ?? '')
        .executeTakeFirst()
    )?.charged;

  async function finishAll(): Promise<void> {
    await until(async () => {
      for (const call of [...model.open]) call.finish(usage);
      const { db } = database();
      return (await db.selectFrom('response').select('id').where('lease_until', 'is not', null).execute()).length === 0;
    }, 'everything is settled');
  }

  it('takes one statement more of a prompt if it has a limit, and none otherwise', async () => {
    const [limited, unlimited] = [await make(member, 1_000_000), await make(member, null)];
    const statementsOf = (asking: Asking) => statements.during(() => house.prompts.send(asking, input));
    await house.prompts.send(member, input);
    const without = await statementsOf(member);
    const ofKey = (text: string) => text.includes('"api_key"');
    expect(without.filter(ofKey)).toEqual([]);
    expect(await statementsOf(unlimited)).toEqual(without);
    const withLimit = await statementsOf(limited);
    expect(withLimit.filter(ofKey)).toHaveLength(1);
    expect(withLimit.filter((text) => !ofKey(text))).toEqual(without);
    // It is a statement of its own behind the lock.
    const lock = withLimit.findIndex((text) => text.includes('for update'));
    expect(withLimit.findIndex(ofKey)).toBeGreaterThan(lock);
  });

  it('is limited whoever pays', async () => {
    const teamId = newId();
    await database().db.insertInto('team').values({ id: teamId, name: 'Team', monthly_credits: 500_000 }).execute();
    await database().db.insertInto('team_member').values({ team_id: teamId, user_id: member.id }).execute();
    const asking = await make(member, 2 * maximum);
    await house.prompts.send(asking, { ...input, payer: { teamId } });
    await house.prompts.send(asking, input);
    await expect(house.prompts.send(asking, { ...input, payer: { teamId } })).rejects.toBeInstanceOf(KeyLimitError);
    await finishAll();
    expect(await spentBy(asking)).toBe(2000);
    await expect(
      Promise.all(Array.from({ length: 3 }, () => house.prompts.send(asking, { ...input, payer: { teamId } }))),
    ).rejects.toMatchObject({ required: maximum, available: maximum - 2000 });
  });

  it('is refused by the account’s credits first, with the account’s figures', async () => {
    const poor = await addMember(database());
    const asking = await make(poor, 20);
    await house.prompts.quote(poor, input);
    await adjustCredits(house, 'operator', { userId: poor.id, amount: 10 - 1_000_000, note: 'To be poor.' });
    const refusal = { name: 'InsufficientCreditsError', required: maximum, available: 10 };
    await expect(house.prompts.send(asking, input)).rejects.toMatchObject(refusal);
  });

  it('may be nothing more, and still ask what costs nothing', async () => {
    const asking = await make(member, 0);
    await house.prompts.send(asking, { ...input, modelIds: ['lab/free'] });
    await expect(house.prompts.send(asking, input)).rejects.toMatchObject({ required: maximum, available: 0 });
  });

  it('is refused if the key was revoked since the request began', async () => {
    const asking = await make(member, 1_000_000);
    await revokeApiKey(house, member, asking.apiKey?.id ?? '');
    await expect(house.prompts.send(asking, input)).rejects.toThrow(new ForbiddenError('This API key was revoked.'));
    expect((await house.prompts.quote(asking, input)).affordable).toBe(false);
  });

  it('is on the receipt even if the key is revoked while the answer is written', async () => {
    const asking = await make(member, 1_000_000);
    const { id: turnId } = await house.prompts.send(asking, input);
    await revokeApiKey(house, member, asking.apiKey?.id ?? '');
    await finishAll();
    const receipts = await database()
      .db.selectFrom('receipt')
      .innerJoin('response', 'response.id', 'receipt.response_id')
      .select(['receipt.api_key_id', 'receipt.credits'])
      .where('turn_id', '=', turnId)
      .execute();
    expect(receipts).toEqual([{ api_key_id: asking.apiKey?.id, credits: 1000 }]);
  });

  it('is counted when another process makes the answer of a dead one final', async () => {
    const asking = await make(member, 1_000_000);
    const { id: turnId } = await house.prompts.send(asking, input);
    await until(() => model.open.length === 1, 'it is asked');
    model.open[0]?.push({ type: 'text', text: 'Half an answer' });
    const { db } = database();
    await until(
      async () => (await db.selectFrom('response_chunk').select('response_id').execute()).length > 0,
      'it is journalled',
    );
    const [response] = await db.selectFrom('response').select('id').where('turn_id', '=', turnId).execute();
    await house.leases.takeOver(response?.id ?? '', 'INTERRUPTED');
    const receipt = await db
      .selectFrom('receipt')
      .select(['api_key_id', 'credits'])
      .where('response_id', '=', response?.id ?? '')
      .executeTakeFirstOrThrow();
    expect(receipt.api_key_id).toBe(asking.apiKey?.id);
    expect(receipt.credits).toBeGreaterThan(0);
    expect(await spentBy(asking)).toBe(receipt.credits);
  });
});
