import { crc32, deflateSync } from 'node:zlib';

const SIDE = 96;

/** A small picture, always the same for the same seed: a PNG in base64. */
export function pictureOf(seed: number): string {
  const rows: number[] = [];
  const [red, green, blue] = [seed & 0xff, (seed >>> 8) & 0xff, (seed >>> 16) & 0xff];
  for (let y = 0; y < SIDE; y++) {
    // Each row begins with its filter: none.
    rows.push(0);
    for (let x = 0; x < SIDE; x++) {
      const isSun = (x - 64) ** 2 + (y - 32) ** 2 < 196;
      const isHill = y > 60 + 10 * Math.sin(x / 14);
      if (isSun) rows.push(255, 205, 70);
      else if (isHill) rows.push(40 + (red >> 2), 110 + (green >> 2), 60);
      else rows.push(150 + (y >> 1), 190 + (y >> 1), 200 + (blue >> 3));
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(SIDE, 0);
  header.writeUInt32BE(SIDE, 4);
  header.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.from(rows))),
    chunk('IEND', Buffer.alloc(0)),
  ]).toString('base64');
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(data.length, 0);
  frame.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
}
