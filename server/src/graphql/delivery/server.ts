import type { IncomingMessage, ServerResponse } from 'node:http';
import { EnvelopArmor } from '@escape.tech/graphql-armor';
import type { DocumentNode, ExecutionResult } from 'graphql';
import { createYoga, isAsyncIterable, type Plugin, type YogaServerInstance } from 'graphql-yoga';
import { LRUCache } from 'lru-cache';
import type { Logger } from 'pino';
import { ownTurn } from '../../domain/ground/own-turn.ts';
import type { Viewer } from '../../domain/people/members.ts';
import { createErrorMask } from '../errors.ts';
import type { FindViewer, GraphQLContext, House } from '../ground/context.ts';
import { AnswerBudget, UnreadAnswersOfAll } from '../limits/answer-budget.ts';
import {
  type DescriptionSizes,
  descriptionSizes,
  requireFewSelections,
  requireShallow,
  TOKENS_MAX,
} from '../limits/document-limits.ts';
import { schema } from '../schema.ts';
import { encodeAnswer, secretHeader } from './answer-encoding.ts';
import { toJsonPieces } from './json-pieces.ts';
import { watchSession } from './session-watch.ts';

export type GraphQLServer = YogaServerInstance<ServerContext, GraphQLContext>;

/** What an operation came over, as Yoga hands it to the context: a Fetch request, or the upgrade of a socket. */
export interface ServerContext {
  req?: IncomingMessage;
  res?: ServerResponse;
  /** In the place of a request's headers. */
  headers?: Headers;
  /** Who is asking, where that has been found out, or is being. */
  viewer?: Viewer | null | Promise<Viewer | null>;
  /** Where who is signed out asks from; absent: from this process. */
  address?: string;
  /** Whether anybody waits for the answer still; absent: as `res` says. */
  isWanted?: () => boolean;
}

export function acceptsEventStream(req: IncomingMessage): boolean {
  return req.headers.accept?.includes('text/event-stream') ?? false;
}

/** As JSON and nothing around it: not as an event, nor as a part of several. */
function isAnsweredWhole({ headers }: IncomingMessage): boolean {
  return !/text\/event-stream|multipart\//i.test(headers.accept ?? '');
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
    maxAliases: { n: 30, allowList: [] },
    maxDirectives: { n: 10 },
    maxTokens: { n: TOKENS_MAX },
    blockFieldSuggestion: { enabled: false },
  });
  return createYoga<ServerContext, GraphQLContext>({
    schema,
    graphqlEndpoint: '/graphql',
    async context({ request, headers, viewer: known, req, res, isWanted }) {
      const viewer = known === undefined ? await findViewer(headers ?? request.headers) : await known;
      if (viewer && req && res && acceptsEventStream(req)) endWithSession(viewer.id, req, res);
      const waits = isWanted ?? (res ? () => !res.destroyed : () => !request?.signal?.aborted);
      return { ...house, viewer, budget: new AnswerBudget(viewer !== null, waits), answer: { holdsSecret: false } };
    },
    plugins: [
      ...(armor.protect().plugins as never[]),
      limitDocuments(descriptionSizes(schema)),
      limitAnswers(),
      encodeAnswers,
      endWithoutReader(house.log),
    ],
    parserAndValidationCache: { documentCache: createDocumentCache(), errorCache: noCache },
    maskedErrors: { maskError: createErrorMask(house.log) },
    // What these would do is done before (graphiql.ts, http/security.ts), or not wanted.
    graphiql: false,
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

const limitDocuments = (sizes: DescriptionSizes): Plugin => ({
  onParse({ parseFn, setParseFn }) {
    // Not called for a document that was parsed before.
    setParseFn((source, options) => {
      requireShallow(source);
      const document = parseFn(source, options);
      requireFewSelections(document, sizes);
      return document;
    });
  },
});

/** From which on an answer is written as JSON in pieces, in turns of the event loop of their own. */
const LARGE_BYTES = 256 * 1024;

/** An operation that has ended before its time has its refusal for an answer, and nothing of what was made of it. */
function limitAnswers(): Plugin<GraphQLContext & ServerContext> {
  const unread = new UnreadAnswersOfAll();
  return {
    onExecute({ args }) {
      const { budget, viewer, address, req, res, answer } = args.contextValue;
      const client = viewer?.id ?? address;
      // What this process asks for itself is its own business to end.
      const read = client !== undefined && budget.countAmong(unread.of(client, viewer !== null));
      if (read && res) res.once('close', read);
      return {
        onExecuteDone({ result, setResult }) {
          if (read && !res) read();
          if (isAsyncIterable(result)) return undefined;
          if (budget.refusal) return setResult({ errors: [budget.refusal] });
          if (res && answer.holdsSecret) {
            result = { ...result, extensions: { http: { headers: { [secretHeader]: '1' } } } };
            setResult(result);
          }
          if (budget.bytes <= LARGE_BYTES) return undefined;
          // Yoga has a result written by its own `stringify`, and its Response takes a stream as well.
          if (req && isAnsweredWhole(req)) setResult({ ...result, stringify: toJsonPieces } as ExecutionResult);
          return ownTurn();
        },
      };
    },
    onSubscribe: ({ args }) => ({
      onSubscribeResult: () => ({
        onNext({ setResult }) {
          const { refusal } = args.contextValue.budget;
          if (refusal) setResult({ errors: [refusal] });
        },
      }),
    }),
  };
}

const encodeAnswers: Plugin<ServerContext> = {
  async onResponse({ request, response, serverContext, setResponse, fetchAPI }) {
    // In-process there is nothing to save, and nobody to keep a copy.
    if (!(serverContext as ServerContext)?.res) return;
    response.headers.set('Cache-Control', 'no-store');
    const encoded = await encodeAnswer(response, request.headers.get('accept-encoding') ?? '');
    if (encoded) setResponse(new fetchAPI.Response(encoded.body as Uint8Array<ArrayBuffer>, encoded));
  },
};

/** Ends what was wanted by who went away while it was looked up: nothing would tell that again. */
const endWithoutReader = (log: Logger): Plugin<ServerContext> => ({
  onSubscribe: ({ args }) => ({
    onSubscribeResult({ result }) {
      const { res } = args.contextValue as ServerContext;
      if (!res?.destroyed || !(Symbol.asyncIterator in result)) return;
      const ended = Promise.resolve(result[Symbol.asyncIterator]().return?.());
      ended.catch((error) => log.error({ err: error }, 'What nobody reads did not end.'));
    },
  }),
});
