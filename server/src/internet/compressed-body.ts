import { pipeline, type Readable, type Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';

const decoders: Readonly<Record<string, () => Transform>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};

/** A compressed body as it was before; it is unpacked piece by piece, no faster than it is read. Null: nothing here unpacks it. */
export function unpacked(body: Readable, encoding: string): Readable | null {
  const decoder = decoders[encoding.trim().toLowerCase()]?.();
  if (!decoder) return null;
  // What goes wrong with either ends the other, and reaches whoever reads.
  return pipeline(body, decoder, () => undefined);
}
