import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Domain } from './domain/domain.ts';
import { isAdmin, type Viewer } from './domain/people/members.ts';
import type { ReaderLimits } from './domain/sharing/reader-limits.ts';
import { handleEventStream } from './graphql/delivery/event-stream.ts';
import { acceptsPage, createGraphiql } from './graphql/delivery/graphiql.ts';
import { acceptsEventStream, type GraphQLServer } from './graphql/delivery/server.ts';
import { createMessagesRoutes } from './http/anthropic/messages.ts';
import type { Auth } from './http/auth/auth.ts';
import type { AuthOptions } from './http/auth/options.ts';
import type { BodyAllowance } from './http/body-allowance.ts';
import type { CallsOptions } from './http/calls/call-request.ts';
import { HeldCalls } from './http/calls/held-calls.ts';
import { RemoteUrls } from './http/calls/remote/remote-urls.ts';
import { createChatKitRoutes } from './http/chat-kit/routes.ts';
import { handleConversationExport, isConversationExport } from './http/exports/conversation-export.ts';
import { handleEvaluationExport, isEvaluationExport } from './http/exports/evaluation-export.ts';
import { handleMyData } from './http/exports/my-data.ts';
import { handleUsageCsv } from './http/exports/usage-csv.ts';
import { handleVerdictExport, isVerdictExport } from './http/exports/verdict-export.ts';
import { createFileRoutes } from './http/files/routes.ts';
import { createToolResultRoute } from './http/files/tool-results.ts';
import type { Health } from './http/health.ts';
import { createImportRoute } from './http/imports/import-route.ts';
import type { JsonThread } from './http/json-thread.ts';
import { hasToken, type Metrics } from './http/metrics.ts';
import { createOpenAIRoutes } from './http/openai/openai-routes.ts';
import { createResponsesRoutes } from './http/openai/responses/routes.ts';
import { handleProviderHealth } from './http/provider-health.ts';
import { noteViewer, recordOf } from './http/request-record.ts';
import { createRestRoutes } from './http/rest/routes.ts';
import type { Route } from './http/route.ts';
import { admitGraphql, clientAddress, type OriginPolicy } from './http/security.ts';
import { createSharedFileRoute } from './http/sharing/shared-files.ts';
import { createToolSignInRoute } from './http/tool-sign-in.ts';
import type { Parts } from './parts.ts';

export interface RoutesOptions extends Pick<Parts, 'config' | 'log'> {
  version: string;
  domain: Domain;
  yoga: GraphQLServer;
  auth: Auth;
  origins: OriginPolicy;
  jsonThread: JsonThread;
  bodyAllowance: BodyAllowance;
  health: Health;
  metrics: Metrics;
  readerLimits: ReaderLimits;
  createLimiter: AuthOptions['createLimiter'];
}

/** The API's routes, in order: the first one that matches handles the request. */
export function createRoutes(options: RoutesOptions): Route[] {
  const { config, version, domain, auth, health, metrics } = options;
  const graphiql = createGraphiql();
  const calls = callsOptions(options);
  const isOperator = async (req: IncomingMessage) =>
    hasToken(req, config.operatorToken) || isAdmin(await calls.findViewer(req));
  return [
    {
      name: 'graphql',
      matches: (path) => path === '/graphql',
      handle: (req, res) => (acceptsPage(req) ? graphiql.page(req, res) : answerGraphql(options, req, res)),
    },
    {
      name: 'graphiql',
      matches: (path) => path.startsWith('/graphql/graphiql/'),
      cacheable: true,
      handle: graphiql.file,
    },
    {
      name: 'auth',
      matches: (path) => path === '/api/auth' || path.startsWith('/api/auth/'),
      handle: (req, res) => auth.handle(req, res),
    },
    createToolSignInRoute({ ...calls, houseTools: domain.houseTools, publicUrl: config.publicUrl }),
    myDataRoute(options),
    verdictExportRoute(options),
    evaluationExportRoute(options),
    conversationExportRoute(options),
    {
      name: 'export',
      matches: (path) => path.startsWith('/export/'),
      handle: async (req, res) => handleUsageCsv(req, res, { db: domain.db, viewer: await calls.findViewer(req) }),
    },
    ...createFileRoutes(calls),
    createToolResultRoute(calls),
    createSharedFileRoute({
      ...calls,
      readerLimits: options.readerLimits,
      addressOf: (req) => clientAddress(req, config.trustedProxies),
    }),
    createImportRoute({
      ...calls,
      conversations: options.createLimiter({ keyPrefix: 'imported', points: 10_000, duration: 3600 }),
      imports: options.createLimiter({ keyPrefix: 'imports', points: 60, duration: 3600 }),
    }),
    { name: 'health', matches: (path) => path === '/health' || path === '/ready', handle: health.handle },
    {
      name: 'provider',
      matches: (path) => path.startsWith('/health/'),
      handle: (req, res) => handleProviderHealth(req, res, { ...domain, isOperator }),
    },
    { name: 'metrics', matches: (path) => path === '/metrics', handle: metrics.handle },
    ...chatKitRoutes(options, calls),
    ...createResponsesRoutes(calls),
    ...createMessagesRoutes(calls),
    ...createOpenAIRoutes(calls),
    ...createRestRoutes({ ...calls, version }),
  ];
}

