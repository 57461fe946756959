import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { countCreditEntries } from '../../src/database/credits.ts';
import { createMockModels } from '../../src/providers/mock/mock.ts';
import { accountOf, ask, converse, type PromptInput, regenerateDocument, send } from '../api/asking.ts';
import { type Client, startApp, type TestApp } from '../setup/app.ts';
import { describeDatabases } from '../setup/describe-databases.ts';
import { expectReconciled } from './audit.ts';

const free = { promptsPerMinute: 10, modelsPerPrompt: 2, monthlyCredits: 250_000, maxOutputTokens: 2048 };

describeDatabases('a refused prompt', (database) => {
  let app: TestApp;
  let admin: Client;
  let member: Client;
  beforeAll(async () => {
    const mock = createMockModels({ pace: Number.POSITIVE_INFINITY });
    const model = { name: 'Model', contextWindow: 100_000, maxOutputTokens: 50_000 };
    app = await startApp({
      database: database(),
      catalogue: {
        tiers: free,
        models: [
          { ...model, id: 'mock/dear', minimumTier: 'FREE', inputPriceUsd: 50, outputPriceUsd: 200 },
          { ...model, id: 'openai/locked', minimumTier: 'FREE', inputPriceUsd: 1, outputPriceUsd: 1 },
        ],
      },
      languageModels: { mock },
    });
    admin = await app.newMember('Admin');
  });
  beforeEach(async () => {
    member = await app.newMember();
  });
  afterAll(async () => {
    await app?.close();
    await expectReconciled(database().db);
  });

  /** The member's rows in the database: counts of each table, and the credit account. */
  async function possessions() {
    const { db } = database();
    const { id } = await db.selectFrom('user').select('id').where('email', '=', member.email).executeTakeFirstOrThrow();
    const counted = async (table: 'conversation' | 'turn' | 'response' | 'receipt') =>
      (
        await db
          .selectFrom(table)
          .select((eb) => eb.fn.countAll<number>().as('count'))
          .where('user_id', '=', id)
          .executeTakeFirstOrThrow()
      ).count;
    const account = await db.selectFrom('credit_account').selectAll().where('user_id', '=', id).executeTakeFirst();
    return [
      await counted('conversation'),
      await counted('turn'),
      await counted('response'),
      await counted('receipt'),
      account && (await countCreditEntries(db, account.id)),
      account,
    ];
  }

  async function expectRefused(input: PromptInput, refusal: object) {
    await accountOf(member);
    const before = await possessions();
    expect(await send(member, input)).toMatchObject(refusal);
    expect(await possessions()).toEqual(before);
  }

  const prompt = 'What now?';

  it('names the required plan and changes nothing if its model belongs to a dearer plan', async () => {
    await expectRefused(
      { prompt, modelIds: ['mock/swift', 'mock/oracle'] },
      { __typename: 'TierLimitError', requiredTier: 'PRO', missingModelId: 'mock/oracle' },
    );
  });

  it('names the required plan and changes nothing if it names too many models', async () => {
    const modelIds = ['mock/swift', 'mock/poet', 'mock/swift'];
    await expectRefused({ prompt, modelIds }, { __typename: 'TierLimitError', requiredTier: 'PRO' });
    await expectRefused(
      { prompt, modelIds: Array.from({ length: 50 }, () => 'mock/swift') },
      { __typename: 'TierLimitError', requiredTier: null, missingModelId: null },
    );
    await ask(member, { prompt, modelIds: modelIds.slice(1) });
  });

  it('names the time to wait and changes nothing if it is the eleventh in a minute, regenerations included', async () => {
    const { turn } = await converse(member, { prompt, modelIds: ['mock/swift'] });
    const [response] = turn.responses;
    await member.gql(regenerateDocument, { responseId: response?.id });
    for (let sent = 2; sent < 10; sent++) await converse(member, { prompt, modelIds: ['mock/swift'] });
    const before = await possessions();
    const refused = { __typename: 'RateLimitError', retryAfterSeconds: expect.any(Number) };
    const byPlan = { ...refused, rateLimit: 'PROMPTS_PER_MINUTE' };
    const { retryAfterSeconds } = await send(member, { prompt, modelIds: ['mock/swift'] });
    expect(retryAfterSeconds).toBeGreaterThan(0);
    expect(retryAfterSeconds).toBeLessThanOrEqual(60);
    expect(
      (await member.gql(regenerateDocument, { responseId: turn.responses[0]?.id })).regenerateResponse,
    ).toMatchObject(refused);
    expect(await possessions()).toEqual(before);

    // The wait ends exactly when the oldest prompt leaves the minute.
    const pass = (seconds: number) =>
      sql`update turn set created_at = created_at - ${seconds} * interval '1 second' where id in (
        select turn.id from turn join "user" on "user".id = turn.user_id where email = ${member.email} order by turn.created_at limit 1
      )`.execute(database().db);
    await pass(retryAfterSeconds - 20);
    const { retryAfterSeconds: later } = await send(member, { prompt, modelIds: ['mock/swift'] });
    expect(later).toBeLessThanOrEqual(20);
    expect(later).toBeGreaterThan(0);
    await pass(20);
    await converse(member, { prompt, modelIds: ['mock/swift'] });
    await expectRefused({ prompt, modelIds: ['mock/swift'] }, byPlan);
  });

  it('stays refused as the eleventh in a minute even if earlier conversations are deleted', async () => {
    const asked = { prompt, modelIds: ['mock/swift'] };
    const { turn } = await converse(member, asked);
    await member.gql(regenerateDocument, { responseId: turn.responses[0]?.id });
    await deleteAll();
    for (let sent = 2; sent < 10; sent++) {
      await converse(member, asked);
      if (sent % 3 === 0) await deleteAll();
    }
    await expectRefused(asked, { __typename: 'RateLimitError' });
    await database()
      .db.updateTable('deleted_admission')
      .set({ admitted_at: new Date(Date.now() - 61_000) })
      .execute();
    await ask(member, asked);
  });

  async function deleteAll() {
    await member.gql('mutation { deleteAllConversations }');
  }

  it('names both figures, as the quote did, and changes nothing if it may cost more than there is', async () => {
    const input = { prompt, modelIds: ['mock/dear', 'mock/swift'] };
    const { quote } = await member.gql(
      'query ($input: SendPromptInput!) { quote(input: $input) { maximum affordable models { maximum } } }',
      { input },
    );
    expect(quote.affordable).toBe(false);
    const required = quote.models[0].maximum + quote.models[1].maximum;
    expect(quote.maximum).toBe(required);
    await expectRefused(input, { __typename: 'InsufficientCreditsError', required, available: 250_000 });
    await ask(member, { prompt, modelIds: ['mock/swift'] });
  });

  it('names the model and changes nothing if the model is switched off, not configured or unknown', async () => {
    const enable =
      'mutation ($id: ID!, $enabled: Boolean!) { setModelEnabled(modelId: $id, enabled: $enabled) { id enabled } }';
    await admin.gql(enable, { id: 'mock/poet', enabled: false });
    for (const modelId of ['mock/poet', 'openai/locked', 'mock/nobody']) {
      await expectRefused(
        { prompt, modelIds: ['mock/swift', modelId] },
        { __typename: 'ModelUnavailableError', modelId },
      );
    }
    await admin.gql(enable, { id: 'mock/poet', enabled: true });
    await ask(member, { prompt, modelIds: ['mock/poet'] });
  });

  it('leaves its conversation unchanged', async () => {
    const { conversation } = await converse(member, { prompt, modelIds: ['mock/swift'] });
    const look = async () =>
      (
        await member.gql(
          'query ($id: ID!) { conversation(id: $id) { title updatedAt models { id } turns { totalCount } } }',
          { id: conversation.id },
        )
      ).conversation;
    const before = await look();
    await expectRefused(
      { prompt, conversationId: conversation.id, modelIds: ['mock/oracle'] },
      { __typename: 'TierLimitError' },
    );
    expect(await look()).toEqual(before);
  });

  it('can be foreseen by the client: each model tells whether it can be asked, and if not, why', async () => {
    const access = async (client: Pick<Client, 'gql'>) => {
      const { models } = await client.gql('{ models { id access { allowed denial message } } }');
      return Object.fromEntries(
        models.map((model: { id: string; access: { denial: string | null } }) => [model.id, model.access.denial]),
      );
    };
    expect(await access(member)).toMatchObject({
      'mock/swift': null,
      'mock/oracle': 'TIER_TOO_LOW',
      'mock/dear': 'INSUFFICIENT_CREDITS',
      'openai/locked': 'PROVIDER_NOT_CONFIGURED',
    });
    await admin.gql('mutation { setModelEnabled(modelId: "mock/swift", enabled: false) { id } }');
    expect(await access(member)).toMatchObject({ 'mock/swift': 'DISABLED' });
    await admin.gql('mutation { setModelEnabled(modelId: "mock/swift", enabled: true) { id } }');
    const { data } = await (
      await fetch(`${app.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query: '{ models { id access { denial } } }' }),
      })
    ).json();
    const denials = new Set(data.models.map((model: { access: { denial: string } }) => model.access.denial));
    expect(denials).toEqual(new Set(['SIGNED_OUT', 'PROVIDER_NOT_CONFIGURED']));
  });

  it('does not result from too large an output limit, which is cut to the plan’s limit in quote and hold', async () => {
    const held = async (maxOutputTokens?: number) => {
      const input = { prompt, modelIds: ['mock/sage'], ...(maxOutputTokens && { parameters: { maxOutputTokens } }) };
      const { quote } = await member.gql('query ($input: SendPromptInput!) { quote(input: $input) { maximum } }', {
        input,
      });
      const { turn } = await ask(member, input);
      const { node } = await member.gql(
        'query ($id: ID!) { node(id: $id) { ... on Turn { responses { creditsHeld } } } }',
        { id: turn.id },
      );
      expect(node.responses[0].creditsHeld).toBe(quote.maximum);
      return quote.maximum;
    };
    const most = await held();
    expect(await held(1_000_000)).toBe(most);
    expect(await held(2048)).toBe(most);
    // A token of the model's output costs 4 credits.
    expect(await held(2047)).toBe(most - 4);
  });
});
