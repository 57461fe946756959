import { setTimeout as delay } from 'node:timers/promises';
import { type ToolRequest, type ToolResult, ToolUnavailable } from '../../ports/tool.ts';
import type { ListedTool, ToolServerAddress, ToolServerConnection, ToolServerHealth } from '../../ports/tool-server.ts';
import { problemOf, SignInNeeded, statusOf } from './failures.ts';
import { Pace } from './pace.ts';
import { RetryWaits } from './retry-waits.ts';
import { ProgramTrouble, Session, type SessionOptions } from './session.ts';

export interface ConnectionOptions extends SessionOptions {
  onChange: () => void;
}

/** How often a server that says nothing is asked whether it is there. */
const LOOK_MS = 30_000;
/** How often a list is read again of which the server says nothing. */
const LIST_MS_MAX = 300_000;
/** The shortest time between two readings of a list, however often the server says that it has changed. */
const LIST_MS_MIN = 500;
/** Readings of a list at that pace; in the long run one takes so many times the first wait. */
const LIST_BURST = 20;
const LIST_WAITS = 15;

/** Keeps one server connected: makes a session, watches it, and makes the next one when it has ended. */
export class ServerConnection implements ToolServerConnection {
  readonly #address: ToolServerAddress;
  readonly #options: ConnectionOptions;
  readonly #closed = new AbortController();
  readonly #running: Promise<void>;
  #health: ToolServerHealth = { status: 'CONNECTING', problem: null, checkedAt: null };
  #tools: readonly ListedTool[] | null = null;
  #session: Session | null = null;
  #listedAt = 0;
  /** A server that changes its list without end has it read, written and told to all processes the less often. */
  readonly #listPace: Pace;
  /** Ends the wait between two sessions. */
  #hurry = new AbortController();
  /** Called once when the outcome of an attempt is known. */
  #waiting: (() => void)[] = [];

  constructor(address: ToolServerAddress, options: ConnectionOptions) {
    this.#address = address;
    this.#options = options;
    this.#listPace = new Pace(LIST_BURST, LIST_WAITS * options.retryMs);
    this.#running = this.#run();
  }

  get health(): ToolServerHealth {
    return this.#health;
  }

  get tools(): readonly ListedTool[] | null {
    return this.#tools;
  }

