import { createHash } from 'node:crypto';
import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import { type FilePart, ModelFailure, type ModelMessage } from '../../ports/language-model.ts';
import { parseErrorBody } from '../failures/provider-error.ts';
import type { GoogleAccess } from './access.ts';

/** A file that Google keeps, as a request names it. */
export interface FileData {
  mimeType: string;
  fileUri: string;
}

/** The files of a request that were uploaded in place of being in it. */
export type UploadedFiles = ReadonlyMap<FilePart, FileData>;

/**
 * Characters of a request. Google takes 20 MB with inline data; the rest of the request is counted by its texts, and
 * the rest is for what surrounds them. https://ai.google.dev/gemini-api/docs/files
 */
const INLINE_LENGTH_MAX = 19 * 1024 * 1024;
/** Google deletes a file after 48 hours; an answer that reads it must have begun before. */
const KNOWN_MS_MAX = 46 * 60 * 60 * 1000;
const KNOWN_MAX = 500;
const POLL_MS = 500;
const POLL_MS_MAX = 4000;
/** How long the clearing up after an upload that is given up may take. */
const CANCEL_MS_MAX = 3000;
const HASHED_BYTES = 4 * 1024 * 1024;

interface KnownFile extends FileData {
  until: number;
}

/** The fields of an answer that are read; each is checked before use. */
interface FileAnswer {
  file?: unknown;
  name?: unknown;
  uri?: unknown;
  state?: unknown;
  error?: { message?: unknown };
}

/**
 * Google's Files API, for requests that would be too large with their files in them. What was uploaded is remembered by
 * its content and used again while Google has it, so that the next prompt of a conversation uploads nothing.
 */
export class GoogleUploads {
  readonly #access: GoogleAccess;
  readonly #ask: typeof fetch;
  /** By the hash of the content; the one that was used longest ago first. */
  readonly #known = new Map<string, KnownFile>();

  /** @param ask rejects with a `ModelFailure` if the status is an error */
  constructor(access: GoogleAccess, ask: typeof fetch) {
    this.#access = access;
    this.#ask = ask;
  }

