import type { Size } from './file-rule.ts';

/** Characters of base64 that are read of an image: a multiple of 4. A JPEG may hold a profile before its size. */
const HEAD_LENGTH = 64;
const JPEG_LENGTH = 512 * 1024;
/** Segments of a JPEG that are looked at. */
const SEGMENTS_MAX = 200;

/**
 * The size of an image by its header, from its bytes in base64: PNG, GIF, WebP and JPEG. Null: it is none of them, or the
 * size is not near its beginning. Nothing is decoded, and little is read, however large the image is.
 */
export function imageSize(data: string): Size | null {
  const head = Buffer.from(data.slice(0, HEAD_LENGTH), 'base64');
  const size = pngSize(head) ?? gifSize(head) ?? webpSize(head) ?? jpegSize(data, head);
  return size && size.width > 0 && size.height > 0 ? size : null;
}

function pngSize(head: Buffer): Size | null {
  if (head.length < 24 || head.toString('latin1', 0, 8) !== '\x89PNG\r\n\x1a\n') return null;
  return { width: head.readUInt32BE(16), height: head.readUInt32BE(20) };
}

function gifSize(head: Buffer): Size | null {
  if (head.length < 10 || !/^GIF8[79]a/.test(head.toString('latin1', 0, 6))) return null;
  return { width: head.readUInt16LE(6), height: head.readUInt16LE(8) };
}

function webpSize(head: Buffer): Size | null {
  const isWebp =
    head.length >= 30 && head.toString('latin1', 0, 4) === 'RIFF' && head.toString('latin1', 8, 12) === 'WEBP';
  if (!isWebp) return null;
  switch (head.toString('latin1', 12, 16)) {
    case 'VP8X':
      return { width: head.readUIntLE(24, 3) + 1, height: head.readUIntLE(27, 3) + 1 };
    case 'VP8L': {
      const bits = head.readUInt32LE(21);
      return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
    }
    case 'VP8 ':
      return { width: head.readUInt16LE(26) & 0x3fff, height: head.readUInt16LE(28) & 0x3fff };
    default:
      return null;
  }
}

/** Goes from segment to segment, to the one that says how large the image is. */
function jpegSize(data: string, head: Buffer): Size | null {
  if (head.length < 4 || head.readUInt16BE(0) !== 0xffd8) return null;
  const bytes = Buffer.from(data.slice(0, JPEG_LENGTH), 'base64');
  let at = 2;
  for (let segments = 0; segments < SEGMENTS_MAX && at + 9 <= bytes.length; segments++) {
    if (bytes[at] !== 0xff) return null;
    const marker = bytes[at + 1] as number;
    if (marker === 0xff) at += 1;
    else if (isFrame(marker)) return { height: bytes.readUInt16BE(at + 5), width: bytes.readUInt16BE(at + 7) };
    else at += 2 + bytes.readUInt16BE(at + 2);
  }
  return null;
}

/** The markers of frames: 0xc0 to 0xcf, without those of tables among them. */
function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}
