import type { IncomingMessage } from 'node:http';

/** The path of an address without a slash at its end; empty for an address without a path. */
export function basePathOf(publicUrl: string): string {
  return new URL(publicUrl).pathname.replace(/\/+$/, '');
}

/** Requests whose path begins after the base path by now. */
const entered = new WeakSet<IncomingMessage>();

/**
 * Takes the base path off the request's address, once. Some proxies pass the path on as it is and some take off the base
 * path themselves, so a path without it stays as it is. Nobody can tell the two from each other if the base path looks
 * like one of ours (`/chat`): then the proxy that takes it off says so by X-Forwarded-Prefix. A program that has mounted
 * the API says it by `baseUrl`, as Express does.
 */
export function takeOffBasePath(req: IncomingMessage, basePath: string): void {
  if (basePath === '' || entered.has(req)) return;
  entered.add(req);
  const { url = '/', headers } = req;
  if (namesPrefix(headers['x-forwarded-prefix'], basePath)) return;
  if ('baseUrl' in req && namesPrefix(String(req.baseUrl), basePath)) return;
  const rest = url.startsWith(basePath) ? url.slice(basePath.length) : null;
  if (rest === '' || rest?.startsWith('?')) req.url = `/${rest}`;
  else if (rest?.startsWith('/')) req.url = rest;
}

function namesPrefix(prefix: string | string[] | undefined, basePath: string): boolean {
  return [prefix ?? []].flat().some((value) => value.replace(/\/+$/, '') === basePath);
}
