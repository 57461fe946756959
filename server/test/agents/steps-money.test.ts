import { afterAll, beforeAll, expect, it } from 'vitest';
import { ask, type PromptInput } from '../api/asking.ts';
import { expectReconciled } from '../credits/audit.ts';
import { type Client, startApp, type TestApp } from '../setup/app.ts';
import { describeDatabases } from '../setup/describe-databases.ts';
import { call, callsOf, createWorkshop, STEP_CREDITS, text, watch, worked, workshopCatalogue } from './workshop.ts';

describeDatabases('the credits of an answer’s steps', (database) => {
  const shop = createWorkshop();
  let app: TestApp;
  let admin: Client;
  let member: Client;

  beforeAll(async () => {
    app = await startApp({
      database: database(),
      catalogue: workshopCatalogue,
      languageModels: { lab: shop.languageModel },
    });
    admin = await app.newMember('Admin');
    await setPrice(0);
    member = await app.newMember();
  });
  afterAll(async () => {
    await expectReconciled(database().db);
    await app?.close();
    expect(app?.errors).toEqual([]);
  });

  const setPrice = (priceCredits: number) =>
    admin.gql('mutation ($input: SetToolsInput!) { setTools(input: $input) { id } }', {
      input: { ids: ['calculator'], enabled: true, priceCredits },
    });

  const input = (maxCredits: number | null = null): PromptInput & { toolIds: string[]; maxCredits: number | null } => ({
    prompt: 'How much is it?',
    modelIds: ['lab/worker'],
    toolIds: ['calculator'],
    maxCredits,
  });

  async function work(maxCredits: number | null = null) {
    const { turn } = await ask(member, input(maxCredits));
    await watch(member, turn.id);
    const [response] = await worked(member, turn.id);
    if (!response) throw new Error('There is no response.');
    return response;
  }

  it('come to no more than the budget, however many priced calls are made at once', async () => {
    const { quote } = await member.gql('query ($input: SendPromptInput!) { quote(input: $input) { held } }', {
      input: input(),
    });
    const budget = quote.held + 1000;
    // Two of them are too dear.
    const price = Math.floor((budget - STEP_CREDITS) / 2) + 1;
    await setPrice(price);
    shop.script('worker', () =>
      [0, 1, 2].flatMap((number) => call('calculator', { expression: `1 + ${number}` }, number)),
    );
    const response = await work(budget);
    expect(response).toMatchObject({ status: 'COMPLETED', shortenedBy: 'CREDITS', finishReason: 'LENGTH' });
    // Whichever of them comes first.
    const ended = callsOf(response).map(({ status, creditsCharged }) => [status, creditsCharged]);
    expect(ended.sort()).toEqual([
      ['DONE', price],
      ['FAILED', 0],
      ['FAILED', 0],
    ]);
    expect(response.creditsCharged).toBe(STEP_CREDITS + price);
  });

  it('come to what is held where a provider reports more than it was asked for', async () => {
    const usage = { inputTokens: 100, cachedInputTokens: 0, cacheWriteInputTokens: 0, reasoningTokens: 0 };
    shop.script('worker', () => [text('Long.'), { type: 'usage', usage: { ...usage, outputTokens: 400_000 } }]);
    const response = await work(200_000);
    expect(response).toMatchObject({ status: 'COMPLETED', text: 'Long.', creditsCharged: 200_000 });
  });
});
