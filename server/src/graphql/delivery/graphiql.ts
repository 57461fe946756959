import { existsSync, readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import sirv from 'sirv';

/** The build writes GraphiQL into `folder`; when run from source, the first request does. */
const isSource = import.meta.url.endsWith('.ts');
const folder = fileURLToPath(new URL(isSource ? '../../../dist/graphiql' : 'graphiql', import.meta.url));

/**
 * Scripts and workers come from files only. Monaco, GraphiQL's editor, writes styles into the page, from what it
 * measures there; a style can do no harm without a script and with nowhere to send anything to.
 */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "worker-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

export interface Graphiql {
  /** Answers a browser that opens /graphql as a page. */
  page(req: IncomingMessage, res: ServerResponse): Promise<void>;
  /** Answers files below /graphql/graphiql/, which the page refers to; else calls `next`. */
  file(req: IncomingMessage, res: ServerResponse, next: () => void): Promise<void>;
}

/** The playground: a small page, and files that browsers keep. No request makes or holds anything of it. */
export function createGraphiql(): Graphiql {
  let loading: ReturnType<typeof load> | undefined;
  const loaded = () => {
    loading ??= load();
    return loading;
  };
  return {
    async page(_req, res) {
      const { html } = await loaded();
      res.writeHead(200, {
        'Content-Type': 'text/html; charset=utf-8',
        'Content-Length': html.length,
        'Content-Security-Policy': policy,
        'Cache-Control': 'no-cache',
      });
      res.end(html);
    },
    async file(req, res, next) {
      const { serve } = await loaded();
      // sirv leaves the file open if a client goes away in the middle of it.
      res.once('unpipe', (file: Readable) => file.destroy());
      const url = req.url as string;
      req.url = url.slice('/graphql'.length);
      serve(req, res, () => {
        req.url = url;
        next();
      });
    },
  };
}

export function acceptsPage({ method, headers }: IncomingMessage): boolean {
  return (method === 'GET' || method === 'HEAD') && (headers.accept?.includes('text/html') ?? false);
}

async function load() {
  if (isSource && !existsSync(`${folder}/index.html`)) {
    const { writeGraphiql } = await import('./graphiql-files.ts');
    await writeGraphiql(folder);
  }
  const serve = sirv(folder, { brotli: true, gzip: true, maxAge: 31_536_000, immutable: true });
  return { html: readFileSync(`${folder}/index.html`), serve };
}
