import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { ReadBuffer, serializeMessage } from '@modelcontextprotocol/sdk/shared/stdio.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import { AnswerTooLarge } from '../../internet/guarded-fetch.ts';
import type { ToolServerProgram } from '../../ports/tool-server.ts';

/** How long a program may take to end by itself once its input has ended, and then once it is asked to. */
const PATIENCE_MS = 2000;
/** Of what the program last wrote to its standard error. */
const LAST_WORDS_MAX = 2000;

/**
 * Speaks with a program by its standard input and output. The SDK's own transport would hand on more of this process's
 * environment, and end the program alone, which is often one that has started another.
 */
export class ProgramTransport implements Transport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: (message: JSONRPCMessage) => void;
  /** Called when the program has written a message that is too long to be read. */
  onTooLarge: () => void = () => {};
  readonly #program: ToolServerProgram;
  readonly #buffer: ReadBuffer;
  #child: ChildProcess | null = null;
  #ended: Promise<void> = Promise.resolve();
  #lastWords = '';
  /** How the program ended; null: it runs, or has not begun. */
  #ending: string | null = null;

  constructor(program: ToolServerProgram, bytesMax: number) {
    this.#program = program;
    this.#buffer = new ReadBuffer({ maxBufferSize: bytesMax });
  }

  /** Why the program is not there, and what it said last, without what its environment has in it. */
  get trouble(): string | null {
    if (this.#ending === null) return null;
    const secrets = Object.values(this.#program.env).filter((value) => value.length >= 6);
    const words = secrets.reduce((text, secret) => text.replaceAll(secret, '…'), this.#lastWords);
    const [last] = words.trim().split('\n').slice(-1);
    return last ? `${this.#ending} It said: ${last.slice(0, 300)}` : this.#ending;
  }

  start(): Promise<void> {
    const { command, args, env, directory } = this.#program;
    // biome-ignore lint/style/noProcessEnv: these two name no setting of this server, and no program runs without them
    const { PATH, HOME } = process.env;
    const child: ChildProcessWithoutNullStreams = spawn(command, [...args], {
      env: { ...(PATH !== undefined && { PATH }), ...(HOME !== undefined && { HOME }), ...env } as NodeJS.ProcessEnv,
      cwd: directory ?? undefined,
      // A group of its own, so that what it starts can be ended with it.
      detached: true,
    });
    this.#child = child;
    this.#ended = new Promise((resolve) => child.once('close', () => resolve()));
    child.stdout.on('data', (piece: Buffer) => this.#read(piece));
    child.stderr.on('data', (piece: Buffer) => {
      this.#lastWords = (this.#lastWords + piece.toString('utf8')).slice(-LAST_WORDS_MAX);
    });
    for (const stream of [child.stdin, child.stdout, child.stderr]) {
      stream.on('error', (error) => this.onerror?.(error));
    }
    return new Promise((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', (error: NodeJS.ErrnoException) => {
        this.#ending = `The program cannot be started (${error.code}).`;
        reject(error);
      });
      child.once('close', (code, signal) => {
        this.#ending ??=
          signal === null ? `The program ended with the code ${code}.` : `The program was ended (${signal}).`;
        this.onclose?.();
      });
    });
  }

  async send(message: JSONRPCMessage): Promise<void> {
    const stdin = this.#child?.stdin;
    if (!stdin?.writable) throw new Error('Not connected');
    // What the program does not read waits in memory, and a call that waits for it is given up.
    await new Promise<void>((resolve, reject) => {
      stdin.write(serializeMessage(message), (error) => (error ? reject(error) : resolve()));
    });
  }

  async close(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (!child || child.pid === undefined) return;
    child.stdin?.end();
    if (await this.#endsWithin(PATIENCE_MS)) return this.#endGroup(child.pid, 'SIGTERM');
    this.#endGroup(child.pid, 'SIGTERM');
    if (await this.#endsWithin(PATIENCE_MS)) return;
    this.#endGroup(child.pid, 'SIGKILL');
    await this.#endsWithin(PATIENCE_MS);
    // What it has started may hold its pipes open.
    for (const stream of [child.stdout, child.stderr]) stream?.destroy();
  }

  /** Ends the program and what it has started. */
  #endGroup(pid: number, signal: NodeJS.Signals): void {
    try {
      process.kill(-pid, signal);
    } catch {
      // Nothing of it is left.
    }
  }

  async #endsWithin(ms: number): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(false), ms);
    });
    const ended = await Promise.race([this.#ended.then(() => true), late]);
    clearTimeout(timer);
    return ended;
  }

  #read(piece: Buffer): void {
    try {
      this.#buffer.append(piece);
    } catch (cause) {
      this.onTooLarge();
      this.onerror?.(new AnswerTooLarge('The program wrote a message that is too long.', { cause }));
      return;
    }
    for (;;) {
      try {
        const message = this.#buffer.readMessage();
        if (message === null) return;
        this.onmessage?.(message);
      } catch (error) {
        // Programs write lines that are no messages.
        this.onerror?.(error as Error);
      }
    }
  }
}
