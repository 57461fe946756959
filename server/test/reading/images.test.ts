import { readFileSync } from 'node:fs';
import sharp, { type Sharp } from 'sharp';
import { expect, test } from 'vitest';
import { readingHouse } from './given.ts';

const { read } = readingHouse();

/** Left half red, right half blue. */
function halves(width: number, height: number): Sharp {
  const half = { width: Math.floor(width / 2), height, channels: 3 as const };
  return sharp({ create: { ...half, width, background: '#0000ff' } }).composite([
    { input: { create: { ...half, background: '#ff0000' } }, left: 0, top: 0 },
  ]);
}

/** Red, green and blue, each as 0 to 8. */
async function pixel(path: string, left: number, top: number): Promise<number[]> {
  const values = await sharp(path).extract({ left, top, width: 1, height: 1 }).removeAlpha().raw().toBuffer();
  return [...values].map((value) => Math.round(value / 32));
}

test('A photo is turned as its camera held it, loses its metadata and its size beyond 2048 pixels', async () => {
  const photo = await halves(3000, 1500)
    .withExif({ IFD0: { Copyright: 'Ann', Orientation: '6' } })
    .withMetadata({ orientation: 6 })
    .jpeg({ quality: 95 })
    .toBuffer();
  const file = await read(photo, 'C:\\photos\\IMG 1.JPG');
  expect(file).toMatchObject({
    ...{ kind: 'IMAGE', mediaType: 'image/jpeg', name: 'IMG 1.JPG', width: 1024, height: 2048 },
    ...{ pages: null, text: null, textTokens: null, textBytesMax: null },
  });
  const kept = readFileSync(file.contentPath);
  expect(kept.includes('Ann')).toBe(false);
  expect(await sharp(kept).metadata()).not.toHaveProperty('exif');
  // Turned by 90° clockwise, the left half is on top.
  expect(await pixel(file.contentPath, 500, 100)).toEqual([8, 0, 0]);
  expect(await pixel(file.contentPath, 500, 1900)).toEqual([0, 0, 8]);
  const thumbnail = await sharp(file.thumbnailPath ?? '').metadata();
  expect(thumbnail).toMatchObject({ format: 'webp', width: 160, height: 320 });
});

test('Each form of image becomes PNG or JPEG, and its name says which', async () => {
  const clear = sharp({
    create: { width: 40, height: 30, channels: 4, background: { r: 9, g: 99, b: 199, alpha: 0.5 } },
  });
  const given = {
    'a.png': await clear.clone().png().toBuffer(),
    'b.webp': await clear.clone().webp().toBuffer(),
    'c.webp': await halves(40, 30).webp().toBuffer(),
    'd.gif': await halves(40, 30).gif().toBuffer(),
    'e.txt': await halves(40, 30).jpeg().toBuffer(),
    'f.png': await halves(40, 30).toColourspace('b-w').png().toBuffer(),
    'g.png': await halves(40, 30).toColourspace('rgb16').png().toBuffer(),
    'h.jpg': await halves(40, 30).toColourspace('cmyk').jpeg().toBuffer(),
  };
  const found: Record<string, string> = {};
  for (const [name, bytes] of Object.entries(given)) {
    const file = await read(bytes, name);
    const { format, width, height, space, depth } = await sharp(file.contentPath).metadata();
    found[name] = `${file.name} ${file.mediaType} ${format} ${width}x${height} ${space} ${depth}`;
  }
  expect(found).toEqual({
    'a.png': 'a.png image/png png 40x30 srgb uchar',
    'b.webp': 'b.png image/png png 40x30 srgb uchar',
    'c.webp': 'c.jpg image/jpeg jpeg 40x30 srgb uchar',
    'd.gif': 'd.png image/png png 40x30 srgb uchar',
    'e.txt': 'e.jpg image/jpeg jpeg 40x30 srgb uchar',
    'f.png': 'f.png image/png png 40x30 srgb uchar',
    'g.png': 'g.png image/png png 40x30 srgb uchar',
    'h.jpg': 'h.jpg image/jpeg jpeg 40x30 srgb uchar',
  });
});

test('Colours of a wide gamut stay what they are to the eye', async () => {
  const wide = await halves(40, 30).withIccProfile('p3').png().toBuffer();
  const file = await read(wide, 'wide.png');
  expect(await pixel(file.contentPath, 5, 5)).toEqual([8, 0, 0]);
});

test('Of an animation the first frame is kept', async () => {
  const frames = await Promise.all(
    ['#ff0000', '#00ff00', '#0000ff'].map((background) =>
      sharp({ create: { width: 20, height: 10, channels: 3, background } })
        .png()
        .toBuffer(),
    ),
  );
  const animation = await sharp(frames, { join: { animated: true } })
    .gif()
    .toBuffer();
  expect((await sharp(animation).metadata()).pages).toBe(3);
  const file = await read(animation, 'moving.gif');
  expect(file).toMatchObject({ name: 'moving.png', width: 20, height: 10, pages: null });
  expect(await pixel(file.contentPath, 5, 5)).toEqual([8, 0, 0]);
});

test('A picture that would be too large for a provider as PNG becomes a JPEG', async () => {
  const noise = await sharp({
    create: { width: 1500, height: 1500, channels: 3, noise: { type: 'gaussian', mean: 128, sigma: 60 } },
  } as never)
    .png()
    .toBuffer();
  const file = await read(noise, 'noise.png');
  expect(file).toMatchObject({ mediaType: 'image/jpeg', name: 'noise.jpg', width: 1500 });
  expect(readFileSync(file.contentPath).length).toBeLessThan(3_500_000);
});

test('Files that wait are read in turn, and one that nobody wants any more leaves its place', async () => {
  const bytes = await halves(40, 30).png().toBuffer();
  const leaving = new AbortController();
  const left = read(bytes, 'left.png', leaving.signal);
  const waiting = new AbortController();
  const others = [
    read(bytes, '1.png'),
    read(bytes, '2.png'),
    read(bytes, '3.png', waiting.signal),
    read(bytes, '4.png'),
  ];
  leaving.abort(new Error('left'));
  waiting.abort(new Error('waited enough'));
  const outcomes = await Promise.allSettled([left, ...others]);
  expect(
    outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value.name : outcome.reason.message)),
  ).toEqual(['left', '1.png', '2.png', 'waited enough', '4.png']);
});
