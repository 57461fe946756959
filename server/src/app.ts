import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import packageJson from '../package.json' with { type: 'json' };
import { createAssembly } from './assembly.ts';
import type { AppConfiguration } from './config/agents/brought.ts';
import { loadAuthSecret } from './config/auth-secret.ts';
import { createAccountStore } from './database/accounts.ts';
import { createLimiterMaker } from './database/attempt-count.ts';
import { type Domain, type RunningDomain, startDomain } from './domain/domain.ts';
import { memberTopic } from './domain/ground/notifications.ts';
import { deleteAccount } from './domain/people/account-deletion.ts';
import { SignUpChoice } from './domain/people/house/sign-up-choice.ts';
import { createInvitationLinks, type InvitationLinks } from './domain/people/invitation-links.ts';
import { OneTimeLinks } from './domain/people/sign-in/one-time-links.ts';
import { signInByProvider } from './domain/people/sign-in/provider-sign-in.ts';
import { createSignUp } from './domain/people/sign-up.ts';
import { createGraphQLServer } from './graphql/delivery/server.ts';
import { createGraphQLSocket } from './graphql/delivery/socket.ts';
import { AddressLimit } from './http/address-limit.ts';
import { createAuth } from './http/auth/auth.ts';
import { takeOffBasePath } from './http/base-path.ts';
import { BodyAllowance } from './http/body-allowance.ts';
import { createHealth } from './http/health.ts';
import { isLarge, isPlainJson } from './http/json-body.ts';
import { JsonThread } from './http/json-thread.ts';
import { badRequest, endFailed, notFound } from './http/plain-answers.ts';
import { createProxyWarning } from './http/proxy-warning.ts';
import { logRequest } from './http/request-log.ts';
import { recordOf } from './http/request-record.ts';
import {
  clientAddress,
  createOriginPolicy,
  handleCors,
  isUpgradeAllowed,
  refuseUpgrade,
  setSecurityHeaders,
  urlOf,
} from './http/security.ts';
import { createReaderLimits } from './http/sharing/reader-limits.ts';
import { type Observing, startObserving } from './observing.ts';
import { createFetchThrough, openAlertWebhook, openDomainParts, openMailer, openPartsOf, type Parts } from './parts.ts';
import { createRoutes } from './routes.ts';

export type { AppConfiguration } from './config/agents/brought.ts';
export type { Configuration, ProviderConfiguration } from './config/configuration.ts';
export { ConfigError } from './config/mistakes.ts';
export { plainly } from './config/plain-errors.ts';
export { type Config, loadConfig } from './config/settings.ts';
export type { AgentDefinition, AgentRun } from './domain/agents/agent-definition.ts';
export { basePathOf, takeOffBasePath } from './http/base-path.ts';
export { clientAddress, createOriginPolicy, setSecurityHeaders } from './http/security.ts';
export { addressOf, createHttpServer, listen } from './listen.ts';
export { openParts, type Parts } from './parts.ts';
export { type Tool, ToolUnavailable } from './ports/tool.ts';
export { localServerLines } from './providers/local-servers.ts';
export { createLog } from './telemetry/log.ts';

/** The whole API over HTTP and WebSocket; the caller brings the server that it is put behind. */
export interface App {
  /** For Node's `http`: answers the API's paths, and calls `next` for all others. */
  request(req: IncomingMessage, res: ServerResponse, next?: () => void): void;
  /** For the `upgrade` event: takes /graphql, and calls `next` for all others. */
  upgrade(req: IncomingMessage, socket: Duplex, head: Buffer, next?: () => void): void;
  /** Answers GraphQL for a caller in this process; the request's headers say who asks. */
  fetch(request: Request): Promise<Response>;
  /** Refuses new prompts, gives running responses GRACE_MS, keeps the rest as INTERRUPTED, and closes the parts. */
  close(): Promise<void>;
}

/** How long running responses may take to finish once the process is asked to end. */
const GRACE_MS = 5000;
/** How long `close` waits for readers to be sent the end of the responses that they follow. */
const FAREWELL_MS_MAX = 500;

/**
 * Opens everything that the configuration names, and makes an app of it for another program's server. A process may have
 * several, each with a database of its own. It reads no environment variable and no `.env`, and listens to nothing.
 *
 * Rejects with a ConfigError that names the fields with a mistake, or with what else keeps the database from opening;
 * nothing stays open then.
 */
export async function createApp(configuration: AppConfiguration): Promise<App> {
  const parts = await openPartsOf(configuration);
  try {
    const app = await createAppOf(parts, { isEmbedded: true });
    let closing: Promise<void> | undefined;
    return {
      request: app.request.bind(app),
      upgrade: app.upgrade.bind(app),
      fetch: app.fetch.bind(app),
      close() {
        closing ??= app.close().finally(parts.closeLog);
        return closing;
      },
    };
  } catch (error) {
    await parts.database.close().finally(parts.closeLog);
    throw error;
  }
}

/**
 * Puts the app together from its parts. The app owns them from now on and closes them, except for the log.
 *
 * @param isEmbedded paths at which the API has nothing are the host's, wherever they are
 */
