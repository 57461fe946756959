/** The headers and query parameters that an operator's entry adds to each request. */
export interface RequestAdditions {
  headers?: Readonly<Record<string, string>> | undefined;
  query?: Readonly<Record<string, string>> | undefined;
}

/** Makes a fetch that adds these headers and parameters to each request. They replace those of the same names. */
export function withAdditions(fetchResponse: typeof fetch, { headers, query }: RequestAdditions): typeof fetch {
  if (!headers && !query) return fetchResponse;
  return (input, init = {}) => {
    const url = new URL(input instanceof Request ? input.url : input);
    for (const [name, value] of Object.entries(query ?? {})) url.searchParams.set(name, value);
    const all = new Headers(init.headers);
    for (const [name, value] of Object.entries(headers ?? {})) all.set(name, value);
    return fetchResponse(url, { ...init, headers: all });
  };
}
