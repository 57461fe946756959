import type { Answer } from '../../../database/versions.ts';
import { imagePartOf, type StoredTexts } from '../../answering/answer-parts.ts';
import type { Model } from '../../catalogue/catalogue.ts';
import type { StoredFilePart } from '../../ground/stored-files.ts';
import { type PlacedFile, placedFiles, type SentFile } from './placed-files.ts';

/** An image that a model made, in its place in the text of its answer. */
export interface AnswerImage {
  /** Where it stands in the text, in UTF-16 code units. */
  at: number;
  /** Null: it could not be kept, or is gone. */
  file: SentFile | null;
}

/** An `AnswerImage` as one model is sent it. */
export interface PlacedImage extends PlacedFile {
  at: number;
}

/** Whether a model can be sent anything of the answer. */
export function saysSomething({ text, parts }: Pick<Answer, 'text' | 'parts'>): boolean {
  return /\S/.test(text) || (parts ?? []).some((part) => imagePartOf(part, 0) !== null);
}

/**
 * The images of an answer, in their order.
 *
 * @param made the files that models made, by id
 */
export function imagesOf(
  { text, parts }: Pick<Answer, 'text' | 'parts'>,
  made: ReadonlyMap<string, SentFile>,
): AnswerImage[] {
  return (parts ?? []).flatMap((part, index) => {
    if (part.kind !== 'image') return [];
    const fileId = imagePartOf(part, index)?.data.fileId;
    return { at: placeOf(parts ?? [], index, text), file: (fileId !== undefined && made.get(fileId)) || null };
  });
}

/** An image stands where the text after it begins. */
function placeOf(parts: NonNullable<StoredTexts['parts']>, index: number, text: string): number {
  const before = parts.slice(0, index).some(({ kind }) => kind === 'text');
  if (!before) return 0;
  const after = parts.slice(index).find(({ kind }) => kind === 'text');
  return Math.min(after?.start ?? text.length, text.length);
}

/** Of an image, what it takes beyond its own tokens where a provider wants it in a message of the user: see `imagesOfUser`. */
const MARKS = { likely: 16, most: 80 };

/** The images as the model would be sent them. */
export function placedImages(images: readonly AnswerImage[], model: Model): PlacedImage[] {
  return images.map(({ at, file }) => {
    const [placed] = file ? placedFiles([file], model) : [];
    return { at, part: placed?.part ? marked(placed.part) : null, absence: '[image]' };
  });
}

function marked(part: StoredFilePart): StoredFilePart {
  const { likely, reserved, most } = part.tokens;
  return {
    ...part,
    tokens: { likely: likely + MARKS.likely, reserved: reserved + MARKS.likely, most: most + MARKS.most },
  };
}
