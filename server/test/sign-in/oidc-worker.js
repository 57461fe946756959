import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { parentPort, workerData } from 'node:worker_threads';
import Provider from 'oidc-provider';

// A thread of its own: the provider leaves an AsyncLocalStorage on, which makes every promise of its thread dearer.
const { clientSecret, redirectUris } = workerData;
const accounts = new Map();
let codeSeconds = 60;
let reachable = true;
let handle = (_req, res) => res.end();

const server = createServer((req, res) => (reachable ? handle(req, res) : req.socket.destroy()));
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const issuer = `http://127.0.0.1:${server.address().port}`;

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const provider = new Provider(issuer, {
  clients: [{ client_id: 'polylogue', client_secret: clientSecret, redirect_uris: redirectUris }],
  claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'], groups: ['groups'] },
  scopes: ['openid', 'email', 'profile', 'groups'],
  findAccount: (_ctx, id) => ({ accountId: id, claims: async () => ({ sub: id, ...accounts.get(id) }) }),
  async loadExistingGrant({ oidc: { client, session, provider } }) {
    const grant = new provider.Grant({ clientId: client?.clientId, accountId: session?.accountId });
    grant.addOIDCScope('openid email profile groups');
    await grant.save();
    return grant;
  },
  interactions: { url: (_ctx, { uid }) => `/who/${uid}` },
  features: { devInteractions: { enabled: false } },
  jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256', kid: 'one' }] },
  cookies: { keys: [randomBytes(16).toString('hex')] },
  pkce: { required: () => true },
  ttl: {
    AuthorizationCode: () => codeSeconds,
    Session: 60,
    Interaction: 600,
    Grant: 600,
    AccessToken: 60,
    IdToken: 60,
  },
});
const answer = provider.callback();
handle = (req, res) => {
  const url = new URL(req.url ?? '', issuer);
  if (!url.pathname.startsWith('/who/')) return void answer(req, res);
  const account = url.searchParams.get('as');
  if (account === null) return showAccounts(res, [...accounts.keys()]);
  const outcome = account === '' ? { error: 'access_denied' } : { login: { accountId: account, remember: false } };
  void provider.interactionFinished(req, res, outcome, { mergeWithLastSubmission: false });
};

function showAccounts(res, ids) {
  const links = ids.map((id) => `<li><a href="?as=${encodeURIComponent(id)}">Continue as ${id}</a></li>`).join('');
  const icon = '<link rel="icon" href="data:,">';
  const page = `<title>Example Login</title>${icon}<h1>Who are you?</h1><ul>${links}</ul><a href="?as=">Cancel</a>`;
  res.writeHead(200, { 'Content-Type': 'text/html' }).end(`<!doctype html>${page}`);
}

const acts = {
  know: (id, account) => void accounts.set(id, account),
  setCodeSeconds(seconds) {
    codeSeconds = seconds;
  },
  setReachable(value) {
    reachable = value;
  },
  isGood: async (code) => (await provider.AuthorizationCode.find(code))?.isExpired === false,
};
parentPort.on('message', async ({ id, act, args }) => {
  parentPort.postMessage({ id, result: await acts[act](...args) });
});
parentPort.postMessage({ issuer });
