import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import packageJson from '../package.json' with { type: 'json' };
import { createAccountStore } from './database/accounts.ts';
import { createLimiterMaker } from './database/attempt-count.ts';
import { startDomain } from './domain/domain.ts';
import { createInvitationLinks } from './domain/invitation-links.ts';
import { isAdmin as isAdminViewer, type Viewer } from './domain/members.ts';
import { memberTopic } from './domain/notifications.ts';
import { createSignUp } from './domain/sign-up.ts';
import { handleEventStream } from './graphql/event-stream.ts';
import { acceptsPage, createGraphiql } from './graphql/graphiql.ts';
import { acceptsEventStream, createGraphQLServer } from './graphql/server.ts';
import { createGraphQLSocket } from './graphql/socket.ts';
import { AddressLimit } from './http/address-limit.ts';
import { createAuth } from './http/auth/auth.ts';
import { loadAuthSecret } from './http/auth/secret.ts';
import { createHealth } from './http/health.ts';
import { isLarge, isPlainJson } from './http/json-body.ts';
import { JsonThread } from './http/json-thread.ts';
import { createMetrics, hasToken } from './http/metrics.ts';
import { handleProviderHealth } from './http/provider-health.ts';
import { createProxyWarning } from './http/proxy-warning.ts';
import {
  admitGraphql,
  clientAddress,
  createOriginPolicy,
  handleCors,
  isUpgradeAllowed,
  refuseUpgrade,
  setSecurityHeaders,
  urlOf,
} from './http/security.ts';
import { handleUsageCsv } from './http/usage-csv.ts';
import type { Parts } from './parts.ts';

export { type Config, ConfigError, loadConfig } from './config.ts';
export { createOriginPolicy, setSecurityHeaders } from './http/security.ts';
export { addressOf, createHttpServer, listen } from './listen.ts';
export { createLog } from './log.ts';
export { openParts, type Parts } from './parts.ts';
export { plainly } from './plain-errors.ts';
export { localServerLines } from './providers/local-servers.ts';

/** All of HTTP and WebSocket, to be put behind a server of the caller's. */
export interface App {
  /** For Node's `http`: answers the API's paths, and calls `next` for all others. */
  request(req: IncomingMessage, res: ServerResponse, next?: () => void): void;
  /** For the `upgrade` event: takes /graphql, and calls `next` for all others. */
  upgrade(req: IncomingMessage, socket: Duplex, head: Buffer, next?: () => void): void;
  /** GraphQL for a caller in this process; who is asking is in the request's headers. */
  fetch(request: Request): Promise<Response>;
  /** Refuses new prompts, gives running responses some seconds, keeps the rest as INTERRUPTED, closes the parts. */
  close(): Promise<void>;
}

/** What a running response gets to come to its end when the process is asked to end. */
const GRACE_MS = 5000;
/** What readers get to be told the end of what they follow. */
const FAREWELL_MS_MAX = 500;
/** After which a reader of server-sent events is dropped. */
const SILENCE_MS_MAX = 45_000;

