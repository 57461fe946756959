import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type DocumentNode, type ExecutionArgs, GraphQLError, getOperationAST } from 'graphql';
import { CloseCode, handleProtocols, makeServer, type SubscribePayload } from 'graphql-ws';
import type { Logger } from 'pino';
import { WebSocketServer } from 'ws';
import type { Outbox } from '../../delivery/outbox.ts';
import type { TurnStream } from '../../domain/following/response-stream.ts';
import type { Notifications } from '../../domain/ground/notifications.ts';
import type { Viewer } from '../../domain/people/members.ts';
import { createErrorMaskOf, named } from '../errors.ts';
import type { FindViewer, GraphQLContext, OperationOrigin } from '../ground/context.ts';
import { ClientSocket, type MessageJson } from './client-socket.ts';
import { type CompiledSelection, compileSelection, FastStream, openSource } from './fast-path.ts';
import { operationNameOf } from './request-names.ts';
import type { GraphQLServer } from './server.ts';
import { watchSession } from './session-watch.ts';

/** Subscriptions, and any other operation, over WebSocket by the protocol graphql-transport-ws. */
export interface GraphQLSocket {
  /** `connectionId` begins the names of the socket's operations, and is told the client. */
  upgrade(req: IncomingMessage, socket: Duplex, head: Buffer, client: { address: string; connectionId: string }): void;
  /** Tells every client that the server goes away. */
  close(): Promise<void>;
}

/** The longest prompt and system prompt take 3.6 MB as JSON. ws copies a message, so more would stop the event loop. */
const MESSAGE_BYTES_MAX = 4 * 1024 * 1024;
/** Fragments of a message; programs that send fragments send some kilobytes in each. */
const FRAGMENTS_MAX = 1024;
/** Operations that may run on one socket at once. */
const OPERATIONS_MAX = 100;
/** How often every socket is checked for whether anybody is there. */
const LOOK_MS = 1000;
/** How long clients have to say goodbye before the process ends. */
const GOODBYE_MS = 2000;
/**
 * A session that was looked up within this time is not looked up again: a client follows the answers right after it has
 * sent a prompt.
 */
const VIEWER_AGE_MS_MAX = 1000;

export interface GraphQLSocketOptions {
  yoga: GraphQLServer;
  findViewer: FindViewer;
  notifications: Notifications;
  fastPath: boolean;
  json: MessageJson;
  log: Logger;
}

export function createGraphQLSocket(options: GraphQLSocketOptions): GraphQLSocket {
  const { json, log } = options;
  const operations = new Operations(options);
  // Deltas are small: compressing each costs memory and time for every socket, and saves little.
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MESSAGE_BYTES_MAX,
    maxFragments: FRAGMENTS_MAX,
    perMessageDeflate: false,
    handleProtocols,
  });
  const connectionIds = new WeakMap<IncomingMessage, string>();
  sockets.on('headers', (headers, req) => headers.push(`X-Request-Id: ${connectionIds.get(req)}`));
  const server = createProtocol(operations);

  const clients = new Set<ClientSocket>();
  const looks = setInterval(() => {
    for (const client of clients) if (!client.look()) clients.delete(client);
  }, LOOK_MS);

  const onFault = (error: unknown) => log.error({ err: error }, 'A message to a socket failed.');
  // For instance a message is too long: ws has already closed the socket with the right code.
  const onBreak = (error: Error) => log.debug({ err: error }, 'A socket broke.');

  return {
    upgrade(req, socket, head, { address, connectionId }) {
      // Only the headers are kept: the request would stay in memory as long as the socket is open.
      const { headers } = req;
      connectionIds.set(req, connectionId);
      sockets.handleUpgrade(req, socket, head, (webSocket) => {
        webSocket.on('error', onBreak);
        const client = new ClientSocket(webSocket, socket, {
          headers,
          address,
          connectionId,
          onFault,
          json,
          findMember: operations.findViewer,
        });
        clients.add(client);
        log.debug({ connectionId, address }, 'A socket was opened.');
        client.onClose(server.opened(client, client));
      });
    },
    async close() {
      clearInterval(looks);
      const closed = new Promise<void>((resolve) => sockets.close(() => resolve()));
      for (const client of clients) client.close(1001, 'Going away');
      const patience = setTimeout(() => {
        for (const client of clients) client.terminate();
      }, GOODBYE_MS);
      await closed;
      clearTimeout(patience);
    },
  };
}

