import { afterAll, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/settings.ts';
import { countTokens } from '../../src/domain/ground/tokens.ts';
import { expectReconciled } from '../credits/audit.ts';
import { addMember, type House, startHouse, until } from '../credits/house.ts';
import { createScriptedModel, type ScriptedCall } from '../credits/scripted-model.ts';
import { describeDatabases } from '../setup/describe-databases.ts';

/** Each process reads the settings for itself. */
const catalogueOf = (env: Record<string, string>) => loadConfig(env, import.meta.dirname).catalogue;

describeDatabases('an answer of a model that is not listed', (database) => {
  const houses: House[] = [];
  afterAll(async () => {
    for (const house of houses) await house.end();
    await expectReconciled(database().db);
  });

  it.each([
    ['a process with the same settings', { OPENAI_API_KEY: 'k' }],
    ['a process that offers no such model any more', { OPENAI_API_KEY: 'k', LISTED_MODELS_ONLY: 'on' }],
    ['a process without the provider’s key', {}],
  ])('is charged at the list’s price, and not 0, if %s recovers it', async (_, env) => {
    const languageModel = createScriptedModel();
    const open = async (catalogue: House['catalogue']) => {
      const house = await startHouse({
        database: database(),
        catalogue,
        languageModel,
        providerId: 'openai',
        leaseMs: 600,
      });
      houses.push(house);
      return house;
    };
    const gone = await open(catalogueOf({ OPENAI_API_KEY: 'k' }));
    const member = await addMember(database(), { tier: 'PRO' });
    const { db } = database();
    const response = () =>
      db.selectFrom('response').selectAll().where('user_id', '=', member.id).executeTakeFirstOrThrow();

    await gone.prompts.send(member, { prompt: 'What now?', modelIds: ['gpt-4o'] });
    const [call] = languageModel.open as [ScriptedCall];
    expect(call.request.model).toBe('gpt-4o');
    const text = 'One word after the other. '.repeat(100);
    call.push({ type: 'text', text });
    const { id } = await response();
    await until(
      async () =>
        (await db.selectFrom('response_chunk').selectAll().where('response_id', '=', id).execute()).length > 0,
      'the text is journalled',
    );
    await gone.freeze();
    await open(catalogueOf(env));
    await until(async () => (await response()).finished_at !== null, 'the response is recovered');

    const { input_tokens_expected: input, ...row } = await response();
    const credits = Math.ceil(input * 2.5 + (await countTokens(text)) * 10);
    expect(row).toMatchObject({ status: 'INTERRUPTED', served_by: 'openai/gpt-4o', text, credits_charged: credits });
    const receipt = await db.selectFrom('receipt').selectAll().where('response_id', '=', id).executeTakeFirstOrThrow();
    expect(receipt).toMatchObject({
      model_id: 'openai/gpt-4o',
      provider_id: 'openai',
      credits,
      input_price: 2_500_000,
      output_price: 10_000_000,
    });
  });
});
