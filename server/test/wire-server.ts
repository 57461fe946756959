import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import { createBrotliCompress, createDeflate, createDeflateRaw, createGzip } from 'node:zlib';
import { responseEvents } from './response-events.ts';

/** The kind of a request, by its path (and, for the two APIs that share `/v1/models`, by its headers). */
export type WireApi =
  | 'openai.chat'
  | 'openai.responses'
  | 'openai.models'
  | 'anthropic.messages'
  | 'anthropic.models'
  | 'google.streamGenerateContent'
  | 'google.models';

export interface WireRequest {
  api: WireApi;
  /** The path with its query. */
  path: string;
  headers: IncomingHttpHeaders;
  method: string;
  /** The parsed JSON. Null: the request had none. */
  // biome-ignore lint/suspicious/noExplicitAny: tests read it as deeply as they like
  body: any;
  /** The body as it came. */
  bytes: Buffer;
  /** Resolves when the client closes its connection before the end of the answer. */
  closedByClient: Promise<void>;
}

export interface WireAnswer {
  /** Default: 200. */
  status?: number;
  /** Default: the headers of an event stream, or of JSON if the status is an error. */
  headers?: Record<string, string>;
  body?: string | Uint8Array;
  /** The number of bytes of each write, used in turn and over again. Default: the whole body at once. */
  pieces?: readonly number[];
  /** Milliseconds before each piece. Default: none, but each piece is written separately. */
  pieceDelayMs?: number;
  /** In place of a body: each text, and the milliseconds until the next text, or what that one waits for. */
  pauses?: readonly (readonly [text: string, until: number | Promise<void>])[];
  /** The compression of the body, which `content-encoding` names too. */
  encoding?: keyof typeof packers;
  /**
   * The end of the answer. `end` (default): the body ends in good order. `stall`: nothing more comes. `cut`: the
   * connection is closed before the end of the body. `reset`: the connection is reset by a RST.
   */
  ending?: 'end' | 'stall' | 'cut' | 'reset';
  /** The request is read and never answered, not even with headers. */
  silent?: boolean;
}

export type WireHandler = (request: WireRequest) => WireAnswer | Promise<WireAnswer>;

/** A provider on the loopback that answers as a test tells it, in the wire formats of all providers. */
export interface WireServer {
  /** `http://127.0.0.1:<port>`. The base URL of OpenAI adds `/v1`. */
  url: string;
  /** All requests, in the order of their arrival. */
  requests: WireRequest[];
  /** Sets the answers to the next requests, one by one. */
  enqueue(...answers: (WireAnswer | WireHandler)[]): void;
  /** Sets the answer to every request beyond the queue. Default: a short answer, or a list of two models. */
  respondWith(handler: WireHandler): void;
  /** Forgets requests, queue and handler, and breaks off unfinished answers. */
  reset(): void;
  close(): Promise<void>;
}

