/** DOCUMENT: a text with a form of its own (DOCX, PPTX, XLSX, ODT). Of it and of TEXT, models are sent the text. */
export type FileKind = 'IMAGE' | 'PDF' | 'DOCUMENT' | 'TEXT' | 'AUDIO';

/** Finds out what an uploaded file is, from its bytes alone, and makes of it what is kept. */
export interface FileReader {
  /**
   * Reads a file, in a process or thread that ends when it takes too long or too much memory. What it writes, it writes
   * beside the file, in names that begin with the file's own; whoever called removes all of it.
   *
   * @param path a temporary file, which stays as it is
   * @param name as its sender called it; it decides nothing but how a text is called
   * @param isFirst whether it goes before all that are not, however many of them wait. Default: false
   * @throws FileRefusedError; RateLimitError while too many files wait; the signal's reason once that is aborted
   */
  read(path: string, name: string, signal: AbortSignal, isFirst?: boolean): Promise<ReadFile>;
  /**
   * Reads a page of HTML, as `read` reads files. Its text is written beside it.
   *
   * @throws FileRefusedError; RateLimitError while too many files wait; the signal's reason once that is aborted
   */
  readPage(path: string, page: PageSource, signal: AbortSignal): Promise<ReadPage>;
  close(): Promise<void>;
}

/** Where a page comes from. */
export interface PageSource {
  /** Its address, where its links begin. */
  url: string;
  /** The encoding that its server named; null: none. */
  charset: string | null;
}

/** What is in a page for a reader. */
export interface ReadPage {
  /** Storable, on one line, at most 300 UTF-16 code units; null: it has none. */
  title: string | null;
  /** Where its text is, in UTF-8 and storable: headings, lists, tables and code in Markdown, without links and images. */
  textPath: string;
  /** Its links to http and https, each address once, at most 200. */
  links: readonly PageLink[];
  /** Where it sends its readers on by itself; null: nowhere. */
  refreshUrl: string | null;
}

export interface PageLink {
  text: string;
  url: string;
}

/** What is kept of a file. */
export interface ReadFile {
  kind: FileKind;
  /** Of what is kept. A text is in UTF-8, and what a browser would execute, such as HTML and SVG, is `text/plain`. */
  mediaType: string;
  /**
   * Harmless: no path, no control or bidi characters, of at most 200 characters, never empty. It ends as what is kept: a
   * GIF becomes `….png`.
   */
  name: string;
  /**
   * The file itself, or a cleaned copy beside it: an image is drawn anew, without metadata, as PNG or JPEG of at most 2048
   * pixels on its longest side.
   */
  contentPath: string;
  pages: number | null;
  /** Of an image, in pixels as it is kept. */
  width: number | null;
  height: number | null;
  /**
   * Where the whole text is, in UTF-8: storable (no NUL, no lone surrogates), of at most 10 MB. Where there are pages, each
   * begins with a line of its own: `[Page 1]`; slides with `[Slide 1]`, sheets with `[Sheet: its name]`. Null: there is
   * none, as in an image and a scanned PDF.
   */
  textPath: string | null;
  /** As `estimateTokens` measures the text; null: there is none. */
  textTokens: number | null;
  /** As `ByteMeter` measures the text; null: there is none. */
  textBytesMax: number | null;
  /** A WebP of at most 320 × 320 pixels; null: there is nothing to be drawn. */
  thumbnailPath: string | null;
}

export type FileRefusal =
  | 'TOO_LARGE'
  | 'TYPE_NOT_ALLOWED'
  | 'TOO_MANY_PIXELS'
  | 'TOO_MANY_PAGES'
  | 'TOO_DEEP'
  | 'BROKEN'
  | 'PROTECTED'
  | 'TIMED_OUT'
  /** The server lacks what reads such files: its operator can mend that. */
  | 'NOT_SUPPORTED';

/** A file is not taken; the message says why in a plain sentence that its sender reads. */
export class FileRefusedError extends Error {
  override readonly name = 'FileRefusedError';
  readonly code: FileRefusal;

  constructor(code: FileRefusal, message: string) {
    super(message);
    this.code = code;
  }
}
