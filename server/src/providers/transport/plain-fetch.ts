import { followWithinOrigin } from './redirects.ts';
import { requestHeaders } from './request-headers.ts';

/** Node's own, looked up once: the adapter for Google puts another function in the place of the global while it asks. */
const nodeFetch = globalThis.fetch;

/**
 * Node's fetch in the place of `upstreamFetch`, for UPSTREAM=plain. Its limits: it fails where a provider sends nothing
 * for 300 seconds, and it believes `content-encoding`, also where the body is not packed.
 */
export const plainFetch: typeof fetch = followWithinOrigin((input, init = {}) =>
  nodeFetch(input, { ...init, headers: requestHeaders(init.headers), redirect: 'manual' }),
);
