import type { IncomingMessage } from 'node:http';
import { type Readable, Transform, type TransformCallback } from 'node:stream';
import { constants, createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from 'node:zlib';

/*
 * Requests ask for no compression, but some gateways compress regardless, and some name an encoding that they have
 * undone already. So the first bytes of a body decide whether it is packed.
 */

type Coding = 'gzip' | 'deflate' | 'br';

const names: Readonly<Record<string, Coding>> = { gzip: 'gzip', 'x-gzip': 'gzip', deflate: 'deflate', br: 'br' };

/** The encodings that `content-encoding` names, in the order in which to undo them. Unknown ones are left out. */
export function codingsOf(header: string | undefined): Coding[] {
  const named = (header ?? '').split(',').map((name) => names[name.trim().toLowerCase()]);
  return named.filter((coding) => coding !== undefined).reverse();
}

/**
 * The body, unpacked piece by piece as it arrives. If the message breaks off, the body ends early and without an error;
 * the reader must notice what is missing. Destroying the body destroys the incoming message.
 */
export function unpacked(incoming: IncomingMessage, codings: readonly Coding[]): Readable {
  let body: Readable = incoming;
  for (const coding of codings) body = unpack(body, coding);
  return body;
}

function unpack(packed: Readable, coding: Coding): Readable {
  const unpacker = new Unpacker(coding);
  packed.pipe(unpacker);
  packed.on('error', () => {});
  packed.on('close', () => {
    // A message that broke off has no 'end' by which `pipe` would end the unpacker.
    if (!unpacker.writableEnded) unpacker.end();
  });
  unpacker.on('close', () => packed.destroy());
  return unpacker;
}

/** The zlib stream that fits the body's first bytes; null: the body is not packed. */
type Engine = ReturnType<typeof createGunzip> | null;

class Unpacker extends Transform {
  readonly #coding: Coding;
  #engine: Engine | undefined;
  /** The first bytes, as long as there are too few of them to choose the engine. */
  #first = Buffer.alloc(0);

  constructor(coding: Coding) {
    super();
    this.#coding = coding;
  }

  override _transform(piece: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    const begun = this.#engine !== undefined;
    if (!begun) this.#first = Buffer.concat([this.#first, piece]);
    if (!begun && this.#first.length >= 2) this.#begin();
    if (this.#engine === undefined) done();
    else this.#write(begun ? piece : this.#first, done);
  }

  override _flush(done: TransformCallback): void {
    const engine = this.#engine;
    if (engine === undefined) done(null, this.#first);
    else if (engine === null) done();
    else {
      engine.once('end', () => done());
      engine.end();
    }
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#engine?.destroy();
    done(error);
  }

  #begin(): void {
    const engine = createEngine(this.#coding, this.#first);
    this.#engine = engine;
    engine?.on('data', (piece: Buffer) => this.push(piece));
    engine?.on('error', (error) => this.destroy(error));
  }

  #write(piece: Buffer, done: TransformCallback): void {
    if (this.#engine) this.#engine.write(piece, () => done());
    else done(null, piece);
  }
}

/** A body that is cut off is unpacked as far as it came. */
const options = { flush: constants.Z_SYNC_FLUSH, finishFlush: constants.Z_SYNC_FLUSH };
const brotliOptions = {
  flush: constants.BROTLI_OPERATION_FLUSH,
  finishFlush: constants.BROTLI_OPERATION_FLUSH,
};

/** Chooses the engine by the first two bytes. */
function createEngine(coding: Coding, first: Buffer): Engine {
  const [one = 0, two = 0] = first;
  if (coding === 'gzip') return one === 0x1f && two === 0x8b ? createGunzip(options) : null;
  if (isPlain(first)) return null;
  if (coding === 'br') return createBrotliDecompress(brotliOptions) as unknown as Engine;
  // `deflate` is the name of both zlib's frame (RFC 1950) and deflate without a frame.
  return (one & 0x0f) === 8 && (one * 256 + two) % 31 === 0 ? createInflate(options) : createInflateRaw(options);
}

/** Whether the body begins as events, JSON and HTML do. */
function isPlain(first: Buffer): boolean {
  return /^(da|ev|id|re|: |:\n|\{"|\{ |\{\n|\[\{|<!|<h)/.test(first.toString('latin1', 0, 2));
}
