import type { ToolRequest, ToolResult } from './tool.ts';

/** Speaks with servers of tools (MCP). One for the process. */
export interface ToolServers {
  /**
   * Connects to the server, and keeps the connection up until it is closed. Never throws: what is wrong is in `health`.
   *
   * @param onChange called after each change of `health` or `tools`; must not throw
   */
  connect(server: ToolServerAddress, onChange: () => void): ToolServerConnection;

  /**
   * Begins to sign in to a server by OAuth: finds out where, and registers this house there if need be.
   *
   * @param stateOf makes the text by which the answer is recognised, which may hold the verifier only encrypted
   * @returns the address to send the admin's browser to. Rejects with a `ToolSignInFailure`
   */
  beginSignIn(server: RemoteToolServer, stateOf: (verifier: string) => string): Promise<string>;

  /** Ends it with the code of the answer, and writes the grant. Rejects with a `ToolSignInFailure`. */
  finishSignIn(server: RemoteToolServer, answer: SignInAnswer): Promise<void>;
}

/** What the browser brings back from a sign-in. */
export interface SignInAnswer {
  code: string;
  verifier: string;
  /** Who says that it let the admin in (RFC 9207); null: nobody says so. */
  issuer: string | null;
}

export type ToolServerAddress = ToolServerProgram | RemoteToolServer;

/** A program on this machine that is spoken to by its standard input and output; only the operator names any. */
export interface ToolServerProgram {
  kind: 'program';
  command: string;
  args: readonly string[];
  /** All that the program finds in its environment, beside PATH and HOME. */
  env: Readonly<Record<string, string>>;
  /** Absolute; null: the working directory. */
  directory: string | null;
}

/** A server that is spoken to by streamable HTTP. */
export interface RemoteToolServer {
  kind: 'remote';
  /** May hold a secret in its query. */
  url: string;
  headers: Readonly<Record<string, string>>;
  /** Whether its address may be one that is not of the public internet. */
  mayBePrivate: boolean;
  /** Null: it is not signed in to. */
  signIn: ToolSignIn | null;
}

/** How a server is signed in to by OAuth. */
export interface ToolSignIn {
  /** The client that an admin has registered by hand; null: this house registers itself. */
  client: { id: string; secret: string | null } | null;
  /** Null: what the server asks for. */
  scope: string | null;
  grants: GrantStore;
}

/** Keeps what signing in to one server has given, for all processes. */
export interface GrantStore {
  read(): Promise<ToolGrant | null>;
  /** Replaces what is kept, and lets others renew it again. */
  write(grant: ToolGrant): Promise<void>;
  /** As `write`, by the process that renews it; nothing is kept if somebody has signed out or in meanwhile. */
  writeRenewed(grant: ToolGrant): Promise<void>;
  /** Whether this process is the one to renew the grant now. One that dies meanwhile stands in the way for a minute. */
  claimRenewal(): Promise<boolean>;
}

/** What the adapter remembers of signing in: JSON with secrets, which nobody else looks into. */
export interface ToolGrant {
  client: Readonly<Record<string, unknown>> | null;
  /** Null: it is not signed in. */
  tokens: Readonly<Record<string, unknown>> | null;
  discovery: Readonly<Record<string, unknown>> | null;
}

export interface ToolServerConnection {
  readonly health: ToolServerHealth;
  /** As the server last listed them to this process, ordered by name. Null: it has not yet. */
  readonly tools: readonly ListedTool[] | null;

  /**
   * Calls a tool, as `Tool.call` says. Waits a while for a connection that is being made.
   *
   * @param isExpected looks at the tool as it is listed at this moment; false: nothing is called
   */
  call(name: string, request: ToolRequest, isExpected: (tool: ListedTool) => boolean): Promise<ToolResult>;

  /** Makes a new connection at once. Resolves when the outcome is known. */
  reconnect(): Promise<void>;

  close(): Promise<void>;
}

export interface ToolServerHealth {
  status: 'CONNECTING' | 'UP' | 'DOWN' | 'SIGN_IN_NEEDED';
  /** What is wrong, for an admin, without secrets. Null: nothing. */
  problem: string | null;
  /** When it last answered or failed; null: it has done neither. */
  checkedAt: Date | null;
}

/** A tool as its server describes it, in words that nobody here has looked at. */
export interface ListedTool {
  /** The server's name for it. */
  name: string;
  /** For people; null: it has none. */
  title: string | null;
  /** For models. */
  description: string;
  /** A JSON schema of an object; null: the tool takes nothing. */
  parameters: Readonly<Record<string, unknown>> | null;
  /** Whether it says that it changes nothing anywhere. */
  isReadOnly: boolean;
}

/** Tools of one server that are looked at; it lists them all again whenever it likes. */
export const LISTED_TOOLS_MAX = 200;

/** Nobody was signed in to a server. The message is for an admin, and names no secret. */
export class ToolSignInFailure extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ToolSignInFailure';
  }
}
