import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';

/** A process that the benchmark started. */
export interface Child {
  pid: number;
  /** The first address that it printed. */
  url: string;
  /** Asks the process's probe, or what it serves by `serve`. */
  // biome-ignore lint/suspicious/noExplicitAny: each process knows what it answers
  call(method: string, params?: unknown): Promise<any>;
  stop(): Promise<void>;
}

const running = new Set<ChildProcess>();

/** What is measured runs on the first core; this process, and all it starts without a core of their own, on the second. */
export const cores = findTaskset() && availableParallelism() > 1 ? { measured: 0, others: 1 } : null;

export function pinOthers(): void {
  if (cores) execFileSync('taskset', ['-cp', String(cores.others), String(process.pid)], { stdio: 'ignore' });
}

/** Starts a program, on the measured core if asked to, and waits until it has printed its address. */
export async function start(
  command: readonly string[],
  { env, measured = false, url }: { env?: NodeJS.ProcessEnv; measured?: boolean; url?: string } = {},
): Promise<Child> {
  const pinned = cores && measured ? ['taskset', '-c', String(cores.measured), ...command] : command;
  const [program = '', ...args] = pinned;
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit', 'ipc'], env: env ?? process.env });
  running.add(child);
  child.once('exit', () => running.delete(child));
  const address = url ?? (await printedAddress(child, command));
  const calls = new Map<number, { resolve(result: unknown): void; reject(error: Error): void }>();
  let lastCall = 0;
  child.on('message', ({ id, result, error }: Answer) => {
    if (error === undefined) calls.get(id)?.resolve(result);
    else calls.get(id)?.reject(new Error(error));
    calls.delete(id);
  });
  child.once('exit', () => {
    for (const { reject } of calls.values()) reject(new Error(`It ended: ${command.join(' ')}`));
  });
  return {
    pid: child.pid ?? 0,
    url: address,
    call: (method, params) =>
      new Promise((resolve, reject) => {
        calls.set(++lastCall, { resolve, reject });
        child.send({ id: lastCall, method, params });
      }),
    stop: () => stop(child),
  };
}

async function printedAddress(child: ChildProcess, command: readonly string[]): Promise<string> {
  if (!child.stdout) throw new Error('No output');
  for await (const line of createInterface(child.stdout)) {
    const address = /https?:\/\/[^/\s]+/.exec(line)?.[0];
    if (address) {
      child.stdout.resume();
      return address;
    }
  }
  throw new Error(`It did not start: ${command.join(' ')}`);
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  const impatience = setTimeout(() => child.kill('SIGKILL'), 15_000);
  child.kill('SIGTERM');
  await exit;
  clearTimeout(impatience);
}

export async function stopAll(): Promise<void> {
  await Promise.all([...running].map(stop));
}

interface Answer {
  id: number;
  result?: unknown;
  error?: string;
}

/** The other side of `call`, for a process of the benchmark's own; it ends with the one that started it. */
// biome-ignore lint/suspicious/noExplicitAny: what is sent is what the caller's types say
export function serve(methods: Record<string, (params: any) => unknown>): void {
  process.on('message', async ({ id, method, params }: { id: number; method: string; params: unknown }) => {
    const answer = methods[method];
    if (!answer) return;
    try {
      process.send?.({ id, result: await answer(params) });
    } catch (error) {
      process.send?.({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    }
  });
  process.on('disconnect', () => process.exit());
}

/** Of all its threads, in microseconds, in steps of 10,000. */
export function cpuOfProcess(pid: number): number {
  return cpuTimes(pid, 2);
}

/** Of a process and all that it has started, also of what has ended since; microseconds. */
export function cpuOfFamily(pid: number): number {
  const children = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && parentOf(name) === pid);
  return cpuTimes(pid, 4) + children.reduce((sum, child) => sum + cpuTimes(Number(child), 2), 0);
}

function parentOf(pid: string): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    // It ended meanwhile.
    return null;
  }
}

/** The first `count` of user and system time, and the same of children that were waited for. */
function cpuTimes(pid: number, count: 2 | 4): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const times = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .slice(11, 11 + count);
    return times.reduce((sum, time) => sum + Number(time), 0) * 10_000;
  } catch {
    return 0;
  }
}

export function residentBytes(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) * 1024;
}

export function findProgram(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];
  return folders.map((folder) => join(folder, name)).find((file) => existsSync(file));
}

function findTaskset(): boolean {
  return process.platform === 'linux' && findProgram('taskset') !== undefined;
}
