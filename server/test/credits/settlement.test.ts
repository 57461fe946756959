import { sql } from 'kysely';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { stopEverywhere } from '../../src/domain/answering/stopping.ts';
import { tierOf } from '../../src/domain/catalogue/catalogue.ts';
import { countTokens } from '../../src/domain/ground/tokens.ts';
import { renewAccount } from '../../src/domain/money/credits.ts';
import type { Member } from '../../src/domain/people/members.ts';
import { ModelFailure, type TokenUsage } from '../../src/ports/language-model.ts';
import { describeDatabases } from '../setup/describe-databases.ts';
import { expectReconciled } from './audit.ts';
import { labCatalogue } from './catalogue.ts';
import { addMember, type House, startHouse, until } from './house.ts';
import { createScriptedModel, type ScriptedCall } from './scripted-model.ts';

describeDatabases('a settlement', (database) => {
  const catalogue = labCatalogue({ plain: {}, search: { prices: { perRequest: 5000 } } });
  const languageModel = createScriptedModel();
  let house: House;
  let member: Member;
  beforeAll(async () => {
    house = await startHouse({ database: database(), catalogue, languageModel, leaseMs: 600 });
    member = await addMember(database());
  });
  afterAll(async () => {
    await house?.end();
    await expectReconciled(database().db);
  });

  async function ask(modelId = 'lab/plain'): Promise<ScriptedCall> {
    await house.prompts.send(member, { prompt: 'What now?', modelIds: [modelId] });
    return languageModel.open.at(-1) as ScriptedCall;
  }

  async function stopNewest() {
    const newest = database()
      .db.selectFrom('response')
      .select(['id', 'lease_owner', 'agent'])
      .orderBy('id', 'desc')
      .limit(1);
    await stopEverywhere(house, await newest.execute());
  }

  /** The member's newest response, as soon as it is final. */
  async function settled() {
    const newest = () =>
      database()
        .db.selectFrom('response')
        .selectAll()
        .where('user_id', '=', member.id)
        .orderBy('id', 'desc')
        .limit(1)
        .executeTakeFirstOrThrow();
    await until(async () => (await newest()).finished_at !== null, 'the response is final');
    return newest();
  }

  const usage: TokenUsage = {
    inputTokens: 100,
    cachedInputTokens: 40,
    cacheWriteInputTokens: 7,
    outputTokens: 30,
    reasoningTokens: 20,
  };

  it('charges the usage that the provider reports, each bucket at its price, rounded up once', async () => {
    const call = await ask();
    call.push({ type: 'text', text: 'Here.' });
    call.finish(usage);
    // 100 × 1 + 40 × 0.1 + 7 × 1.25 + 50 × 4 = 312.75
    expect(await settled()).toMatchObject({ status: 'COMPLETED', credits_charged: 313, usage_estimated: false });
  });

  it('charges the fee per request for an answered request only', async () => {
    (await ask('lab/search')).finish(usage);
    expect(await settled()).toMatchObject({ credits_charged: 5313 });
    (await ask('lab/search')).fail(new ModelFailure('INVALID_REQUEST', 'Not like this.'));
    expect(await settled()).toMatchObject({ status: 'FAILED', credits_charged: 0, input_tokens: null });
  });

  it('charges a broken stream as the provider reported it, even if the report came at the beginning', async () => {
    const call = await ask();
    call.push({ type: 'usage', usage: { ...usage, outputTokens: 1, reasoningTokens: 0 } });
    call.push({ type: 'text', text: 'One word after the other, and then no more. '.repeat(20) });
    call.fail(new ModelFailure('CONNECTION', 'Broken off.'));
    expect(await settled()).toMatchObject({
      status: 'FAILED',
      input_tokens: 100,
      cached_input_tokens: 40,
      output_tokens: 1,
      usage_estimated: false,
    });
  });

  it('charges an answer stopped before its first character as the provider reported it, or nothing without a report', async () => {
    const reported = await ask();
    reported.push({ type: 'usage', usage });
    await stopNewest();
    expect(await settled()).toMatchObject({ status: 'STOPPED', credits_charged: 313, usage_estimated: false });
    await ask();
    await stopNewest();
    expect(await settled()).toMatchObject({ status: 'STOPPED', credits_charged: 0, input_tokens: null });
  });

  it('charges nothing for an answer that failed before its first character, whatever the provider reported', async () => {
    const call = await ask();
    call.push({ type: 'usage', usage });
    call.fail(new ModelFailure('INVALID_REQUEST', 'Not like this.'));
    expect(await settled()).toMatchObject({ status: 'FAILED', credits_charged: 0, input_tokens: null });
  });

  it('charges the last usage report even if the stream fails after it', async () => {
    const call = await ask();
    call.push({ type: 'text', text: 'One word after the other. '.repeat(20) });
    call.push({ type: 'usage', usage });
    call.fail(new ModelFailure('PROVIDER_ERROR', 'Broken off.'));
    expect(await settled()).toMatchObject({
      status: 'FAILED',
      output_tokens: 30,
      credits_charged: 313,
      usage_estimated: false,
    });
  });

  it.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, 1e300])(
    'does not believe a provider that reports %d tokens, and counts by itself',
    async (outputTokens) => {
      const call = await ask();
      call.push({ type: 'text', text: 'Hello there.' });
      call.finish({ ...usage, outputTokens });
      expect(await settled()).toMatchObject({
        status: 'COMPLETED',
        output_tokens: await countTokens('Hello there.'),
        cached_input_tokens: 0,
        usage_estimated: true,
      });
    },
  );

  it('never charges more than was held, and books the provider’s full cost', async () => {
    const call = await ask();
    call.finish({ ...usage, outputTokens: 900_000_000 });
    const response = await settled();
    expect(response.credits_charged).toBe(response.credits_held);
    const receipt = await database()
      .db.selectFrom('receipt')
      .selectAll()
      .where('response_id', '=', response.id)
      .executeTakeFirstOrThrow();
    // 100 × 1 + 40 × 0.1 + 7 × 1.25 + 900,000,020 × 4 USD for a million
    expect(receipt).toMatchObject({
      cost_usd: '3600.000192750000',
      credits: response.credits_held,
      output_tokens: 900_000_000,
    });
  });

  it('a settlement that the database refuses is recovered after its lease runs out, however busy the process is', async () => {
    const { db } = database();
    const busy = await ask();
    const doomed = await ask();
    const { id } = await db
      .selectFrom('response')
      .select('id')
      .where('user_id', '=', member.id)
      .orderBy('id', 'desc')
      .limit(1)
      .executeTakeFirstOrThrow();
    await sql`
      create function refuse_completion() returns trigger language plpgsql as $$
      begin
        raise exception 'refused' using errcode = '22000';
      end $$`.execute(db);
    await sql`
      create trigger refuse_completion before insert on receipt
      for each row when (new.status = 'COMPLETED') execute function refuse_completion()`.execute(db);
    doomed.push({ type: 'text', text: 'Hello there.' });
    doomed.finish(usage);
    const find = () => db.selectFrom('response').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
    await until(async () => (await find()).finished_at !== null, 'the response is recovered');
    await sql`drop trigger refuse_completion on receipt`.execute(db);
    expect(await find()).toMatchObject({ status: 'INTERRUPTED' });
    expect(languageModel.open).toContain(busy);
    busy.finish(usage);
    await until(
      async () => (await renewAccount(db, { userId: member.id, tier: tierOf(catalogue, member) })).held === 0,
      'nothing is held',
    );
  });
});
