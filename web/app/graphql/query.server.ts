import { type AppLoadContext, redirect } from '@remix-run/node';
import { type AnyVariables, Client, type CombinedError, fetchExchange, type TypedDocumentNode } from '@urql/core';
import type { Log } from './load-context.ts';
import { ownTurn } from './own-turn.server.ts';

/**
 * Asks the API on behalf of the person whose request this is: in process, with the browser's cookies.
 * Throws what the router understands: a redirect to the sign-in page where one has to be signed in, else a 502.
 */
export async function query<Data, Variables extends AnyVariables>(
  { request, context }: { request: Request; context: AppLoadContext },
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
): Promise<Data> {
  const client = new Client({
    url: new URL('/graphql', request.url).href,
    exchanges: [fetchExchange],
    preferGetMethod: false,
    async fetch(input, init) {
      const response = await context.fetch(new Request(input, { ...init, signal: request.signal }));
      await ownTurn();
      return response;
    },
    fetchOptions: { headers: forwarded(request) },
  });
  const result = await client.query(document, variables).toPromise();
  if (result.error) throw failure(result.error, request, context.log);
  if (!result.data) throw new Response('The API gave no data', { status: 502 });
  return result.data;
}

function forwarded(request: Request): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const name of ['cookie', 'user-agent', 'x-forwarded-for', 'x-request-id']) {
    const value = request.headers.get(name);
    if (value) headers[name] = value;
  }
  return headers;
}

function failure(error: CombinedError, request: Request, log: Log): Response {
  const code = error.graphQLErrors[0]?.extensions?.code;
  if (code === 'UNAUTHENTICATED') return redirect(signInPath(request));
  // An id in the address that is none, or names nothing of theirs.
  if (code === 'NOT_FOUND' || code === 'BAD_USER_INPUT') return new Response('Not found', { status: 404 });
  if (code === 'FORBIDDEN') return new Response('Not allowed', { status: 403 });
  // A reader who left is no fault.
  if (!request.signal.aborted) log.error({ err: error }, 'The API answered a page with an error.');
  return new Response('The API answered with an error', { status: 502 });
}

/** The sign-in page, leading back to where the request went. */
export function signInPath(request: Request): string {
  const { pathname, search } = new URL(request.url);
  return pathname === '/' ? '/sign-in' : `/sign-in?to=${encodeURIComponent(pathname + search)}`;
}
