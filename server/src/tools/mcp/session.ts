import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { RequestOptions } from '@modelcontextprotocol/sdk/shared/protocol.js';
import {
  CallToolResultSchema,
  ErrorCode,
  ListToolsResultSchema,
  McpError,
  type Tool as ServerTool,
  ToolListChangedNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { AnswerTooLarge, createGuardedFetch, type GuardedFetchOptions } from '../../internet/guarded-fetch.ts';
import { type ToolRequest, type ToolResult, ToolUnavailable } from '../../ports/tool.ts';
import { LISTED_TOOLS_MAX, type ToolServerAddress } from '../../ports/tool-server.ts';
import { ConnectionEnded, isCertainlyUndone, problemOf, SignInNeeded, statusOf } from './failures.ts';
import { withGrant } from './grant/granted-fetch.ts';
import { OwnSecrets } from './own-secrets.ts';
import { pacedFetch } from './paced-fetch.ts';
import { ProgramTransport } from './program-transport.ts';
import { toToolResult } from './results.ts';
import { readToolList, type ToolList } from './tool-list.ts';

export interface SessionOptions extends Pick<GuardedFetchOptions, 'proxyAgent'> {
  /** How long a tool may be silent. One that tells of its progress may take five times as long in all. */
  callMs: number;
  /** How long any other answer may take. */
  connectMs: number;
  /** The first wait before a server is asked again. */
  retryMs: number;
  /** By which servers know this house. */
  version: string;
}

/** How many times as long a tool may take in all if it tells of its progress. */
const PATIENCE_FACTOR = 5;
/** Of a message, and of the answer to a sign-in. */
const MESSAGE_BYTES_MAX = 10 * 1024 * 1024;
/** Pages of a list. */
const PAGES_MAX = 20;
/** Requests that are open at once: answers to what a server asks are among them. */
const OPEN_MAX = 256;

/** One connection to a server, from its first greeting until it ends; then nothing brings it back. */
export class Session {
  /** Resolves with the reason when the session has ended, whoever ended it. */
  readonly ended: Promise<unknown>;
  /** Called when the server says that its tools have changed. */
  onListChanged: () => void = () => {};
  /** Called when something is wrong that may mean that the server is gone. */
  onTrouble: () => void = () => {};
  readonly #client: Client;
  readonly #options: SessionOptions;
  readonly #secrets: OwnSecrets;
  readonly #over = new AbortController();
  #closing: Promise<void> | null = null;
  #closeTransport: () => Promise<void> = async () => {};
  #transport: ProgramTransport | StreamableHTTPClientTransport | null = null;
  #end: (reason: unknown) => void = () => {};

  /** Rejects if the server cannot be reached, or does not greet in time. */
  static async open(address: ToolServerAddress, options: SessionOptions, signal: AbortSignal): Promise<Session> {
    const session = new Session(address, options);
    try {
      await session.#greet(address, signal);
      return session;
    } catch (error) {
      await session.close(error);
      throw session.#explained(error);
    }
  }

  private constructor(address: ToolServerAddress, options: SessionOptions) {
    this.#secrets = new OwnSecrets(address);
    this.#options = options;
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    // Nothing is asked of members or models for a server, so no capability is told. Results are checked by nobody but
    // the model: compiling the schemas of a stranger would be a way to stop this process.
    const jsonSchemaValidator = {
      getValidator: () => (data: unknown) => ({ valid: true, data, errorMessage: undefined }),
    };
    this.#client = new Client(
      { name: 'polylogue', version: options.version },
      { capabilities: {}, jsonSchemaValidator: jsonSchemaValidator as never },
    );
    this.#client.onerror = () => this.onTrouble();
    this.#client.setNotificationHandler(ToolListChangedNotificationSchema, () => this.onListChanged());
  }

  async #greet(address: ToolServerAddress, signal: AbortSignal): Promise<void> {
    const transport = address.kind === 'program' ? this.#program(address) : this.#remote(address);
    this.#transport = transport;
    // The SDK's types do not know `exactOptionalPropertyTypes`.
    await this.#client.connect(transport as Parameters<Client['connect']>[0], this.#patience(signal));
    // A greeting that failed says why by itself.
    this.#client.onclose = () => void this.close(new ConnectionEnded('The connection ended.'));
  }

  #program(address: Extract<ToolServerAddress, { kind: 'program' }>): ProgramTransport {
    const transport = new ProgramTransport(address, MESSAGE_BYTES_MAX);
    transport.onTooLarge = () => void this.close(new AnswerTooLarge('The program wrote a message that is too long.'));
    this.#closeTransport = () => transport.close();
    return transport;
  }

  #remote(address: Extract<ToolServerAddress, { kind: 'remote' }>): StreamableHTTPClientTransport {
    const { proxyAgent, callMs, connectMs, retryMs } = this.#options;
    const guarded = createGuardedFetch({
      mayBePrivate: address.mayBePrivate,
      bytesMax: MESSAGE_BYTES_MAX,
      proxyAgent,
      openMax: OPEN_MAX,
      // By then nobody waits for it any more, and the SDK leaves it open.
      openMsMax: PATIENCE_FACTOR * callMs + connectMs,
      onTooLarge: () => void this.close(new AnswerTooLarge('The answer has more than 10 MB.')),
    });
    const ask = pacedFetch(this.#secrets.noting(guarded.fetch), retryMs);
    const transport = new StreamableHTTPClientTransport(new URL(address.url), {
      fetch: address.signIn ? withGrant(ask, address.url, address.signIn.grants) : ask,
      requestInit: { headers: { ...address.headers } },
    });
    this.#closeTransport = async () => {
      // A session that the server keeps is given back, if it still answers.
      const giving = transport.terminateSession().catch(() => {});
      await Promise.race([giving, new Promise((resolve) => setTimeout(resolve, 1000).unref())]);
      await transport.close();
      guarded.close();
    };
    return transport;
  }

  /** Whether nothing more can be asked. */
  get isOver(): boolean {
    return this.#over.signal.aborted;
  }

  /** The tools as they are now. */
  async list(): Promise<ToolList> {
    if (!this.#client.getServerCapabilities()?.tools) return readToolList([]);
    let listed: ServerTool[] = [];
    let cursor: string | undefined;
    for (let page = 0; page < PAGES_MAX; page++) {
      const params = cursor === undefined ? {} : { cursor };
      const answer = await this.#client.request(
        { method: 'tools/list', params },
        ListToolsResultSchema,
        this.#patience(),
      );
      listed = listed.concat(answer.tools);
      cursor = answer.nextCursor;
      // What is too much is not looked at, so it need not be fetched.
      if (cursor === undefined || listed.length > LISTED_TOOLS_MAX) break;
    }
    return readToolList(listed);
  }

  /** Whether the server still answers. */
  async answers(): Promise<boolean> {
    try {
      await this.#client.ping(this.#patience());
      return true;
    } catch (error) {
      // Whatever else it answers, it lives.
      return (
        error instanceof McpError &&
        error.code !== ErrorCode.RequestTimeout &&
        error.code !== ErrorCode.ConnectionClosed
      );
    }
  }

  /** Calls a tool, as `Tool.call` says. */
  async call(name: string, { arguments: given, signal }: ToolRequest): Promise<ToolResult> {
    const { callMs } = this.#options;
    const params = { name, arguments: { ...given } };
    try {
      const result = await this.#client.request({ method: 'tools/call', params }, CallToolResultSchema, {
        signal: AbortSignal.any([signal, this.#over.signal]),
        timeout: callMs,
        resetTimeoutOnProgress: true,
        maxTotalTimeout: PATIENCE_FACTOR * callMs,
        // Without a listener the server is not told that it may speak of its progress.
        onprogress: () => {},
      });
      return toToolResult(result, (text) => this.#secrets.hide(text));
    } catch (error) {
      return this.#failed(signal.aborted ? signal.reason : this.#explained(error));
    }
  }

  /** @returns what the tool said that went wrong; throws if it said nothing */
  #failed(error: unknown): ToolResult {
    const said = (text: string): ToolResult => ({ content: [{ type: 'text', text }], isError: true });
    if (error instanceof AnswerTooLarge) return said(`The tool ran, but its result is not read. ${error.message}`);
    const isOurs =
      error instanceof McpError &&
      (error.code === ErrorCode.RequestTimeout || error.code === ErrorCode.ConnectionClosed);
    if (error instanceof McpError && !isOurs)
      return said(this.#secrets.hide(error.message.replace(/^MCP error -?\d+: /, '')).slice(0, 4000));
    if (!isCertainlyUndone(error)) {
      if (isOurs && error.code === ErrorCode.RequestTimeout)
        throw new Error('The tool did not answer in time.', { cause: error });
      // Its message has what the server answered, which may repeat a secret.
      if (statusOf(error) !== null) throw new Error(problemOf(error));
      throw error;
    }
    const status = statusOf(error);
    // The server was started anew, or has forgotten this session: the next call finds a new one.
    if (status === 404 || status === 400) void this.close(error);
    if (status === 401 || error instanceof SignInNeeded) void this.close(error);
    throw new ToolUnavailable('The tool’s server does not take the call.', { cause: error });
  }

  /** Ends the session, and all calls that are under way. */
  close(reason: unknown): Promise<void> {
    this.#closing ??= this.#close(reason);
    return this.#closing;
  }

  async #close(reason: unknown): Promise<void> {
    this.#over.abort(reason);
    await this.#closeTransport().catch(() => {});
    // A transport that never began is not closed by the client.
    await this.#client.close().catch(() => {});
    this.#end(this.#explained(reason));
  }

  /** The reason for which the session is over, in place of what a call was told because of it. */
  #explained(error: unknown): unknown {
    const reason = this.#over.signal.aborted ? this.#over.signal.reason : error;
    const trouble = this.#transport instanceof ProgramTransport ? this.#transport.trouble : null;
    if (trouble !== null && !(reason instanceof AnswerTooLarge)) return new ProgramTrouble(trouble, { cause: reason });
    return reason;
  }

  #patience(signal?: AbortSignal): RequestOptions {
    const { connectMs } = this.#options;
    const over = this.#over.signal;
    return { timeout: connectMs, maxTotalTimeout: connectMs, signal: signal ? AbortSignal.any([signal, over]) : over };
  }
}

/** A program that is a server is gone. The message says how, for an admin. */
export class ProgramTrouble extends Error {
  override readonly name = 'ProgramTrouble';
}
