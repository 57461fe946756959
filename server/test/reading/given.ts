import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, inject } from 'vitest';
import type { FileReader, ReadFile } from '../../src/ports/file-reader.ts';
import { createFileReader } from '../../src/reading/file-reader.ts';

/** A file as it was read, with the text in place of where that is. */
export type ReadWithText = Omit<ReadFile, 'textPath'> & { text: string | null };

export interface ReadingHouse {
  reader: FileReader;
  /** Has bytes read as a file of this name, in a folder of its own. */
  read(bytes: Buffer | string, name: string, signal?: AbortSignal, isFirst?: boolean): Promise<ReadWithText>;
  /** The code of the refusal, and what it left behind; or `read as` and the media type. */
  outcome(bytes: Buffer | string, name: string): Promise<string>;
}

/** A reader for the tests of a file, which ends after them. */
export function readingHouse(): ReadingHouse {
  const folder = mkdtempSync(join(tmpdir(), 'reading-'));
  // As it is built: compiling it from source takes seconds in each process.
  const reader = createFileReader({ program: pathToFileURL(join(inject('programs'), 'reading-process.js')) });
  afterAll(async () => {
    await reader.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const given = (bytes: Buffer | string) => {
    const path = join(mkdtempSync(join(folder, 'file-')), 'upload');
    writeFileSync(path, bytes);
    return path;
  };
  const read: ReadingHouse['read'] = async (bytes, name, signal = new AbortController().signal, isFirst = false) => {
    const { textPath, ...file } = await reader.read(given(bytes), name, signal, isFirst);
    return { ...file, text: textPath === null ? null : readFileSync(textPath, 'utf8') };
  };
  return {
    reader,
    read,
    async outcome(bytes, name) {
      const path = given(bytes);
      try {
        return `read as ${(await reader.read(path, name, new AbortController().signal)).mediaType}`;
      } catch (error) {
        const { code, message } = error as { code?: string; message: string };
        const left = readdirSync(join(path, '..')).filter((file) => file !== 'upload');
        return [code ?? message, ...left].join(' left ');
      }
    },
  };
}
