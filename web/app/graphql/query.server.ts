import { type AppLoadContext, redirect } from '@remix-run/node';
import { type AnyVariables, Client, type CombinedError, fetchExchange, type TypedDocumentNode } from '@urql/core';
import './load-context.ts';
import { ownTurn } from './own-turn.server.ts';

/**
 * Queries the API for the member whose request this is, with the browser's cookies. Throws a Response for the router: a
 * redirect to the sign-in page if the member has to sign in, 404 or 403 if the API says so, else 502.
 */
export async function query<Data, Variables extends AnyVariables>(
  { request, context }: Asked,
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
  if (result.error) throw failure(result.error, { request, context });
  if (!result.data) throw new Response('The API gave no data', { status: 502 });
  return result.data;
}

function forwarded(request: Request): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const name of ['cookie', 'user-agent', 'x-forwarded-for', 'x-client-address', 'x-request-id']) {
    const value = request.headers.get(name);
    if (value) headers[name] = value;
  }
  return headers;
}

function failure(error: CombinedError, asked: Asked): Response {
  const { request, context } = asked;
  const code = error.graphQLErrors[0]?.extensions?.code;
  if (code === 'UNAUTHENTICATED') return redirect(signInPath(asked));
  // The id in the address is malformed, or names nothing of the member's.
  if (code === 'NOT_FOUND' || code === 'BAD_USER_INPUT') return new Response('Not found', { status: 404 });
  if (code === 'FORBIDDEN') return new Response('Not allowed', { status: 403 });
  // One address reads shares more often than the API allows: no fault either.
  if (code === 'RATE_LIMITED') return new Response('Too many requests', { status: 429 });
  // A client that has left is no fault.
  // not read by people: a line of the log
  if (!request.signal.aborted) context.log.error({ err: error }, 'The API answered a page with an error.');
  return new Response('The API answered with an error', { status: 502 });
}

interface Asked {
  request: Request;
  context: AppLoadContext;
}

/** The address of the sign-in page, which leads back to the request's address. Both are without the base path. */
export function signInPath({ request, context }: Asked): string {
  const { pathname, search } = new URL(request.url);
  const path = pathname.slice(context.basePath.length);
  return path === '' || path === '/' ? '/sign-in' : `/sign-in?to=${encodeURIComponent(path + search)}`;
}
