import { decodeAs, decodeText } from '../text/encodings.ts';

/** Bytes of a page's beginning in which it may name its encoding. */
const HEAD_BYTES = 4_096;

/**
 * The text of a page: by its byte-order mark, by the encoding that its server named, by the one that it names itself, or
 * by a guess. What is broken in it is replaced.
 */
export function decodePage(bytes: Buffer, named: string | null): string {
  const mark = markOf(bytes);
  const declared = mark ?? named ?? declaredIn(bytes);
  const text = declared === null ? null : decodeAs(bytes, declared);
  return text ?? decodeText(bytes) ?? new TextDecoder().decode(bytes);
}

function markOf(bytes: Buffer): string | null {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return 'utf-8';
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  return null;
}

/** By `<meta charset>`, `<meta http-equiv>` or an XML declaration. One that can be read as ASCII is not UTF-16. */
function declaredIn(bytes: Buffer): string | null {
  const head = bytes.toString('latin1', 0, HEAD_BYTES);
  const found = /<meta[^>]{0,200}\bcharset\s{0,5}=\s{0,5}["']?([\w:.-]{2,40})/i.exec(head) ?? xml.exec(head);
  const name = found?.[1]?.toLowerCase() ?? null;
  return name?.startsWith('utf-16') ? 'utf-8' : name;
}

const xml = /^\s{0,20}<\?xml[^>]{0,200}\bencoding\s{0,5}=\s{0,5}["']([\w:.-]{2,40})/i;
