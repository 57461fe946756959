import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { ModelFailure } from '../../../src/ports/language-model.ts';
import { expectReconciled } from '../../credits/audit.ts';
import { until } from '../../credits/house.ts';
import { createScriptedModel } from '../../credits/scripted-model.ts';
import { type Client, connect, startApp, type TestApp } from '../../setup/app.ts';
import { describeDatabases } from '../../setup/describe-databases.ts';
import { accountOf, ask, continueDocument, regenerateDocument, send, storedResponses } from '../asking.ts';

const input = { prompt: 'What now?', modelIds: ['mock/swift'] };
const usage = {
  inputTokens: 100,
  cachedInputTokens: 0,
  cacheWriteInputTokens: 0,
  outputTokens: 225,
  reasoningTokens: 0,
};

type KeyInput = { monthlyCredits?: number; modelIds?: string[]; scopes?: string[] };

describeDatabases('an API key with limits of its own', (database) => {
  const model = createScriptedModel();
  let app: TestApp;
  /** Stands for another process on the same database. */
  let elsewhere: TestApp;
  /** The most that one prompt costs. */
  let maximum: number;
  beforeAll(async () => {
    const options = {
      database: database(),
      languageModels: { mock: model },
      catalogue: { models: [{ id: 'mock/swift', fallbacks: ['mock/poet'] }] },
      retryDelayMs: 1,
    };
    app = await startApp(options);
    elsewhere = await startApp(options);
    const member = await app.newMember();
    maximum = (await quoteOf(member)).maximum;
  });
  afterEach(async () => {
    await finishAll();
    await expectReconciled(database().db);
  });
  afterAll(async () => {
    await elsewhere?.close();
    await app?.close();
    expect([...app.errors, ...elsewhere.errors]).toEqual([]);
  });

  async function make(owner: Client, key: KeyInput) {
    const { createApiKey } = await owner.gql(
      `mutation ($monthlyCredits: Credits, $modelIds: [ID!], $scopes: [ApiKeyScope!]) {
        createApiKey(name: "Program", monthlyCredits: $monthlyCredits, modelIds: $modelIds, scopes: $scopes) {
          secret apiKey { id }
        }
      }`,
      key,
    );
    const { secret, apiKey } = createApiKey as { secret: string; apiKey: { id: string } };
    return {
      ...apiKey,
      key: connect(app.url, { key: secret }),
      elsewhere: connect(elsewhere.url, { key: secret }),
    };
  }

  const quoteOf = async (client: Client, modelIds = input.modelIds) =>
    (
      await client.gql('query ($input: SendPromptInput!) { quote(input: $input) { maximum affordable } }', {
        input: { ...input, modelIds },
      })
    ).quote as { maximum: number; affordable: boolean };

  const spentBy = async (owner: Client): Promise<number> =>
    (await owner.gql('{ viewer { apiKeys { spentThisMonth } } }')).viewer.apiKeys[0].spentThisMonth;

  const chargedTo = async (owner: Client) =>
    (await accountOf(owner)).entries.reduce((sum, { kind, amount }) => sum - (kind === 'CHARGE' ? amount : 0), 0);

  async function live(): Promise<number> {
    const { rows } = await sql<{
      live: number;
    }>`select count(*) as live from response where lease_until is not null`.execute(database().db);
    return rows[0]?.live ?? 0;
  }

  /** Ends all answers that are being written, with the same usage. */
  async function finishAll(): Promise<void> {
    await until(async () => {
      for (const call of [...model.open]) call.finish(usage);
      return (await live()) === 0;
    }, 'everything is settled');
  }

  /** Answers of the turn, as one of them is to be asked again. */
  async function answered(client: Client): Promise<{ id: string }> {
    const { turn } = await ask(client, input);
    await finishAll();
    return turn.responses[0] as { id: string };
  }

  it('has exactly those prompts admitted that fit, of twenty sent at once to two processes', async () => {
    const owner = await app.newMember();
    const program = await make(owner, { monthlyCredits: 5 * maximum + 100 });
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, index) => send(index % 2 === 0 ? program.key : program.elsewhere, input)),
    );
    const refused = results.filter(({ __typename }) => __typename !== 'SendPromptPayload');
    expect(refused).toHaveLength(15);
    const figures = (count: number) => count.toLocaleString('en');
    for (const refusal of refused) {
      expect(refusal).toMatchObject({
        __typename: 'InsufficientCreditsError',
        required: maximum,
        available: 100,
        message: `This API key may spend ${figures(5 * maximum + 100)} credits a month: 100 of them are left, and this prompt may cost up to ${figures(maximum)}.`,
      });
    }
    expect((await accountOf(owner)).held).toBe(5 * maximum);
    // Other ways in are not concerned.
    await ask(owner, input);
    await ask((await make(owner, {})).key, input);
  });

  it('counts the charge of what is settled, and gives the rest of its hold back', async () => {
    const owner = await app.newMember();
    const program = await make(owner, { monthlyCredits: 2 * maximum });
    await ask(program.key, input);
    await ask(program.key, input);
    expect(await spentBy(owner)).toBe(0);
    expect(await quoteOf(program.key)).toEqual({ maximum, affordable: false });
    expect(await quoteOf(owner)).toEqual({ maximum, affordable: true });
    expect(await send(program.key, input)).toMatchObject({ __typename: 'InsufficientCreditsError', available: 0 });
    await finishAll();
    const spent = await spentBy(owner);
    expect(spent).toBe(await chargedTo(owner));
    expect(spent).toBeGreaterThan(0);
    expect(await quoteOf(program.key)).toEqual({ maximum, affordable: true });
    await ask(program.key, input);
    expect(await send(program.key, input)).toMatchObject({ available: maximum - spent });
  });

  it('has answers that are asked again or continued count too', async () => {
    const owner = await app.newMember();
    const program = await make(owner, { monthlyCredits: 2 * maximum });
    const { id } = await answered(program.key);
    const again = async () => (await program.key.gql(regenerateDocument, { responseId: id })).regenerateResponse;
    expect(await again()).toMatchObject({ __typename: 'SendPromptPayload' });
    await finishAll();
    const spent = await spentBy(owner);
    expect(spent).toBe(await chargedTo(owner));

    // An answer that its member stopped in a session is continued with the key.
    const { turn } = await ask(owner, input);
    await until(() => model.open.length === 1, 'it is asked');
    model.open[0]?.push({ type: 'text', text: 'Half an answer' });
    await owner.gql('mutation ($id: ID!) { stopResponses(turnId: $id) { id } }', { id: turn.id });
    await finishAll();
    expect(await spentBy(owner)).toBe(spent);
    const continued = await program.key.gql(continueDocument, { responseId: turn.responses[0]?.id });
    expect(continued.continueResponse).toMatchObject({ __typename: 'SendPromptPayload' });
    await finishAll();
    expect(await spentBy(owner)).toBeGreaterThan(spent);

    const tight = await make(owner, { monthlyCredits: maximum - 1 });
    const refused = await tight.key.gql(regenerateDocument, { responseId: id });
    expect(refused.regenerateResponse).toMatchObject({
      __typename: 'InsufficientCreditsError',
      available: maximum - 1,
    });
  });

  it('may spend anew when a month begins, except for what is held across its end', async () => {
    const owner = await app.newMember();
    const program = await make(owner, { monthlyCredits: 2 * maximum });
    await answered(program.key);
    const spent = await spentBy(owner);
    await ask(program.key, input);
    expect(await send(program.key, input)).toMatchObject({ available: maximum - spent });

    // Everything of this month becomes last month's, on the receipts and in the ledger too, so that the auditor agrees.
    await database()
      .db.transaction()
      .execute(async (trx) => {
        await sql`alter table receipt disable trigger all`.execute(trx);
        await sql`alter table credit_entry disable trigger all`.execute(trx);
        await sql`update receipt set created_at = created_at - interval '1 month'`.execute(trx);
        await sql`update credit_entry set created_at = created_at - interval '1 month' where kind = 'CHARGE'`.execute(
          trx,
        );
        await sql`alter table receipt enable trigger all`.execute(trx);
        await sql`alter table credit_entry enable trigger all`.execute(trx);
        await sql`update credit_account set charged_month = charged_month - interval '1 month'`.execute(trx);
        await sql`update api_key set charged_month = charged_month - interval '1 month'`.execute(trx);
      });
    expect(await spentBy(owner)).toBe(0);
    await ask(program.key, input);
    expect(await send(program.key, input)).toMatchObject({ available: 0 });
    await finishAll();
    expect(await spentBy(owner)).toBe(2 * spent);
  });

  it('may ask its models alone, and is told so by the list of models', async () => {
    const owner = await app.newMember();
    const program = await make(owner, { modelIds: ['mock/poet', 'mock/poet', 'sage'] });
    const { models } = (await owner.gql('{ viewer { apiKeys { models { id } } } }')).viewer.apiKeys[0];
    expect(models).toEqual([{ id: 'mock/poet' }, { id: 'mock/sage' }]);
    const document = '{ models { id access { allowed denial message } } }';
    const access = new Map(
      (await program.key.gql(document)).models.map((seen: { id: string; access: object }) => [seen.id, seen.access]),
    );
    expect(access.get('mock/sage')).toEqual({ allowed: true, denial: null, message: null });
    const message = 'Swift is not among the models of this API key.';
    expect(access.get('mock/swift')).toEqual({ allowed: false, denial: 'NOT_FOR_API_KEY', message });

    const refusal = { __typename: 'ModelUnavailableError', modelId: 'mock/swift', message };
    expect(await send(program.key, { ...input, modelIds: ['mock/poet', 'mock/swift'] })).toMatchObject(refusal);
    const { turn } = await ask(program.key, { ...input, modelIds: ['mock/poet'] });
    await finishAll();
    const [{ id: responseId } = { id: '' }] = turn.responses;
    const again = await program.key.gql(regenerateDocument, { responseId, modelId: 'mock/swift' });
    expect(again.regenerateResponse).toMatchObject(refusal);
    await ask(owner, input);
  });

  it('has no fallback answer that is not among its models', async () => {
    const owner = await app.newMember();
    const both = await make(owner, { modelIds: ['mock/swift', 'mock/poet'] });
    const one = await make(owner, { modelIds: ['mock/swift'] });
    for (const [key, status, servedBy] of [
      [both.key, 'COMPLETED', 'mock/poet'],
      [one.key, 'FAILED', 'mock/swift'],
    ] as const) {
      const { turn } = await ask(key, input);
      await until(async () => {
        for (const call of [...model.open]) {
          if (call.request.model === 'poet') call.finish(usage);
          else call.fail(new ModelFailure('OVERLOADED', 'As the test wants it.'));
        }
        return (await live()) === 0;
      }, 'it has ended');
      const [response] = await storedResponses(owner, turn.id);
      expect(response).toMatchObject({ status, servedBy: { id: servedBy } });
    }
  });

  it('cannot make another key, which could be without limits', async () => {
    const owner = await app.newMember();
    const scopes = ['READ', 'PROMPT', 'ADMIN'];
    for (const limits of [{ monthlyCredits: 1000 }, { modelIds: ['mock/swift'] }]) {
      const { key } = await make(owner, { ...limits, scopes });
      const { errors } = await key.post('mutation { createApiKey(name: "More") { secret } }');
      expect(errors?.[0]).toMatchObject({
        message: 'An API key with a monthly limit, a list of models or a payer cannot make keys.',
        extensions: { code: 'FORBIDDEN' },
      });
    }
    const { key } = await make(owner, { scopes });
    await key.gql('mutation { createApiKey(name: "More") { secret } }');
  });

  it.each([
    ['a limit below nothing', { monthlyCredits: -1 }, { code: 'BAD_USER_INPUT', field: 'monthlyCredits' }],
    ['an empty list of models', { modelIds: [] }, { code: 'BAD_USER_INPUT', field: 'modelIds' }],
    ['more models than there can be', { modelIds: Array(200).fill('mock/swift') }, { code: 'BAD_USER_INPUT' }],
    ['a model that is unknown', { modelIds: ['mock/none'] }, { code: 'MODEL_UNAVAILABLE', modelId: 'mock/none' }],
  ])('is not made with %s', async (_what, limits, extensions) => {
    const owner = await app.newMember();
    const { errors } = await owner.post(
      'mutation ($monthlyCredits: Credits, $modelIds: [ID!]) {\
        createApiKey(name: "Key", monthlyCredits: $monthlyCredits, modelIds: $modelIds) { secret }\
      }',
      limits,
    );
    expect(errors?.[0]?.extensions).toMatchObject(extensions);
    expect((await owner.gql('{ viewer { apiKeys { id } } }')).viewer.apiKeys).toEqual([]);
  });

  it('is shown with its limits, and the audit log names them', async () => {
    const admin = await app.newMember();
    await database().db.updateTable('user').set({ role: 'ADMIN' }).where('email', '=', admin.email).execute();
    await make(admin, { monthlyCredits: 250_000, modelIds: ['mock/swift', 'mock/sage'] });
    await make(admin, {});
    const { apiKeys } = (await admin.gql('{ viewer { apiKeys { monthlyCredits spentThisMonth models { id } } } }'))
      .viewer;
    expect(apiKeys).toEqual([
      { monthlyCredits: null, spentThisMonth: 0, models: null },
      { monthlyCredits: 250_000, spentThisMonth: 0, models: [{ id: 'mock/swift' }, { id: 'mock/sage' }] },
    ]);
    const { auditLog } = (await admin.gql('{ admin { auditLog(first: 2) { edges { node { note } } } } }')).admin;
    expect(auditLog.edges.map(({ node }: { node: { note: string } }) => node.note.replace(/plk_\w+/, 'plk_'))).toEqual([
      'Program (plk_…): READ, PROMPT',
      'Program (plk_…): READ, PROMPT, 250,000 credits a month, only mock/swift, mock/sage',
    ]);
  });
});
