import { setSignedIn } from '../../database/tools/tool-servers.ts';
import { type RemoteToolServer, ToolSignInFailure } from '../../ports/tool-server.ts';
import { ForbiddenError, InvalidInputError, NotFoundError } from '../ground/errors.ts';
import { audit } from '../people/administration.ts';
import type { Viewer } from '../people/members.ts';
import type { HouseTools, ToolServerEntry } from './house-tools.ts';
import { requireServer } from './server-changes.ts';

/** A sign-in that is under way at a server. The browser carries it, encrypted. */
interface Flow {
  serverId: string;
  /** The session of the admin who began it, and alone may end it. */
  sessionId: string;
  /** PKCE's. */
  verifier: string;
  /** In ms since 1970. */
  endsAt: number;
}

const FLOW_MS_MAX = 600_000;
const STATE_LENGTH_MAX = 4000;
const ABOUT = 'sign-in to a tool server';

type SignedIn = Pick<Viewer, 'id' | 'sessionId'>;

/**
 * Begins to sign in to a server by OAuth, for the whole house.
 *
 * @returns the address to send the admin's browser to
 * @throws ForbiddenError, NotFoundError, InvalidInputError
 */
export async function beginServerSignIn(tools: HouseTools, { sessionId }: SignedIn, id: string): Promise<string> {
  const address = remoteOf(requireServer(tools, id));
  if (sessionId === null) throw new ForbiddenError('Sign in to a server of tools in the browser, not with an API key.');
  const servers = await tools.adapter();
  const stateOf = (verifier: string) => {
    const flow: Flow = { serverId: id, sessionId, verifier, endsAt: Date.now() + FLOW_MS_MAX };
    return tools.seal.close(JSON.stringify(flow), ABOUT);
  };
  try {
    return await servers.beginSignIn(address, stateOf);
  } catch (error) {
    if (error instanceof ToolSignInFailure) throw new InvalidInputError('id', error.message);
    throw error;
  }
}

/**
 * Ends a sign-in with what the browser brought back.
 *
 * @returns the server's id
 * @throws ForbiddenError if this is no sign-in of this admin's session; InvalidInputError if the server gives nothing
 */
export async function finishServerSignIn(
  tools: HouseTools,
  admin: SignedIn,
  { state, code, issuer }: { state: string; code: string; issuer: string | null },
): Promise<string> {
  const flow = flowOf(tools, state);
  // A code that somebody else's browser was given must not become this house's access.
  if (flow === null || admin.sessionId === null || flow.sessionId !== admin.sessionId) {
    throw new ForbiddenError('This sign-in was begun elsewhere, or took too long. Begin it again.');
  }
  const { serverId: id, verifier } = flow;
  const server = requireServer(tools, id);
  const servers = await tools.adapter();
  try {
    await servers.finishSignIn(remoteOf(server), { code, verifier, issuer });
  } catch (error) {
    if (error instanceof ToolSignInFailure) throw new InvalidInputError('id', error.message);
    throw error;
  }
  await tools.change(async (trx, stored) => {
    if (!stored.servers.some((row) => row.id === id)) throw new NotFoundError('server of tools');
    await setSignedIn(trx, id, true);
    await audit(trx, admin, 'signInToToolServer', server.name, null);
  });
  return id;
}

function flowOf(tools: HouseTools, state: string): Flow | null {
  const text = state.length <= STATE_LENGTH_MAX ? tools.seal.open(state, ABOUT) : null;
  if (text === null) return null;
  const flow = JSON.parse(text) as Flow;
  return flow.endsAt > Date.now() ? flow : null;
}

/** @throws InvalidInputError */
function remoteOf({ address, row }: ToolServerEntry): RemoteToolServer {
  if (address?.kind === 'remote' && address.signIn !== null && row) return address;
  throw new InvalidInputError('id', 'This server is not signed in to.');
}
