import { afterAll, beforeAll, expect, it } from 'vitest';
import { createMockModels } from '../../../src/providers/mock/mock.ts';
import { expectReconciled } from '../../credits/audit.ts';
import { type Client, connect, startApp, type TestApp } from '../../setup/app.ts';
import { describeDatabases } from '../../setup/describe-databases.ts';
import { accountOf, converse } from '../asking.ts';

interface Row {
  apiKey: { id: string; name: string; revoked: boolean; user: { email: string } } | null;
  responses: number;
  credits: number;
}

const rows =
  'total { responses credits } rows { apiKey { id name prefix revoked user { email } } responses credits medianFirstTokenMs }';

describeDatabases('usage by API key', (database) => {
  let app: TestApp;
  let admin: Client;
  beforeAll(async () => {
    const mock = createMockModels({ pace: Number.POSITIVE_INFINITY });
    app = await startApp({ database: database(), languageModels: { mock } });
    admin = await app.newMember();
  });
  afterAll(async () => {
    await expectReconciled(database().db);
    await app?.close();
    expect(app.errors).toEqual([]);
  });

  async function make(owner: Client, name: string) {
    const { createApiKey } = await owner.gql(
      'mutation ($name: String!) { createApiKey(name: $name) { secret apiKey { id prefix } } }',
      { name },
    );
    const { secret, apiKey } = createApiKey as { secret: string; apiKey: { id: string; prefix: string } };
    return { ...apiKey, key: connect(app.url, { key: secret }) };
  }

  const askTimes = async (client: Client, times: number) => {
    for (let time = 0; time < times; time++) await converse(client, { prompt: 'Hello', modelIds: ['mock/swift'] });
  };

  const revoke = (owner: Client, id: string) => owner.gql('mutation ($id: ID!) { revokeApiKey(id: $id) }', { id });

  const reportOf = async (member: Client): Promise<{ total: Omit<Row, 'apiKey'>; rows: Row[] }> =>
    (await member.gql(`{ viewer { usage(groupBy: KEY) { ${rows} } } }`)).viewer.usage;

  const csvOf = async (member: Client, path = '/export/usage.csv'): Promise<string[][]> => {
    const response = await fetch(`${app.url}${path}?groupBy=key`, { headers: { cookie: member.cookie } });
    expect(response.status).toBe(200);
    return (await response.text())
      .trimEnd()
      .split('\r\n')
      .map((line) => line.split(','));
  };

  const byResponses = <Of extends { responses: number }>(report: Of[]) =>
    [...report].sort((one, other) => other.responses - one.responses);

  it('has a row for each key, and one for what was asked without a key, for a member and for admins', async () => {
    const owner = await app.newMember();
    const [nightly, editor] = [await make(owner, 'Nightly'), await make(owner, 'Editor')];
    await make(owner, 'Never used');
    await askTimes(nightly.key, 3);
    await askTimes(editor.key, 2);
    await askTimes(owner, 1);
    const report = await reportOf(owner);
    expect(report.total).toEqual({ responses: 6, credits: await chargedTo(owner) });
    expect(report.rows.reduce((sum, { credits }) => sum + credits, 0)).toBe(report.total.credits);
    const user = { email: owner.email };
    expect(byResponses(report.rows)).toMatchObject([
      { apiKey: { id: nightly.id, name: 'Nightly', prefix: nightly.prefix, revoked: false, user }, responses: 3 },
      { apiKey: { id: editor.id, name: 'Editor', prefix: editor.prefix, revoked: false, user }, responses: 2 },
      { apiKey: null, responses: 1 },
    ]);
    const { usage } = (await admin.gql(`{ admin { usage(groupBy: KEY) { ${rows} } } }`)).admin;
    for (const row of report.rows.filter(({ apiKey }) => apiKey !== null)) expect(usage.rows).toContainEqual(row);
    // What everybody asked without a key is one row.
    expect(usage.rows.filter(({ apiKey }: Row) => apiKey === null)).toHaveLength(1);
  });

  it('keeps the name of a key that was revoked, in reports and as CSV', async () => {
    const owner = await app.newMember();
    const [gone, kept] = [await make(owner, '=Gone'), await make(owner, 'Kept, too')];
    await askTimes(gone.key, 2);
    await askTimes(kept.key, 1);
    await askTimes(owner, 3);
    const before = await csvOf(owner);
    await revoke(owner, gone.id);
    expect(byResponses((await reportOf(owner)).rows).map(({ apiKey }) => apiKey)).toMatchObject([
      null,
      { id: gone.id, name: '=Gone', prefix: gone.prefix, revoked: true },
      { id: kept.id, name: 'Kept, too', prefix: kept.prefix, revoked: false },
    ]);
    const after = await csvOf(owner);
    expect(after).toEqual(before);
    expect(after[0]).toEqual(['key', 'responses', 'failures', 'input_tokens', 'output_tokens', 'credits', 'cost_usd']);
    expect(
      after
        .slice(1)
        .sort()
        .map(([name, ...rest]) => [name, rest.at(-6)]),
    ).toEqual([
      // A name with a comma is in quotation marks, and one that begins like a formula has an apostrophe.
      ['"Kept', '1'],
      [`'=Gone (${gone.prefix}…)`, '2'],
      ['no key', '3'],
    ]);
    const everybody = (await csvOf(admin, '/export/admin/usage.csv')).map(([name]) => name);
    expect(everybody).toContain(`'=Gone (${gone.prefix}…) of ${owner.email}`);
  });

  it('keeps no name of a key that was never used', async () => {
    const owner = await app.newMember();
    const [used, unused] = [await make(owner, 'Used'), await make(owner, 'Unused')];
    await used.key.gql('{ viewer { email } }');
    await revoke(owner, used.id);
    await revoke(owner, unused.id);
    const kept = await database()
      .db.selectFrom('revoked_api_key')
      .innerJoin('user', 'user.id', 'revoked_api_key.user_id')
      .select(['revoked_api_key.name', 'start'])
      .where('email', '=', owner.email)
      .execute();
    expect(kept).toEqual([{ name: 'Used', start: used.prefix }]);
  });

  it('tells when a key was last used, to its owner alone', async () => {
    const owner = await app.newMember();
    const { id, key } = await make(owner, 'Seldom');
    const look = async (client: Client) =>
      (await client.gql('query ($id: ID!) { node(id: $id) { ... on ApiKey { lastUsedAt spentThisMonth } } }', { id }))
        .node;
    expect(await look(owner)).toEqual({ lastUsedAt: null, spentThisMonth: 0 });
    await askTimes(key, 1);
    const seen = await look(owner);
    expect(Date.parse(seen.lastUsedAt)).toBeGreaterThan(0);
    expect(seen.spentThisMonth).toBe(await chargedTo(owner));
    expect(await look(admin)).toBeNull();
  });

  const chargedTo = async (owner: Client) =>
    (await accountOf(owner)).entries.reduce((sum, { kind, amount }) => sum - (kind === 'CHARGE' ? amount : 0), 0);
});
