import { StreamableHTTPError } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ErrorCode, McpError } from '@modelcontextprotocol/sdk/types.js';
import { AddressRefused, AnswerTooLarge, TooManyOpen } from '../../internet/guarded-fetch.ts';
import { ToolUnavailable } from '../../ports/tool.ts';

/** Nobody is signed in to a server that wants it. */
export class SignInNeeded extends Error {
  override readonly name = 'SignInNeeded';
}

/** The connection ended while a call was under way. */
export class ConnectionEnded extends Error {
  override readonly name = 'ConnectionEnded';
}

/** With these a connection was not made, so nothing was sent. */
const unmade: ReadonlySet<string> = new Set([
  ...['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'EACCES', 'ENOENT'],
  ...['CERT_HAS_EXPIRED', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'SELF_SIGNED_CERT_IN_CHAIN'],
  ...['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'ERR_TLS_CERT_ALTNAME_INVALID'],
]);

/** The statuses by which a server says that it did not look at a request. */
const refused: ReadonlySet<number> = new Set([400, 401, 403, 404, 405, 406, 413, 415, 421, 429, 503]);

/** What is thrown before anything is sent. */
const undone = [ToolUnavailable, AddressRefused, SignInNeeded, TooManyOpen] as const;

/** What is wrong with a server, in a sentence for an admin that has none of its words: they may repeat a secret. */
export function problemOf(error: unknown): string {
  if (error instanceof AddressRefused) {
    return `${error.message} The operator may allow it with TOOLS_PRIVATE_ADDRESSES=allow, or name the server in MCP_SERVERS_FILE.`;
  }
  if (error instanceof SignInNeeded) return 'An admin has to sign in to it.';
  if (error instanceof AnswerTooLarge || error instanceof TooManyOpen) return error.message;
  const status = statusOf(error);
  if (status === 401) return 'It wants another token, or to be signed in to.';
  if (status === 403) return 'It refuses this access (403).';
  if (status === 404) return 'There is no MCP server at this address (404).';
  if (status !== null && status > 0) return `It answered with the status ${status}, and speaks no MCP at this address.`;
  if (status !== null) return 'What it answers is no MCP.';
  if (error instanceof McpError) {
    if (error.code === ErrorCode.RequestTimeout) return 'It did not answer in time.';
    if (error.code === ErrorCode.ConnectionClosed) return 'It ended the connection.';
    return `It refuses to speak with this server (${error.code}).`;
  }
  const code = codeOf(error);
  return code === null ? 'It cannot be reached.' : `It cannot be reached (${code}).`;
}

/** Whether it is certain that a call did not reach the tool. */
export function isCertainlyUndone(error: unknown): boolean {
  if (undone.some((kind) => error instanceof kind)) return true;
  const status = statusOf(error);
  if (status !== null) return refused.has(status);
  return unmade.has(codeOf(error) ?? '') || (error instanceof Error && error.message === 'Not connected');
}

export function statusOf(error: unknown): number | null {
  return error instanceof StreamableHTTPError ? (error.code ?? -1) : null;
}

/** Node's code for why a connection failed. */
function codeOf(error: unknown): string | null {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 4; at = at.cause, depth++) {
    const { code } = at as NodeJS.ErrnoException;
    if (typeof code === 'string') return code;
  }
  return null;
}
