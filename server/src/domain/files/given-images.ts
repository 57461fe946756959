import type { MadeImage } from '../../ports/language-model.ts';

/** An image that the program that asked is to be given. It is held here alone, however often it is read. */
export interface GivenImage {
  image: MadeImage;
  /** To be called when nobody reads it any more. */
  release(): void;
}

/** Characters of base64, of all images that wait in this process. */
const LENGTH_MAX = 128 * 1024 * 1024;

/** Room for the images that wait in memory for the programs that asked. One for the process. */
export class GivenImages {
  readonly #lengthMax: number;
  #length = 0;

  constructor(lengthMax = LENGTH_MAX) {
    this.#lengthMax = lengthMax;
  }

  /** Null: there is no room. */
  take(image: MadeImage): GivenImage | null {
    const { length } = image.data;
    if (this.#length + length > this.#lengthMax) return null;
    this.#length += length;
    let isHeld = true;
    const release = () => {
      if (isHeld) this.#length -= length;
      isHeld = false;
    };
    return { image, release };
  }
}
