import type { GivenImage } from '../files/given-images.ts';

/** What becomes of an image. */
export interface TakenImage {
  /** Resolves with the file's id; null: it is not kept, and its place stays empty. Never rejects. */
  kept: Promise<string | null>;
  /** Null: nobody is given it. */
  given: GivenImage | null;
}
