import { randomBytes } from 'node:crypto';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { pathToFileURL } from 'node:url';
import { constants } from 'node:zlib';
import { clientAddress, createOriginPolicy, setSecurityHeaders, takeOffBasePath } from '@polylogue/server';
import { createRequestHandler, type RequestHandler, type ServerBuild } from '@remix-run/node';
import compression from 'compression';
import sirv from 'sirv';
import type { Log } from './app/graphql/load-context.ts';
import { type Locale, localeOf } from './app/languages/locales.ts';

interface PagesOptions {
  /** The web package's folder. */
  root: string;
  /** Whether Vite serves the pages from source, with hot replacement over `server`; else they are served as built. */
  development: boolean;
  server: Server;
  /** The address where browsers find the pages. */
  publicUrl: string;
  /** How many proxies stand before this server and tell the client's address. */
  trustedProxies: number;
  log: Log;
  /** Answers the loaders' requests for /graphql. */
  fetch(request: Request): Promise<Response>;
}

/** Creates the handler of everything but the API: the assets and the pages. */
export async function createPageHandler(options: PagesOptions) {
  const { root, development, server, publicUrl, trustedProxies, log, fetch } = options;
  const origins = createOriginPolicy({ publicUrl, allowedOrigins: [] });
  // Vite's assets are at the root of the origin in development.
  const basePath = development ? '' : origins.basePath;
  const { assets, buildOf } = development ? await fromSource(root, server) : await asBuilt(root, basePath);
  const handlers = new Map<Locale, Promise<RequestHandler>>();
  const handlerOf = (locale: Locale): Promise<RequestHandler> => {
    const known = handlers.get(locale);
    if (known) return known;
    const handler = development
      ? Promise.resolve(createRequestHandler(() => buildOf(locale), 'development'))
      : buildOf(locale).then((build) => createRequestHandler(build, 'production'));
    handlers.set(locale, handler);
    return handler;
  };
  return (request: IncomingMessage, response: ServerResponse): void => {
    takeOffBasePath(request, basePath);
    setSecurityHeaders(response, origins);
    // This policy is stricter than the API's: the sites that an answer links to need not know of this one.
    response.setHeader('Referrer-Policy', 'same-origin');
    // sirv leaves a file open if the client goes away in the middle of it.
    response.once('unpipe', (file: Readable) => file.destroy());
    assets(request, response, () => {
      // No page has an action, so no request's body is read.
      if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(response);
      void answer(request, response).catch((error: unknown) => {
        // A client that has left is no fault.
        if (response.destroyed) return;
        log.error({ err: error }, 'A page could not be made.');
        if (!response.headersSent) response.writeHead(500, { 'Content-Type': 'text/plain' });
        response.end('Something went wrong on this server.');
      });
    });
  };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const nonce = randomBytes(16).toString('base64');
    response.setHeader('Content-Security-Policy', contentSecurityPolicy(nonce, request.headers.host, development));
    // `compress` wraps the response, and calls back before it returns.
    compress(request as never, response as never, () => {});
    // The API counts by it what people do who are signed out. What a browser says of itself is not passed on.
    request.headers['x-client-address'] = clientAddress(request, trustedProxies);
    const handle = await handlerOf(localeOf(request.headers.cookie, request.headers['accept-language']));
    const page = await handle(toFetchRequest(request, response, basePath), { fetch, nonce, basePath, log });
    response.statusCode = page.status;
    for (const [name, value] of page.headers) {
      // A page's own policy replaces the common one, but there may be several cookies.
      if (name === 'set-cookie') response.appendHeader(name, value);
      else response.setHeader(name, value);
    }
    if (!page.body || request.method === 'HEAD') response.end();
    else await pipeline(flushed(Readable.fromWeb(page.body as never), response), response);
  }
}

/**
 * Compresses pages and the data of navigations, as the browser accepts it, in zlib's threads. The compressed length can
 * give away no secret: the nonce is new each time, and the session's cookie is not in the page.
 */
const compress = compression({
  filter: (_, response) => /^text\/(html|x-script)\b/.test(String(response.getHeader('content-type'))),
  // A page is made anew each time: at a higher level, compressing it would cost a third of its processor time.
  level: 1,
  brotli: { params: { [constants.BROTLI_PARAM_QUALITY]: 1, [constants.BROTLI_PARAM_LGWIN]: 20 } },
});

/** Flushes the compressor after each turn of the event loop: by itself it keeps what it is given until it has enough. */
function flushed(body: Readable, response: ServerResponse & { flush?(): void }): Readable {
  let isDue = false;
  body.on('data', () => {
    if (isDue) return;
    isDue = true;
    setImmediate(() => {
      isDue = false;
      if (!response.writableEnded) response.flush?.();
    });
  });
  return body;
}

