import type { TakenFile } from '../../../ports/conversation-reader.ts';
import { FILES_MAX } from '../limits.ts';
import type { EntryFinder, Note } from '../taken.ts';

const NAME_LENGTH_MAX = 200;

/** The files of one conversation, each of which messages call by a key. */
export class SourceFiles {
  readonly #entries: EntryFinder;
  readonly #files = new Map<string, TakenFile>();
  #areTooMany = false;

  constructor(entries: EntryFinder) {
    this.#entries = entries;
  }

  get all(): TakenFile[] {
    return [...this.#files.values()];
  }

  get notes(): Note[] {
    return this.#areTooMany ? [tooManyFiles] : [];
  }

  /** A file in the zip whose name, without folders, begins so. @returns its key */
  beginning(beginning: string, name: string): string {
    const entry = this.#entries.findBeginning(beginning);
    return this.#add(`entry ${beginning}`, named(name, entry ?? beginning), () => entry);
  }

  /** A file that the document itself holds. @returns its key */
  held(id: string, name: string, bytes: () => Buffer): string {
    return this.#add(`held ${id}`, named(name, 'file.txt'), () => this.#entries.add(bytes()));
  }

  /** A file of which only the name is known. @returns its key */
  missing(name: string): string {
    return this.#add(`missing ${name}`, named(name, 'file'), () => null);
  }

  #add(key: string, name: string, entry: () => string | null): string {
    if (this.#files.has(key)) return key;
    if (this.#files.size < FILES_MAX) this.#files.set(key, { key, name, hash: null, entry: entry() });
    else this.#areTooMany = true;
    return key;
  }
}

/** Told of a conversation of whose files some are left out. */
export const tooManyFiles: Note = {
  where: '',
  why: `The conversation has more than ${FILES_MAX.toLocaleString('en')} files. Those behind are left out.`,
};

function named(name: string, otherwise: string): string {
  const [own = ''] = (name.trim() || otherwise).split(/[/\\]/).slice(-1);
  return own.slice(0, NAME_LENGTH_MAX).toWellFormed() || 'file';
}