function createProtocol(operations: Operations) {
  // graphql-ws's own `useServer` is not used: it keeps the memory of a message as long as its operation lasts, tells
  // clients the texts of errors unless the environment says otherwise, and prints errors.
  return makeServer<Record<string, unknown>, ClientSocket>({
    // ClientSocket has a time-out of its own.
    connectionInitWaitTimeout: 0,
    onConnect: ({ extra: client, connectionParams }) => client.introduce(connectionParams ?? {}),
    execute: (args) => (args.rootValue as OrdinaryOperation).enveloped.execute(args),
    async subscribe(args) {
      const operation = args.rootValue as Operation;
      return 'enveloped' in operation ? operation.enveloped.subscribe(args) : operations.subscribeFast(args, operation);
    },
    async onSubscribe({ extra: client, subscriptions }, id, payload) {
      operations.begin(client, payload);
      // The new operation is among the subscriptions already.
      if (Object.keys(subscriptions).length > OPERATIONS_MAX) return [tooManyOperations()];
      try {
        return await operations.prepare(client, { id, payload, isWanted: () => client.isOpen && id in subscriptions });
      } catch (error) {
        // An error thrown from here would close the socket, and end every other operation on it.
        return [operations.masked(error, payload)];
      }
    },
    onNext: (_context, _id, payload, _args, result) => operations.name(result.errors, payload),
    onError(_context, _id, payload, errors) {
      operations.name(errors as GraphQLError[], payload);
      operations.end(payload, errors as GraphQLError[]);
    },
    onComplete: (_context, _id, payload) => operations.end(payload, []),
  });
}

/** Prepares clients' operations for execution. */
class Operations {
  readonly #options: GraphQLSocketOptions;
  /** Operations that run, by the payload that graphql-ws keeps for as long as they do. */
  readonly #running = new WeakMap<SubscribePayload, RunningOperation>();

  constructor(options: GraphQLSocketOptions) {
    this.#options = options;
  }

  begin(client: ClientSocket, payload: SubscribePayload): void {
    const requestId = `${client.connectionId}.${client.countOperation()}`;
    const origin = { requestId, traceparent: null, tracestate: null, operation: null };
    this.#running.set(payload, { origin, client, startedAt: performance.now() });
  }

  /** Writes the line of an operation that has ended. */
  end(payload: SubscribePayload, errors: readonly GraphQLError[]): void {
    const operation = this.#running.get(payload);
    if (!operation) return;
    this.#running.delete(payload);
    const { origin, client, startedAt } = operation;
    const member = client.viewer?.found;
    const line = {
      requestId: origin.requestId,
      connectionId: client.connectionId,
      ...(member && { memberId: member.id }),
      ...(member?.apiKey && { apiKeyId: member.apiKey.id }),
      ...(origin.operation !== null && { operation: origin.operation }),
      ...(errors.length > 0 && { codes: errors.map(({ extensions }) => extensions?.code) }),
      durationMs: Math.round((performance.now() - startedAt) * 10) / 10,
    };
    this.#options.log.info(line, 'An operation of a socket ended.');
  }

  /** Puts the operation's name into its errors. */
  name(errors: readonly GraphQLError[] | undefined, payload: SubscribePayload): void {
    const { origin } = this.#running.get(payload) ?? {};
    if (origin) for (const error of errors ?? []) named(error, origin.requestId);
  }

  masked(error: unknown, payload: SubscribePayload): GraphQLError {
    return this.#maskOf(this.#running.get(payload)?.origin.requestId ?? '')(error);
  }

  /** Masks errors of an operation, without Yoga's note on the status of an HTTP answer. */
  #maskOf(requestId: string): (error: unknown) => GraphQLError {
    const mask = createErrorMaskOf(this.#options.log, requestId);
    return (error) => {
      const masked = mask(error);
      delete masked.extensions.http;
      return masked;
    };
  }

