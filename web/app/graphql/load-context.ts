import '@remix-run/node';
import type { Parts } from '@polylogue/server';

/** The server's log, which also goes to its files, without secrets. */
export type Log = Pick<Parts['log'], 'error'>;

/** The context that pages.ts gives to every loader. */
declare module '@remix-run/node' {
  interface AppLoadContext {
    /** Answers a request for /graphql: in process, or by the API at `API_URL`. */
    fetch(request: Request): Promise<Response>;
    /** The path below which the server is, without a slash at its end; mostly empty. */
    basePath: string;
    /** The nonce of this response's Content-Security-Policy. */
    nonce: string;
    log: Log;
  }
}
