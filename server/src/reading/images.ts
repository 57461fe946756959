import { rename, stat } from 'node:fs/promises';
import type sharp from 'sharp';
import type { Metadata, Sharp } from 'sharp';
import { FileRefusedError } from '../ports/file-reader.ts';
import {
  FRAMES_MAX,
  FRAMES_PIXELS_MAX,
  IMAGE_BYTES_MAX,
  IMAGE_SIDE_MAX,
  PIXELS_MAX,
  THUMBNAIL_SIDE_MAX,
} from './limits.ts';
import type { ReadParts } from './read-parts.ts';
import { broken } from './refusals.ts';

export type ImageForm = 'png' | 'jpeg' | 'gif' | 'webp';

/**
 * Draws an image anew: turned as its metadata says, in sRGB, without metadata, at most `IMAGE_SIDE_MAX` on its longest
 * side, as PNG or JPEG, which every provider takes. Of an animation the first frame is kept, which is what models look at.
 */
export async function readImage(path: string, form: ImageForm): Promise<ReadParts> {
  const open = await loadSharp();
  const options = { failOn: 'error', sequentialRead: true } as const;
  let seen: Metadata;
  try {
    // This reads the header alone: nothing is drawn, however large.
    seen = await open(path, { ...options, limitInputPixels: false }).metadata();
  } catch {
    throw broken('image');
  }
  checkSize(seen);
  const scaled = open(path, { ...options, limitInputPixels: PIXELS_MAX })
    .autoOrient()
    .resize({ width: IMAGE_SIDE_MAX, height: IMAGE_SIDE_MAX, fit: 'inside', withoutEnlargement: true });
  try {
    const content = `${path}.content`;
    const kept = await draw(scaled, content, form === 'png' || form === 'gif' || seen.hasAlpha === true);
    const thumbnail = `${path}.thumbnail`;
    await open(content)
      .resize({ width: THUMBNAIL_SIDE_MAX, height: THUMBNAIL_SIDE_MAX, fit: 'inside', withoutEnlargement: true })
      .webp({ quality: 75 })
      .toFile(thumbnail);
    return {
      kind: 'IMAGE',
      mediaType: `image/${kept.format}`,
      extensions: kept.format === 'png' ? ['png'] : ['jpg', 'jpeg'],
      contentPath: content,
      width: kept.width,
      height: kept.height,
      thumbnailPath: thumbnail,
    };
  } catch {
    throw broken('image');
  }
}

/** Counts before anything is drawn. */
function checkSize({ width, height, pages = 1 }: Metadata): void {
  const pixels = width * height;
  if (pages > FRAMES_MAX) {
    throw new FileRefusedError(
      'TOO_MANY_PIXELS',
      `This image has more than ${FRAMES_MAX.toLocaleString('en')} frames.`,
    );
  }
  if (pixels > PIXELS_MAX || pixels * pages > FRAMES_PIXELS_MAX) {
    throw new FileRefusedError('TOO_MANY_PIXELS', `This image has more than ${PIXELS_MAX / 1e6} million pixels.`);
  }
}

/** Writes a PNG if that is wished and not too large, otherwise a JPEG, on white. */
async function draw(image: Sharp, path: string, isPng: boolean) {
  if (isPng) {
    const { width, height, size } = await image.clone().png().toFile(path);
    if (size <= IMAGE_BYTES_MAX) return { format: 'png', width, height };
  }
  for (const quality of [90, 75, 50]) {
    const { width, height } = await image
      .clone()
      .flatten({ background: '#ffffff' })
      .jpeg({ quality, chromaSubsampling: quality === 90 ? '4:4:4' : '4:2:0' })
      .toFile(`${path}.part`);
    if (quality === 50 || (await stat(`${path}.part`)).size <= IMAGE_BYTES_MAX) {
      await rename(`${path}.part`, path);
      return { format: 'jpeg', width, height };
    }
  }
  throw new Error('unreachable');
}

/** Loads sharp with one thread and no cache: a process reads one file at a time, and others run beside it. */
async function loadSharp(): Promise<typeof sharp> {
  try {
    const { default: loaded } = await import('sharp');
    loaded.concurrency(1);
    loaded.cache(false);
    // The library reads forms that nobody has asked for, by decoders that fewer people have looked at.
    loaded.block({ operation: ['VipsForeignLoad'] });
    loaded.unblock({
      operation: ['VipsForeignLoadPng', 'VipsForeignLoadJpeg', 'VipsForeignLoadWebp', 'VipsForeignLoadNsgif'],
    });
    return loaded;
  } catch {
    throw new FileRefusedError(
      'NOT_SUPPORTED',
      `This server cannot read images: it lacks the package sharp for ${process.platform} on ${process.arch}.`,
    );
  }
}
