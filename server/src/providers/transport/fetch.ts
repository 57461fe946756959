/** The way providers' answers are read: `fast` is upstream-fetch.ts, `plain` is Node's own fetch. */
export type Upstream = 'fast' | 'plain';

/** Loads the fetch for requests without a proxy, and not the other one. */
export async function createFetch(upstream: Upstream): Promise<typeof fetch> {
  if (upstream === 'plain') return (await import('./plain-fetch.ts')).plainFetch;
  return (await import('./upstream-fetch.ts')).upstreamFetch;
}
