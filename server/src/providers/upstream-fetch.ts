import * as http from 'node:http';
import * as https from 'node:https';
import { type Duplex, Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { ChunkedBody } from './chunked-body.ts';

/*
 * Why this file is here: in Node's own fetch every piece of a body passes through a parser in WebAssembly and two kinds
 * of streams, with a handful of promises for each; that was half of what carrying a delta cost. What the SDKs are given
 * instead is Node's http, whose body is read from the socket as it comes. They still build the request and name the errors.
 */

/** Of a flood up to 32 pieces are read from each connection before anything else has its turn. A TLS record's length. */
const pieceBytesMax = 16 * 1024;
/** Idle connections are let go of before a server may: a request on one that is just being closed would fail. */
const idleMsMax = 4000;
const agents = {
  'http:': readInto(new http.Agent({ keepAlive: true, timeout: idleMsMax })),
  'https:': readInto(new https.Agent({ keepAlive: true, timeout: idleMsMax })),
};
const bodies = new WeakMap<Response, Readable>();

/** For an SDK: a body of text, no cookies, no compression. The errors are those of Node's fetch. */
export const upstreamFetch: typeof fetch = async (input, init = {}) => {
  const url = new URL(input instanceof Request ? input.url : input);
  const incoming = await send(url, init);
  const { statusCode: status = 0, rawHeaders } = incoming;
  if (status >= 300 && status < 400 && headerOf(incoming, 'location')) {
    // Seldom enough for Node's fetch to do it all again, with its rules of what may be sent where.
    incoming.destroy();
    return fetch(input, init);
  }
  const responseHeaders = new Headers();
  for (let index = 0; index < rawHeaders.length; index += 2) {
    responseHeaders.append(rawHeaders[index] ?? '', rawHeaders[index + 1] ?? '');
  }
  const streams = isEventStream(incoming);
  const body = streams ? null : (Readable.toWeb(incoming) as ReadableStream<Uint8Array>);
  const response = new Response(body as BodyInit | null, { status, headers: responseHeaders });
  if (streams) bodies.set(response, incoming);
  return response;
};

/** What a connection to a provider carries just now. */
interface Carrier {
  /** The answer, where that is a stream; null: it is not, or none has begun. */
  streamed: StreamedBody | null;
}

/** Looked at when an answer begins, and not with each piece: a property of a socket is slow to find. */
const carriers = new WeakMap<Duplex, Carrier>();

class StreamedBody extends ChunkedBody {
  readonly incoming: http.IncomingMessage;
  /** Null: there is none yet, or one that reads it as any stream. */
  reader: BytesReader | null = null;
  #flows = false;

  constructor(incoming: http.IncomingMessage) {
    super();
    this.incoming = incoming;
  }

  /**
   * Whether there is nothing that its reader would have to get first. It stays so until something comes the other way,
   * because nobody pauses it: looking each time would touch an object more for each delta.
   */
  get isFlowing(): boolean {
    this.#flows ||= this.incoming.readableFlowing === true && this.incoming.readableLength === 0;
    return this.#flows;
  }

  /** Something came the other way: it may be kept for its reader. */
  lookAgain(): void {
    this.#flows = false;
  }
}

/** What gets the bytes of a body. */
export interface BytesReader {
  /** What is in `bytes` from `start` to `end`; it may be overwritten afterwards. */
  read(bytes: Buffer, start: number, end: number): void;
}

/**
 * Node makes a buffer of 64 KB for each piece that it reads, and shrinks it to the few bytes that came. These
 * connections read all into one: whoever gets a piece takes what it wants out of it before the next one can come.
 */
function readInto<Kind extends http.Agent>(agent: Kind): Kind {
  const buffer = Buffer.allocUnsafeSlow(pieceBytesMax);
  const createConnection = agent.createConnection.bind(agent);
  agent.createConnection = (options, done) => {
    const carrier: Carrier = { streamed: null };
    const callback = (length: number) => {
      receive(connection, carrier, buffer, length);
      return true;
    };
    // Only one that is idle has a time-out, which the agent sets.
    const own = { ...options, timeout: undefined, onread: { buffer, callback } } as typeof options;
    const connection = createConnection(own, done) as Duplex;
    carriers.set(connection, carrier);
    return connection;
  };
  return agent;
}

/**
 * Whole chunks of an answer's body go to its reader as they lie. All else goes through Node's parser of HTTP, which
 * copies what it finds and hands it on through a stream: for a delta of some bytes that is a tenth of its whole way.
 */
function receive(connection: Duplex, carrier: Carrier, bytes: Buffer, length: number): void {
  const body = carrier.streamed;
  const chunks = body?.take(bytes, length);
  if (body?.reader && chunks && body.isFlowing) {
    for (let index = 0; index < chunks.length; index += 2) {
      body.reader.read(bytes, chunks[index] as number, chunks[index + 1] as number);
    }
    return;
  }
  const piece = bytes.subarray(0, length);
  connection.emit('data', piece);
  body?.lookAgain();
  const begun = carrier.streamed;
  if (!begun || begun === body) return;
  // What of the body came with its headers has been read. Where these came in several pieces it is not looked for.
  if (piece.toString('latin1', 0, 7) === 'HTTP/1.') {
    const first = piece.subarray(piece.indexOf('\r\n\r\n') + 4);
    begun.take(first, first.length);
  } else carrier.streamed = null;
}

function isEventStream(incoming: http.IncomingMessage): boolean {
  return headerOf(incoming, 'content-type')?.includes('text/event-stream') ?? false;
}

/** Without the object that Node makes of all of them and keeps. */
function headerOf({ rawHeaders }: http.IncomingMessage, name: string): string | undefined {
  const index = rawHeaders.findIndex((one, at) => at % 2 === 0 && one.toLowerCase() === name);
  return index < 0 ? undefined : rawHeaders[index + 1];
}

function send(url: URL, { method, headers, body, signal }: RequestInit): Promise<http.IncomingMessage> {
  signal?.throwIfAborted();
  const { request } = url.protocol === 'https:' ? https : http;
  const outgoing = request(url, {
    method: method ?? 'GET',
    headers: headerLines(url, new Headers(headers), body),
    agent: agents[url.protocol as keyof typeof agents],
    // The agent's is for connections that wait to be used again; one in use would set a timer with each piece.
    timeout: 0,
  });
  // Not as a string, which Node would join to the headers: these then stay the thirty pieces that they are made of.
  outgoing.end(typeof body === 'string' ? Buffer.from(body) : body);
  if (signal) endWith(signal, outgoing);
  return answerTo(outgoing);
}

/** As the option `signal` of Node's requests, which keeps a dozen listeners for as long as they take. */
function endWith(signal: AbortSignal, what: http.ClientRequest): void {
  signal.addEventListener('abort', () => what.destroy(signal.reason), { once: true });
}

/** Names and values in turn. What the SDKs tell of themselves and this machine (`x-stainless-os`, …) stays here. */
function headerLines(url: URL, headers: Headers, body: RequestInit['body']): string[] {
  const lines = ['host', url.host];
  for (const [name, value] of headers) if (!name.startsWith('x-stainless-')) lines.push(name, value);
  if (typeof body === 'string') lines.push('content-length', String(Buffer.byteLength(body)));
  return lines;
}

/** A function of its own: what its callbacks can see is kept as long as the answer, and a request may be long. */
function answerTo(outgoing: http.ClientRequest): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    outgoing.once('response', (incoming) => {
      const isChunked = headerOf(incoming, 'transfer-encoding') === 'chunked';
      const carrier = carriers.get(incoming.socket);
      if (carrier) carrier.streamed = isChunked && isEventStream(incoming) ? new StreamedBody(incoming) : null;
      resolve(incoming);
    });
    outgoing.on('error', (cause) => reject(new TypeError('fetch failed', { cause })));
  });
}

