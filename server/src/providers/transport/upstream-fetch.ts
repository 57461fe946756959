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

/** For an SDK: a body of text, no cookies, no compression but what is undone here. The errors are those of Node's fetch. */
export const upstreamFetch: typeof fetch = createUpstreamFetch();

/**
 * The same by way of a proxy: each request has a connection of its own, which is read as an ordinary stream.
 *
 * @param agentOf makes the agent of a request, which goes through its proxy
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

/** Those that no response may have a body with. */
const bodilessStatuses: ReadonlySet<number> = new Set([204, 205, 304]);

/** Throws where the status is none of HTTP's. */
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

/** What a connection to a provider carries just now. */
interface Carrier {
  /** The answer, where that is a stream; null: it is not, or none has begun. */
  streamed: StreamedBody | null;
}

/** Looked at when an answer begins, and not with each piece: a property of a socket is slow to find. */
const carriers = new WeakMap<Duplex, Carrier>();

class StreamedBody extends ChunkedBody implements DirectBody {
  readonly incoming: http.IncomingMessage;
  /** Null: there is none yet, or one that reads it as any stream. */
  reader: BytesReader | null = null;
  /** Null: it is read as it comes. */
  pace: ReadingPace | null = null;
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

  readTo(reader: BytesReader, isCrowded: (() => boolean) | undefined): void {
    this.reader = reader;
    if (isCrowded) this.pace = new ReadingPace(this.incoming.socket, isCrowded);
  }

  /** Something came the other way: it may be kept for its reader. */
  lookAgain(): void {
    this.#flows = false;
  }
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
    const callback = (length: number) => receive(connection, carrier, buffer, length);
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
 *
 * @returns whether to read on; else the connection is resumed in a while
 */
function receive(connection: Duplex, carrier: Carrier, bytes: Buffer, length: number): boolean {
  const body = carrier.streamed;
  const chunks = body?.take(bytes, length);
  if (body?.reader && chunks && body.isFlowing) {
    for (let index = 0; index < chunks.length; index += 2) {
      body.reader.read(bytes, chunks[index] as number, chunks[index + 1] as number);
    }
    // Behind a piece that fills the buffer there is more.
    return length === bytes.length || (body.pace?.readsOn() ?? true);
  }
  const piece = bytes.subarray(0, length);
  connection.emit('data', piece);
  body?.lookAgain();
  const begun = carrier.streamed;
  if (!begun || begun === body) return true;
  // What of the body came with its headers has been read. Where these came in several pieces it is not looked for.
  if (piece.toString('latin1', 0, 7) === 'HTTP/1.') {
    const first = piece.subarray(piece.indexOf('\r\n\r\n') + 4);
    begun.take(first, first.length);
  } else carrier.streamed = null;
  return true;
}

/** An error may call itself an event stream, too: it is none that the SDKs leave unread. */
function isAnswerStream(incoming: http.IncomingMessage): boolean {
  const { statusCode: status = 0 } = incoming;
  if (status < 200 || status > 299) return false;
  return headerOf(incoming, 'content-type')?.includes('text/event-stream') ?? false;
}

/** Without the object that Node makes of all of them and keeps. */
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
    // A proxy's agent adds its own.
    headers: proxyAgent ? Object.fromEntries(pairs(lines)) : lines,
    agent: proxyAgent ?? agents[url.protocol as keyof typeof agents],
    // The agent's is for connections that wait to be used again; one in use would set a timer with each piece.
    timeout: 0,
  });
  // Not as a string, which Node would join to the headers: these then stay the thirty pieces that they are made of.
  outgoing.end(typeof body === 'string' ? Buffer.from(body) : body);
  if (signal) endWith(signal, outgoing);
  if (proxyAgent) outgoing.on('proxyConnect', ({ statusCode }) => refuseUnlessOpen(outgoing, statusCode));
  return answerTo(outgoing);
}

/** What a proxy answers in place of opening a way is no answer of the provider's. */
function refuseUnlessOpen(outgoing: http.ClientRequest, statusCode: number | undefined): void {
  if (statusCode === undefined || statusCode === 200) return;
  outgoing.destroy(Object.assign(new Error('The proxy refused.'), { code: `PROXY_ANSWERED_${statusCode}` }));
}

function* pairs(lines: readonly string[]): Generator<[string, string]> {
  for (let index = 0; index < lines.length; index += 2) yield [lines[index] as string, lines[index + 1] as string];
}

/** As the option `signal` of Node's requests, which keeps a dozen listeners for as long as they take. */
function endWith(signal: AbortSignal, what: http.ClientRequest): void {
  signal.addEventListener('abort', () => what.destroy(signal.reason), { once: true });
}

/** Names and values in turn. */
function headerLines(url: URL, headers: Headers, body: RequestInit['body']): string[] {
  const lines = ['host', url.host, ...[...headers].flat()];
  if (typeof body === 'string') lines.push('content-length', String(Buffer.byteLength(body)));
  return lines;
}

/** A function of its own: what its callbacks can see is kept as long as the answer, and a request may be long. */
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
