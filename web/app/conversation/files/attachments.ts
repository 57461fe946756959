import { files as texts } from 'texts:chat';
import { useEffect, useMemo, useSyncExternalStore } from 'react';
import { type AttachedFile, filesPerPrompt } from './attached-file.ts';
import { UploadError, upload } from './upload.ts';

/** A file of the next prompt: on its way to the server, there, or refused. */
export type Attachment = { key: string; name: string } & (
  | { state: 'uploading' /** From 0 to 1. */; sent: number }
  | { state: 'ready'; file: AttachedFile }
  | { state: 'failed'; message: string }
);

/** Where the files that the server has are kept until their prompt is sent: the draft. */
export interface KeptFiles {
  /** The same array as long as nothing changes. */
  readonly files: readonly AttachedFile[];
  keepFiles(files: readonly AttachedFile[]): void;
  subscribe(listener: () => void): () => void;
}

interface Upload {
  attachment: Attachment & { state: 'uploading' | 'failed' };
  controller: AbortController;
}

/** Files that are sent at once; the others wait. */
const uploadsAtOnce = 2;

/**
 * The files of a draft. Those that the server has are kept with the draft, as its text is; those on their way are this
 * page's.
 */
export class Attachments {
  readonly #draft: KeptFiles;
  readonly #listeners = new Set<() => void>();
  #uploads: Upload[] = [];
  #waiting: (() => void)[] = [];
  #running = 0;
  #made = 0;
  /** Which file each was that this page added, by its id. */
  readonly #numbers = new Map<string, number>();
  #shown: { kept: readonly AttachedFile[]; uploads: readonly Upload[]; attachments: readonly Attachment[] } | null =
    null;

  constructor(draft: KeptFiles) {
    this.#draft = draft;
  }

  /** The same array as long as nothing changes. */
  readonly read = (): readonly Attachment[] => {
    const kept = this.#draft.files;
    if (this.#shown?.kept !== kept || this.#shown.uploads !== this.#uploads) {
      const ready = kept.map((file) => ({ key: file.id, name: file.name, state: 'ready' as const, file }));
      const attachments = [...ready, ...this.#uploads.map(({ attachment }) => attachment)];
      this.#shown = { kept, uploads: this.#uploads, attachments };
    }
    return this.#shown.attachments;
  };

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    const end = this.#draft.subscribe(listener);
    return () => {
      this.#listeners.delete(listener);
      end();
    };
  };

  readonly add = (files: readonly File[]): void => {
    const room = filesPerPrompt - this.read().length;
    for (const [index, file] of files.entries()) {
      if (index < room) void this.#upload(file);
      else this.#fail(file, texts.tooMany({ most: filesPerPrompt }));
    }
  };

  /** An upload of it is broken off. The server cleans up files that no prompt has. */
  readonly remove = (key: string): void => {
    const upload = this.#uploads.find(({ attachment }) => attachment.key === key);
    upload?.controller.abort();
    this.#set(this.#uploads.filter((other) => other !== upload));
    if (!upload) this.#draft.keepFiles(this.#draft.files.filter(({ id }) => id !== key));
  };

  /** Removes all of them. */
  readonly clear = (): void => {
    this.close();
    this.#draft.keepFiles([]);
  };

  /** Breaks off what is on its way, as its page goes. */
  readonly close = (): void => {
    for (const { controller } of this.#uploads) controller.abort();
    this.#set([]);
  };

  async #upload(file: File): Promise<void> {
    const controller = new AbortController();
    const key = this.#newKey();
    const number = this.#made;
    this.#set([...this.#uploads, { attachment: { key, name: file.name, state: 'uploading', sent: 0 }, controller }]);
    const { signal } = controller;
    await this.#turn();
    try {
      const onProgress = (sent: number) => this.#change(key, { key, name: file.name, state: 'uploading', sent });
      const attached = await upload(file, { signal, onProgress });
      this.#keep(attached, number);
      this.#set(this.#uploads.filter(({ attachment }) => attachment.key !== key));
    } catch (error) {
      if (signal.aborted) return;
      const message = error instanceof UploadError ? error.message : texts.unreadable;
      this.#change(key, { key, name: file.name, state: 'failed', message });
    } finally {
      this.#passOn();
    }
  }

  /** Files stand in the order in which they were added, whichever of them are there first. */
  #keep(file: AttachedFile, number: number): void {
    const { files } = this.#draft;
    if (files.some(({ id }) => id === file.id)) return;
    this.#numbers.set(file.id, number);
    const later = files.findIndex(({ id }) => (this.#numbers.get(id) ?? 0) > number);
    this.#draft.keepFiles(files.toSpliced(later < 0 ? files.length : later, 0, file));
  }

  /** Waits until fewer uploads run than may. */
  async #turn(): Promise<void> {
    if (this.#running < uploadsAtOnce) this.#running += 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #passOn(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#running -= 1;
  }

  #fail({ name }: File, message: string): void {
    const attachment = { key: this.#newKey(), name, state: 'failed' as const, message };
    this.#set([...this.#uploads, { attachment, controller: new AbortController() }]);
  }

  #newKey(): string {
    this.#made += 1;
    return `upload-${this.#made}`;
  }

  #change(key: string, attachment: Upload['attachment']): void {
    this.#set(this.#uploads.map((upload) => (upload.attachment.key === key ? { ...upload, attachment } : upload)));
  }

  #set(uploads: Upload[]): void {
    this.#uploads = uploads;
    for (const listener of this.#listeners) listener();
  }
}

const none: readonly Attachment[] = [];

export function useAttachments(draft: KeptFiles) {
  const store = useMemo(() => new Attachments(draft), [draft]);
  useEffect(() => store.close, [store]);
  const attachments = useSyncExternalStore(store.subscribe, store.read, () => none);
  return { attachments, add: store.add, remove: store.remove, clear: store.clear };
}
