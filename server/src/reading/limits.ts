/*
 * What a file may be. All of it is counted before it is unpacked or drawn, where a file says so truly, and while it is,
 * where it does not.
 */

/** UTF-8 bytes of the text that is read in a file. No model reads more at once. */
export const TEXT_BYTES_MAX = 10_000_000;

/** Pixels of a picture: a camera's 50 megapixels fit. */
export const PIXELS_MAX = 64_000_000;
/** Pixels of all frames together. */
export const FRAMES_PIXELS_MAX = 512_000_000;
export const FRAMES_MAX = 2_000;

/** Pixels of the longest side of what is kept of an image: providers scale down what is larger. */
export const IMAGE_SIDE_MAX = 2_048;
/** Bytes of what is kept of an image: in base64 it is less than the 5 MB that Anthropic takes. */
export const IMAGE_BYTES_MAX = 3_500_000;
export const THUMBNAIL_SIDE_MAX = 320;

export const PAGES_MAX = 1_000;

/** Files within a document. */
export const PARTS_MAX = 10_000;
/** Unpacked bytes of all files within a document, as it declares them. */
export const UNPACKED_BYTES_MAX = 512_000_000;
/** Unpacked bytes of those that are read: tags take ten times what they hold. */
export const READ_BYTES_MAX = 128_000_000;
/** Unpacked bytes for each packed one; from `RATIO_BYTES_MIN` on, since small files may pack better. */
export const RATIO_MAX = 100;
export const RATIO_BYTES_MIN = 200_000;
/** Elements within each other. */
export const DEPTH_MAX = 256;

/** How long reading one file may take, and how much memory its process may have. */
export const READING_MS_MAX = 60_000;
export const READING_BYTES_MAX = 768 * 1024 * 1024;

/** What a page of the web may be: UTF-16 code units of its source, and how many `<` may be in it. */
export const PAGE_LENGTH_MAX = 8_000_000;
export const PAGE_TAGS_MAX = 200_000;
/** Tags up to which the page is searched for its article; the search compares them with each other. */
export const ARTICLE_TAGS_MAX = 30_000;
export const PAGE_LINKS_MAX = 200;
/** How long reading a page may take. */
export const PAGE_MS_MAX = 30_000;
