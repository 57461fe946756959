import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import { DomainError, ForbiddenError } from '../domain/ground/errors.ts';
import { isAdmin, type Viewer } from '../domain/people/members.ts';
import type { HouseTools } from '../domain/tools/house-tools.ts';
import { finishServerSignIn } from '../domain/tools/sign-in.ts';
import type { Route } from './route.ts';

export interface ToolSignInOptions {
  houseTools: HouseTools;
  findViewer(req: IncomingMessage): Promise<Viewer | null>;
  /** Without a slash at its end. */
  publicUrl: string;
  log: Logger;
}

/** Where an admin's browser comes back to after signing in to a server of tools. */
export const toolSignInPath = '/api/tools/callback';

/** Ends a sign-in to a server of tools, and sends the browser to the page of tools. */
export function createToolSignInRoute(options: ToolSignInOptions): Route {
  const { publicUrl } = options;
  return {
    name: 'tool-sign-in',
    matches: (path) => path === toolSignInPath,
    async handle(req, res) {
      if (req.method !== 'GET') return void res.writeHead(405, { Allow: 'GET' }).end();
      const { searchParams: answer } = new URL(req.url ?? '', 'http://localhost');
      const query = new URLSearchParams(await outcomeOf(req, answer, options));
      send(res, `${publicUrl}/admin/tools?${query}`);
    },
  };
}

async function outcomeOf(
  req: IncomingMessage,
  answer: URLSearchParams,
  { houseTools, findViewer, log }: ToolSignInOptions,
): Promise<{ signedIn: string } | { signIn: 'elsewhere' | 'refused' | 'failed' }> {
  const viewer = await findViewer(req);
  const [state, code] = [answer.get('state'), answer.get('code')];
  if (!viewer || !isAdmin(viewer) || state === null) return { signIn: 'elsewhere' };
  if (code === null) return { signIn: 'refused' };
  try {
    return { signedIn: await finishServerSignIn(houseTools, viewer, { state, code, issuer: answer.get('iss') }) };
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    log.warn({ reason: error.message }, 'Nobody was signed in to a server of tools.');
    return { signIn: error instanceof ForbiddenError ? 'elsewhere' : 'failed' };
  }
}

function send(res: ServerResponse, to: string): void {
  res.writeHead(302, { Location: to, 'Cache-Control': 'no-store' }).end();
}
