import type { AttachedFile } from '../attached-file.ts';
import type { KeptFiles } from '../attachments.ts';

/** The files of a form, until it is saved. */
export class FileList implements KeptFiles {
  #files: readonly AttachedFile[];
  readonly #listeners = new Set<() => void>();

  constructor(files: readonly AttachedFile[]) {
    this.#files = files;
  }

  get files(): readonly AttachedFile[] {
    return this.#files;
  }

  keepFiles(files: readonly AttachedFile[]): void {
    this.#files = files;
    for (const listener of this.#listeners) listener();
  }

  /** Puts a file before the one in front of it, or behind the one after it. @returns its new place, from 0 */
  move(id: string, by: -1 | 1): number {
    const from = this.#files.findIndex((file) => file.id === id);
    const to = Math.max(0, Math.min(this.#files.length - 1, from + by));
    const moved = this.#files[from];
    if (moved && to !== from) this.keepFiles(this.#files.toSpliced(from, 1).toSpliced(to, 0, moved));
    return to;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
