import type { ReadableStream } from 'node:stream/web';

/** Bytes of an error's body that are read; no true error is longer. */
const errorBodyBytesMax = 64 * 1024;

/** A fetch that bounds the bodies of errors, which an SDK would read to their end. The SDK gets what `rewrite` makes of a body. */
export function withErrorBodies(fetchResponse: typeof fetch, rewrite = (body: string) => body): typeof fetch {
  return async (input, init) => {
    const response = await fetchResponse(input, init);
    if (response.ok || response.body === null) return response;
    const body = await readErrorBody(response);
    init?.signal?.throwIfAborted();
    return new Response(rewrite(body), { status: response.status, headers: response.headers });
  };
}

/** The beginning of the body, or as much as came before the connection broke: the status tells the most already. */
export async function readErrorBody({ body }: Response): Promise<string> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const piece of (body ?? []) as ReadableStream<Uint8Array>) {
      pieces.push(piece);
      bytes += piece.length;
      if (bytes >= errorBodyBytesMax) break;
    }
  } catch {
    // Told by what is missing.
  }
  return new TextDecoder().decode(Buffer.concat(pieces).subarray(0, errorBodyBytesMax));
}
