import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Client, startApp, type TestApp } from '../setup/app.ts';
import { describeDatabases } from '../setup/describe-databases.ts';
import { startWireServer, streamBody, type WireServer } from '../wire-server.ts';
import { accountOf, ask, expectSettled, follow, send, storedResponses } from './asking.ts';

describeDatabases('credits', (database) => {
  let wire: WireServer;
  let app: TestApp;
  let hold: number;
  const modelIds = ['openai/gpt-4.1'];
  const prompts = 7;
  beforeAll(async () => {
    wire = await startWireServer();
    wire.respondWith(({ api }) => ({
      body: streamBody(api, { text: ['Yes.'], usage: { input: 10_000_000, output: 10_000_000 } }),
    }));
    const models = [
      { id: 'openai/gpt-4.1', minimumTier: 'FREE', inputPriceUsd: 1, outputPriceUsd: 1, maxOutputTokens: 1000 },
    ];
    // The credits suffice for `prompts` prompts and 10 more credits. The first app only quotes the price of one.
    app = await startApp({ database: database(), wire, catalogue: { models, tiers: { monthlyCredits: 1_000_000 } } });
    const first = await app.newMember();
    const { quote } = await first.gql(quoteDocument);
    hold = quote.maximum;
    await app.close();
    app = await startApp({
      database: database(),
      wire,
      env: { RUNNING_RESPONSES_PER_MEMBER_MAX: '1000' },
      catalogue: { models, tiers: { monthlyCredits: hold * prompts + 10 } },
    });
  });
  afterAll(async () => {
    await app?.close();
    await wire?.close();
    expect(app?.errors).toEqual([]);
  });

  const quoteDocument = `{ quote(input: { prompt: "Yes or no?", modelIds: ["openai/gpt-4.1"] }) { maximum affordable } }`;
  const prompt = 'Yes or no?';

  it('are never overspent, however many prompts race for them', async () => {
    const member = await app.newMember();
    const { available } = await accountOf(member);
    const results = await Promise.all(Array.from({ length: 60 }, () => send(member, { prompt, modelIds })));
    const taken = results.filter(({ __typename }) => __typename === 'SendPromptPayload');
    const refused = results.filter(({ __typename }) => __typename === 'InsufficientCreditsError');
    expect(taken.length + refused.length).toBe(60);
    expect(taken.length).toBe(prompts);
    for (const { required } of refused) expect(required).toBe(hold);
    await Promise.all(taken.map(({ turn }) => follow(member, turn.id)));
    // The provider reports far more than the quote, but at most the hold is charged.
    const { balance, entries } = await expectSettled(member);
    expect(entries.filter(({ kind }) => kind === 'CHARGE').map(({ amount }) => amount)).toEqual(
      Array(prompts).fill(-hold),
    );
    expect(balance).toBe(available - prompts * hold);
    expect((await member.gql('{ conversations { totalCount } }')).conversations.totalCount).toBe(prompts);
    expect((await member.gql(quoteDocument)).quote).toEqual({ maximum: hold, affordable: false });
  });

  it('are held as quoted while a response runs, pushed to the member, and released at its end', async () => {
    wire.enqueue({ silent: true });
    const member: Client = await app.newMember();
    const { balance } = await accountOf(member);
    const heard: { balance: number; held: number }[] = [];
    const subscription = member.subscribe('ws', 'subscription { creditsChanged { balance held } }');
    const listening = (async () => {
      for await (const { data } of subscription) {
        heard.push(data.creditsChanged);
        if (heard.length > 1 && data.creditsChanged.held === 0) break;
      }
    })();
    while (heard.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    const { turn } = await ask(member, { prompt, modelIds });
    expect(await accountOf(member)).toMatchObject({ balance, held: hold, available: balance - hold });
    expect((await storedResponses(member, turn.id))[0]).toMatchObject({ creditsHeld: hold, creditsCharged: null });
    while (heard.length === 1) await new Promise((resolve) => setTimeout(resolve, 5));
    await member.gql('mutation ($id: ID!) { stopResponses(turnId: $id) { id } }', { id: turn.id });
    await listening;
    expect(heard).toEqual([
      { balance, held: 0 },
      { balance, held: hold },
      { balance, held: 0 },
    ]);
    await expectSettled(member);
  });
});
