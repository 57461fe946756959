/** A search gave nothing; the message says why, in words for models and members, and names no secret. */
export class SearchFailure extends Error {
  override readonly name = 'SearchFailure';
}

const BYTES_MAX = 2_000_000;
const PATIENCE_MS = 20_000;

export interface SearchRequest {
  url: URL;
  headers: Readonly<Record<string, string>>;
  /** Sent as JSON, by POST. Absent: it is a GET. */
  body?: Readonly<Record<string, unknown>>;
  fetch: typeof fetch;
  signal: AbortSignal;
}

/**
 * Asks a search provider. No redirect is followed, since another host must not be told the key.
 *
 * @returns what it answered, in any form
 * @throws SearchFailure; the signal's reason once that is aborted
 */
export async function askSearch({ url, headers, body, fetch, signal }: SearchRequest): Promise<unknown> {
  try {
    const response = await fetch(url, {
      method: body ? 'POST' : 'GET',
      headers: {
        ...headers,
        accept: 'application/json',
        'user-agent': 'Polylogue',
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]),
    });
    if (!response.ok) {
      await response.body?.cancel().catch(() => undefined);
      throw new SearchFailure(refusalOf(response.status));
    }
    return await jsonOf(response);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof SearchFailure) throw error;
    const isLate = error instanceof Error && error.name === 'TimeoutError';
    throw new SearchFailure(isLate ? 'The search takes too long.' : 'The search provider cannot be reached.');
  }
}

function refusalOf(status: number): string {
  if (status === 401 || status === 403) return 'The search provider refuses this server. Its operator can mend that.';
  if (status === 402 || status === 432 || status === 433) return 'What this server may search is used up.';
  if (status === 429) return 'The search provider takes no more searches at the moment. Try again in a while.';
  if (status === 400 || status === 422) return 'The search provider does not take this query.';
  return `The search provider answered with the status ${status}.`;
}

async function jsonOf(response: Response): Promise<unknown> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  const reader = response.body?.getReader();
  for (let read = await reader?.read(); read && !read.done; read = await reader?.read()) {
    length += read.value.length;
    if (length > BYTES_MAX) {
      await reader?.cancel().catch(() => undefined);
      throw new SearchFailure('The search provider answered with too much.');
    }
    pieces.push(read.value);
  }
  try {
    return JSON.parse(Buffer.concat(pieces).toString('utf8'));
  } catch {
    throw new SearchFailure('The search provider answered in a form that is not understood.');
  }
}
