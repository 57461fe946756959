import { afterAll, beforeAll, expect, it } from 'vitest';
import { claimRenewal, findSealedGrant, setRenewedGrant } from '../../src/database/tools/tool-servers.ts';
import { eventually } from '../eventually.ts';
import { type Client, startApp, type TestApp } from '../setup/app.ts';
import { describeDatabases } from '../setup/describe-databases.ts';
import { type McpServer, startMcpServer } from './mcp-server.ts';
import { type OAuthServer, startOAuthServer } from './oauth-server.ts';

const setToolServer = 'mutation ($input: SetToolServerInput!) { setToolServer(input: $input) { id } }';
const signIn = 'mutation ($id: ID!) { signInToToolServer(id: $id) }';
const servers = '{ admin { toolServers { id status problem signedInAt } } }';
const reconnect = 'mutation ($id: ID!) { reconnectToolServer(id: $id) { status problem } }';

describeDatabases('signing in to a server of tools', (database) => {
  let app: TestApp;
  let admin: Client;
  let member: Client;
  let mcp: McpServer;
  let oauth: OAuthServer;
  let id: string;
  beforeAll(async () => {
    mcp = await startMcpServer();
    oauth = await startOAuthServer(mcp);
    app = await startApp({
      database: database(),
      env: { TOOLS_PRIVATE_ADDRESSES: 'allow' },
      logLevel: 'info',
      retryDelayMs: 20,
    });
    admin = await app.newMember('Admin');
    member = await app.newMember('Member');
    id = (await admin.gql(setToolServer, { input: { name: 'Issues', url: mcp.url, auth: 'OAUTH' } })).setToolServer.id;
  });
  afterAll(async () => {
    await app?.close();
    await oauth?.close();
    await mcp?.stop();
  });

  const statusIs = (status: string) =>
    eventually(async () => {
      expect((await admin.gql(servers)).admin.toolServers[0]).toMatchObject({ id, status });
    });
  /** Begins a sign-in, and returns where the browser is sent back to. */
  async function answer(): Promise<URL> {
    const { signInToToolServer: address } = await admin.gql(signIn, { id });
    const { headers } = await fetch(address, { redirect: 'manual' });
    const back = new URL(headers.get('location') ?? '');
    expect(back.origin + back.pathname).toBe('http://localhost:3000/api/tools/callback');
    return back;
  }
  /** The browser comes back. Returns what the page of tools is told. */
  async function comeBack(back: URL, { cookie }: Client): Promise<string> {
    const url = `${app.url}/api/tools/callback${back.search}`;
    const { status, headers } = await fetch(url, { redirect: 'manual', headers: { cookie } });
    expect(status).toBe(302);
    return headers.get('location')?.replace('http://localhost:3000/admin/tools?', '') ?? '';
  }

  it('registers this house, and takes only what the admin’s own session brings back', async () => {
    await statusIs('SIGN_IN_NEEDED');
    const back = await answer();
    expect(await comeBack(back, member)).toBe('signIn=elsewhere');
    const other = await app.newMember('Other');
    const { users } = (await admin.gql('{ admin { users(search: "Other") { edges { node { id } } } } }')).admin;
    await admin.gql('mutation ($id: ID!) { setRole(userId: $id, role: ADMIN) { id } }', { id: users.edges[0].node.id });
    expect(await comeBack(back, other)).toBe('signIn=elsewhere');
    const forged = new URL(back);
    const state = back.searchParams.get('state') ?? '';
    forged.searchParams.set('state', state.slice(0, 60) + (state[60] === 'A' ? 'B' : 'A') + state.slice(61));
    expect(await comeBack(forged, admin)).toBe('signIn=elsewhere');
    const refused = new URL(back);
    refused.searchParams.delete('code');
    expect(await comeBack(refused, admin)).toBe('signIn=refused');
    await statusIs('SIGN_IN_NEEDED');
    expect(await comeBack(back, admin)).toBe(`signedIn=${id}`);
    await statusIs('UP');
    expect(oauth.clients.size).toBe(1);
    // The code was good once.
    expect(await comeBack(back, admin)).toBe('signIn=failed');
    const rows = JSON.stringify(await database().db.selectFrom('tool_server').selectAll().execute());
    for (const token of [...oauth.access, ...oauth.refresh]) {
      expect(rows + app.errors.join()).not.toContain(token);
    }
  });

  it('takes no code that another server gave', async () => {
    oauth.says = 'https://other.example/';
    expect(await comeBack(await answer(), admin)).toBe('signIn=failed');
    oauth.says = new URL(oauth.url).href;
    expect(await comeBack(await answer(), admin)).toBe(`signedIn=${id}`);
    await statusIs('UP');
  });

  it('is renewed when the server takes the access no more, and each refresh token is used once', async () => {
    oauth.access.clear();
    const outcomes = await Promise.all([1, 2, 3].map(() => admin.gql(reconnect, { id })));
    expect(outcomes.map(({ reconnectToolServer: { status } }) => status)).toContain('UP');
    await statusIs('UP');
    expect([oauth.access.size, oauth.reused]).toEqual([1, []]);
  });

  it('is needed again when the server forgets it, and can be taken back', async () => {
    oauth.access.clear();
    oauth.refresh.clear();
    await admin.gql(reconnect, { id });
    await statusIs('SIGN_IN_NEEDED');
    expect(await comeBack(await answer(), admin)).toBe(`signedIn=${id}`);
    await statusIs('UP');
    expect(oauth.clients.size).toBe(1);
    await admin.gql('mutation ($id: ID!) { signOutOfToolServer(id: $id) { id } }', { id });
    await statusIs('SIGN_IN_NEEDED');
    const { edges } = (await admin.gql('{ admin { auditLog(first: 20) { edges { node { action } } } } }')).admin
      .auditLog;
    const actions = edges.map(({ node }: { node: { action: string } }) => node.action);
    expect(actions).toEqual(expect.arrayContaining(['signInToToolServer', 'signOutOfToolServer']));
  });

  it('stays signed out if it was being renewed meanwhile', async () => {
    expect(await comeBack(await answer(), admin)).toBe(`signedIn=${id}`);
    const { db } = database();
    const row = await db.selectFrom('tool_server').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
    expect(await claimRenewal(db, id)).toBe(true);
    await admin.gql('mutation ($id: ID!) { signOutOfToolServer(id: $id) { id } }', { id });
    await setRenewedGrant(db, { id, url: row.url, sealed: row.sealed_grant as string });
    expect(await findSealedGrant(db, id)).toBeNull();
  });
});
