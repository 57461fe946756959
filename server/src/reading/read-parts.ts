import type { ReadFile } from '../ports/file-reader.ts';

/** What a form's reader finds in a file. What it does not say, the file has not. */
export interface ReadParts extends Partial<Pick<ReadFile, 'pages' | 'width' | 'height' | 'thumbnailPath'>> {
  kind: ReadFile['kind'];
  mediaType: string;
  /** What the name may end with, the usual one first; any ending is right if there is none. */
  extensions?: readonly string[];
  /** As it was found: neither storable nor bounded yet. */
  text?: string | null;
  /** Default: the given file. */
  contentPath?: string;
}