  /** The arguments for graphql-ws to execute, or the errors that refuse the operation. */
  async prepare(
    client: ClientSocket,
    { id, payload, isWanted }: Asked,
  ): Promise<ExecutionArgs | readonly GraphQLError[]> {
    const { origin } = this.#running.get(payload) as RunningOperation;
    const viewer = await this.findViewer(client);
    const enveloped = this.#options.yoga.getEnveloped({ viewer, address: client.address, isWanted, origin } as never);
    const { schema, parse, validate, contextFactory } = enveloped;
    const { query, operationName, variables } = payload;
    const document: DocumentNode = parse(query);
    // graphql-ws keeps the payload as long as the operation lasts, so it gets the same text as the parsed document.
    Object.assign(payload, { query: document.loc?.source.body ?? query });
    const errors = validate(schema, document);
    const mask = this.#maskOf(origin.requestId);
    if (errors.length > 0) return errors.map(mask);
    if (!getOperationAST(document, operationName)) return [unknownOperation()];
    const contextValue: GraphQLContext = await contextFactory();
    if (contextValue.viewer) this.#watchMember(client, contextValue.viewer.id);
    origin.operation = operationNameOf({ document, operationName });
    const fast = this.#fastOperation(client, id, document, operationName);
    const rootValue: Operation = fast ? { ...fast, mask } : { enveloped };
    return { schema, document, operationName, variableValues: variables, contextValue, rootValue };
  }

  #fastOperation(
    { outbox }: ClientSocket,
    id: string,
    document: DocumentNode,
    operationName: string | null | undefined,
  ): Omit<FastOperation, 'mask'> | null {
    const writers = this.#options.fastPath ? compileSelection(document, operationName) : null;
    if (!writers) return null;
    return { writers, outbox, before: `{"id":${JSON.stringify(id)},"type":"next","payload":`, after: '}' };
  }

  async subscribeFast(args: ExecutionArgs, operation: FastOperation) {
    const source = await openSource(args);
    if (!(Symbol.asyncIterator in source)) return { ...source, errors: source.errors?.map(operation.mask) };
    return new FastStream({ ...operation, source: source as TurnStream, args });
  }

  /**
   * Finds the member of a socket, looking again after a second. It is a property, not a method, because each client is
   * given it.
   */
  readonly findViewer = async (client: ClientSocket): Promise<Viewer | null> => {
    const { viewer } = client;
    if (viewer && performance.now() - viewer.foundAt < VIEWER_AGE_MS_MAX) return viewer.found;
    const foundAt = performance.now();
    const found = await this.#options.findViewer(client.credentials);
    client.viewer = { found, foundAt };
    client.isMembers = found !== null;
    return found;
  };

  #watchMember(client: ClientSocket, memberId: string) {
    // If the socket was closed during the look-up, 'close' will not fire again, so a watch started now would never end.
    if (client.unwatch || !client.isOpen) return;
    const { findViewer, notifications } = this.#options;
    client.unwatch = watchSession({
      memberId,
      credentials: client.credentials,
      findViewer,
      notifications,
      onNews: () => {
        client.viewer = null;
      },
      onEnd: () => client.close(CloseCode.Forbidden, 'Forbidden'),
    });
  }
}

/** What is known of an operation until its line is written. */
interface RunningOperation {
  origin: OperationOrigin;
  client: ClientSocket;
  /** As `performance.now()`. */
  startedAt: number;
}

/** An operation that a client asks for. */
interface Asked {
  id: string;
  payload: SubscribePayload;
  /** Whether the client still waits for the answer. */
  isWanted: () => boolean;
}

/** The state of one operation, passed through graphql-ws as its root value. */
type Operation = OrdinaryOperation | FastOperation;

interface OrdinaryOperation {
  enveloped: ReturnType<GraphQLServer['getEnveloped']>;
}

interface FastOperation {
  mask: (error: unknown) => GraphQLError;
  writers: CompiledSelection;
  outbox: Outbox;
  before: string;
  after: string;
}

function tooManyOperations(): GraphQLError {
  return new GraphQLError(`At most ${OPERATIONS_MAX} operations run at once on a socket.`, {
    extensions: { code: 'TOO_MANY_OPERATIONS' },
  });
}

function unknownOperation(): GraphQLError {
  return new GraphQLError('The document has no operation of this name, or several and none is named.', {
    extensions: { code: 'BAD_USER_INPUT' },
  });
}