function myDataRoute({ config, domain, auth, createLimiter }: RoutesOptions): Route {
  const downloads = createLimiter({ keyPrefix: 'my-data', points: 5, duration: 3600 });
  const findViewer = (req: IncomingMessage) => auth.getViewer(req.headers);
  const addressOf = (req: IncomingMessage) => clientAddress(req, config.trustedProxies);
  return {
    name: 'my-data',
    matches: (path) => path === '/export/my-data.json',
    handle: (req, res) => handleMyData(req, res, { ...domain, findViewer, addressOf, downloads }),
  };
}

function verdictExportRoute({ domain, auth, createLimiter }: RoutesOptions): Route {
  const downloads = createLimiter({ keyPrefix: 'verdicts', points: 30, duration: 3600 });
  const findViewer = (req: IncomingMessage) => auth.getViewer(req.headers);
  const { db, pseudonymOf } = domain;
  return {
    name: 'verdicts',
    matches: isVerdictExport,
    handle: (req, res) => handleVerdictExport(req, res, { db, pseudonymOf, findViewer, downloads }),
  };
}

function evaluationExportRoute({ domain, auth, createLimiter }: RoutesOptions): Route {
  const downloads = createLimiter({ keyPrefix: 'evaluations', points: 30, duration: 3600 });
  const findViewer = (req: IncomingMessage) => auth.getViewer(req.headers);
  return {
    name: 'evaluations',
    matches: isEvaluationExport,
    handle: (req, res) => handleEvaluationExport(req, res, { db: domain.db, findViewer, downloads }),
  };
}

function conversationExportRoute({ domain, auth, createLimiter }: RoutesOptions): Route {
  const downloads = {
    all: createLimiter({ keyPrefix: 'conversations', points: 30, duration: 3600 }),
    single: createLimiter({ keyPrefix: 'conversation', points: 600, duration: 3600 }),
  };
  const findViewer = (req: IncomingMessage) => auth.getViewer(req.headers);
  const { db, fileContents, offer } = domain;
  return {
    name: 'conversations',
    matches: isConversationExport,
    handle: (req, res) => handleConversationExport(req, res, { db, fileContents, offer, findViewer, downloads }),
  };
}

function chatKitRoutes({ config, createLimiter }: RoutesOptions, calls: CallsOptions): Route[] {
  const { chatKit: mode, guestsMax, trustedProxies } = config;
  if (mode === 'off') return createChatKitRoutes(null);
  const newGuests = createLimiter({ keyPrefix: 'guest', points: 20, duration: 3600 });
  const addressOf = (req: IncomingMessage) => clientAddress(req, trustedProxies);
  return createChatKitRoutes({ calls, mode, guestsMax, newGuests, addressOf });
}

/** What the protocols of programs are given. A request's viewer is looked up once. */
function callsOptions(options: RoutesOptions): CallsOptions {
  const { config, domain, auth, origins, jsonThread, bodyAllowance, createLimiter, log } = options;
  const viewers = new WeakMap<IncomingMessage, Promise<Viewer | null>>();
  const { prompts, offer } = domain;
  return {
    domain,
    prompts,
    offer,
    origins,
    log,
    findViewer(req) {
      const viewer = viewers.get(req) ?? auth.getViewer(req.headers).then((found) => noteViewer(req, found));
      viewers.set(req, viewer);
      return viewer;
    },
    parseLarge: (body) => jsonThread.parse(body),
    bodyAllowance,
    uploads: createLimiter({ keyPrefix: 'uploads', points: 600, duration: 3600 }),
    held: new HeldCalls(),
    givesTools: config.tools.forPrograms,
    remoteUrls: config.files.fetchesUrls ? new RemoteUrls() : null,
  };
}

/** Streams are pinged regularly, so a connection on which nothing can be written for this long has no reader. */
const SILENCE_MS_MAX = 45_000;

async function answerGraphql(
  { config, auth, yoga, origins, jsonThread, bodyAllowance, log }: RoutesOptions,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  // The viewer is looked up once, while the body arrives. This `catch` only keeps a failure from being unhandled:
  // whoever awaits the promise gets it.
  let looking: Promise<Viewer | null> | undefined;
  const findViewer = () => {
    looking ??= auth.getViewer(req.headers).then((found) => noteViewer(req, found));
    looking.catch(() => {});
    return looking;
  };
  const findMemberId = async () => (await findViewer())?.id ?? null;
  const parseLarge = (body: readonly Buffer[]) => jsonThread.parse(body);
  if (!(await admitGraphql(req, res, { policy: origins, findMemberId, allowance: bodyAllowance, parseLarge }))) return;
  const viewer = findViewer();
  const origin = recordOf(req);
  const address = clientAddress(req, config.trustedProxies);
  const streams = acceptsEventStream(req);
  if (streams) res.setTimeout(SILENCE_MS_MAX, () => res.destroy());
  if (streams && config.fastPath && (await handleEventStream(req, res, { yoga, viewer, origin, log }))) return;
  await yoga.handle(req, res, { req, res, viewer, address, origin });
}
