import type { ServerResponse } from 'node:http';

export function badRequest(res: ServerResponse): void {
  res.writeHead(400, { 'Content-Type': 'text/plain; charset=utf-8' }).end('Bad request\n');
}

/** Ends a response whose request failed. It must not throw: nobody is left to catch it, and the process would end. */
export function endFailed(res: ServerResponse): void {
  try {
    // A body that ends well is taken for a whole one: a download would be a broken file that nobody suspects.
    if (res.headersSent && !res.writableEnded) return void res.destroy();
    if (!res.headersSent) res.writeHead(500, { 'Content-Type': 'text/plain' });
    res.end();
  } catch {
    // A header that the failed handler has set may be one that Node refuses to write.
    res.destroy();
  }
}

export function notFound(res: ServerResponse): void {
  res.writeHead(404, { 'Content-Type': 'text/plain; charset=utf-8' }).end('Not found\n');
}
