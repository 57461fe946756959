import type { ColumnType, Generated } from 'kysely';

/** The tables of files, of their contents, and of what refers to them. */
export interface FileTables {
  file_content: FileContentTable;
  file_chunk: FileChunkTable;
  file_removal: FileRemovalTable;
  file: FileTable;
  turn_file: TurnFileTable;
  response_file: ResponseFileTable;
}

/** Where the bytes of a content are. */
export type ContentStore = 'DATABASE' | 'BUCKET';

interface FileContentTable {
  /** SHA-256 in hex. */
  hash: string;
  /** What the store calls it; never used again. */
  key: string;
  store: ContentStore;
  bytes: number;
  /** Whether the store has all of it. */
  stored: Generated<boolean>;
  /** Until when an upload that is under way counts on it; null: none does. */
  claimed_until: Date | null;
}

interface FileChunkTable {
  key: string;
  seq: number;
  data: Buffer;
}

interface FileRemovalTable {
  key: string;
  store: ContentStore;
  since: Generated<Date>;
  /** When they were removed; they are once more after a while, in case an upload was still writing them. */
  removed_at: Date | null;
}

export type StoredFileKind = 'IMAGE' | 'PDF' | 'DOCUMENT' | 'TEXT' | 'AUDIO';

interface FileTable {
  id: string;
  user_id: string;
  name: string;
  media_type: string;
  kind: StoredFileKind;
  /** Of the content as it is kept. */
  bytes: number;
  content_hash: string;
  /** What models that cannot see it are sent; null, as the two figures are: it has no text. */
  text_hash: string | null;
  text_tokens: number | null;
  text_bytes_max: number | null;
  pages: number | null;
  /** In pixels; null, as the height is: it is no image. */
  width: number | null;
  height: number | null;
  thumbnail_hash: string | null;
  origin: Generated<'UPLOAD' | 'MODEL'>;
  created_at: Generated<Date>;
  /** When it is deleted unless something refers to it by then; null: something does. */
  expires_at: ColumnType<Date | null, Date | null | undefined, Date | null>;
}

interface TurnFileTable {
  turn_id: string;
  position: number;
  file_id: string;
}

interface ResponseFileTable {
  response_id: string;
  position: number;
  file_id: string;
}