export async function createAppOf(parts: Parts, { isEmbedded = false } = {}): Promise<App> {
  const { config } = parts;
  const mailer = await openMailer(config, parts.log);
  const observing = await startObserving(parts, packageJson.version);
  const secret = authSecretOf(parts);
  const running = await startDomain({
    ...config,
    ...parts,
    alertWebhook: await openAlertWebhook(config),
    ...(await openDomainParts(parts)),
    observer: observing.observer,
    mailer,
    assembly: createAssembly(config, parts.languageModels),
    secret,
    planChanges: ({ isPaid }) => (isPaid ? config.whenPaid : config).planChanges,
    limits: { firstTokenTimeoutMs: config.firstTokenTimeoutMs, idleTimeoutMs: config.idleTimeoutMs },
    runningLimits: { perProcess: config.runningResponsesMax, perMember: config.runningResponsesPerMemberMax },
  });
  observing.follow(running.domain.offer);
  try {
    return new HttpApp(parts, await furnish(parts, running, { observing, secret }), isEmbedded);
  } catch (error) {
    await running.close();
    throw error;
  }
}

function authSecretOf({ config, database, log }: Parts): string {
  const { authSecret: configured, dataDir } = config;
  return loadAuthSecret({ configured, dataDir, shared: database.kind === 'postgres', log });
}

type Furniture = Awaited<ReturnType<typeof furnish>>;

/** Builds everything that the app answers requests with. */
async function furnish(
  parts: Parts,
  running: RunningDomain,
  { observing: { metrics, close: endObserving }, secret }: { observing: Observing; secret: string },
) {
  const { config, database, log } = parts;
  const { domain } = running;
  const origins = createOriginPolicy({ publicUrl: config.publicUrl, allowedOrigins: config.corsAllowOrigins });
  const invitationLinks = createInvitationLinks({ secret, publicUrl: config.publicUrl });
  const { signUpChoice, signUp } = await openSignUp(parts, domain, invitationLinks);
  const createLimiter = createLimiterMaker(database.db, log);
  const { notifications, offer, mailer } = domain;
  const links = new OneTimeLinks({
    db: database.db,
    notifications,
    mailer,
    publicUrl: config.publicUrl,
    passwords: config.signIn.passwords,
    log,
  });
  const auth = await createAuth({
    ...(config.signIn.providers.length > 0 && {
      oidc: {
        providers: config.signIn.providers,
        fetch: config.proxies ? await createFetchThrough(config.proxies, fetch) : fetch,
        admit(provider, identity, arrival) {
          const { catalogue } = offer.now;
          return signInByProvider(
            { db: database.db, catalogue, notifications, signUp, log },
            provider,
            identity,
            arrival,
          );
        },
      },
    }),
    passwordSignIn: config.signIn.passwords,
    links,
    database: { db: database.db, type: 'postgres' },
    accounts: createAccountStore(database.db),
    signUp,
    createLimiter,
    secret,
    origins,
    deleteAccount: (userId) => deleteAccount(domain, { id: userId }, userId),
    onSessionEnd: (userId) => domain.notifications.publish([memberTopic(userId)]),
    trustedProxies: config.trustedProxies,
    ...(parts.passwords && { passwords: parts.passwords }),
    log,
  });
  const { version } = packageJson;
  const readerLimits = createReaderLimits(createLimiter);
  const yoga = createGraphQLServer(
    {
      ...domain,
      signUp,
      signUpChoice,
      monthlyLimit: config.monthlyCreditsMax,
      creditsPerUsd: config.creditsPerUsd,
      signIn: config.signIn,
      links,
      invitationLinks,
      readerLimits,
      publicUrl: config.publicUrl,
      basePath: origins.basePath,
      version,
    },
    auth.getViewer,
  );
  const jsonThread = new JsonThread();
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
  const health = createHealth({ version, ping: () => sql`select 1`.execute(database.db) });
  addGauges(metrics, domain);
  const routes = createRoutes({
    config,
    version,
    log,
    domain,
    yoga,
    auth,
    origins,
    jsonThread,
    bodyAllowance: new BodyAllowance(),
    health,
    metrics,
    readerLimits,
    createLimiter,
  });
  return { running, links, origins, yoga, jsonThread, socket, health, metrics, routes, endObserving };
}

function addGauges(metrics: Observing['metrics'], domain: Domain): void {
  metrics.gauge('polylogue_live_responses', 'Responses this process is writing.', () => domain.live.size);
  metrics.gauge('polylogue_file_store_up', 'Whether the store of new files answered when it was last asked.', () =>
    domain.fileContents.isUp ? 1 : 0,
  );
}

/** Who may make an account, and what an admin may choose of it. */
async function openSignUp(parts: Parts, domain: Domain, links: InvitationLinks) {
  const { offerKeeper } = domain;
  const signUpChoice = await openSignUpChoice(parts, domain);
  const signUp = createSignUp({
    db: domain.db,
    rule: () => signUpChoice.rule,
    async refreshRule() {
      await offerKeeper.refresh();
      await signUpChoice.refresh();
    },
    links,
  });
  return { signUpChoice, signUp };
}

