import { writeFile } from 'node:fs/promises';
import type { SourceDocument, SourceFile } from './source-file.ts';
import type { EntryFinder } from './taken.ts';

/** A source with the files that its documents themselves have, of one conversation at a time. */
export class HoldingSource implements EntryFinder {
  readonly #source: SourceFile;
  readonly #bytes = new Map<string, Buffer>();

  constructor(source: SourceFile) {
    this.#source = source;
  }

  get documents(): readonly SourceDocument[] {
    return this.#source.documents;
  }

  find(name: string): string | null {
    return this.#source.find(name);
  }

  findBeginning(beginning: string): string | null {
    return this.#source.findBeginning(beginning);
  }

  add(bytes: Buffer): string {
    // No file in a zip has a name with this sign.
    const name = `\0${this.#bytes.size}`;
    this.#bytes.set(name, bytes);
    return name;
  }

  /** Lets go of the files of the last conversation. */
  letGo(): void {
    this.#bytes.clear();
  }

  async extract(entry: string, path: string, bytesMax: number): Promise<boolean> {
    const bytes = this.#bytes.get(entry);
    if (!bytes) return this.#source.extract(entry, path, bytesMax);
    if (bytes.length > bytesMax) return false;
    await writeFile(path, bytes, { flag: 'wx', mode: 0o600 });
    return true;
  }
}