  /**
   * Uploads the largest files of messages that are too large to be sent with all of their files, and waits until Google
   * can read them.
   */
  async uploaded(messages: readonly ModelMessage[], signal: AbortSignal): Promise<UploadedFiles> {
    const uploaded = new Map<FilePart, FileData>();
    for (const file of tooMuch(messages)) uploaded.set(file, await this.#sent(file, signal));
    return uploaded;
  }

  /** Forgets files that a request named and that Google may have deleted. */
  forget(files: readonly FileData[]): void {
    const uris = new Set(files.map(({ fileUri }) => fileUri));
    for (const [hash, { fileUri }] of this.#known) {
      if (uris.has(fileUri)) this.#known.delete(hash);
    }
  }

  async #sent({ data, mediaType }: FilePart, signal: AbortSignal): Promise<FileData> {
    const bytes = Buffer.from(data, 'base64');
    const hash = `${mediaType} ${await hashOf(bytes)}`;
    signal.throwIfAborted();
    const known = this.#known.get(hash);
    this.#known.delete(hash);
    const file = known && known.until > Date.now() ? known : await this.#upload(bytes, mediaType, signal);
    this.#known.set(hash, file);
    const [oldest] = this.#known.keys();
    if (this.#known.size > KNOWN_MAX && oldest !== undefined) this.#known.delete(oldest);
    return { mimeType: file.mimeType, fileUri: file.fileUri };
  }

  async #upload(bytes: Buffer<ArrayBuffer>, mimeType: string, signal: AbortSignal): Promise<KnownFile> {
    const { apiKey, baseURL } = this.#access;
    const begun = await this.#ask(`${baseURL}/upload/v1beta/files`, {
      method: 'POST',
      headers: {
        'x-goog-api-key': apiKey,
        'content-type': 'application/json',
        'x-goog-upload-protocol': 'resumable',
        'x-goog-upload-command': 'start',
        'x-goog-upload-header-content-length': String(bytes.length),
        'x-goog-upload-header-content-type': mimeType,
      },
      body: JSON.stringify({ file: {} }),
      signal,
    });
    await begun.text();
    const address = this.#addressOf(begun.headers.get('x-goog-upload-url'));
    let name: string | null = null;
    try {
      const finalized = await this.#ask(address, {
        method: 'POST',
        headers: { 'x-goog-upload-offset': '0', 'x-goog-upload-command': 'upload, finalize' },
        body: bytes,
        signal,
      });
      let file = fileOf(await finalized.text());
      name = file.name;
      for (let waitMs = POLL_MS; file.state !== 'ACTIVE'; waitMs = Math.min(2 * waitMs, POLL_MS_MAX)) {
        if (file.state === 'FAILED') throw new ModelFailure('INVALID_REQUEST', 'Google could not read a file.');
        await delay(waitMs, undefined, { signal });
        const headers = { 'x-goog-api-key': apiKey };
        file = fileOf(await (await this.#ask(`${baseURL}/v1beta/${name}`, { headers, signal })).text());
      }
      return { mimeType, fileUri: file.uri, until: Date.now() + KNOWN_MS_MAX };
    } catch (error) {
      await this.#giveUp(address, name);
      throw error;
    }
  }

  /** Ends an upload that nobody waits for any more, or deletes what it made. Never rejects. */
  async #giveUp(address: URL, name: string | null): Promise<void> {
    const { apiKey, baseURL } = this.#access;
    const signal = AbortSignal.timeout(CANCEL_MS_MAX);
    const cleared =
      name === null
        ? this.#ask(address, { method: 'POST', headers: { 'x-goog-upload-command': 'cancel' }, body: '', signal })
        : this.#ask(`${baseURL}/v1beta/${name}`, { method: 'DELETE', headers: { 'x-goog-api-key': apiKey }, signal });
    await cleared.then((response) => response.text()).catch(() => {});
  }

  /**
   * Where the bytes go. The address is taken for one of the origin that was asked: a gateway may pass on Google's own
   * answer, and nothing is sent to an origin that the operator did not name.
   */
  #addressOf(told: string | null): URL {
    if (told === null || !URL.canParse(told, this.#access.baseURL)) throw unexpected();
    const { pathname, search } = new URL(told, this.#access.baseURL);
    return new URL(pathname + search, new URL(this.#access.baseURL).origin);
  }
}

/** The largest files, until what is left fits. Files of tools' results stay: only a message's own can be named. */
function tooMuch(messages: readonly ModelMessage[]): FilePart[] {
  const parts = messages.flatMap((message) => message.parts);
  const files = parts.filter((part) => part.type === 'file').toSorted((a, b) => b.data.length - a.data.length);
  let length = parts.reduce((sum, part) => sum + lengthOf(part), 0);
  const large: FilePart[] = [];
  for (const file of files) {
    if (length <= INLINE_LENGTH_MAX) break;
    large.push(file);
    length -= file.data.length;
  }
  return large;
}

function lengthOf(part: ModelMessage['parts'][number]): number {
  switch (part.type) {
    case 'file':
      return part.data.length;
    case 'toolResult':
      return part.content.reduce((sum, one) => sum + lengthOf(one), 0);
    case 'toolCall':
      return part.arguments.length;
    case 'opaque':
      return 0;
    default:
      return part.text.length;
  }
}

/** Hashes many megabytes in pieces, between which others go on. */
async function hashOf(bytes: Buffer): Promise<string> {
  const hash = createHash('sha256');
  for (let start = 0; start < bytes.length; start += HASHED_BYTES) {
    hash.update(bytes.subarray(start, start + HASHED_BYTES));
    await nextTurn();
  }
  return hash.digest('base64');
}

function fileOf(body: string): { name: string; uri: string; state: string } {
  const answer = parseErrorBody(body) as FileAnswer | string | null;
  const file = typeof answer === 'object' && answer !== null ? ((answer.file ?? answer) as FileAnswer) : null;
  if (typeof file?.name !== 'string' || typeof file.uri !== 'string') throw unexpected();
  // The name becomes part of an address.
  if (!/^files\/[\w-]{1,200}$/.test(file.name)) throw unexpected();
  return { name: file.name, uri: file.uri, state: typeof file.state === 'string' ? file.state : 'ACTIVE' };
}

function unexpected(): ModelFailure {
  return new ModelFailure('PROVIDER_ERROR', 'Google answered an upload with something else than a file.');
}
