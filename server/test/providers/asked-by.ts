import { plainFetch } from '../../src/providers/transport/plain-fetch.ts';
import { upstreamFetch } from '../../src/providers/transport/upstream-fetch.ts';

/** The fetches by which a provider is asked (UPSTREAM): what holds for an adapter with one holds with the other. */
export const fetches = [
  { upstream: 'fast', fetch: upstreamFetch },
  { upstream: 'plain', fetch: plainFetch },
] as const;

/** The fetch of an adapter's own tests: plain-upstream.test.ts runs all of them once more with another one. */
export const askedBy: { fetch: typeof fetch } = { fetch: upstreamFetch };
