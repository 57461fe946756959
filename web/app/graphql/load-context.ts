import '@remix-run/node';
import type { Parts } from '@polylogue/server';

/** The server's: into its files as well, and without secrets. */
export type Log = Pick<Parts['log'], 'error'>;

/** What server.ts hands to every loader. */
declare module '@remix-run/node' {
  interface AppLoadContext {
    /** Answers a request for /graphql: in process, or by the API at `API_URL`. */
    fetch(request: Request): Promise<Response>;
    /** Of this response's content security policy. */
    nonce: string;
    log: Log;
  }
}
