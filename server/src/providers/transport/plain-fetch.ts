import { followWithinOrigin } from './redirects.ts';
import { requestHeaders } from './request-headers.ts';

/** Node's own fetch, looked up once: the adapter for Google replaces the global one while its SDK asks. */
const nodeFetch = globalThis.fetch;

/**
 * Node's fetch in place of `upstreamFetch`, for UPSTREAM=plain. It has two limits: it fails if a provider sends nothing
 * for 300 seconds, and it trusts `content-encoding` even if the body is not packed.
 */
export const plainFetch: typeof fetch = followWithinOrigin((input, init = {}) =>
  nodeFetch(input, { ...init, headers: requestHeaders(init.headers), redirect: 'manual' }),
);