/**
 * The body (see `bodyOf`) of what `ask` gets. The SDK is given a signal for the asking only: what it hangs on one it would
 * keep for as long as the answer takes.
 */
export async function askedBody(
  signal: AbortSignal,
  ask: (signal: AbortSignal) => Promise<Response>,
): Promise<Readable | null> {
  signal.throwIfAborted();
  const asking = new AbortController();
  const stopAsking = () => asking.abort(signal.reason);
  signal.addEventListener('abort', stopAsking);
  try {
    return bodyOf(await ask(asking.signal));
  } finally {
    signal.removeEventListener('abort', stopAsking);
  }
}

/**
 * The body of a response, whoever fetched it, as a stream of Node's, for `readBytes`. Null: there is none. Whoever reads
 * it for minutes does without the response.
 */
export function bodyOf(response: Response): Readable | null {
  return bodies.get(response) ?? (response.body && Readable.fromWeb(response.body as ReadableStream));
}

/** Begins to read a body. Its end and its errors are told by the events of any stream. */
export function readBytes(body: Readable, reader: BytesReader): void {
  body.on('data', (bytes: Buffer) => reader.read(bytes, 0, bytes.length));
  const streamed = body instanceof http.IncomingMessage ? carriers.get(body.socket)?.streamed : null;
  if (streamed?.incoming === body) streamed.reader = reader;
}
