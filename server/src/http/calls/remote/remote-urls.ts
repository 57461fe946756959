import type { ServerResponse } from 'node:http';
import { fetchRemoteFile, type RemoteFile, RemoteFileError } from '../../../internet/remote-file.ts';
import { CallError, invalid, problem } from '../call-problem.ts';

const URLS_MAX = 10;
const FILE_BYTES_MAX = 20 * 1024 * 1024;
/** As much as a request may have in it. */
const REQUEST_BYTES_MAX = 24 * 1024 * 1024;
const PATIENCE_MS = 20_000;
/** Requests of which files are fetched at once; each may take `REQUEST_BYTES_MAX` of memory. */
const FETCHING_MAX = 6;
/** Those of one member. */
const FETCHING_OF_MEMBER_MAX = 3;
/** Content within content: a result of a tool is within a message. */
const DEPTH_MAX = 4;

type Given = Record<string, unknown>;

/** Fetches what programs name by address, where the operator allows it. One for the process. */
export class RemoteUrls {
  readonly #fetchFile: typeof fetchRemoteFile;
  /** The member of each request. */
  readonly #fetching: string[] = [];

  constructor(fetchFile = fetchRemoteFile) {
    this.#fetchFile = fetchFile;
  }

  /**
   * Puts the files into a request that names them by address, in the forms of all protocols of programs.
   *
   * @param messages the part of the body that has them; changed in place
   * @param field how the protocol calls it
   * @throws CallError
   */
  async fetchInto(
    messages: unknown,
    field: string,
    { memberId, res }: { memberId: string; res: ServerResponse },
  ): Promise<void> {
    const places = placesIn(messages, DEPTH_MAX);
    if (places.length === 0) return;
    if (places.length > URLS_MAX) throw invalid(field, `At most ${URLS_MAX} files can be given by their address.`);
    const ofMember = this.#fetching.filter((id) => id === memberId).length;
    if (this.#fetching.length >= FETCHING_MAX || ofMember >= FETCHING_OF_MEMBER_MAX) {
      throw new CallError(problem('rateLimited', 'Too many files are being fetched.', { retryAfterSeconds: 5 }));
    }
    this.#fetching.push(memberId);
    const gone = new AbortController();
    const leave = () => gone.abort();
    res.once('close', leave);
    const signal = AbortSignal.any([gone.signal, AbortSignal.timeout(PATIENCE_MS)]);
    try {
      let left = REQUEST_BYTES_MAX;
      for (const place of places) {
        const file = await this.#fetch(place, field, { bytesMax: Math.min(FILE_BYTES_MAX, left), signal });
        left -= file.bytes.length;
        place.put(
          typeOf(file, place.isImage, () => refusal(place.url, field, typeRefusal(place.isImage))),
          file.bytes,
        );
      }
    } finally {
      res.off('close', leave);
      this.#fetching.splice(this.#fetching.indexOf(memberId), 1);
    }
  }

  async #fetch({ url }: Place, field: string, options: Parameters<typeof fetchRemoteFile>[1]): Promise<RemoteFile> {
    try {
      return await this.#fetchFile(url, options);
    } catch (error) {
      if (error instanceof RemoteFileError) throw refusal(url, field, error.message);
      if (options.signal.aborted) throw refusal(url, field, 'It took too long.');
      throw error;
    }
  }
}

function refusal(url: string, field: string, reason: string): CallError {
  // The query may hold a secret.
  return invalid(field, `The file at ${url.slice(0, 200).replace(/[?#].*$/s, '…')} cannot be fetched. ${reason}`);
}

function typeRefusal(isImage: boolean): string {
  return isImage ? 'It is no PNG, JPEG, WebP or GIF.' : 'It is no image, no PDF and no text in UTF-8.';
}

/** Where a request names a file by its address. */
interface Place {
  url: string;
  isImage: boolean;
  put(mediaType: string, bytes: Buffer): void;
}

function placesIn(value: unknown, depth: number): Place[] {
  if (!Array.isArray(value) || depth === 0) return [];
  return value.filter(isObject).flatMap((given) => {
    const own = placeOf(given);
    return [
      ...(own ? [own] : []),
      ...placesIn(given.content, depth - 1),
      ...placesIn(given.output, depth - 1),
      ...(isObject(given.source) ? placesIn(given.source.content, depth - 1) : []),
    ];
  });
}

function placeOf(given: Given): Place | null {
  const { type, source } = given;
  const within = (holder: Given, name: string): Place | null => {
    const url = holder[name];
    const put = (mediaType: string, bytes: Buffer) => {
      holder[name] = `data:${mediaType};base64,${bytes.toString('base64')}`;
    };
    return isAddress(url) ? { url, isImage: true, put } : null;
  };
  if (type === 'image_url') {
    return isObject(given.image_url) ? within(given.image_url, 'url') : within(given, 'image_url');
  }
  if (type === 'input_image') return within(given, 'image_url');
  if (type === 'input_file' && isAddress(given.file_url)) {
    const { file_url: url } = given;
    const put = (mediaType: string, bytes: Buffer) => {
      delete given.file_url;
      given.file_data = `data:${mediaType};base64,${bytes.toString('base64')}`;
      given.filename ??= nameIn(url);
    };
    return { url, isImage: false, put };
  }
  if ((type === 'image' || type === 'document') && isObject(source) && source.type === 'url' && isAddress(source.url)) {
    const put = (mediaType: string, bytes: Buffer) => {
      given.source = { type: 'base64', media_type: mediaType, data: bytes.toString('base64') };
    };
    return { url: source.url, isImage: type === 'image', put };
  }
  return null;
}

function nameIn(url: string): string {
  const name = URL.canParse(url) ? new URL(url).pathname.split('/').at(-1) : '';
  return name?.slice(0, 100) || 'file';
}

function isObject(value: unknown): value is Given {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isAddress(value: unknown): value is string {
  return typeof value === 'string' && /^https?:/i.test(value);
}

/** The type of a file by its first bytes, whatever its host says. */
function typeOf({ bytes, contentType }: RemoteFile, isImage: boolean, refused: () => CallError): string {
  const head = bytes.toString('latin1', 0, 12);
  if (head.startsWith('\x89PNG\r\n\x1a\n')) return 'image/png';
  if (head.startsWith('\xff\xd8\xff')) return 'image/jpeg';
  if (/^GIF8[79]a/.test(head)) return 'image/gif';
  if (/^RIFF.{4}WEBP/s.test(head)) return 'image/webp';
  if (isImage) throw refused();
  if (head.startsWith('%PDF-')) return 'application/pdf';
  if (!isText(bytes)) throw refused();
  return /^(?:text\/[\w.+-]+|application\/json)$/.test(contentType) ? contentType : 'text/plain';
}

function isText(bytes: Buffer): boolean {
  if (bytes.length === 0 || bytes.includes(0)) return false;
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}
