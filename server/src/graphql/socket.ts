import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type DocumentNode, type ExecutionArgs, type ExecutionResult, GraphQLError, getOperationAST } from 'graphql';
import { CloseCode, type SubscribePayload } from 'graphql-ws';
import { useServer } from 'graphql-ws/use/ws';
import type { Logger } from 'pino';
import { WebSocket, WebSocketServer } from 'ws';
import type { Member } from '../domain/members.ts';
import { memberTopic, type Notifications } from '../domain/notifications.ts';
import type { TurnStream } from '../domain/response-stream.ts';
import type { FindViewer, GraphQLContext } from './context.ts';
import { createErrorMask } from './errors.ts';
import { type CompiledSelection, compileSelection, FastStream, openSource } from './fast-path.ts';
import { Outbox } from './outbox.ts';
import { type GraphQLServer, requestHeaders } from './server.ts';

/** Subscriptions, and any other operation, over WebSocket by the protocol graphql-transport-ws. */
export interface GraphQLSocket {
  upgrade(req: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Tells every client that the server goes away. */
  close(): Promise<void>;
}

/** A prompt of 1 MB as JSON. */
const MESSAGE_BYTES_MAX = 8 * 1024 * 1024;
/** At once on one socket. */
const OPERATIONS_MAX = 100;
/** A socket that does not answer two pings in a row is dead. */
const PING_MS = 12_000;
/** Between looks at a session that could not be looked up. */
const RECHECK_MS = 1000;
/** A session that was just looked up is taken for granted: who has sent a prompt follows its answers right after. */
const VIEWER_AGE_MS_MAX = 1000;

export function createGraphQLSocket(options: {
  yoga: GraphQLServer;
  findViewer: FindViewer;
  notifications: Notifications;
  fastPath: boolean;
  log: Logger;
}): GraphQLSocket {
  const { yoga, findViewer, notifications, fastPath, log } = options;
  const mask = createErrorMask(log);
  // Deltas are small: compressing each costs memory and time for every socket, and saves little.
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MESSAGE_BYTES_MAX, perMessageDeflate: false });
  const watched = new WeakSet<object>();
  const outboxes = new WeakMap<object, Outbox>();
  const viewers = new WeakMap<WebSocket, { viewer: Member | null; foundAt: number }>();

  const server = useServer<Record<string, unknown>>(
    {
      execute: (args) => (args.rootValue as OrdinaryOperation).enveloped.execute(args),
      async subscribe(args) {
        const operation = args.rootValue as Operation;
        return 'enveloped' in operation ? operation.enveloped.subscribe(args) : subscribeFast(args, operation);
      },
      async onSubscribe({ extra, connectionParams, subscriptions }, id, payload) {
        // This one is among them already.
        if (Object.keys(subscriptions).length > OPERATIONS_MAX) return [tooManyOperations()];
        const headers = () => toHeaders(extra.request, connectionParams);
        try {
          return await prepare(extra.socket, headers, id, payload);
        } catch (error) {
          // Thrown on from here it would close the socket, and every other operation with it.
          return [mask(error) as GraphQLError];
        }
      },
      // Otherwise the environment would decide whether a client is told the text of an error of ours.
      isProd: true,
    },
    sockets,
    PING_MS,
  );

  async function prepare(
    webSocket: WebSocket,
    headers: () => Headers,
    id: string,
    { query, operationName, variables }: SubscribePayload,
  ): Promise<ExecutionArgs | readonly GraphQLError[]> {
    const viewer = await viewerOf(webSocket, headers);
    const enveloped = yoga.getEnveloped({ viewer } as never);
    const { schema, parse, validate, contextFactory } = enveloped;
    const document: DocumentNode = parse(query);
    const errors = validate(schema, document);
    if (errors.length > 0) return errors.map(mask) as GraphQLError[];
    if (!getOperationAST(document, operationName)) return [unknownOperation()];
    const contextValue: GraphQLContext = await contextFactory();
    if (contextValue.viewer) watchMember(webSocket, headers, contextValue.viewer.id);
    const rootValue: Operation = fastOperation(webSocket, id, document, operationName) ?? { enveloped };
    return { schema, document, operationName, variableValues: variables, contextValue, rootValue };
  }

  function fastOperation(
    webSocket: WebSocket,
    id: string,
    document: DocumentNode,
    operationName: string | null | undefined,
  ): FastOperation | null {
    const writers = fastPath ? compileSelection(document, operationName) : null;
    const outbox = outboxes.get(webSocket);
    if (!writers || !outbox) return null;
    return { writers, outbox, before: `{"id":${JSON.stringify(id)},"type":"next","payload":`, after: '}' };
  }

  /** graphql-ws keeps the protocol, and hears of nothing but the end: the results are on the socket already. */
  async function subscribeFast(args: ExecutionArgs, operation: FastOperation) {
    const source = await openSource(args);
    if (!(Symbol.asyncIterator in source)) return { ...source, errors: source.errors?.map(mask) as GraphQLError[] };
    const stream = new FastStream({ ...operation, source: source as TurnStream, args, mask });
    let end: Promise<IteratorReturnResult<undefined>> | undefined;
    const results: AsyncIterableIterator<ExecutionResult> = {
      next() {
        end ??= stream.send().then(() => ({ value: undefined, done: true }));
        return end;
      },
      async return() {
        stream.close();
        return { value: undefined, done: true };
      },
      [Symbol.asyncIterator]: () => results,
    };
    return results;
  }

  async function viewerOf(webSocket: WebSocket, headers: () => Headers): Promise<Member | null> {
    const known = viewers.get(webSocket);
    if (known && performance.now() - known.foundAt < VIEWER_AGE_MS_MAX) return known.viewer;
    const found = { foundAt: performance.now(), viewer: await findViewer(headers()) };
    viewers.set(webSocket, found);
    return found.viewer;
  }

  /** What runs on a socket ends with the session that it was opened by: a suspension holds at once. */
  function watchMember(webSocket: WebSocket, headers: () => Headers, memberId: string) {
    if (watched.has(webSocket)) return;
    watched.add(webSocket);
    let retry: NodeJS.Timeout | undefined;
    let closed = false;
    const check = () => {
      clearTimeout(retry);
      viewers.delete(webSocket);
      findViewer(headers()).then(
        (viewer) => viewer?.id !== memberId && webSocket.close(CloseCode.Forbidden, 'Forbidden'),
        () => {
          // The database is away: whoever follows what runs here goes on doing so until it can be asked.
          if (!closed) retry = setTimeout(check, RECHECK_MS);
        },
      );
    };
    const unsubscribe = notifications.subscribe(memberTopic(memberId), check);
    webSocket.on('close', () => {
      closed = true;
      clearTimeout(retry);
      unsubscribe();
    });
  }

  return {
    upgrade(req, socket, head) {
      // All that is looked at later: the request itself would be kept for as long as the socket is open.
      const { headers } = req;
      sockets.handleUpgrade(req, socket, head, (webSocket) => {
        const outbox = new SocketOutbox(webSocket, socket);
        outboxes.set(webSocket, outbox);
        webSocket.on('close', () => outbox.close());
        sockets.emit('connection', webSocket, { headers });
        // graphql-ws prints the first error of a socket, such as a message that is too long, as if it were a fault of
        // ours, and a second one would end the process. ws has closed it with the right code already.
        webSocket.removeAllListeners('error').on('error', (error) => log.debug({ err: error }, 'A socket broke.'));
      });
    },
    async close() {
      await server.dispose();
      for (const client of sockets.clients) client.terminate();
    },
  };
}

