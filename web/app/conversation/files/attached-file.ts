import { files as texts } from 'texts:chat';
import { figuresLocale } from '../../languages/locale.ts';
import { formatCount } from '../../ui/figures.ts';

/** A file of the viewer's, as an upload's answer and `File` of the API have it. */
export interface AttachedFile {
  id: string;
  name: string;
  mediaType: string;
  /** Of what is kept: an image is made smaller, and its metadata leave. */
  bytes: number;
  /** Null: it has none. */
  pages: number | null;
}

/** The most files of one prompt, as the API has it. */
export const filesPerPrompt = 10;

export type FileLook = 'image' | 'pdf' | 'table' | 'text';

/** How a file is shown: by its type, which the server found in its bytes. */
export function lookOf({ mediaType }: Pick<AttachedFile, 'mediaType'>): FileLook {
  if (mediaType.startsWith('image/')) return 'image';
  if (mediaType === 'application/pdf') return 'pdf';
  return tables.has(mediaType) ? 'table' : 'text';
}

const tables: ReadonlySet<string> = new Set([
  'text/csv',
  'text/tab-separated-values',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
]);

const oneDecimal = new Intl.NumberFormat(figuresLocale, {
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
  useGrouping: false,
});

/** Bytes as `812 B`, `64 KB` or `3.1 MB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1_000) return texts.bytes({ size: formatCount(bytes) });
  const kilobytes = bytes / 1_000;
  if (kilobytes < 999.5) return texts.kilobytes({ size: formatCount(Math.max(1, Math.round(kilobytes))) });
  return texts.megabytes({ size: oneDecimal.format(bytes / 1_000_000) });
}

/** What a tile says below the name: `3 pages · 64 KB`. */
export function describe({ bytes, pages }: Pick<AttachedFile, 'bytes' | 'pages'>): string {
  const size = formatBytes(bytes);
  return pages === null ? size : texts.pages({ pages, size });
}
