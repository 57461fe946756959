import { sql } from 'kysely';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Client, signUp, startApp, type TestApp } from './app.ts';
import { describeDatabases } from './describe-databases.ts';
import { password } from './members.ts';

describeDatabases('a member made by newMember', (database) => {
  let app: TestApp;
  let made: Client;
  let signedUp: Client;
  beforeAll(async () => {
    app = await startApp({ database: database() });
    // The first member becomes the admin.
    await app.newMember();
    made = await app.newMember('Ada');
    signedUp = await signUp(app.url, 'Ada');
  });
  afterAll(() => app?.close());

  it.each(['user', 'session', 'account'] as const)(
    'has the same row in the table %s as a member who signed up',
    async (table) => {
      const column = table === 'user' ? 'id' : 'user_id';
      const rowsOf = async ({ email }: Client) => {
        const { rows } = await sql<Record<string, unknown>>`
        select * from ${sql.table(table)}
        where ${sql.ref(column)} = (select id from "user" where email = ${email})`.execute(database().db);
        return rows.map((row) =>
          Object.fromEntries(Object.entries(row).map(([name, value]) => [name, constant(value)])),
        );
      };
      const rows = await rowsOf(made);
      expect(rows).toHaveLength(1);
      expect(rows).toEqual(await rowsOf(signedUp));
    },
  );

  it('is signed in, and can sign in again with the password', async () => {
    expect((await made.gql('{ viewer { email } }')).viewer).toEqual({ email: made.email });
    const body = JSON.stringify({ email: made.email, password });
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`${app.url}/api/auth/sign-in/email`, { method: 'POST', headers, body });
    expect(answer.status).toBe(200);
  });
});

/** Replaces values that differ from member to member by their kind. */
function constant(value: unknown): unknown {
  if (value instanceof Date) return 'a date';
  return typeof value === 'string' && value.length > 20 ? value.replaceAll(/[\w-]/g, 'x').length : value;
}
