import { Readable } from 'node:stream';
import type { ReadableStreamDefaultReader } from 'node:stream/web';
import { setTimeout as delay } from 'node:timers/promises';
import { AwsV4Signer } from 'aws4fetch';
import { type FileStore, FileStoreError } from '../ports/file-store.ts';

export interface S3FileStoreOptions {
  bucket: string;
  /** What the keys begin with: empty, or with a slash at its end. */
  prefix: string;
  /** An origin; null: Amazon's of the region. */
  endpoint: string | null;
  region: string;
  /** Whether the bucket's name stands in the path, and not in the host. */
  pathStyle: boolean;
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken: string | null;
  /** The wait before a request is repeated, in ms. Not a setting: only tests shorten it. */
  retryMs?: number;
  /** The longest wait for the next bytes of a body, in ms. Not a setting either. */
  silenceMs?: number;
}

/** How long a request may take until its answer begins, in ms; a put may have a slow line. */
const ANSWER_MS_MAX = 20_000;
const PUT_MS_MAX = 180_000;
/** How long a body may bring nothing while somebody waits for it. */
const SILENCE_MS_MAX = 20_000;
const TRIES = 3;
const RETRY_MS = 300;
/** As much of an error's body is read, in bytes, and for so long. */
const ERROR_BYTES_MAX = 4096;
const ERROR_MS_MAX = 5_000;

/**
 * Keeps contents in a bucket of S3, or of a server that speaks its protocol. Each is an object of its own, whose name is the
 * key; nothing is ever overwritten with something else.
 */
export function createS3FileStore(options: S3FileStoreOptions): FileStore {
  const client = new S3Client(options);
  return {
    async put(key, content, bytes) {
      const headers = { 'content-length': String(bytes), 'content-type': 'application/octet-stream' };
      const answer = await client.ask('PUT', key, { headers, body: content, msMax: PUT_MS_MAX }).finally(() => {
        content.destroy();
      });
      await requireOk(answer);
    },
    async read(key, { start, end }) {
      const answer = await client.askAgain('GET', key, { headers: { range: `bytes=${start}-${end}` } });
      if (answer.status !== 206) {
        if (answer.status !== 200) await requireOk(answer);
        letGo(answer);
        throw unavailable('The bucket does not send parts of objects.');
      }
      return new Body(answer, { silenceMs: options.silenceMs ?? SILENCE_MS_MAX, bytes: end - start + 1 });
    },
    async has(key, bytes) {
      const answer = await client.askAgain('HEAD', key);
      letGo(answer);
      // Whoever may not list a bucket is told 403 of what is not in it. A key that may do nothing is refused by the put.
      if (answer.status === 404 || answer.status === 403) return false;
      if (!answer.ok) throw refusal(answer.status, null);
      return Number(answer.headers.get('content-length') ?? bytes) === bytes;
    },
    async remove(keys) {
      const ends = await Promise.allSettled(keys.map((key) => client.remove(key)));
      const left = keys.filter((_key, index) => ends[index]?.status === 'rejected');
      const failed = ends.find((end) => end.status === 'rejected');
      if (failed && left.length === keys.length) throw failed.reason;
      return left;
    },
    async check() {
      // The bucket's HEAD says less of what is wrong, and some servers answer it to everybody.
      const answer = await client.ask('GET', null);
      await requireOk(answer);
    },
    async close() {
      client.close();
    },
  };
}

interface Asked {
  headers?: Record<string, string>;
  body?: Readable;
  msMax?: number;
}

class S3Client {
  readonly #options: S3FileStoreOptions;
  readonly #root: string;
  /** Each ends a request whose answer has not begun. */
  readonly #asking = new Set<AbortController>();
  #isClosed = false;

  constructor(options: S3FileStoreOptions) {
    const { bucket, endpoint, region, pathStyle } = options;
    const origin = new URL(endpoint ?? `https://s3.${region}.amazonaws.com`);
    if (!pathStyle) origin.hostname = `${bucket}.${origin.hostname}`;
    this.#options = options;
    this.#root = pathStyle ? `${origin.origin}/${bucket}` : origin.origin;
  }

  async remove(key: string): Promise<void> {
    const answer = await this.askAgain('DELETE', key);
    if (answer.status !== 404) return requireOk(answer);
    const code = await codeOf(answer);
    if (code === 'NoSuchBucket') throw refusal(answer.status, code);
  }

  /** Asks once more where a later try may succeed. */
  async askAgain(method: string, key: string, asked: Asked = {}): Promise<Response> {
    const { retryMs = RETRY_MS } = this.#options;
    for (let tries = 1; ; tries += 1) {
      const isLast = tries === TRIES || this.#isClosed;
      const answer = await this.ask(method, key, asked).catch((error: unknown) => {
        if (isLast) throw error;
        return null;
      });
      if (answer && (isLast || !isTransient(answer.status))) return answer;
      if (answer) letGo(answer);
      await delay(retryMs * 2 ** (tries - 1));
    }
  }

