/**
 * Makes the headers of an outgoing request from those of an SDK. What an SDK tells of itself and of this machine
 * (`x-stainless-os`, …) is left out. Compression is refused explicitly, because some servers compress unless they are
 * told not to.
 */
export function requestHeaders(given: RequestInit['headers']): Headers {
  const headers = new Headers(given);
  for (const name of [...headers.keys()]) if (name.startsWith('x-stainless-')) headers.delete(name);
  headers.set('accept-encoding', 'identity');
  return headers;
}