function refuse(response: ServerResponse): void {
  // The rest of the body is still on its way, so the connection cannot be used again.
  response.writeHead(405, { Allow: 'GET, HEAD', Connection: 'close', 'Content-Type': 'text/plain' });
  response.end('Pages are read, not written to.');
}

type Middleware = (request: IncomingMessage, response: ServerResponse, next: () => void) => void;

interface Source {
  assets: Middleware;
  /** The pages of a locale. */
  buildOf(locale: Locale): Promise<ServerBuild>;
}

async function asBuilt(root: string, basePath: string): Promise<Source> {
  const files = sirv(join(root, 'build/client'), {
    gzip: true,
    brotli: true,
    setHeaders(response, path) {
      // The name of an asset holds the hash of its content.
      const lasting = path.startsWith('/assets/');
      response.setHeader('Cache-Control', lasting ? 'public, max-age=31536000, immutable' : 'public, max-age=3600');
    },
  });
  const entry = pathToFileURL(join(root, 'build/server/index.js')).href;
  // Node makes an instance of a module for each address: the pages read their locale from theirs.
  const load = async (locale: Locale) => (await import(`${entry}?locale=${locale}`)) as ServerBuild;
  const build = await load('en-US');
  if (basePath === '') return { assets: files, buildOf: load };
  const manifest = below(basePath, build.assets);
  const script = `window.__remixManifest=${JSON.stringify(manifest)};`;
  return {
    assets(request, response, next) {
      // The file that was built names all modules from the root of the origin.
      if (request.url !== build.assets.url) return files(request, response, next);
      response.writeHead(200, { 'Content-Type': 'text/javascript; charset=utf-8', 'Cache-Control': 'no-cache' });
      response.end(script);
    },
    async buildOf(locale) {
      const build = await load(locale);
      return { ...build, basename: basePath, publicPath: `${basePath}${build.publicPath}`, assets: manifest };
    },
  };
}

/** The manifest with the base path before the address of every asset. */
function below(basePath: string, manifest: ServerBuild['assets']): ServerBuild['assets'] {
  return JSON.parse(JSON.stringify(manifest), (_key, value) =>
    typeof value === 'string' && value.startsWith('/assets/') ? basePath + value : value,
  );
}

async function fromSource(root: string, server: Server): Promise<Source> {
  const { createServer } = await import('vite');
  const vite = await createServer({ root, server: { middlewareMode: true, hmr: { server } }, appType: 'custom' });
  server.on('close', () => void vite.close());
  return {
    assets: vite.middlewares,
    buildOf: () => vite.ssrLoadModule('virtual:remix/server-build') as Promise<ServerBuild>,
  };
}

/**
 * Allows scripts with this response's nonce and the scripts that those load, styles from files, workers of this server, an answer's images over
 * https, which the page loads only when asked, and drawings that the page made itself (`data:`). In development Vite needs
 * more: it puts styles and its client into the page.
 */
export function contentSecurityPolicy(nonce: string, host: string | undefined, development: boolean): string {
  const sockets = host && /^[\w.:[\]-]+$/.test(host) ? ` ws://${host} wss://${host}` : '';
  const directives = {
    'default-src': "'self'",
    'script-src': development ? "'self' 'unsafe-inline'" : `'nonce-${nonce}' 'strict-dynamic'`,
    'style-src': development ? "'self' 'unsafe-inline'" : `'self' 'nonce-${nonce}'`,
    'img-src': "'self' https: data:",
    'worker-src': "'self'",
    'font-src': "'self'",
    'connect-src': `'self'${sockets}`,
    'object-src': "'none'",
    'base-uri': "'none'",
    'form-action': "'self'",
    'frame-ancestors': "'none'",
  };
  return Object.entries(directives)
    .map(([name, value]) => `${name} ${value}`)
    .join('; ');
}

function toFetchRequest(request: IncomingMessage, response: ServerResponse, basePath: string): Request {
  const left = new AbortController();
  response.on('close', () => {
    if (!response.writableFinished) left.abort();
  });
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers)) {
    for (const single of Array.isArray(value) ? value : [value]) {
      if (single !== undefined && !name.startsWith(':')) headers.append(name, single);
    }
  }
  const protocol = request.headers['x-forwarded-proto'] === 'https' ? 'https' : 'http';
  // Remix knows the data of the first page below a path by another name than the one that entry.client.tsx asks for.
  const path = (request.url ?? '/').replace(/^\/_root\.data(?=\?|$)/, basePath === '' ? '/_root.data' : '.data');
  // The address is joined as text: resolved against a base, a path with two slashes at its beginning would name a host.
  const url = new URL(`${protocol}://${request.headers.host ?? 'localhost'}${basePath}${path}`);
  return new Request(url, { method: request.method ?? 'GET', headers, signal: left.signal });
}