/** Puts the house together. The parts are the app's from now on: it closes them. */
export async function createApp(parts: Parts): Promise<App> {
  const { config, database, log } = parts;
  const { domain, drain, close } = await startDomain({
    ...config,
    ...parts,
    limits: { firstTokenTimeoutMs: config.firstTokenTimeoutMs, idleTimeoutMs: config.idleTimeoutMs },
    runningLimits: { perProcess: config.runningResponsesMax, perMember: config.runningResponsesPerMemberMax },
  });
  const origins = createOriginPolicy({ publicUrl: config.publicUrl, allowedOrigins: config.corsAllowOrigins });
  const secret = loadAuthSecret({
    configured: config.authSecret,
    dataDir: config.dataDir,
    shared: database.kind === 'postgres',
    log,
  });
  const links = createInvitationLinks({ secret, publicUrl: config.publicUrl });
  const signUp = createSignUp({ db: database.db, rule: config.signUp, links });
  const auth = await createAuth({
    database: { db: database.db, type: 'postgres' },
    accounts: createAccountStore(database.db),
    signUp,
    createLimiter: createLimiterMaker(database.db, log),
    secret,
    origins,
    onSessionEnd: (userId) => domain.notifications.publish([memberTopic(userId)]),
    trustedProxies: config.trustedProxies,
    ...(parts.passwords && { passwords: parts.passwords }),
    log,
  });
  const house = { ...domain, signUp, invitationLinks: links, version: packageJson.version };
  const yoga = createGraphQLServer(house, auth.getViewer);
  const graphiql = createGraphiql();
  const jsonThread = new JsonThread();
  const socketsOfAddress = new AddressLimit(config.connectionsPerAddressMax);
  const socket = createGraphQLSocket({
    yoga,
    findViewer: auth.getViewer,
    notifications: domain.notifications,
    fastPath: config.fastPath,
    json: {
      accepts: isPlainJson,
      parseLarge: (message) => (isLarge(message) ? jsonThread.parse([message]) : null),
    },
    log,
  });
  const health = createHealth({ version: packageJson.version, ping: () => sql`select 1`.execute(database.db) });
  const warnOfProxy = createProxyWarning({ trustedProxies: config.trustedProxies, log });
  const metrics = createMetrics({
    token: config.operatorToken,
    proxied: isProxied(config),
  });
  metrics.gauge('polylogue_live_responses', 'Responses this process is writing.', () => domain.live.size);

  async function answer(req: IncomingMessage, res: ServerResponse, next: () => void): Promise<void> {
    warnOfProxy(req);
    const url = urlOf(req);
    if (!url) return badRequest(res);
    // A path from here on: without a host's name, which a program may have put before it, and without dots.
    req.url = url.pathname + url.search;
    const route = routeOf(url.pathname);
    if (!route) return next();
    setSecurityHeaders(res, origins);
    // What is answered here is of somebody, or of now; GraphiQL's files are neither.
    if (route !== 'graphiql') res.setHeader('Cache-Control', 'no-store');
    if (handleCors(req, res, origins)) return;
    metrics.observe(req, res, route);
    const isAdmin = async () => isAdminViewer(await auth.getViewer(req.headers));
    if (route === 'auth') return auth.handle(req, res);
    if (route === 'graphiql') return graphiql.file(req, res, next);
    if (route === 'graphql') return acceptsPage(req) ? graphiql.page(req, res) : answerGraphql(req, res);
    if (route === 'export') {
      return handleUsageCsv(req, res, { db: domain.db, viewer: await auth.getViewer(req.headers) });
    }
    if (route === 'provider') {
      const isOperator = async () => hasToken(req, config.operatorToken) || isAdmin();
      return handleProviderHealth(req, res, { ...domain, isOperator });
    }
    if ((await health.handle(req, res)) || (await metrics.handle(req, res))) return;
    next();
  }

  async function answerGraphql(req: IncomingMessage, res: ServerResponse): Promise<void> {
    // Asked for once, while the body arrives. What becomes of a look-up that fails is told where it is needed.
    let looking: Promise<Viewer | null> | undefined;
    const findViewer = () => {
      looking ??= auth.getViewer(req.headers);
      looking.catch(() => {});
      return looking;
    };
    const isMember = async () => (await findViewer()) !== null;
    const parseLarge = (body: readonly Buffer[]) => jsonThread.parse(body);
    if (!(await admitGraphql(req, res, { policy: origins, isMember, parseLarge }))) return;
    const viewer = findViewer();
    const address = clientAddress(req, config.trustedProxies);
    // A stream is pinged all the time: where nothing can be written any more, nobody reads.
    const streams = acceptsEventStream(req);
    if (streams) res.setTimeout(SILENCE_MS_MAX, () => res.destroy());
    if (streams && config.fastPath && (await handleEventStream(req, res, { yoga, viewer, log }))) return;
    await yoga.handle(req, res, { req, res, viewer, address });
  }

  return {
    request(req, res, next = () => notFound(res)) {
      answer(req, res, next).catch((error) => {
        // A client that went away in the middle of its body is nobody's fault.
        if (!req.errored) log.error({ err: error, path: req.url?.split('?', 1)[0] }, 'A request failed.');
        if (!res.headersSent) res.writeHead(500, { 'Content-Type': 'text/plain' });
        res.end();
      });
    },
    upgrade(req, duplex, head, next = () => duplex.destroy()) {
      if (urlOf(req)?.pathname !== '/graphql') return next();
      if (!isUpgradeAllowed(req, origins)) return refuseUpgrade(duplex);
      const address = clientAddress(req, config.trustedProxies);
      const release = socketsOfAddress.take(address);
      if (!release) return refuseUpgrade(duplex, 429);
      duplex.once('close', release);
      socket.upgrade(req, duplex, head, address);
    },
    fetch: async (request) => yoga.fetch(request),
    async close() {
      health.drain();
      await drain(GRACE_MS);
      for (let waitedMs = 0; domain.live.isFollowed && waitedMs < FAREWELL_MS_MAX; waitedMs += 20) await delay(20);
      await socket.close();
      await jsonThread.close();
      await yoga.dispose();
      await close();
      await database.close();
    },
  };
}

/** Whether the settings tell that others come through a proxy: what ends TLS is one, and what is found elsewhere than it listens. */
function isProxied({ trustedProxies, publicUrl, host }: Parts['config']): boolean {
  const isLoopback = (name: string) => /^(localhost|127\.[\d.]+|\[?::1\]?)$/i.test(name);
  const { protocol, hostname } = new URL(publicUrl);
  return trustedProxies > 0 || protocol === 'https:' || (isLoopback(host) && !isLoopback(hostname));
}

function routeOf(path: string): string | null {
  if (path === '/graphql') return 'graphql';
  if (path.startsWith('/graphql/graphiql/')) return 'graphiql';
  if (path === '/api/auth' || path.startsWith('/api/auth/')) return 'auth';
  if (path.startsWith('/export/')) return 'export';
  if (path === '/health' || path === '/ready') return 'health';
  if (path.startsWith('/health/')) return 'provider';
  return path === '/metrics' ? 'metrics' : null;
}

function badRequest(res: ServerResponse): void {
  res.writeHead(400, { 'Content-Type': 'text/plain; charset=utf-8' }).end('Bad request\n');
}

function notFound(res: ServerResponse): void {
  res.writeHead(404, { 'Content-Type': 'text/plain; charset=utf-8' }).end('Not found\n');
}
