import { createReadStream, createWriteStream } from 'node:fs';
import { open as openFile, rm, stat } from 'node:fs/promises';
import { basename } from 'node:path/posix';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { type Entry, open, type ZipFile } from 'yauzl';
import { UnreadableExportError } from '../../ports/conversation-reader.ts';
import { ENTRIES_MAX, JSON_BYTES_MAX } from './limits.ts';

/** A JSON document of conversations. */
export interface SourceDocument {
  /** Its name in the zip; empty: it is the file itself. */
  name: string;
  bytes: number;
  open(): Promise<Readable>;
}

/** A zip or a JSON document. */
export interface SourceFile {
  documents: readonly SourceDocument[];
  /** The entry of this name; null: there is none. */
  find(name: string): string | null;
  /** The entry whose name, without its folders, begins so; null: there is none. */
  findBeginning(beginning: string): string | null;
  extract(entry: string, path: string, bytesMax: number): Promise<boolean>;
  close(): void;
}

/** @throws UnreadableExportError */
export async function openSource(path: string): Promise<SourceFile> {
  const file = await openFile(path);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0).finally(() => file.close());
  const isZip = bytesRead === 4 && buffer.readUInt32LE() === 0x04034b50;
  return isZip ? openZip(path) : openDocument(path);
}

async function openDocument(path: string): Promise<SourceFile> {
  const { size } = await stat(path);
  return {
    documents: [{ name: '', bytes: size, open: async () => createReadStream(path) }],
    find: () => null,
    findBeginning: () => null,
    extract: async () => false,
    close() {},
  };
}

/** What programs call the documents in which their conversations are; without one, any at the top may be it. */
const anyName = /^[^/]*\.json$/i;
const certainName = /^(?:conversations|chat-export)[^/]*\.json$/i;

async function openZip(path: string): Promise<SourceFile> {
  const zip = await opened(path);
  try {
    const entries = await entriesOf(zip);
    const openEntry = promisify(zip.openReadStream.bind(zip)) as (entry: Entry) => Promise<Readable>;
    return {
      documents: documentsAmong([...entries.values()]).map((entry) => ({
        name: entry.fileName,
        bytes: entry.uncompressedSize,
        open: () => openEntry(entry),
      })),
      find: (name) => (entries.has(name) ? name : null),
      findBeginning: beginningsOf(entries),
      async extract(name, to, bytesMax) {
        const entry = entries.get(name);
        if (!entry || entry.uncompressedSize > bytesMax) return false;
        return extracted(await openEntry(entry), to, bytesMax);
      },
      close: () => zip.close(),
    };
  } catch (error) {
    zip.close();
    throw error;
  }
}

function documentsAmong(entries: readonly Entry[]): Entry[] {
  const named = entries.filter(({ fileName }) => certainName.test(basename(fileName)));
  const documents = named.length > 0 ? named : entries.filter(({ fileName }) => anyName.test(fileName));
  if (documents.length === 0) throw new UnreadableExportError('The zip has no conversations.json.');
  const bytes = documents.reduce((sum, { uncompressedSize }) => sum + uncompressedSize, 0);
  if (bytes > JSON_BYTES_MAX) throw new UnreadableExportError('The zip is too large once it is unpacked.');
  return documents.sort((one, other) => (one.fileName < other.fileName ? -1 : 1));
}

function beginningsOf(entries: ReadonlyMap<string, Entry>): SourceFile['findBeginning'] {
  const names = [...entries.keys()].map((name) => [basename(name), name] as const);
  names.sort(([one], [other]) => (one < other ? -1 : 1));
  return (beginning) => {
    let low = 0;
    let high = names.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((names[middle]?.[0] ?? '') < beginning) low = middle + 1;
      else high = middle;
    }
    const [base = '', name = null] = names[low] ?? [];
    return base.startsWith(beginning) ? name : null;
  };
}

function opened(path: string): Promise<ZipFile> {
  const options = { lazyEntries: true, autoClose: false, validateEntrySizes: true };
  return new Promise((resolve, reject) => {
    open(path, options, (error, zip) => (error ? reject(brokenZip()) : resolve(zip)));
  });
}

function entriesOf(zip: ZipFile): Promise<Map<string, Entry>> {
  const entries = new Map<string, Entry>();
  if (zip.entryCount > ENTRIES_MAX) throw new UnreadableExportError('The zip has too many files.');
  return new Promise((resolve, reject) => {
    zip.on('entry', (entry: Entry) => {
      if (entry.isEncrypted()) return reject(new UnreadableExportError('The zip has a password. Pack it without one.'));
      if (!entries.has(entry.fileName)) entries.set(entry.fileName, entry);
      zip.readEntry();
    });
    zip.once('end', () => resolve(entries));
    zip.once('error', () => reject(brokenZip()));
    zip.readEntry();
  });
}

async function extracted(stream: Readable, to: string, bytesMax: number): Promise<boolean> {
  let bytes = 0;
  const counter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      done(bytes > bytesMax ? new Error('The entry is larger than it says.') : null, chunk);
    },
  });
  try {
    await pipeline(stream, counter, createWriteStream(to, { flags: 'wx', mode: 0o600 }));
    return true;
  } catch {
    await rm(to, { force: true });
    return false;
  }
}

function brokenZip(): UnreadableExportError {
  return new UnreadableExportError('The zip is broken or not complete.');
}
