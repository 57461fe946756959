import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { InvalidGrantError } from '@modelcontextprotocol/sdk/server/auth/errors.js';
import type { OAuthServerProvider } from '@modelcontextprotocol/sdk/server/auth/provider.js';
import { mcpAuthRouter } from '@modelcontextprotocol/sdk/server/auth/router.js';
import { createMcpExpressApp } from '@modelcontextprotocol/sdk/server/express.js';
import type { OAuthClientInformationFull, OAuthTokens } from '@modelcontextprotocol/sdk/shared/auth.js';
import { freePort } from '../setup/free-port.ts';
import type { McpServer } from './mcp-server.ts';

export interface OAuthServer {
  url: string;
  clients: Map<string, OAuthClientInformationFull>;
  /** The access tokens that are good. */
  access: Set<string>;
  /** The refresh tokens that are good; each is good once. */
  refresh: Set<string>;
  /** What it answers as; null: it does not say. */
  says: string | null;
  /** Refresh tokens that somebody tried to use again. */
  reused: string[];
  close(): Promise<void>;
}

/** An authorization server of the SDK's own router, which lets everybody in, and stands before an MCP server. */
export async function startOAuthServer(mcp: McpServer): Promise<OAuthServer> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const codes = new Map<string, string>();
  const used = new Set<string>();
  const server: Omit<OAuthServer, 'close'> = {
    url,
    clients: new Map(),
    access: new Set(),
    refresh: new Set(),
    says: null,
    reused: [],
  };
  const { clients, access, refresh } = server;
  const issue = (): OAuthTokens => {
    const [access_token, refresh_token] = [`access-${randomUUID()}`, `refresh-${randomUUID()}`];
    access.add(access_token);
    refresh.add(refresh_token);
    return { access_token, refresh_token, token_type: 'bearer', expires_in: 3600 };
  };
  const provider: OAuthServerProvider = {
    clientsStore: {
      getClient: (id) => clients.get(id),
      registerClient(client) {
        const known = { ...client, client_id: randomUUID() } as OAuthClientInformationFull;
        clients.set(known.client_id, known);
        return known;
      },
    },
    async authorize(_client, { redirectUri, codeChallenge, state }, res) {
      const code = randomUUID();
      codes.set(code, codeChallenge);
      const back = new URL(redirectUri);
      back.searchParams.set('code', code);
      if (server.says !== null) back.searchParams.set('iss', server.says);
      if (state !== undefined) back.searchParams.set('state', state);
      res.redirect(back.href);
    },
    challengeForAuthorizationCode: async (_client, code) => codes.get(code) ?? '',
    async exchangeAuthorizationCode(_client, code) {
      if (!codes.delete(code)) throw new InvalidGrantError('unknown code');
      return issue();
    },
    async exchangeRefreshToken(_client, token) {
      if (used.has(token)) server.reused.push(token);
      if (!refresh.delete(token)) throw new InvalidGrantError('unknown refresh token');
      used.add(token);
      return issue();
    },
    verifyAccessToken: async (token) => ({ token, clientId: '', scopes: [] }),
  };
  const app = createMcpExpressApp();
  app.use(mcpAuthRouter({ provider, issuerUrl: new URL(url) }));
  const http = createServer(app).listen(port, '127.0.0.1');
  await once(http, 'listening');
  const resource = '/.well-known/oauth-protected-resource';
  mcp.door = (req, res) => {
    if (req.url?.startsWith(resource)) {
      res.writeHead(200, { 'content-type': 'application/json' });
      res.end(JSON.stringify({ resource: mcp.url, authorization_servers: [url] }));
      return true;
    }
    if (access.has(req.headers.authorization?.replace('Bearer ', '') ?? '')) return false;
    const { origin } = new URL(mcp.url);
    res.writeHead(401, { 'www-authenticate': `Bearer resource_metadata="${origin}${resource}"` }).end();
    return true;
  };
  return Object.assign(server, {
    async close() {
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  });
}
