import type { IncomingMessage, ServerResponse } from 'node:http';
import { EnvelopArmor } from '@escape.tech/graphql-armor';
import { type DocumentNode, type ExecutionResult, GraphQLError } from 'graphql';
import { createYoga, isAsyncIterable, type Plugin, type YogaServerInstance } from 'graphql-yoga';
import { LRUCache } from 'lru-cache';
import type { Logger } from 'pino';
import { ownTurn } from '../../domain/ground/own-turn.ts';
import { tokenIn } from '../../domain/sharing/readers.ts';
import { createErrorMask } from '../errors.ts';
import {
  addressHeader,
  type FindViewer,
  type GraphQLContext,
  type House,
  type ServerContext,
} from '../ground/context.ts';
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
import { nameRequests, originOf } from './request-names.ts';
import { watchSession } from './session-watch.ts';

export type GraphQLServer = YogaServerInstance<ServerContext, GraphQLContext>;

export function acceptsEventStream(req: IncomingMessage): boolean {
  return req.headers.accept?.includes('text/event-stream') ?? false;
}

/** Whether a query's answer is plain JSON: it is for each client that takes JSON, whatever else it takes. */
function isAnsweredWhole({ headers }: IncomingMessage): boolean {
  return (headers.accept || '*/*').split(',').some((accepted) => jsonType.test(accepted));
}

/** The types of which Yoga answers JSON, with no other charset than UTF-8. */
const jsonType = /^\s*(?:\*\/\*|application\/(?:\*|json|graphql-response\+json))\s*(?:;(?!.*charset=(?!utf-8)).*)?$/i;

/** The API at /graphql: queries and mutations as JSON, subscriptions as server-sent events, GraphiQL for browsers. */
export function createGraphQLServer(house: House, findViewer: FindViewer): GraphQLServer {
  function endWithSession(memberId: string, req: IncomingMessage, res: ServerResponse) {
    // The client has left; 'close' will not fire again, so a watch started now would never end.
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
    async context({ request, headers, viewer: known, req, res, address, isWanted, origin = originOf(request) }) {
      const viewer = known === undefined ? await findViewer(headers ?? request.headers) : await known;
      if (viewer && req && res && acceptsEventStream(req)) endWithSession(viewer.id, req, res);
      const waits = isWanted ?? (res ? () => !res.destroyed : () => !request?.signal?.aborted);
      const offered = house.offer.now;
      const asked = headers ?? request?.headers;
      const client = address ?? asked?.get(addressHeader) ?? null;
      return {
        ...house,
        offered,
        catalogue: offered.catalogue,
        viewer: viewer && { ...viewer, origin },
        origin,
        reader: {
          member: viewer,
          token: tokenIn(asked?.get('cookie')),
          address: client === null ? null : house.readerLimits.blockOf(client),
        },
        budget: new AnswerBudget(viewer !== null, waits),
        answer: { holdsSecret: false },
      };
    },
    plugins: [
      ...(armor.protect().plugins as never[]),
      limitDocuments(descriptionSizes(schema)),
      nameRequests(house.log),
      limitAnswers(),
      encodeAnswers,
      endWithoutReader(house.log),
      refuseUnacceptable(house.log),
    ],
    parserAndValidationCache: { documentCache: createDocumentCache(), errorCache: noCache },
    maskedErrors: { maskError: createErrorMask(house.log) },
    // These are done elsewhere (graphiql.ts, http/security.ts), or not wanted.
    graphiql: false,
    cors: false,
    multipart: false,
    landingPage: false,
    batching: false,
    logging: {
      debug: () => {},
      info: () => {},
      // Every refusal comes here; the mask has already logged faults of this server. Messages may quote the document.
      warn: (...args) => house.log.debug({ codes: args.map(codeOf) }, 'Yoga warns.'),
      error: (...args) => house.log.debug({ codes: args.map(codeOf) }, 'Yoga refuses.'),
    },
  });
}

function codeOf(reason: unknown): unknown {
  return reason instanceof GraphQLError ? (reason.extensions.code ?? reason.name) : typeof reason;
}

/** Characters of all documents that are kept parsed; those of the web app have some 20,000. */
const DOCUMENTS_LENGTH_MAX = 250_000;
/** A longer document has values written into it and does not come again, so it is not kept. */
const DOCUMENT_LENGTH_MAX = 20_000;

/**
 * Replaces Yoga's own cache, which keeps a thousand documents of any length for an hour: anybody could fill the memory
 * with it.
 */
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
    // This is not called for a document that was parsed before.
    setParseFn((source, options) => {
      requireShallow(source);
      const document = parseFn(source, options);
      requireFewSelections(document, sizes);
      return document;
    });
  },
});

/** A longer answer is written as JSON in pieces, each in a turn of the event loop of its own. */
const LARGE_BYTES = 256 * 1024;

/** An operation that has ended before its time has its refusal for an answer, and nothing of what was made of it. */
function limitAnswers(): Plugin<GraphQLContext & ServerContext> {
  const unread = new UnreadAnswersOfAll();
  return {
    onExecute({ args }) {
      const { budget, viewer, address, req, res, answer } = args.contextValue;
      const client = viewer?.id ?? address;
      // Operations of this process itself have no client and are not counted.
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
          // Yoga uses a result's own `stringify`, and its Response accepts a stream.
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
      if (res?.destroyed && isAsyncIterable(result)) endStream(result, log);
    },
  }),
});

/** Ends a subscription whose client accepts no stream. Yoga alone answers an empty 406 and leaves the stream open. */
const refuseUnacceptable = (log: Logger): Plugin<ServerContext> => ({
  onResultProcess({ request, result, resultProcessor, setResultProcessor }) {
    if (resultProcessor || !isAsyncIterable(result)) return;
    endStream(result, log);
    const message = 'A subscription needs Accept: text/event-stream, or a WebSocket.';
    const body = JSON.stringify({ errors: [{ message, extensions: { code: 'NOT_ACCEPTABLE' } }] });
    const types = ['application/graphql-response+json', 'application/json'];
    const type = types.find((one) => request.headers.get('accept')?.includes(one)) ?? 'application/json';
    const headers = { 'content-type': `${type}; charset=utf-8`, accept: 'text/event-stream' };
    setResultProcessor((_result, fetchAPI) => new fetchAPI.Response(body, { status: 406, headers }), type);
  },
});

function endStream(stream: AsyncIterable<unknown>, log: Logger): void {
  const ended = Promise.resolve(stream[Symbol.asyncIterator]().return?.());
  ended.catch((error) => log.error({ err: error }, 'A subscription without a reader could not be ended.'));
}
