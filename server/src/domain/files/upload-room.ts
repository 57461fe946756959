import { RateLimitError } from '../ground/errors.ts';

/** As many as a prompt may have files. */
const OF_MEMBER_MAX = 10;
const MAX = 100;
const RETRY_SECONDS = 5;

/** Counts the uploads that this process receives and reads. */
export class UploadRoom {
  readonly #ofMembers = new Map<string, number>();
  #count = 0;

  /** @returns a function to call when the upload has ended. @throws RateLimitError if there are too many */
  take(memberId: string): () => void {
    const ofMember = this.#ofMembers.get(memberId) ?? 0;
    if (ofMember >= OF_MEMBER_MAX) {
      throw new RateLimitError(RETRY_SECONDS, `You may upload ${OF_MEMBER_MAX} files at once. Wait until one is done.`);
    }
    if (this.#count >= MAX) {
      throw new RateLimitError(RETRY_SECONDS, 'Too many files are being uploaded. Try again in a few seconds.');
    }
    this.#ofMembers.set(memberId, ofMember + 1);
    this.#count += 1;
    return () => {
      const left = (this.#ofMembers.get(memberId) ?? 1) - 1;
      if (left > 0) this.#ofMembers.set(memberId, left);
      else this.#ofMembers.delete(memberId);
      this.#count -= 1;
    };
  }
}