/** The rule of sign-ups, as it is in force at the start and whenever an admin changes it. */
async function openSignUpChoice({ config, log }: Parts, { db, notifications, offer }: Domain): Promise<SignUpChoice> {
  const choice = new SignUpChoice({
    db,
    notifications,
    fixed: config.isSignUpFixed ? config.signUp : null,
    standard: () => (offer.now.isPaid ? config.whenPaid : config).signUp,
    spendsMoney: () => offer.now.isPaid,
    log,
  });
  await choice.refresh();
  return choice;
}

class HttpApp implements App {
  readonly #parts: Parts;
  readonly #furniture: Furniture;
  readonly #isEmbedded: boolean;
  readonly #socketsOfAddress: AddressLimit;
  readonly #warnOfProxy: (req: IncomingMessage) => void;

  constructor(parts: Parts, furniture: Furniture, isEmbedded: boolean) {
    const { config, log } = parts;
    this.#parts = parts;
    this.#furniture = furniture;
    this.#isEmbedded = isEmbedded;
    this.#socketsOfAddress = new AddressLimit(config.connectionsPerAddressMax);
    this.#warnOfProxy = createProxyWarning({ trustedProxies: config.trustedProxies, log });
  }

  request(req: IncomingMessage, res: ServerResponse, next?: () => void): void {
    this.#answer(req, res, next).catch((error) => {
      const { log } = this.#parts;
      const { requestId } = recordOf(req);
      // A client that goes away in the middle of its body is no fault of the server's.
      if (!req.errored) log.error({ err: error, requestId, path: req.url?.split('?', 1)[0] }, 'A request failed.');
      endFailed(res);
    });
  }

  async #answer(req: IncomingMessage, res: ServerResponse, hostNext?: () => void): Promise<void> {
    const next = hostNext ?? (() => notFound(res));
    const { origins, metrics, routes } = this.#furniture;
    this.#warnOfProxy(req);
    const asked = req.url;
    takeOffBasePath(req, origins.basePath);
    const url = urlOf(req);
    // Programs may send a whole URL, or a path with dots: from here on `req.url` is a clean path with its query.
    if (url) req.url = url.pathname + url.search;
    const route = url && routes.find(({ matches }) => matches(url.pathname));
    const isHosts = url !== null && (!route || (route.isFallback && this.#isEmbedded && hostNext));
    if (!isHosts || !this.#isEmbedded) this.#name(req, res, route?.name ?? null);
    if (isHosts) {
      // A host knows the address as it was asked.
      if (this.#isEmbedded) req.url = asked;
      return next();
    }
    if (!route) return badRequest(res);
    setSecurityHeaders(res, origins);
    if (!route.cacheable) res.setHeader('Cache-Control', 'no-store');
    if (handleCors(req, res, origins)) return;
    metrics.observe(req, res, route.name);
    await route.handle(req, res, next);
  }

  /** Gives the request its name, and has the log tell how it was answered. */
  #name(req: IncomingMessage, res: ServerResponse, route: string | null): void {
    const { requestId } = recordOf(req);
    // A page asks the API with headers of its own request.
    if (route === null) req.headers['x-request-id'] = requestId;
    res.setHeader('X-Request-Id', requestId);
    logRequest(req, res, { route, log: this.#parts.log });
  }

  upgrade(req: IncomingMessage, duplex: Duplex, head: Buffer, next: () => void = () => duplex.destroy()): void {
    const asked = req.url;
    takeOffBasePath(req, this.#furniture.origins.basePath);
    if (urlOf(req)?.pathname === '/graphql') {
      this.#upgrade(req, duplex, head);
    } else {
      if (this.#isEmbedded) req.url = asked;
      next();
    }
  }

  #upgrade(req: IncomingMessage, duplex: Duplex, head: Buffer): void {
    const { origins, socket } = this.#furniture;
    if (!isUpgradeAllowed(req, origins)) return void refuseUpgrade(duplex);
    const address = clientAddress(req, this.#parts.config.trustedProxies);
    const release = this.#socketsOfAddress.take(address);
    if (!release) return void refuseUpgrade(duplex, 429);
    duplex.once('close', release);
    socket.upgrade(req, duplex, head, { address, connectionId: recordOf(req).requestId });
  }

  async fetch(request: Request): Promise<Response> {
    return this.#furniture.yoga.fetch(request);
  }

  async close(): Promise<void> {
    const { running, links, yoga, jsonThread, socket, health, endObserving } = this.#furniture;
    const { live } = running.domain;
    health.drain();
    await running.drain(GRACE_MS);
    for (let waitedMs = 0; live.isFollowed && waitedMs < FAREWELL_MS_MAX; waitedMs += 20) await delay(20);
    await socket.close();
    await jsonThread.close();
    await yoga.dispose();
    await running.close();
    await links.close();
    await running.domain.mailer?.close();
    await endObserving();
    await this.#parts.database.close();
  }
}
