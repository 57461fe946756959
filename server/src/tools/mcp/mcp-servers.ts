import { createGuardedFetch } from '../../internet/guarded-fetch.ts';
import {
  type RemoteToolServer,
  type ToolServers,
  type ToolSignIn,
  ToolSignInFailure,
} from '../../ports/tool-server.ts';
import { beginSignIn, finishSignIn, type SignInOptions } from './grant/sign-in.ts';
import { type ConnectionOptions, ServerConnection } from './server-connection.ts';

export interface McpServersOptions extends Omit<ConnectionOptions, 'onChange'> {
  /** Where browsers come back to after a sign-in. */
  redirectUrl: string;
}

/** Of what is said for a sign-in. */
const SIGN_IN_BYTES_MAX = 256 * 1024;

/** Servers that speak the Model Context Protocol. */
export function createMcpServers({ redirectUrl, ...options }: McpServersOptions): ToolServers {
  /** Gives the work a fetch of its own, and ends it if it takes too long. */
  async function signingIn<Done>(
    server: RemoteToolServer,
    work: (options: SignInOptions) => Promise<Done>,
  ): Promise<Done> {
    const { mayBePrivate } = server;
    const guarded = createGuardedFetch({ mayBePrivate, bytesMax: SIGN_IN_BYTES_MAX, proxyAgent: options.proxyAgent });
    const signal = AbortSignal.timeout(2 * options.connectMs);
    const ask: typeof fetch = (input, init) => guarded.fetch(input, { ...init, signal });
    try {
      return await work({ server, signIn: signInOf(server), redirectUrl, fetch: ask });
    } finally {
      guarded.close();
    }
  }

  return {
    connect: (server, onChange) => new ServerConnection(server, { ...options, onChange }),
    beginSignIn: (server, stateOf) => signingIn(server, (asked) => beginSignIn(asked, stateOf)),
    finishSignIn: (server, answer) => signingIn(server, (asked) => finishSignIn(asked, answer)),
  };
}

function signInOf({ signIn }: RemoteToolServer): ToolSignIn {
  if (signIn === null) throw new ToolSignInFailure('This server is not signed in to.');
  return signIn;
}
