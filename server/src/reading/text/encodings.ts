import { analyse } from 'chardet';

/** Bytes of a text's beginning by which its encoding is guessed. */
const SAMPLE_BYTES = 256 * 1024;

/**
 * The text that bytes are, in whichever usual encoding: UTF-8, UTF-16, the encodings of Windows and ISO, and those of
 * Chinese, Japanese and Korean. Null if they are no text. A byte-order mark is not part of the text.
 */
export function decodeText(bytes: Buffer): string | null {
  const marked = byMark(bytes);
  // A mark is believed, even if a character is broken.
  if (marked) return plausible(decoded(bytes, marked, { fatal: marked === 'utf-8' }));
  if (looksLikeIso2022(bytes)) {
    const text = plausible(decoded(bytes, 'iso-2022-jp'));
    if (text !== null) return text;
  }
  const utf8 = decoded(bytes, 'utf-8');
  if (utf8 !== null && plausible(utf8) !== null) return utf8;
  const wide = wideEncoding(bytes);
  if (wide) return plausible(decoded(bytes, wide));
  if (bytes.includes(0)) return null;
  for (const encoding of guesses(bytes)) {
    const text = plausible(decoded(bytes, encoding));
    if (text !== null) return text;
  }
  return null;
}

function byMark(bytes: Buffer): string | null {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return 'utf-8';
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  return null;
}

/** The bytes of ISO-2022-JP are all ASCII: they switch alphabets by an escape. */
function looksLikeIso2022(bytes: Buffer): boolean {
  return bytes.includes('\x1b$B', 0, 'latin1') || bytes.includes('\x1b$@', 0, 'latin1');
}

/**
 * UTF-16 without a mark: Latin letters, spaces and line ends have a zero in every second byte. A text without any of them
 * is not recognised.
 */
function wideEncoding(bytes: Buffer): 'utf-16le' | 'utf-16be' | null {
  const sample = bytes.subarray(0, SAMPLE_BYTES);
  if (bytes.length < 2 || bytes.length % 2 !== 0) return null;
  let high = 0;
  let low = 0;
  for (let index = 0; index + 1 < sample.length; index += 2) {
    if (sample[index] === 0) high += 1;
    if (sample[index + 1] === 0) low += 1;
  }
  const least = sample.length / 2 / 50;
  if (low > least && high * 20 < low) return 'utf-16le';
  if (high > least && low * 20 < high) return 'utf-16be';
  return null;
}

/** The most likely first. */
function guesses(bytes: Buffer): string[] {
  const found = analyse(bytes.subarray(0, SAMPLE_BYTES))
    .filter(({ confidence }) => confidence >= 10)
    .map(({ name }) => name.toLowerCase());
  return [...found, 'windows-1252'].filter((name) => !/^(ascii|utf-)/.test(name));
}

/** The text in the encoding of this name, with a mark in place of what is broken; null: Node has no such encoding. */
export function decodeAs(bytes: Buffer, encoding: string): string | null {
  const western = /^(?:iso-?8859-1|latin1|windows-1252|cp1252|us-ascii|ascii)$/i.test(encoding);
  return decoded(bytes, western ? 'windows-1252' : encoding, { fatal: false });
}

/** Null where the bytes are not of the encoding, or Node has no such. */
function decoded(bytes: Buffer, encoding: string, { fatal } = { fatal: true }): string | null {
  if (encoding === 'windows-1252' || encoding === 'iso-8859-1') return decodedWestern(bytes);
  try {
    return new TextDecoder(encoding, { fatal }).decode(bytes);
  } catch {
    return null;
  }
}

/** Windows-1252, of which Node's own decoder, before version 22.14, reads only what it shares with Latin-1. */
function decodedWestern(bytes: Buffer): string {
  return bytes.toString('latin1').replace(/[\u0080-\u009f]/g, (unit) => western[unit.charCodeAt(0) - 0x80] ?? unit);
}

/** The characters of the bytes from 0x80 to 0x9f. */
const western = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ';

/**
 * Null for a text with what nobody writes; a stray one among a thousand characters is forgiven, and one in fifty that was
 * broken before.
 */
function plausible(text: string | null): string | null {
  if (text === null) return null;
  let strange = 0;
  let replaced = 0;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (isStrange(unit)) strange += 1;
    if (unit === 0xfffd) replaced += 1;
  }
  return strange * 1_000 > text.length || replaced * 50 > text.length + 50 ? null : text;
}

/** A control character other than those of terminals and line ends, or what is no character. */
function isStrange(unit: number): boolean {
  if (unit < 0x20) return unit < 0x08 || (unit > 0x0d && unit !== 0x1b);
  return (unit >= 0x7f && unit < 0xa0 && unit !== 0x85) || unit >= 0xfffe;
}
