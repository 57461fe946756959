import { deflateSync } from 'node:zlib';
import sharp, { type Sharp } from 'sharp';
import { checksum, zip } from '../making.ts';
import { type HostileFile, zlibMegabytes } from './hostile-file.ts';

const png = Buffer.from('89504e470d0a1a0a', 'hex');

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), data]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  check.writeUInt32BE(checksum(body));
  return Buffer.concat([length, body, check]);
}

/** A PNG of grey pixels with chunks before its data. */
function greyPng(width: number, height: number, data: Buffer, chunks: readonly Buffer[] = []): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 8;
  return Buffer.concat([png, chunk('IHDR', header), ...chunks, chunk('IDAT', data), chunk('IEND', Buffer.alloc(0))]);
}

const onePixel = deflateSync(Buffer.from([0, 128]));

function picture(): Sharp {
  return sharp({ create: { width: 64, height: 64, channels: 3, background: '#336699' } });
}

/** A GIF of frames that claim to be as large as its screen, and end at once. */
function gif(width: number, height: number, frames: number): Buffer {
  const screen = Buffer.from('47494638396100000000800000000000ffffff', 'hex');
  screen.writeUInt16LE(width, 6);
  screen.writeUInt16LE(height, 8);
  const frame = Buffer.from('21f90400000000002c0000000001000100000202440100', 'hex');
  frame.writeUInt16LE(width, 13);
  frame.writeUInt16LE(height, 15);
  return Buffer.concat([screen.subarray(0, 19), ...Array.from({ length: frames }, () => frame), Buffer.from(';')]);
}

/** A JPEG whose header claims another size. */
async function jpegClaiming(width: number, height: number): Promise<Buffer> {
  const bytes = await picture().jpeg().toBuffer();
  const frame = bytes.indexOf(Buffer.from('ffc0', 'hex'));
  bytes.writeUInt16BE(height, frame + 5);
  bytes.writeUInt16BE(width, frame + 7);
  return bytes;
}

async function webpClaiming(): Promise<Buffer> {
  const bytes = await picture().webp({ lossless: true }).toBuffer();
  // 14 bits each for width and height after VP8L's signature.
  bytes.writeUInt32LE(0x0fffffff, bytes.indexOf('VP8L') + 9);
  return bytes;
}

async function truncated(image: Sharp): Promise<Buffer> {
  const bytes = await image.toBuffer();
  return bytes.subarray(0, Math.floor(bytes.length * 0.6));
}

/** Noise, so that half of the bytes are half of the picture. */
function noise(): Sharp {
  const pixels = Buffer.from(Array.from({ length: 128 * 128 * 3 }, (_, index) => (index * index * 7919) % 251));
  return sharp(pixels, { raw: { width: 128, height: 128, channels: 3 } });
}

const script = '<script>alert(1)</script>';

export const hostileImages: readonly HostileFile[] = [
  {
    what: 'a PNG of 2.5 thousand million pixels in a few bytes',
    ...{ name: 'a.png', outcome: 'TOO_MANY_PIXELS' },
    bytes: () => greyPng(50_000, 50_000, onePixel),
  },
  {
    what: 'a PNG that claims the largest size there is',
    ...{ name: 'a.png', outcome: 'BROKEN' },
    bytes: () => greyPng(0x7fffffff, 0x7fffffff, onePixel),
  },
  {
    what: 'a PNG without a width',
    ...{ name: 'a.png', outcome: 'BROKEN' },
    bytes: () => greyPng(0, 10, onePixel),
  },
  {
    what: 'a PNG of one pixel with a text that unpacks to 500 MB',
    ...{ name: 'a.png', outcome: 'read as image/png' },
    bytes: () =>
      greyPng(1, 1, onePixel, [chunk('zTXt', Buffer.concat([Buffer.from('Comment\0\0'), zlibMegabytes(500)]))]),
  },
  {
    what: 'a PNG of one pixel with a profile of colours that unpacks to 500 MB',
    ...{ name: 'a.png', outcome: 'read as image/png' },
    bytes: () => greyPng(1, 1, onePixel, [chunk('iCCP', Buffer.concat([Buffer.from('icc\0\0'), zlibMegabytes(500)]))]),
  },
  {
    what: 'a PNG of one pixel whose data unpack to 500 MB',
    ...{ name: 'a.png', outcome: 'read as image/png' },
    bytes: () => greyPng(1, 1, zlibMegabytes(500)),
  },
  {
    what: 'a PNG of as many pixels as may be, all alike',
    ...{ name: 'a.png', outcome: 'read as image/png' },
    bytes: () => greyPng(7_999, 8_000, zlibMegabytes(64)),
  },
  {
    what: 'a PNG of a line of a million pixels',
    ...{ name: 'a.png', outcome: 'read as image/png' },
    bytes: () => greyPng(1_000_000, 1, zlibMegabytes(2)),
  },
  {
    what: 'a PNG that breaks off',
    ...{ name: 'a.png', outcome: 'BROKEN' },
    bytes: () => truncated(noise().png()),
  },
  {
    what: 'a PNG with a page of HTML behind it',
    ...{ name: 'a.html', outcome: 'read as image/png' },
    bytes: async () => Buffer.concat([await picture().png().toBuffer(), Buffer.from(script)]),
  },
  {
    what: 'a JPEG of four thousand million pixels',
    ...{ name: 'a.jpg', outcome: 'TOO_MANY_PIXELS' },
    bytes: () => jpegClaiming(65_500, 65_500),
  },
  {
    what: 'a JPEG that breaks off',
    ...{ name: 'a.jpg', outcome: 'BROKEN' },
    bytes: () => truncated(noise().jpeg()),
  },
  {
    what: 'a JPEG with a script in its metadata',
    ...{ name: 'a.jpg', outcome: 'read as image/jpeg' },
    bytes: () =>
      picture()
        .withExif({ IFD0: { ImageDescription: script } })
        .jpeg()
        .toBuffer(),
  },
  {
    what: 'a GIF of three thousand frames',
    ...{ name: 'a.gif', outcome: 'TOO_MANY_PIXELS' },
    bytes: () => gif(1, 1, 3_000),
  },
  {
    what: 'a GIF whose screen has four thousand million pixels',
    ...{ name: 'a.gif', outcome: 'TOO_MANY_PIXELS' },
    bytes: () => gif(65_535, 65_535, 1),
  },
  {
    what: 'a GIF whose frames together have too many pixels',
    ...{ name: 'a.gif', outcome: 'TOO_MANY_PIXELS' },
    bytes: () => gif(4_000, 4_000, 100),
  },
  {
    what: 'a GIF that breaks off',
    ...{ name: 'a.gif', outcome: 'BROKEN' },
    bytes: () => gif(10, 10, 1).subarray(0, 30),
  },
  {
    what: 'a GIF that is a script too',
    ...{ name: 'a.js', outcome: 'BROKEN' },
    bytes: () => 'GIF89a=1;alert(document.cookie)//',
  },
  {
    what: 'a GIF that is an archive too',
    ...{ name: 'a.jar', outcome: 'read as image/png' },
    bytes: async () =>
      Buffer.concat([await picture().gif().toBuffer(), zip([{ name: 'Evil.class', bytes: script, method: 0 }])]),
  },
  {
    what: 'a WebP of 268 million pixels',
    ...{ name: 'a.webp', outcome: 'BROKEN' },
    bytes: webpClaiming,
  },
  {
    what: 'a WebP that breaks off',
    ...{ name: 'a.webp', outcome: 'BROKEN' },
    bytes: () => truncated(noise().webp()),
  },
];