  /** @param key null: the bucket itself. @throws FileStoreError if there is no answer */
  async ask(
    method: string,
    key: string | null,
    { headers = {}, body, msMax = ANSWER_MS_MAX }: Asked = {},
  ): Promise<Response> {
    const { prefix, accessKeyId, secretAccessKey, sessionToken, region } = this.#options;
    const path =
      key === null ? '/?list-type=2&max-keys=1' : `/${prefix}${key}`.split('/').map(encodeURIComponent).join('/');
    const signer = new AwsV4Signer({
      method,
      url: this.#root + path,
      headers: { ...headers, 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' },
      accessKeyId,
      secretAccessKey,
      ...(sessionToken !== null && { sessionToken }),
      service: 's3',
      region,
    });
    const signed = await signer.sign();
    // The time ends with the answer's head: its body is read as fast as a client takes it.
    const ending = new AbortController();
    this.#asking.add(ending);
    if (this.#isClosed) ending.abort();
    const timer = setTimeout(() => ending.abort(new Error('no answer')), msMax);
    try {
      return await fetch(signed.url, {
        method,
        headers: signed.headers,
        redirect: 'manual',
        signal: ending.signal,
        ...(body && { body: Readable.toWeb(body) as BodyInit, duplex: 'half' }),
      } as RequestInit);
    } catch (error) {
      throw unavailable('The bucket of FILES_URL does not answer.', error);
    } finally {
      clearTimeout(timer);
      this.#asking.delete(ending);
    }
  }

  close(): void {
    this.#isClosed = true;
    for (const ending of this.#asking) ending.abort(new Error('closed'));
  }
}

interface BodyOptions {
  /** How long it may bring nothing while somebody waits for it. */
  silenceMs: number;
  /** How long it must be. Absent: of any length. */
  bytes?: number;
}

/**
 * The answer's body. Destroying it ends the request at once, even while the bucket sends nothing. Where it breaks, falls
 * silent, or is of another length than it must be, its error is a FileStoreError.
 */
class Body extends Readable {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array> | null;
  readonly #silenceMs: number;
  /** Bytes that are to come; null: nobody knows. */
  #missing: number | null;

  constructor({ body }: Response, { silenceMs, bytes }: BodyOptions) {
    super();
    this.#reader = body && (body.getReader() as ReadableStreamDefaultReader<Uint8Array>);
    this.#silenceMs = silenceMs;
    this.#missing = bytes ?? null;
  }

  override _read(): void {
    if (this.#reader) void this.#next(this.#reader);
    else this.#take(null);
  }

  /** Measures the bucket's time only: nothing is asked of it while a slow client takes what came. */
  async #next(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
    const silence = setTimeout(
      () => this.destroy(unavailable('The bucket of FILES_URL fell silent.')),
      this.#silenceMs,
    );
    try {
      const { done, value } = await reader.read();
      if (!this.destroyed) this.#take(done ? null : value);
    } catch (error) {
      this.destroy(unavailable('The bucket of FILES_URL broke off.', error));
    } finally {
      clearTimeout(silence);
    }
  }

  /** Null: the end. */
  #take(piece: Uint8Array | null): void {
    if (this.#missing !== null) {
      this.#missing -= piece?.length ?? 0;
      // A reader of the answer has been told the length: a shorter body would leave it waiting.
      if (this.#missing < 0 || (piece === null && this.#missing > 0)) {
        this.destroy(new FileStoreError('MISSING', 'The bucket has an object of another length than was kept.'));
        return;
      }
    }
    this.push(piece);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#reader?.cancel().catch(() => {});
    done(error);
  }
}

/** @throws FileStoreError */
async function requireOk(answer: Response): Promise<void> {
  if (answer.ok) return letGo(answer);
  throw refusal(answer.status, await codeOf(answer));
}

/** Ends an answer of which nothing more is wanted; that it broke off by then is no matter. */
function letGo({ body }: Response): void {
  body?.cancel().catch(() => {});
}

/** Says in plain words what the bucket says. */
function refusal(status: number, code: string | null): FileStoreError {
  if (code === 'NoSuchKey') return new FileStoreError('MISSING', 'The bucket has no such object.');
  if (status === 416) return new FileStoreError('MISSING', 'The bucket has less of an object than was kept.');
  const what = code === null ? `${status}` : `${status} ${code}`;
  if (status === 403 || status === 401) return unavailable(`The bucket of FILES_URL refuses the key (${what}).`);
  if (status === 301 || status === 307) return unavailable(`The bucket of FILES_URL is in another region (${what}).`);
  if (status === 404) return unavailable(`There is no bucket as FILES_URL names it (${what}).`);
  return unavailable(`The bucket of FILES_URL answers ${what}.`);
}

/** The code in the XML of an error; null: there is none in its beginning, which is all that is read. Ends the body. */
async function codeOf(answer: Response): Promise<string | null> {
  const body = new Body(answer, { silenceMs: ERROR_MS_MAX });
  const late = setTimeout(() => body.destroy(), ERROR_MS_MAX);
  const pieces: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const piece of body as AsyncIterable<Buffer>) {
      pieces.push(piece);
      bytes += piece.length;
      if (bytes >= ERROR_BYTES_MAX) break;
    }
  } catch {
    // What came before the break may say enough.
  } finally {
    clearTimeout(late);
  }
  const text = Buffer.concat(pieces).toString('latin1', 0, ERROR_BYTES_MAX);
  return /<Code>(\w{1,60})<\/Code>/.exec(text)?.[1] ?? null;
}

function isTransient(status: number): boolean {
  return status === 429 || status >= 500;
}

function unavailable(message: string, cause?: unknown): FileStoreError {
  return new FileStoreError('UNAVAILABLE', message, cause);
}
