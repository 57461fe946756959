import * as http from 'node:http';
import * as https from 'node:https';
import { type Duplex, Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { type BytesReader, type DirectBody, keepBody } from './body.ts';
import { ChunkedBody } from './chunked-body.ts';
import { codingsOf, unpacked } from './content-encoding.ts';
import { ReadingPace } from './reading-pace.ts';
import { followWithinOrigin } from './redirects.ts';
import { requestHeaders } from './request-headers.ts';

/*
 * Why this file is here: in Node's own fetch every piece of a body passes through a parser in WebAssembly and two kinds
 * of streams, with a handful of promises for each. That was half the cost of carrying a delta. So the SDKs are given
 * Node's http, whose body is read from the socket as it arrives. The SDKs still build the request and name the errors.
 */

/**
 * The length of a piece, which is that of a TLS record. In a flood up to 32 pieces are read from each connection before
 * anything else has its turn.
 */
const pieceBytesMax = 16 * 1024;
/**
 * Idle connections are closed before a server may close them: a request on a connection that is just being closed would
 * fail.
 */
const idleMsMax = 4000;
const agents = {
  'http:': readInto(new http.Agent({ keepAlive: true, timeout: idleMsMax })),
  'https:': readInto(new https.Agent({ keepAlive: true, timeout: idleMsMax })),
};

/**
 * A fetch for SDKs. The body of a request is text or bytes, cookies are not kept, and compression is undone. The errors are
 * those of Node's fetch.
 */
export const upstreamFetch: typeof fetch = createUpstreamFetch();

/**
 * Makes `upstreamFetch`, or with `agentOf` a fetch through a proxy. A request through a proxy has a connection of its
 * own, which is read as an ordinary stream.
 *
 * @param agentOf makes the agent of one request, which goes through its proxy
 */
export function createUpstreamFetch(agentOf?: (url: URL, signal: AbortSignal | null) => http.Agent): typeof fetch {
  return followWithinOrigin(async (input, init = {}) => {
    const url = new URL(input instanceof Request ? input.url : input);
    const incoming = await send(url, init, agentOf?.(url, init.signal ?? null) ?? null);
    try {
      return toResponse(incoming);
    } catch (cause) {
      incoming.destroy();
      throw new TypeError('fetch failed', { cause });
    }
  });
}

/** The statuses of responses that have no body. */
const bodilessStatuses: ReadonlySet<number> = new Set([204, 205, 304]);

/** Throws if the status is none of HTTP's. */
function toResponse(incoming: http.IncomingMessage): Response {
  const { statusCode: status = 0, rawHeaders } = incoming;
  const headers = new Headers();
  for (let index = 0; index < rawHeaders.length; index += 2) {
    headers.append(rawHeaders[index] ?? '', rawHeaders[index + 1] ?? '');
  }
  const codings = codingsOf(headerOf(incoming, 'content-encoding'));
  const readable = codings.length === 0 ? incoming : unpacked(incoming, codings);
  if (isAnswerStream(incoming)) {
    const response = new Response(null, { status, headers });
    const streamed = carriers.get(incoming.socket)?.streamed;
    keepBody(response, readable, streamed?.incoming === readable ? streamed : null);
    return response;
  }
  if (bodilessStatuses.has(status)) readable.destroy();
  const body = bodilessStatuses.has(status) ? null : (Readable.toWeb(readable) as ReadableStream<Uint8Array>);
  return new Response(body as BodyInit | null, { status, headers });
}

/** The answer that a connection to a provider carries at the moment. */
interface Carrier {
  /**
   * The body of an answer that is read without its stream. Null: the answer is read as an ordinary stream, or none has
   * begun.
   */
  streamed: StreamedBody | null;
}

/**
 * The carriers of connections. They are looked up when an answer begins, because a look-up for each piece would be
 * slow.
 */
const carriers = new WeakMap<Duplex, Carrier>();

class StreamedBody extends ChunkedBody implements DirectBody {
  readonly incoming: http.IncomingMessage;
  /** The reader that gets chunks directly. Null: nothing reads the body yet, or it is read as an ordinary stream. */
  reader: BytesReader | null = null;
  /** The pace at which the connection is read. Null: the connection is never paused. */
  pace: ReadingPace | null = null;
  #flows = false;

  constructor(incoming: http.IncomingMessage) {
    super();
    this.incoming = incoming;
  }

  /**
   * Whether the stream holds no bytes that the reader must get first. This stays true until bytes go through Node's
   * parser, because nobody pauses the stream. A check each time would touch one more object for each delta.
   */
  get isFlowing(): boolean {
    this.#flows ||= this.incoming.readableFlowing === true && this.incoming.readableLength === 0;
    return this.#flows;
  }

  readTo(reader: BytesReader, isCrowded: (() => boolean) | undefined): void {
    this.reader = reader;
    if (isCrowded) this.pace = new ReadingPace(this.incoming.socket, isCrowded);
  }

  /** Called after bytes went through Node's parser: the stream may hold them for its reader. */
  lookAgain(): void {
    this.#flows = false;
  }
}

/**
 * Makes the agent's connections read all pieces into one buffer. Node would make a buffer of 64 KB for each piece, and
 * shrink it to the few bytes that came. A receiver takes what it needs out of a piece before the next one can come.
 */
function readInto<Kind extends http.Agent>(agent: Kind): Kind {
  const buffer = Buffer.allocUnsafeSlow(pieceBytesMax);
  const createConnection = agent.createConnection.bind(agent);
  agent.createConnection = (options, done) => {
    const carrier: Carrier = { streamed: null };
    const callback = (length: number) => receive(connection, carrier, buffer, length);
    // Only an idle connection has a time-out, which the agent sets.
    const own = { ...options, timeout: undefined, onread: { buffer, callback } } as typeof options;
    const connection = createConnection(own, done) as Duplex;
    carriers.set(connection, carrier);
    return connection;
  };
  return agent;
}

/**
 * Hands whole chunks of an answer's body to its reader without copying them. All other bytes go through Node's HTTP
 * parser, which copies them and hands them on through a stream: for a delta of a few bytes that is a tenth of its whole
 * cost.
 *
 * @returns whether to read on; if not, the connection is resumed after a pause
 */
function receive(connection: Duplex, carrier: Carrier, bytes: Buffer, length: number): boolean {
  const body = carrier.streamed;
  const chunks = body?.take(bytes, length);
  if (body?.reader && chunks && body.isFlowing) {
    for (let index = 0; index < chunks.length; index += 2) {
      body.reader.read(bytes, chunks[index] as number, chunks[index + 1] as number);
    }
    // A piece that fills the buffer has more bytes behind it.
    return length === bytes.length || (body.pace?.readsOn() ?? true);
  }
  const piece = bytes.subarray(0, length);
  connection.emit('data', piece);
  body?.lookAgain();
  const begun = carrier.streamed;
  if (!begun || begun === body) return true;
  // Node's parser has read the part of the body that came with the headers, so `begun` only counts it. If the headers
  // came in several pieces that part is not looked for, and the answer is read as an ordinary stream.
  if (piece.toString('latin1', 0, 7) === 'HTTP/1.') {
    const first = piece.subarray(piece.indexOf('\r\n\r\n') + 4);
    begun.take(first, first.length);
  } else carrier.streamed = null;
  return true;
}

/**
 * Whether an SDK leaves the body unread, as a stream of events. An error may have that content type too, but an SDK
 * reads its body.
 */
function isAnswerStream(incoming: http.IncomingMessage): boolean {
  const { statusCode: status = 0 } = incoming;
  if (status < 200 || status > 299) return false;
  return headerOf(incoming, 'content-type')?.includes('text/event-stream') ?? false;
}

/** Reads one header without `incoming.headers`, for which Node makes an object of all headers and keeps it. */
function headerOf({ rawHeaders }: http.IncomingMessage, name: string): string | undefined {
  const index = rawHeaders.findIndex((one, at) => at % 2 === 0 && one.toLowerCase() === name);
  return index < 0 ? undefined : rawHeaders[index + 1];
}

function send(
  url: URL,
  { method, headers, body, signal }: RequestInit,
  proxyAgent: http.Agent | null,
): Promise<http.IncomingMessage> {
  signal?.throwIfAborted();
  const { request } = url.protocol === 'https:' ? https : http;
  const lines = headerLines(url, requestHeaders(headers), body);
  const outgoing = request(url, {
    method: method ?? 'GET',
    // A proxy's agent adds headers of its own, which it cannot add to a list.
    headers: proxyAgent ? Object.fromEntries(pairs(lines)) : lines,
    agent: proxyAgent ?? agents[url.protocol as keyof typeof agents],
    // The agent's time-out is for connections that wait to be used again. On one in use it would set a timer with each
    // piece.
    timeout: 0,
  });
  // The body is sent as bytes: Node would join a string to the headers, which then stay the thirty pieces that they are
  // made of.
  outgoing.end(typeof body === 'string' ? Buffer.from(body) : body);
  if (signal) endWith(signal, outgoing);
  if (proxyAgent) outgoing.on('proxyConnect', ({ statusCode }) => refuseUnlessOpen(outgoing, statusCode));
  return answerTo(outgoing);
}

/** Destroys the request if the proxy opens no tunnel: what it answers instead is no answer of the provider's. */
function refuseUnlessOpen(outgoing: http.ClientRequest, statusCode: number | undefined): void {
  if (statusCode === undefined || statusCode === 200) return;
  outgoing.destroy(Object.assign(new Error('The proxy refused.'), { code: `PROXY_ANSWERED_${statusCode}` }));
}

function* pairs(lines: readonly string[]): Generator<[string, string]> {
  for (let index = 0; index < lines.length; index += 2) yield [lines[index] as string, lines[index + 1] as string];
}

/**
 * Destroys the request when the signal aborts. The `signal` option of Node's requests keeps a dozen listeners for as
 * long as the request takes.
 */
function endWith(signal: AbortSignal, what: http.ClientRequest): void {
  signal.addEventListener('abort', () => what.destroy(signal.reason), { once: true });
}

/** The names and values of the headers, in turn. */
function headerLines(url: URL, headers: Headers, body: RequestInit['body']): string[] {
  const lines = ['host', url.host, ...[...headers].flat()];
  if (typeof body === 'string' || body instanceof Uint8Array) {
    lines.push('content-length', String(Buffer.byteLength(body)));
  }
  return lines;
}

/**
 * Resolves with the answer. This is a function of its own, because everything that its callbacks can see is kept as
 * long as the answer, and a request may be long.
 */
function answerTo(outgoing: http.ClientRequest): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    outgoing.once('response', (incoming) => {
      const isChunked = headerOf(incoming, 'transfer-encoding') === 'chunked';
      const isPlain = codingsOf(headerOf(incoming, 'content-encoding')).length === 0;
      const carrier = carriers.get(incoming.socket);
      const isStreamed = isChunked && isPlain && isAnswerStream(incoming);
      if (carrier) carrier.streamed = isStreamed ? new StreamedBody(incoming) : null;
      resolve(incoming);
    });
    outgoing.on('error', (cause) => reject(new TypeError('fetch failed', { cause })));
  });
}
