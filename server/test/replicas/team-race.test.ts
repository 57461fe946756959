import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { ask, send } from '../api/asking.ts';
import { expectReconciled } from '../credits/audit.ts';
import { until } from '../credits/house.ts';
import { createScriptedModel } from '../credits/scripted-model.ts';
import { connect, startApp, type TestApp } from '../setup/app.ts';
import { openTestDatabase, type TestDatabase } from '../setup/describe-databases.ts';
import { newTeam, seen } from '../teams/team-house.ts';

const input = { prompt: 'What now?', modelIds: ['mock/swift'] };

describe.runIf(inject('databases').postgres)('two replicas whose members share a team’s credits', () => {
  const model = createScriptedModel();
  let database: TestDatabase;
  let apps: TestApp[];
  beforeAll(async () => {
    database = await openTestDatabase('postgres');
    const start = () => startApp({ database, languageModels: { mock: model }, retryDelayMs: 1 });
    apps = [await start(), await start()];
  }, 60_000);
  afterAll(async () => {
    for (const app of apps ?? []) await app.close();
    for (const app of apps ?? []) expect(app.errors).toEqual([]);
    await database?.close();
  });

  it('admit exactly the prompts that the last credits pay for, and the balance never falls below zero', async () => {
    const [app, elsewhere] = apps as [TestApp, TestApp];
    const admin = await app.newMember();
    const members = [await app.newMember(), await app.newMember()];
    const { quote } = await admin.gql('query ($input: SendPromptInput!) { quote(input: $input) { maximum } }', {
      input,
    });
    const team = await newTeam(admin, { name: 'Racing', monthlyCredits: 7 * quote.maximum + 3 }, ...members);
    const elsewhereToo = members.map(({ cookie, email }) => connect(elsewhere.url, { cookie, email }));
    const clients = [...members, ...elsewhereToo];
    const results = await Promise.all(
      Array.from({ length: 40 }, (_, at) =>
        send(clients[at % 4] as (typeof clients)[number], { ...input, payerId: team.id }),
      ),
    );
    const kinds = results.map(({ __typename }) => __typename);
    expect(kinds.filter((kind) => kind === 'SendPromptPayload')).toHaveLength(7);
    expect(kinds.filter((kind) => kind === 'InsufficientCreditsError')).toHaveLength(33);
    const [member] = members as [(typeof members)[number]];
    expect((await seen(member, team)).credits).toMatchObject({ held: 7 * quote.maximum, available: 3 });
    await expectReconciled(database.db);

    // Each answer that is settled gives back what it did not need, and that is raced for again.
    const usage = {
      inputTokens: 10,
      cachedInputTokens: 0,
      cacheWriteInputTokens: 0,
      outputTokens: 10,
      reasoningTokens: 0,
    };
    await until(async () => {
      for (const call of [...model.open]) call.finish(usage);
      const { balance, held } = (await seen(member, team)).credits;
      expect(balance).toBeGreaterThanOrEqual(held);
      return held === 0;
    }, 'everything is settled');
    await ask(elsewhereToo[1] as (typeof clients)[number], { ...input, payerId: team.id });
    await until(() => model.open.length > 0, 'it is asked');
    for (const call of [...model.open]) call.finish(usage);
    await until(async () => (await seen(member, team)).credits.held === 0, 'it is settled');
    await expectReconciled(database.db);
  });
});