/** What belongs to one operation, carried where graphql-ws carries a root value. */
type Operation = OrdinaryOperation | FastOperation;

interface OrdinaryOperation {
  enveloped: ReturnType<GraphQLServer['getEnveloped']>;
}

interface FastOperation {
  writers: CompiledSelection;
  outbox: Outbox;
  before: string;
  after: string;
}

/** Beneath ws, which would write each message by itself and in two parts. */
class SocketOutbox extends Outbox {
  readonly #webSocket: WebSocket;

  constructor(webSocket: WebSocket, socket: Duplex) {
    super(socket);
    this.#webSocket = webSocket;
  }

  protected send(messages: readonly string[]): boolean {
    return this.#webSocket.readyState !== WebSocket.OPEN || this.connection.write(toFrames(messages));
  }
}

/** As WebSocket's text frames (RFC 6455, 5.2): whole, and not masked, as a server sends them. */
export function toFrames(messages: readonly string[]): Buffer {
  let size = 0;
  for (const message of messages) size += frameSize(Buffer.byteLength(message));
  const frames = Buffer.allocUnsafe(size);
  let end = 0;
  for (const message of messages) end = writeFrame(frames, end, message, Buffer.byteLength(message));
  return frames;
}

function frameSize(length: number): number {
  return length + (length < 126 ? 2 : length < 65_536 ? 4 : 10);
}

/** @returns where it ends */
function writeFrame(frames: Buffer, start: number, message: string, length: number): number {
  frames[start] = 0x81;
  frames[start + 1] = length < 126 ? length : length < 65_536 ? 126 : 127;
  let end = start + 2;
  if (length >= 65_536) end = frames.writeBigUInt64BE(BigInt(length), end);
  else if (length >= 126) end = frames.writeUInt16BE(length, end);
  return end + frames.write(message, end);
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

/** The upgrade's, and for programs that cannot set those the API key among the connection's parameters. */
function toHeaders(
  request: Pick<IncomingMessage, 'headers'>,
  parameters: Readonly<Record<string, unknown>> | undefined,
): Headers {
  const headers = requestHeaders(request);
  for (const [name, value] of Object.entries(parameters ?? {})) {
    if (typeof value === 'string' && ['authorization', 'x-api-key'].includes(name.toLowerCase()))
      headers.set(name, value);
  }
  return headers;
}
