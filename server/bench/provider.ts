import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { serve } from './processes.ts';

/** How requests are answered from now on. */
export interface Script {
  /** Deltas that are written at once, before the pace. */
  prefix: number;
  /** Deltas in all; absent: until `finish`. */
  count?: number;
  /** Of every stream, each in a phase of its own; 0: as fast as it goes, one write a delta, in turn with the others. */
  intervalMs: number;
  /** After the prefix nothing comes before `go`. */
  hold?: boolean;
  /** What the answers say, in turn, each in one delta, in place of the deltas. */
  texts?: string[];
}

/** Every delta has one in its text and nothing else has, so that deltas can be counted without being read. */
const mark = '~';

interface Stream {
  response: ServerResponse;
  script: Script;
  written: number;
  dueAt: number;
}

let script: Script = { prefix: 1, count: 1, intervalMs: 0 };
let sent = 0;
let said = 0;
const held: Stream[] = [];
const bursting = new Set<Stream>();
/** By interval; within one, always in the order in which they are due. */
const paced = new Map<number, Stream[]>();

const words = ['quick', 'brown', 'fox', 'jumps', 'over', 'the', 'lazy', 'dog'];
const chunks = words.map((word) => toChunk({ content: ` ${word.slice(0, 4)}${mark}` }));
const ending = [
  toChunk({}, 'stop'),
  frame(
    `data: ${JSON.stringify({ ...base(), choices: [], usage: { prompt_tokens: 20, completion_tokens: 40, total_tokens: 60 } })}\n\n`,
  ),
  frame('data: [DONE]\n\n'),
];

function base() {
  return {
    id: 'chatcmpl-9x8y7z6w5v4u3t2s1r0q',
    object: 'chat.completion.chunk',
    created: 1_700_000_000,
    model: 'model',
  };
}

function toChunk(delta: object, finish: string | null = null): Buffer {
  const choices = [{ index: 0, delta, logprobs: null, finish_reason: finish }];
  return frame(`data: ${JSON.stringify({ ...base(), choices })}\n\n`);
}

/** As a chunk of HTTP's chunked encoding: each delta is written to the socket as it lies here. */
function frame(event: string): Buffer {
  return Buffer.from(`${Buffer.byteLength(event).toString(16)}\r\n${event}\r\n`);
}

const server = createServer({ keepAliveTimeout: 600_000 }, (request, response) => {
  request.resume();
  request.on('end', () => {
    // Asked by nobody but a connection that is to be idle afterwards.
    if (request.method === 'GET') return response.end('{}');
    response.socket?.setNoDelay(true);
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'transfer-encoding': 'chunked' });
    response.flushHeaders();
    if (script.texts) return say(script.texts[said++ % script.texts.length] ?? '', response);
    begin({ response, script, written: 0, dueAt: 0 });
  });
});

function say(text: string, response: ServerResponse): void {
  response.socket?.write(toChunk({ content: text }));
  for (const chunk of ending) response.socket?.write(chunk);
  response.end();
}

function begin(stream: Stream): void {
  const { prefix, hold } = stream.script;
  const socket = stream.response.socket;
  socket?.cork();
  let more = true;
  while (more && stream.written < prefix) more = writeNext(stream);
  socket?.uncork();
  if (!more) return;
  if (hold) held.push(stream);
  else go(stream, Math.random());
}

function go(stream: Stream, phase: number): void {
  const { intervalMs } = stream.script;
  if (intervalMs === 0) {
    bursting.add(stream);
    if (bursting.size === 1) setImmediate(burst);
    return;
  }
  const queue = paced.get(intervalMs) ?? [];
  stream.dueAt = performance.now() + phase * intervalMs;
  queue.push(stream);
  queue.sort((a, b) => a.dueAt - b.dueAt);
  if (paced.has(intervalMs)) return;
  paced.set(intervalMs, queue);
  void pace(intervalMs, queue);
}

async function pace(intervalMs: number, queue: Stream[]): Promise<void> {
  while (queue.length > 0) {
    await delay(1);
    const now = performance.now();
    const due: Stream[] = [];
    while (queue[0] && queue[0].dueAt <= now) due.push(queue.shift() as Stream);
    for (const stream of due) {
      if (!writeNext(stream)) continue;
      stream.dueAt += intervalMs;
      queue.push(stream);
    }
  }
  paced.delete(intervalMs);
}

function burst(): void {
  for (const stream of bursting) {
    if (!stream.response.socket?.writableNeedDrain && !writeNext(stream)) bursting.delete(stream);
  }
  if (bursting.size > 0) setImmediate(burst);
}

/** False: that was the last. */
function writeNext(stream: Stream): boolean {
  if (stream.response.destroyed || stream.response.writableEnded) return false;
  stream.response.socket?.write(chunks[stream.written % chunks.length] as Buffer);
  stream.written += 1;
  sent += 1;
  if (stream.written !== stream.script.count) return true;
  finish(stream);
  return false;
}

function finish({ response }: Stream): void {
  if (response.destroyed || response.writableEnded) return;
  for (const chunk of ending) response.socket?.write(chunk);
  response.end();
}

serve({
  script(next: Script) {
    script = next;
  },
  sent: () => sent,
  go() {
    // By the golden ratio neighbours, which may be models of one prompt, are far apart in phase.
    for (const [index, stream] of held.splice(0).entries()) go(stream, (index * 0.618034) % 1);
  },
  finish() {
    for (const stream of [...held.splice(0), ...bursting, ...[...paced.values()].flat()]) finish(stream);
    bursting.clear();
  },
});

server.listen(0, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
