import { type FilePart, type LanguageModel, ModelFailure, type ModelMessage } from '../../../ports/language-model.ts';
import type { FileContents } from '../../files/contents.ts';
import { framed, type StoredFilePart, type StoredMessage } from '../../ground/stored-files.ts';
import { SharedRoom } from '../../ground/waiting-room.ts';

export interface FileLoaderOptions {
  contents: Pick<FileContents, 'load'>;
  /** Bytes of memory that large files of all requests may take which are about to be sent. Default: 96 MiB. */
  bytesMax?: number | undefined;
}

const BYTES_MAX = 96 * 1024 * 1024;
/**
 * Small requests, of at most a sixteenth of the room, have a quarter as much for themselves: whoever sends a page or a
 * picture does not wait for the large PDFs of others.
 */
const SMALL = { share: 1 / 16, room: 1 / 4 };

/** Messages with the bytes of their files. */
export interface LoadedMessages {
  messages: readonly ModelMessage[];
  /**
   * The model, which lets go of the files once the provider has the request. Until then they are in memory, and keep their
   * room, however long it takes: whoever waits for room waits for others only, whose attempts all end in time.
   */
  through(languageModel: LanguageModel): LanguageModel;
  /** Lets go of the files. Repeated, it does nothing. */
  release(): void;
}

/** Loads the files of requests just before these are sent, a bounded number of bytes at once. */
export class FileLoader {
  readonly #contents: FileLoaderOptions['contents'];
  readonly #bytesMax: number;
  readonly #room: SharedRoom;
  readonly #smallRoom: SharedRoom;

  constructor({ contents, bytesMax = BYTES_MAX }: FileLoaderOptions) {
    this.#contents = contents;
    this.#bytesMax = bytesMax;
    this.#room = new SharedRoom(bytesMax);
    this.#smallRoom = new SharedRoom(bytesMax * SMALL.room);
  }

  /**
   * Loads the files for an answer of the member, whose other ones wait behind those of others.
   *
   * @throws ModelFailure (`FILE_UNAVAILABLE`); rejects with the signal's reason once that is aborted
   */
  async load(messages: readonly StoredMessage[], memberId: string, signal: AbortSignal): Promise<LoadedMessages> {
    const bytes = weightOf(messages);
    const room = bytes <= this.#bytesMax * SMALL.share ? this.#smallRoom : this.#room;
    const leave = await room.take(memberId, bytes, signal);
    try {
      const loaded: { role: ModelMessage['role']; parts: ModelMessage['parts'] }[] = [];
      for (const { role, parts } of messages) loaded.push({ role, parts: await this.#loadParts(parts, signal) });
      return released(loaded, leave);
    } catch (error) {
      leave();
      signal.throwIfAborted();
      throw new ModelFailure('FILE_UNAVAILABLE', 'A file of this conversation could not be read. Try again.', {
        cause: error,
      });
    }
  }

  async #loadParts(parts: StoredMessage['parts'], signal: AbortSignal): Promise<ModelMessage['parts']> {
    if (!parts.some(isStored)) return parts as ModelMessage['parts'];
    const loaded: ModelMessage['parts'][number][] = [];
    for (const stored of parts) {
      const part = isStored(stored) ? await this.#loadPart(stored, signal) : stored;
      const last = loaded.at(-1);
      if (part.type === 'text' && last?.type === 'text') {
        loaded[loaded.length - 1] = { type: 'text', text: last.text + part.text };
      } else loaded.push(part);
    }
    return loaded;
  }

  async #loadPart(part: StoredFilePart, signal: AbortSignal): Promise<FilePart | { type: 'text'; text: string }> {
    const bytes = await this.#contents.load(part.hash, signal);
    if (part.form === 'TEXT') return { type: 'text', text: framed(part, bytes.toString('utf8')) };
    const { mediaType, name } = part;
    return { type: 'file', mediaType, data: bytes.toString('base64'), name };
  }
}

function isStored(part: StoredMessage['parts'][number]): part is StoredFilePart {
  return part.type === 'storedFile';
}

/** Whether nothing of the messages has to be loaded. */
export function isWhole(messages: readonly StoredMessage[]): messages is readonly ModelMessage[] {
  return messages.every(({ parts }) => !parts.some(isStored));
}

/**
 * A file is in memory as it is, in base64, and in the body of its request; a text too, and with one sign that is not of
 * Latin it takes two bytes for each.
 */
function weightOf(messages: readonly StoredMessage[]): number {
  return messages.flatMap(({ parts }) => parts.filter(isStored)).reduce((sum, { bytes }) => sum + 4 * bytes, 0);
}

function released(messages: { role: ModelMessage['role']; parts: ModelMessage['parts'] }[], leave: () => void) {
  const release = () => {
    // Whoever still has the request has its files no longer.
    for (const message of messages) message.parts = [];
    leave();
  };
  return {
    messages,
    release,
    through: (languageModel: LanguageModel): LanguageModel => ({
      listModels: (signal) => languageModel.listModels(signal),
      async stream(request, onPart) {
        try {
          await languageModel.stream({ ...request, onSent: release }, (part) => {
            release();
            onPart(part);
          });
        } finally {
          release();
        }
      },
    }),
  };
}
