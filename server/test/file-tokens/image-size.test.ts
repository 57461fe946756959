import fc from 'fast-check';
import { expect, it } from 'vitest';
import { imageSize } from '../../src/domain/ground/file-tokens/image-size.ts';

const uint = (value: number, bytes: number, end: 'BE' | 'LE') => {
  const buffer = Buffer.alloc(bytes);
  if (end === 'BE') buffer.writeUIntBE(value, 0, bytes);
  else buffer.writeUIntLE(value, 0, bytes);
  return buffer;
};
const latin = (text: string) => Buffer.from(text, 'latin1');

/** The beginnings of images, as their formats say. */
const forms: Record<string, (width: number, height: number) => Buffer> = {
  PNG: (width, height) =>
    Buffer.concat([
      latin('\x89PNG\r\n\x1a\n\0\0\0\rIHDR'),
      uint(width, 4, 'BE'),
      uint(height, 4, 'BE'),
      latin('\x08\x06\0'),
    ]),
  GIF: (width, height) => Buffer.concat([latin('GIF89a'), uint(width, 2, 'LE'), uint(height, 2, 'LE')]),
  'extended WebP': (width, height) =>
    Buffer.concat([
      latin('RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0'),
      uint(width - 1, 3, 'LE'),
      uint(height - 1, 3, 'LE'),
    ]),
  'lossless WebP': (width, height) =>
    Buffer.concat([
      latin('RIFF\0\0\0\0WEBPVP8L\0\0\0\0\x2f'),
      uint(((width - 1) | ((height - 1) << 14)) >>> 0, 4, 'LE'),
      Buffer.alloc(8),
    ]),
  'lossy WebP': (width, height) =>
    Buffer.concat([
      latin('RIFF\0\0\0\0WEBPVP8 \0\0\0\0\0\0\0\x9d\x01\x2a'),
      uint(width, 2, 'LE'),
      uint(height, 2, 'LE'),
    ]),
  'JPEG with a profile': (width, height) =>
    Buffer.concat([
      latin('\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x48\0\x48\0\0'),
      Buffer.concat([latin('\xff\xe2'), uint(60_000, 2, 'BE'), Buffer.alloc(59_998, 7)]),
      latin('\xff\xff\xff\xc4\0\x04\0\0'),
      latin('\xff\xc2\0\x11\x08'),
      uint(height, 2, 'BE'),
      uint(width, 2, 'BE'),
      latin('\x03'),
    ]),
};

it.each(Object.entries(forms))('the size of a %s is read from its header', (_name, bytesOf) => {
  const side = fc.integer({ min: 1, max: 16_383 });
  fc.assert(
    fc.property(side, side, (width, height) => {
      expect(imageSize(bytesOf(width, height).toString('base64'))).toEqual({ width, height });
    }),
  );
});

it('bytes that are no image, or break off, have no size, and break nothing', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...Object.values(forms)),
      fc.nat(120),
      fc.uint8Array({ maxLength: 80 }),
      (form, cut, noise) => {
        const bytes = Buffer.concat([form(100, 200).subarray(0, cut), noise]);
        const size = imageSize(bytes.toString('base64'));
        expect(size === null || (size.width > 0 && size.height > 0)).toBe(true);
      },
    ),
  );
  expect(imageSize('')).toBeNull();
  expect(imageSize(Buffer.from('<svg width="1" height="1"/>').toString('base64'))).toBeNull();
  expect(imageSize(forms.PNG?.(0, 10).toString('base64') ?? '')).toBeNull();
});