export async function startWireServer(): Promise<WireServer> {
  const requests: WireRequest[] = [];
  const queue: (WireAnswer | WireHandler)[] = [];
  const answering = new Set<ServerResponse>();
  let handler: WireHandler = answerShortly;

  // The client closes idle connections, not this server: a request on a connection that is just closing would fail.
  const server = createServer({ keepAliveTimeout: 60_000 }, (incoming, response) => {
    answering.add(response);
    response.on('close', () => answering.delete(response));
    receive(incoming, response)
      .then(async (request) => {
        requests.push(request);
        const next = queue.shift() ?? handler;
        await send(typeof next === 'function' ? await next(request) : next, response);
      })
      .catch((error) => response.destroy(error));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    enqueue(...answers) {
      queue.push(...answers);
    },
    respondWith(given) {
      handler = given;
    },
    reset() {
      requests.length = 0;
      queue.length = 0;
      handler = answerShortly;
      for (const response of answering) response.destroy();
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function receive(incoming: IncomingMessage, response: ServerResponse): Promise<WireRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  const isJson = bytes.length > 0 && incoming.headers['content-type']?.includes('json') === true;
  const path = incoming.url ?? '/';
  return {
    api: apiOf(path, incoming.headers),
    path,
    headers: incoming.headers,
    method: incoming.method ?? 'GET',
    body: isJson ? JSON.parse(bytes.toString()) : null,
    bytes,
    closedByClient: new Promise((resolve) => {
      response.on('close', () => {
        if (!response.writableFinished) resolve();
      });
    }),
  };
}

function apiOf(path: string, headers: IncomingHttpHeaders): WireApi {
  if (path.includes('/chat/completions')) return 'openai.chat';
  if (path.endsWith('/responses')) return 'openai.responses';
  if (path.includes('/v1/messages')) return 'anthropic.messages';
  if (path.includes(':streamGenerateContent')) return 'google.streamGenerateContent';
  if (path.includes('/v1beta/models')) return 'google.models';
  return headers['anthropic-version'] ? 'anthropic.models' : 'openai.models';
}

async function send(answer: WireAnswer, response: ServerResponse): Promise<void> {
  if (answer.silent) return;
  const { status = 200, body = '', ending = 'end', encoding } = answer;
  const type = status === 200 ? 'text/event-stream; charset=utf-8' : 'application/json';
  response.socket?.setNoDelay(true);
  const packed = encoding && { 'content-encoding': encoding === 'deflate-raw' ? 'deflate' : encoding };
  response.writeHead(status, { 'content-type': type, ...packed, ...answer.headers });
  response.flushHeaders();
  if (answer.pauses || encoding) return sendInTime(answer, response);
  const closed = new Promise((resolve) => response.once('close', resolve));
  for (const piece of piecesOf(Buffer.from(body), answer.pieces)) {
    if (answer.pieceDelayMs === undefined) await nextTurn();
    else await delay(answer.pieceDelayMs);
    if (response.destroyed) return;
    if (!response.write(piece)) await Promise.race([once(response, 'drain'), closed]);
  }
  if (ending === 'end') response.end();
  if (ending === 'cut') response.socket?.end();
  if (ending === 'reset') {
    // Bytes that are just written would be lost with the connection.
    await delay(20);
    response.socket?.resetAndDestroy();
  }
}

const packers = {
  gzip: createGzip,
  deflate: createDeflate,
  'deflate-raw': createDeflateRaw,
  br: createBrotliCompress,
} as const;

/** Sends the texts of `pauses`, or the pieces of the body, each when it is due, compressed or not. */
async function sendInTime(answer: WireAnswer, response: ServerResponse): Promise<void> {
  const { body = '', pieces, pauses, encoding, ending = 'end', pieceDelayMs = 0 } = answer;
  const packer = encoding && packers[encoding]();
  packer?.pipe(response, { end: false });
  const out = packer ?? response;
  const parts = pauses ?? [...piecesOf(Buffer.from(body), pieces)].map((piece) => [piece, pieceDelayMs] as const);
  for (const [piece, until] of parts) {
    out.write(piece);
    if (packer) await new Promise<void>((resolve) => packer.flush(resolve));
    if (typeof until !== 'number') await until;
    else if (until > 0) await delay(until);
    if (response.destroyed) return;
  }
  if (packer) {
    const packedWhole = once(packer, 'end');
    packer.end();
    await packedWhole;
  }
  if (ending === 'end') response.end();
  if (ending === 'cut') response.socket?.end();
}

function* piecesOf(body: Buffer, sizes: readonly number[] = [Number.POSITIVE_INFINITY]): Generator<Buffer> {
  for (let start = 0, index = 0; start < body.length; index++) {
    const size = sizes[index % sizes.length] ?? body.length;
    yield body.subarray(start, start + size);
    start += size;
  }
}

/** The answer of the default handler. */
function answerShortly({ api }: WireRequest): WireAnswer {
  if (api.endsWith('.models')) {
    return { headers: { 'content-type': 'application/json' }, body: modelListBody(api, ['model-a', 'model-b']) };
  }
  return { body: streamBody(api, { text: ['Hello', ' there!'], usage: { input: 9, output: 3 } }) };
}

export interface WireScript {
  reasoning?: readonly string[];
  text: readonly string[];
  /** The billed tokens; none of the output is reasoning. Default: no usage is reported. */
  usage?: { input: number; output: number };
}

/** A whole answer in the wire format of an API, from the first event to the terminal marker. */
export function streamBody(api: WireApi, script: WireScript): string {
  const done = api === 'openai.chat' ? 'data: [DONE]\n\n' : '';
  return toBody(api, eventsOf(api, script)) + done;
}

/** An unfinished answer: everything up to the last piece of text, or of reasoning if there is no text. */
export function streamBeginning(api: WireApi, script: WireScript): string {
  const events = eventsOf(api, script);
  const lastPiece = JSON.stringify(script.text.at(-1) ?? script.reasoning?.at(-1));
  const last = events.findLastIndex((event) => JSON.stringify(event).includes(lastPiece));
  return toBody(api, events.slice(0, last + 1));
}

function eventsOf(api: WireApi, script: WireScript): object[] {
  if (api === 'anthropic.messages') return messageEvents(script);
  if (api === 'openai.responses') return responseEvents(script);
  return api === 'google.streamGenerateContent' ? contentEvents(script) : chatChunks(script);
}

function toBody(api: WireApi, events: readonly object[]): string {
  const lineEnd = api === 'google.streamGenerateContent' ? '\r\n' : '\n';
  const named = api === 'anthropic.messages' || api === 'openai.responses';
  const lines = (event: { type?: string }) => [
    ...(named ? [`event: ${event.type}`] : []),
    `data: ${JSON.stringify(event)}`,
  ];
  return events.map((event) => [...lines(event), '', ''].join(lineEnd)).join('');
}

export interface WireError {
  /** The HTTP status, which Google repeats in the body. */
  status: number;
  /** The name that the API has for the error: `overloaded_error`, `UNAVAILABLE`. */
  name: string;
  message: string;
}

/** The body of an error answer of an API. */
export function errorBody(api: WireApi, { status, name, message }: WireError): string {
  if (api === 'anthropic.messages') return JSON.stringify({ type: 'error', error: { type: name, message } });
  if (api === 'google.streamGenerateContent') return JSON.stringify({ error: { code: status, message, status: name } });
  return JSON.stringify({ error: { message, type: name, code: name } });
}

/** An error event in mid-stream. */
export function errorEvent(api: WireApi, error: WireError): string {
  return toBody(api, [JSON.parse(errorBody(api, error))]);
}

function chatChunks({ reasoning = [], text, usage }: WireScript) {
  const chunk = (choices: unknown[], more = {}) => ({
    id: 'chat-1',
    object: 'chat.completion.chunk',
    choices,
    ...more,
  });
  return [
    ...reasoning.map((piece) => chunk([{ index: 0, delta: { reasoning_content: piece }, finish_reason: null }])),
    ...text.map((piece) => chunk([{ index: 0, delta: { content: piece }, finish_reason: null }])),
    chunk([{ index: 0, delta: {}, finish_reason: 'stop' }]),
    ...(usage ? [chunk([], { usage: chatUsage(usage) })] : []),
  ];
}

function chatUsage({ input, output }: { input: number; output: number }) {
  return { prompt_tokens: input, completion_tokens: output, total_tokens: input + output };
}

function messageEvents({ reasoning = [], text, usage }: WireScript) {
  const block = (index: number, type: string, deltas: object[]) => [
    { type: 'content_block_start', index, content_block: { type, [type]: '' } },
    ...deltas.map((delta) => ({ type: 'content_block_delta', index, delta })),
    { type: 'content_block_stop', index },
  ];
  return [
    {
      type: 'message_start',
      message: {
        id: 'message-1',
        content: [],
        ...(usage && { usage: { input_tokens: usage.input, output_tokens: 1 } }),
      },
    },
    ...(reasoning.length > 0
      ? block(
          0,
          'thinking',
          reasoning.map((piece) => ({ type: 'thinking_delta', thinking: piece })),
        )
      : []),
    ...block(
      1,
      'text',
      text.map((piece) => ({ type: 'text_delta', text: piece })),
    ),
    {
      type: 'message_delta',
      delta: { stop_reason: 'end_turn' },
      ...(usage && { usage: { output_tokens: usage.output } }),
    },
    { type: 'message_stop' },
  ];
}

function contentEvents({ reasoning = [], text, usage }: WireScript) {
  const event = (part: object, more = {}) => ({ candidates: [{ content: { role: 'model', parts: [part] }, ...more }] });
  return [
    ...reasoning.map((piece) => event({ text: piece, thought: true })),
    ...text.map((piece) => event({ text: piece })),
    {
      ...event({ text: '' }, { finishReason: 'STOP' }),
      ...(usage && { usageMetadata: { promptTokenCount: usage.input, candidatesTokenCount: usage.output } }),
    },
  ];
}

/** The list of models that an API answers with, in one page. */
export function modelListBody(api: WireApi, names: readonly string[]): string {
  if (api !== 'google.models') {
    return JSON.stringify({ object: 'list', has_more: false, data: names.map((id) => ({ id, object: 'model' })) });
  }
  const models = names.map((name) => ({ name: `models/${name}`, supportedGenerationMethods: ['generateContent'] }));
  return JSON.stringify({ models });
}
