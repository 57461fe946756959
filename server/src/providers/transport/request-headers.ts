/**
 * The headers that go out with a request of an SDK. What the SDKs tell of themselves and of this machine
 * (`x-stainless-os`, …) is left out, and no compression is asked for: some servers compress unless they are told not to.
 */
export function requestHeaders(given: RequestInit['headers']): Headers {
  const headers = new Headers(given);
  for (const name of [...headers.keys()]) if (name.startsWith('x-stainless-')) headers.delete(name);
  headers.set('accept-encoding', 'identity');
  return headers;
}
