import { createWriteStream } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { tooLarge } from '../../domain/files/base64-file.ts';
import { FileRefusedError } from '../../domain/ground/errors.ts';
import { CallError, problem } from '../calls/call-problem.ts';

/** The field that holds the file. */
const FIELD = 'file';
const NAME_LENGTH_MAX = 1000;

/**
 * Writes the one file of a multipart body to the path, as it arrives. Resolves when the whole body has been read, with the
 * name that the client gives to the file, its path left out.
 *
 * @throws CallError, FileRefusedError if it has more than `bytesMax`; rejects when the client goes away or with the signal's
 * reason
 */
export async function writeFileOf(
  req: IncomingMessage,
  path: string,
  { bytesMax, signal }: { bytesMax: number; signal: AbortSignal },
): Promise<{ name: string; bytes: number }> {
  // The bundle knows no other name of a CommonJS package.
  const { default: Busboy } = await import('@fastify/busboy');
  const parser = createParser(Busboy, req);
  const files: NodeJS.ReadableStream[] = [];
  const written: Promise<{ name: string; bytes: number }>[] = [];
  let refused: Error | null = null;
  const refuse = (error: Error) => {
    refused ??= error;
    parser.destroy(error);
  };
  parser.on('file', (field, stream, filename) => {
    // A stream without a handler would end the process with its error: the body ends within the file.
    stream.on('error', (error) => refuse(error instanceof FileRefusedError ? error : notWhole()));
    files.push(stream);
    if (field !== FIELD || written.length > 0) {
      stream.resume();
      return refuse(invalidBody(`Send one file, in the field "${FIELD}".`));
    }
    const writing = writeBounded(stream, path, bytesMax).then((bytes) => ({ name: nameOf(filename), bytes }));
    writing.catch(refuse);
    written.push(writing);
  });
  parser.on('partsLimit', () => refuse(invalidBody('The body has too many parts.')));
  try {
    await pipeline(req.iterator({ destroyOnReturn: false }), parser, { signal });
  } catch (error) {
    // The parser does not end the streams that it has begun.
    for (const file of files) (file as Readable).destroy(error as Error);
    await Promise.allSettled(written);
    signal.throwIfAborted();
    throw refused ?? (req.errored || !req.complete ? error : notWhole());
  }
  const [file] = await Promise.all(written);
  if (!file) throw invalidBody(`The body has no file in the field "${FIELD}".`);
  return file;
}

function createParser(Busboy: typeof import('@fastify/busboy').default, { headers }: IncomingMessage) {
  const contentType = headers['content-type'] ?? '';
  if (!/^multipart\/form-data\s*;/i.test(contentType)) {
    throw new CallError(problem('unsupportedMedia', 'Send the file as multipart/form-data.'));
  }
  try {
    return new Busboy({
      headers: { ...headers, 'content-type': contentType },
      limits: { files: 2, fields: 4, parts: 6, fieldSize: 1000, fieldNameSize: 100, headerPairs: 20, headerSize: 8192 },
    });
  } catch {
    throw invalidBody('The multipart/form-data has no boundary.');
  }
}

/** @returns how many bytes there were */
async function writeBounded(from: NodeJS.ReadableStream, path: string, bytesMax: number): Promise<number> {
  let bytes = 0;
  const counter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      done(bytes > bytesMax ? tooLarge(bytesMax) : null, chunk);
    },
  });
  await pipeline(from, counter, createWriteStream(path, { flags: 'wx', mode: 0o600 }));
  return bytes;
}

function nameOf(filename: string | undefined): string {
  // A browser writes a quotation mark so.
  const [name = ''] = (filename ?? '').replaceAll('%22', '"').split(/[/\\]/).slice(-1);
  return name.slice(0, NAME_LENGTH_MAX);
}

function notWhole(): CallError {
  return invalidBody('The body is no whole multipart/form-data.');
}

function invalidBody(message: string): CallError {
  return new CallError(problem('invalid', message, { field: FIELD }));
}
