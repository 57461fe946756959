import type { ReadableStream } from 'node:stream/web';

/** More of an error is not read, in bytes: nobody has as much to say about one. */
const errorBodyBytesMax = 64 * 1024;

/** For an SDK, which would read the body of an error to its end, wherever that is. What it gets is what `rewrite` makes of it. */
export function withErrorBodies(fetchResponse: typeof fetch, rewrite = (body: string) => body): typeof fetch {
  return async (input, init) => {
    const response = await fetchResponse(input, init);
    if (response.ok || response.body === null) return response;
    const body = await readErrorBody(response);
    init?.signal?.throwIfAborted();
    return new Response(rewrite(body), { status: response.status, headers: response.headers });
  };
}

/** Its beginning, or what came of it before the connection broke: the status has said the most of it already. */
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
