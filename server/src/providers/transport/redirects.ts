const redirectStatuses: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const redirectsMax = 5;

/**
 * Makes a fetch that follows redirects only within the origin of its request. A redirect to another origin would take
 * the key along: of the headers that may hold one, Node's fetch removes only `authorization`.
 *
 * @param fetchOnce follows no redirect by itself
 */
export function followWithinOrigin(fetchOnce: typeof fetch): typeof fetch {
  return async (input, init = {}) => {
    let url = new URL(input instanceof Request ? input.url : input);
    let request = init;
    for (let redirects = 0; redirects <= redirectsMax; redirects++) {
      const response = await fetchOnce(url, request);
      const location = redirectStatuses.has(response.status) ? response.headers.get('location') : null;
      if (location === null) return response;
      // `cancel` rejects if the body broke meanwhile.
      await response.body?.cancel().catch(() => {});
      const target = URL.canParse(location, url) ? new URL(location, url) : null;
      if (target?.origin !== url.origin) throw redirectError('REDIRECT_TO_OTHER_ORIGIN');
      request = redirected(request, response.status);
      url = target;
    }
    throw redirectError('TOO_MANY_REDIRECTS');
  };
}

/** Makes the next request as fetch does: some redirects change the method to GET and drop the body. */
function redirected(request: RequestInit, status: number): RequestInit {
  const isPost = request.method?.toUpperCase() === 'POST';
  if (status !== 303 && !(isPost && (status === 301 || status === 302))) return request;
  const headers = new Headers(request.headers);
  headers.delete('content-type');
  return { ...request, method: 'GET', headers, body: null };
}

/** Makes an error in the shape of fetch's own, so that its code is shown as theirs are. */
function redirectError(code: string): TypeError {
  const cause = Object.assign(new Error('The provider redirects to where no request may go.'), { code });
  return new TypeError('fetch failed', { cause });
}