  async call(name: string, request: ToolRequest, isExpected: (tool: ListedTool) => boolean): Promise<ToolResult> {
    if (this.#health.status === 'CONNECTING' || this.#session?.isOver) await this.#outcome(request.signal);
    request.signal.throwIfAborted();
    const session = this.#session;
    if (this.#health.status !== 'UP' || !session || session.isOver) {
      // What is wrong with it is for admins: it may have words of the server's machine.
      throw new ToolUnavailable('The tool’s server is not there.');
    }
    const tool = this.#tools?.find((one) => one.name === name);
    if (!tool) throw new ToolUnavailable('The server has no such tool any more.');
    if (!isExpected(tool)) {
      throw new ToolUnavailable('The tool’s description has changed, and an admin has to accept it first.');
    }
    return session.call(name, request);
  }

  async reconnect(): Promise<void> {
    const outcome = this.#outcome(this.#closed.signal);
    this.#set({ ...this.#health, status: 'CONNECTING' });
    this.#hurry.abort();
    await this.#session?.close(new Error('It is connected anew.'));
    await outcome;
  }

  async close(): Promise<void> {
    this.#closed.abort();
    this.#hurry.abort();
    await this.#session?.close(new Error('This server closes.'));
    await this.#running;
  }

  async #run(): Promise<void> {
    const waits = new RetryWaits(this.#options.retryMs);
    while (!this.#closed.signal.aborted) {
      this.#hurry = new AbortController();
      const startedAt = performance.now();
      const { hasWorked, reason } = await this.#hold();
      if (this.#closed.signal.aborted) break;
      const waitMs = waits.next(hasWorked ? performance.now() - startedAt : null);
      if (hasWorked) this.#set({ ...this.#health, status: 'CONNECTING', checkedAt: new Date() });
      else this.#fail(reason);
      // Servers that went down together are not all asked at one moment.
      await delay(waitMs * (0.75 + Math.random() / 2), null, { signal: this.#hurry.signal }).catch(() => {});
    }
    for (const wake of this.#waiting.splice(0)) wake();
  }

  /** Has one session, until it ends. */
  async #hold(): Promise<{ hasWorked: boolean; reason: unknown }> {
    let session: Session;
    try {
      session = await Session.open(this.#address, this.#options, this.#closed.signal);
    } catch (reason) {
      return { hasWorked: false, reason };
    }
    this.#session = session;
    try {
      // Whoever closes this connection meanwhile has found no session to close.
      this.#closed.signal.throwIfAborted();
      await this.#list(session);
      await this.#watch(session);
      return { hasWorked: true, reason: await session.ended };
    } catch (reason) {
      return { hasWorked: false, reason };
    } finally {
      this.#session = null;
      await session.close(new Error('It is not used any more.'));
    }
  }

  async #list(session: Session): Promise<void> {
    const { tools, problem } = await session.list();
    this.#listedAt = performance.now();
    this.#tools = tools;
    this.#set({ status: 'UP', problem, checkedAt: new Date() });
  }

  /** Reads the list anew when the server says so, and looks after the server. Resolves when the session has ended. */
  async #watch(session: Session): Promise<void> {
    let isOver = false;
    const ended = session.ended.then(() => {
      isOver = true;
    });
    const asked = { list: false, look: false };
    let wake: () => void = () => {};
    session.onListChanged = () => {
      asked.list = true;
      wake();
    };
    session.onTrouble = () => {
      asked.look = true;
      wake();
    };
    while (!isOver) {
      const woken = new Promise<void>((resolve) => {
        wake = resolve;
      });
      const timer = new AbortController();
      const isDue = asked.list || asked.look;
      const pause = delay(isDue ? this.#pauseMs(asked) : LOOK_MS, null, timer).catch(() => {});
      await Promise.race(isDue ? [ended, pause] : [ended, woken, pause]);
      timer.abort();
      if (isOver) return;
      // What began by itself has a pause before it, so that many notifications are one look.
      if (!isDue && (asked.list || asked.look)) continue;
      const list = asked.list || performance.now() - this.#listedAt > LIST_MS_MAX;
      Object.assign(asked, { list: false, look: false });
      if (list) await this.#list(session).catch((error) => session.close(error));
      else if (await session.answers()) this.#health = { ...this.#health, checkedAt: new Date() };
      else if (!isOver) await session.close(new Error('It does not answer any more.'));
    }
  }

  #pauseMs({ list }: { list: boolean }): number {
    const leastMs = Math.min(LIST_MS_MIN, this.#options.retryMs);
    return list ? Math.max(leastMs, this.#listPace.take()) : leastMs;
  }

  #fail(reason: unknown): void {
    const wantsSignIn =
      this.#address.kind === 'remote' &&
      this.#address.signIn !== null &&
      (reason instanceof SignInNeeded || statusOf(reason) === 401);
    const problem =
      reason instanceof ProgramTrouble
        ? reason.message
        : problemOf(wantsSignIn && !(reason instanceof SignInNeeded) ? new SignInNeeded() : reason);
    this.#set({ status: wantsSignIn ? 'SIGN_IN_NEEDED' : 'DOWN', problem, checkedAt: new Date() });
  }

  #set(health: ToolServerHealth): void {
    this.#health = health;
    if (health.status !== 'CONNECTING') for (const wake of this.#waiting.splice(0)) wake();
    this.#options.onChange();
  }

  /** Resolves when the outcome of the next attempt is known, after the time that one may take, or when it is aborted. */
  async #outcome(signal: AbortSignal): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    let wake: () => void = () => {};
    await new Promise<void>((resolve) => {
      wake = resolve;
      this.#waiting.push(resolve);
      timer = setTimeout(resolve, 2 * this.#options.connectMs);
      signal.addEventListener('abort', wake, { once: true });
      if (signal.aborted) resolve();
    });
    clearTimeout(timer);
    signal.removeEventListener('abort', wake);
    this.#waiting = this.#waiting.filter((one) => one !== wake);
  }
}
