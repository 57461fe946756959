/** Who reads providers' answers: `fast` is upstream-fetch.ts, `plain` is Node's own fetch. */
export type Upstream = 'fast' | 'plain';

/** The fetch by which providers are asked without a proxy. Only the one that is used is loaded. */
export async function createFetch(upstream: Upstream): Promise<typeof fetch> {
  if (upstream === 'plain') return (await import('./plain-fetch.ts')).plainFetch;
  return (await import('./upstream-fetch.ts')).upstreamFetch;
}
