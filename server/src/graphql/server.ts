import type { IncomingMessage, ServerResponse } from 'node:http';
import { EnvelopArmor } from '@escape.tech/graphql-armor';
import { type DocumentNode, GraphQLError, Lexer, Source, TokenKind } from 'graphql';
import { createYoga, type Plugin, type YogaServerInstance } from 'graphql-yoga';
import { LRUCache } from 'lru-cache';
import type { Logger } from 'pino';
import type { Viewer } from '../domain/members.ts';
import type { FindViewer, GraphQLContext, House } from './context.ts';
import { createErrorMask } from './errors.ts';
import { schema } from './schema.ts';
import { watchSession } from './session-watch.ts';

export type GraphQLServer = YogaServerInstance<Connection, GraphQLContext>;

/** What an operation came over, as Yoga hands it to the context: a Fetch request, or the upgrade of a socket. */
export interface Connection {
  req?: IncomingMessage;
  res?: ServerResponse;
  /** In the place of a request's headers. */
  headers?: Headers;
  /** Who is asking, where that has been found out. */
  viewer?: Viewer | null;
}

export function acceptsEventStream(req: IncomingMessage): boolean {
  return req.headers.accept?.includes('text/event-stream') ?? false;
}

/** The API at /graphql: queries and mutations as JSON, subscriptions as server-sent events, GraphiQL for browsers. */
export function createGraphQLServer(house: House, findViewer: FindViewer): GraphQLServer {
  function endWithSession(memberId: string, req: IncomingMessage, res: ServerResponse) {
    // It is gone already: nobody would end the watch.
    if (res.destroyed) return;
    const { notifications } = house;
    const onEnd = () => void res.destroy();
    res.once('close', watchSession({ memberId, credentials: req.headers, findViewer, notifications, onEnd }));
  }

  const armor = new EnvelopArmor({
    costLimit: { enabled: false },
    maxDepth: { n: 20, ignoreIntrospection: true },
    maxAliases: { n: 30 },
    maxDirectives: { n: 30 },
    maxTokens: { n: TOKENS_MAX },
    blockFieldSuggestion: { enabled: false },
  });
  return createYoga<Connection, GraphQLContext>({
    schema,
    graphqlEndpoint: '/graphql',
    async context({ request, headers, viewer: known, req, res }) {
      const viewer = known === undefined ? await findViewer(headers ?? request.headers) : known;
      if (viewer && req && res && acceptsEventStream(req)) endWithSession(viewer.id, req, res);
      return { ...house, viewer };
    },
    plugins: [...(armor.protect().plugins as never[]), limitNesting, endWithoutReader(house.log)],
    parserAndValidationCache: { documentCache: createDocumentCache(), errorCache: noCache },
    maskedErrors: { maskError: createErrorMask(house.log) },
    // Nine megabytes of page, loaded when somebody opens it.
    renderGraphiQL: async (options) => (await import('@graphql-yoga/render-graphiql')).renderGraphiQL(options),
    graphiql: { title: 'Polylogue API', subscriptionsProtocol: 'WS', defaultQuery },
    // What these would do is done before (http/security.ts), or not wanted.
    cors: false,
    multipart: false,
    landingPage: false,
    batching: false,
    logging: {
      debug: () => {},
      info: () => {},
      warn: (...args) => house.log.debug({ args }, 'yoga'),
      // Every refusal comes here; what is a fault of ours the mask has logged.
      error: (...args) => house.log.debug({ args }, 'yoga'),
    },
  });
}

/** Of all documents that are kept parsed, in characters: those of the web app take some 20,000. */
const DOCUMENTS_LENGTH_MAX = 250_000;
/** A longer one has values written into it, and does not come again. */
const DOCUMENT_LENGTH_MAX = 20_000;

/** Yoga's own keeps a thousand for an hour, however long: anybody could fill the memory with them. */
function createDocumentCache() {
  return new LRUCache<string, DocumentNode>({
    maxSize: DOCUMENTS_LENGTH_MAX,
    maxEntrySize: DOCUMENT_LENGTH_MAX,
    sizeCalculation: (_document, source) => source.length,
  });
}

const noCache = { get: () => undefined, set: () => {} };

const TOKENS_MAX = 4000;
/** Open at once; the deepest query of sense has some thirty. */
const BRACKETS_MAX = 100;

/** Whoever parses or validates goes down bracket by bracket, and so would run out of stack: looked at before that. */
const limitNesting: Plugin = {
  onParse({ parseFn, setParseFn }) {
    // Not called for a document that was parsed before.
    setParseFn((source, options) => {
      requireShallow(source);
      return parseFn(source, options);
    });
  },
};

/** Ends what was wanted by who went away while it was looked up: nothing would tell that again. */
const endWithoutReader = (log: Logger): Plugin<Connection> => ({
  onSubscribe: ({ args }) => ({
    onSubscribeResult({ result }) {
      const { res } = args.contextValue as Connection;
      if (!res?.destroyed || !(Symbol.asyncIterator in result)) return;
      const ended = Promise.resolve(result[Symbol.asyncIterator]().return?.());
      ended.catch((error) => log.error({ err: error }, 'What nobody reads did not end.'));
    },
  }),
});

function requireShallow(source: string | Source): void {
  const lexer = new Lexer(typeof source === 'string' ? new Source(source) : source);
  let open = 0;
  for (let tokens = 0; tokens <= TOKENS_MAX; tokens++) {
    const { kind } = lexer.advance();
    if (kind === TokenKind.EOF) return;
    if (kind === TokenKind.BRACE_L || kind === TokenKind.BRACKET_L || kind === TokenKind.PAREN_L) open += 1;
    if (kind === TokenKind.BRACE_R || kind === TokenKind.BRACKET_R || kind === TokenKind.PAREN_R) open -= 1;
    if (open > BRACKETS_MAX) {
      throw new GraphQLError('The operation is nested too deeply.', { extensions: { code: 'QUERY_TOO_COMPLEX' } });
    }
  }
}

export function requestHeaders(req: Pick<IncomingMessage, 'headers'>): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(req.headers)) if (value !== undefined) headers.set(name, String(value));
  return headers;
}

const defaultQuery = `# Send a prompt, then follow the answers: run the mutation, copy the turn's id into the subscription.
mutation Ask {
  sendPrompt(input: { prompt: "What is the capital of France?" }) {
    __typename
    ... on SendPromptPayload { turn { id } }
    ... on Error { message }
  }
}

subscription Follow($turnId: ID!) {
  streamResponse(turnId: $turnId) {
    __typename
    responseId
    ... on TextDelta { modelId offset text }
    ... on ResponseFinished { response { text creditsCharged } }
  }
}
`;
