import { promisify } from 'node:util';
import { type Entry, open, type ZipFile } from 'yauzl';
import { FileRefusedError } from '../../ports/file-reader.ts';
import { PARTS_MAX, RATIO_BYTES_MIN, RATIO_MAX, READ_BYTES_MAX, UNPACKED_BYTES_MAX } from '../limits.ts';
import { broken, isProtected, tooLarge } from '../refusals.ts';

/** Bytes of an entry's local header, without its name. */
const HEADER_BYTES = 30;

/**
 * The files within a zip, which is what documents are. Everything that it declares is counted before any of it is
 * unpacked, and what is unpacked is counted again. A zip within it stays packed.
 */
export class Archive {
  readonly #zip: ZipFile;
  readonly #entries: ReadonlyMap<string, Entry>;
  #readBytes = 0;

  private constructor(zip: ZipFile, entries: ReadonlyMap<string, Entry>) {
    this.#zip = zip;
    this.#entries = entries;
  }

  /**
   * Opens a zip for as long as `use` takes.
   *
   * @throws FileRefusedError
   */
  static async with<T>(path: string, use: (archive: Archive) => Promise<T>): Promise<T> {
    const zip = await opened(path);
    try {
      return await use(new Archive(zip, await entriesOf(zip)));
    } catch (error) {
      throw error instanceof FileRefusedError ? error : broken('document');
    } finally {
      zip.close();
    }
  }

  has(name: string): boolean {
    return this.#entries.has(name);
  }

  /**
   * Reads a file within, piece by piece; a missing one is broken.
   *
   * @throws FileRefusedError
   */
  async *read(name: string): AsyncGenerator<Buffer> {
    const entry = this.#entries.get(name);
    if (!entry) throw broken('document');
    if (entry.uncompressedSize > RATIO_BYTES_MIN && entry.uncompressedSize > entry.compressedSize * RATIO_MAX) {
      throw tooLarge();
    }
    this.#count(entry.uncompressedSize);
    // yauzl ends a stream with an error as soon as it is longer than declared.
    const stream = await promisify(this.#zip.openReadStream.bind(this.#zip))(entry);
    for await (const piece of stream) yield piece as Buffer;
  }

  #count(bytes: number): void {
    this.#readBytes += bytes;
    if (this.#readBytes > READ_BYTES_MAX) throw tooLarge();
  }
}

function opened(path: string): Promise<ZipFile> {
  return new Promise((resolve, reject) => {
    const options = { lazyEntries: true, autoClose: false, validateEntrySizes: true, strictFileNames: true };
    open(path, options, (error, zip) => (error ? reject(broken('document')) : resolve(zip)));
  });
}

/** All entries by name, counted. */
async function entriesOf(zip: ZipFile): Promise<Map<string, Entry>> {
  if (zip.entryCount > PARTS_MAX) throw tooLarge();
  const entries = new Map<string, Entry>();
  let unpacked = 0;
  let packed = 0;
  for await (const entry of each(zip)) {
    if (entry.isEncrypted()) throw isProtected('document');
    // Of two files with one name, or at one place, different readers take different ones.
    if (entries.has(entry.fileName)) throw broken('document');
    entries.set(entry.fileName, entry);
    unpacked += entry.uncompressedSize;
    packed += HEADER_BYTES + entry.compressedSize;
    if (unpacked > UNPACKED_BYTES_MAX) throw tooLarge();
  }
  if (packed > zip.fileSize || overlap([...entries.values()])) throw broken('document');
  return entries;
}

async function* each(zip: ZipFile): AsyncGenerator<Entry> {
  for (let read = 0; read < zip.entryCount; read++) yield await next(zip);
}

function next(zip: ZipFile): Promise<Entry> {
  return new Promise((resolve, reject) => {
    const listen = (change: 'on' | 'off') => {
      zip[change]('entry', take);
      zip[change]('end', fail);
      zip[change]('error', fail);
    };
    const take = (entry: Entry) => {
      listen('off');
      resolve(entry);
    };
    const fail = () => {
      listen('off');
      // Names with `..`, absolute ones and those with a backslash end here too.
      reject(broken('document'));
    };
    listen('on');
    zip.readEntry();
  });
}

function overlap(entries: Entry[]): boolean {
  entries.sort((one, other) => one.relativeOffsetOfLocalHeader - other.relativeOffsetOfLocalHeader);
  return entries.some(({ relativeOffsetOfLocalHeader, compressedSize, fileNameLength }, index) => {
    const following = entries[index + 1];
    const end = relativeOffsetOfLocalHeader + HEADER_BYTES + fileNameLength + compressedSize;
    return following !== undefined && end > following.relativeOffsetOfLocalHeader;
  });
}
