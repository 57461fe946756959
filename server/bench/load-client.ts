import { Agent, request } from 'node:http';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { serve } from './processes.ts';
import {
  ask,
  askByHttp,
  completion,
  connect,
  cookieOf,
  countMarks,
  type GraphQLConnection,
  get,
  post,
  subscriptionOf,
  type Target,
} from './target-client.ts';

export interface Load {
  target: Target;
  connections: number;
  /** Of one prompt, each with a stream of its own. */
  models: number;
  /** All connections read the first one's turn. */
  shared?: boolean;
}

/** Of which pace the deltas should be, and under which name it is noted how late they are. */
export interface Watching {
  name: string;
  intervalMs: number;
}

export interface FirstTokens {
  target: Target;
  /** Asked directly, in turn with the target: what it takes by itself. */
  provider: string;
  /** Null: none can be reached from outside. */
  databaseUrl: string | null;
  count: number;
  /** Where the prompts follow; absent: each is a new conversation. */
  parentTurnId?: string;
}

let received = 0;
let watched: Watching | null = null;
const ownLoop = monitorEventLoopDelay({ resolution: 10 });
const lateDeltas = new Map<string, number[]>();
let ends: Promise<void>[] = [];
const closers: (() => void)[] = [];

serve({
  async open(load: Load) {
    received = 0;
    ends = [];
    const firsts: Promise<void>[] = [];
    let shared: Promise<string> | undefined;
    await inParallel(load.connections, 16, async (index) => {
      const stream = await openStream(load, index, shared);
      if (load.shared) shared ??= Promise.resolve(stream.turnId);
      firsts.push(stream.first);
      ends.push(stream.end);
      closers.push(stream.close);
    });
    await Promise.all(firsts);
  },
  received: () => received,
  /**
   * From now on it is noted how late each delta is, under a name; null: no longer. Answers how late the event loop of this
   * process was since the last call, at p99, in milliseconds.
   */
  watchPace(watching: Watching | null) {
    watched = watching;
    const late = ownLoop.percentile(99) / 1e6 - 10;
    ownLoop.reset();
    ownLoop.enable();
    return late;
  },
  /** What was noted under a name; it is then forgotten. */
  lateness(name: string) {
    const sorted = Float64Array.from(lateDeltas.get(name) ?? []).sort();
    lateDeltas.delete(name);
    const at = (part: number) => sorted[Math.floor((sorted.length - 1) * part)] ?? Number.NaN;
    return { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
  },
  async ended() {
    // After a burst a slow one has minutes of it before itself: it is cut short.
    await Promise.race([Promise.all(ends), delay(5000)]);
    for (const close of closers.splice(0)) close();
  },
  async openIdle({ target, connections }: Pick<Load, 'target' | 'connections'>) {
    await inParallel(connections, 16, async (index) => {
      closers.push(await openIdle(target, index));
    });
  },
  close() {
    for (const close of closers.splice(0)) close();
  },
  firstTokens: measureFirstTokens,
  converse,
  pageOf,
  openPages,
  admit: countAdmissions,
});

interface OpenStream {
  turnId: string;
  /** Resolves at the first delta of every model. */
  first: Promise<void>;
  end: Promise<void>;
  close(): void;
}

/** The first connection alone, so that others can share what it has found out. */
async function inParallel(count: number, width: number, work: (index: number) => Promise<void>): Promise<void> {
  await work(0);
  let next = 1;
  await Promise.all(
    Array.from({ length: width }, async () => {
      while (next < count) await work(next++);
    }),
  );
}

async function openStream(load: Load, index: number, shared?: Promise<string>): Promise<OpenStream> {
  const { target, models } = load;
  const member = load.shared ? 0 : index;
  if (isHttp(target)) {
    const turnId = target.kind === 'app-sse' ? ((await shared) ?? (await askByHttp(target, member, models))) : '';
    return openHttpStream(target, member, models, turnId);
  }
  const socket = await connect(target, member);
  const turnId = target.kind === 'app' ? ((await shared) ?? (await ask(socket, models))) : '';
  const first = watch(models);
  const pace = watchPace();
  const end = socket.subscribe(subscriptionOf(target, turnId), (marks) => {
    received += marks;
    first.saw(marks);
    pace.saw(marks);
  });
  return { turnId, first: first.seen, end, close: socket.close };
}

function isHttp({ kind }: Target): boolean {
  return kind === 'raw' || kind.endsWith('-sse') || kind === 'app-chat';
}

/** Notes how late each delta of a stream is: after the time that the pace gives it, counted from the earliest one. */
function watchPace() {
  let count = 0;
  let earliest = Number.POSITIVE_INFINITY;
  return {
    saw(marks: number) {
      const now = performance.now();
      for (let mark = 0; mark < marks; mark++) {
        // The first comes before the pace begins.
        if (count++ === 0 || !watched) continue;
        const since = now - count * watched.intervalMs;
        earliest = Math.min(earliest, since);
        const late = lateDeltas.get(watched.name) ?? [];
        lateDeltas.set(watched.name, late);
        late.push(since - earliest);
      }
    },
  };
}

/** As many deltas as there are models are taken for one of each: what is held back after the first says no more. */
function watch(wanted: number) {
  let left = wanted;
  let resolve = () => {};
  const seen = new Promise<void>((resolved) => {
    resolve = resolved;
  });
  return {
    seen,
    saw(marks: number) {
      left -= marks;
      if (left <= 0) resolve();
    },
  };
}

async function openHttpStream(target: Target, index: number, models: number, turnId: string): Promise<OpenStream> {
  const first = watch(models);
  const isChat = target.kind === 'raw' || target.kind === 'app-chat';
  const response = isChat
    ? await post(`${target.url}/v1/chat/completions`, cookieOf(target.cookies, index), completion)
    : await post(
        `${target.url}/graphql`,
        { ...cookieOf(target.cookies, index), accept: 'text/event-stream' },
        subscriptionOf(target, turnId),
      );
  if (response.statusCode !== 200) throw new Error(`Refused with ${response.statusCode}`);
  response.on('data', (chunk: Buffer) => {
    const marks = countMarks(chunk);
    received += marks;
    first.saw(marks);
  });
  const end = new Promise<void>((resolve) => {
    response.once('close', resolve);
  });
  return { turnId, first: first.seen, end, close: () => void response.destroy() };
}

/** A connection on which nothing happens: acknowledged, or kept alive after an answer. */
async function openIdle(target: Target, index: number): Promise<() => void> {
  if (!target.kind.startsWith('raw')) return (await connect(target, index)).close;
  const own = new Agent({ keepAlive: true });
  await new Promise<void>((resolve, reject) => {
    request(`${target.url}/v1/models`, { agent: own }, (response) => response.resume().once('end', resolve))
      .on('error', reject)
      .end();
  });
  return () => own.destroy();
}

/** One at a time, each in milliseconds: what the target takes, the provider by itself, and a commit of one row. */
async function measureFirstTokens({ target, provider, databaseUrl, count, parentTurnId }: FirstTokens) {
  const connection = target.kind === 'app' || target.kind === 'naive' ? await connect(target, 0) : null;
  const database = databaseUrl ? new pg.Client({ connectionString: databaseUrl }) : null;
  await database?.connect();
  await database?.query('create table if not exists bench_commit (at timestamptz)');
  const times = { target: [] as number[], asked: [] as number[], provider: [] as number[], commit: [] as number[] };
  for (let index = 0; index < count; index++) {
    times.provider.push(await firstOfHttp({ kind: 'raw', url: provider, cookies: [] }));
    if (connection) {
      const { asked, first } = await firstOfSocket(connection, target, parentTurnId);
      times.asked.push(asked);
      times.target.push(first);
    } else times.target.push(await firstOfHttp(target));
    // What the one before left to be done is not the next one's. And a disk that has just flushed flushes the next commit
    // in less than half the time of one that has rested: each is measured rested.
    await delay(20);
    if (!database) continue;
    times.commit.push(await timed(() => database.query('insert into bench_commit values (now())')));
    await delay(20);
  }
  await database?.end();
  connection?.close();
  return times;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

/** Until the prompt's own answer, and until the first delta. */
async function firstOfSocket(connection: GraphQLConnection, target: Target, parentTurnId?: string) {
  const startedAt = performance.now();
  const turnId = target.kind === 'app' ? await ask(connection, 1, parentTurnId) : '';
  const asked = performance.now() - startedAt;
  let firstAt: number | undefined;
  await connection.subscribe(subscriptionOf(target, turnId), () => {
    firstAt ??= performance.now();
  });
  return { asked, first: (firstAt ?? Number.NaN) - startedAt };
}

async function firstOfHttp(target: Target): Promise<number> {
  const startedAt = performance.now();
  const turnId = target.kind === 'app-sse' ? await askByHttp(target, 0, 1) : '';
  const stream = await openHttpStream(target, 0, 1, turnId);
  await stream.first;
  const firstAt = performance.now();
  await stream.end;
  return firstAt - startedAt;
}

/** Makes a conversation of so many turns, each answered; gives the last one's id. */
async function converse({
  target,
  turns,
  models = 1,
}: {
  target: Target;
  turns: number;
  models?: number;
}): Promise<string> {
  const connection = await connect(target, 0);
  let turnId: string | undefined;
  for (let turn = 0; turn < turns; turn++) {
    turnId = await ask(connection, models, turnId);
    await connection.subscribe(subscriptionOf(target, turnId), () => {});
  }
  connection.close();
  return turnId ?? '';
}

/** The address of the page on which a turn is. */
async function pageOf({ target, turnId }: { target: Target; turnId: string }): Promise<string> {
  const connection = await connect(target, 0);
  const { node } = await connection.run({
    query: 'query ($id: ID!) { node(id: $id) { ... on Turn { conversation { id } } } }',
    variables: { id: turnId },
  });
  connection.close();
  return `/c/${encodeURIComponent(node.conversation.id)}`;
}

/** Opens a page so many times, one after the other, as a browser does; gives the bytes of one. */
async function openPages({
  target,
  path,
  status,
  count,
}: {
  target: Target;
  path: string;
  status: number;
  count: number;
}): Promise<number> {
  let bytes = 0;
  for (let index = 0; index < count; index++) {
    const response = await get(`${target.url}${path}`, {
      ...cookieOf(target.cookies, 0),
      'accept-encoding': 'gzip, deflate, br',
      'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130 Safari/537.36',
    });
    bytes = 0;
    for await (const chunk of response) bytes += (chunk as Buffer).length;
    if (response.statusCode !== status) throw new Error(`${path} was answered with ${response.statusCode}`);
  }
  return bytes;
}

/** Prompts that were admitted, each sent when the one before it was, on so many connections. */
async function countAdmissions({
  target,
  connections,
  seconds,
}: {
  target: Target;
  connections: number;
  seconds: number;
}) {
  const open = await Promise.all(Array.from({ length: connections }, (_, index) => connect(target, index)));
  const startedAt = performance.now();
  let admitted = 0;
  await Promise.all(
    open.map(async (connection) => {
      while (performance.now() - startedAt < seconds * 1000) {
        await ask(connection, 1);
        admitted += 1;
      }
    }),
  );
  const perSecond = admitted / ((performance.now() - startedAt) / 1000);
  for (const connection of open) connection.close();
  return perSecond;
}

console.log('http://nowhere');
