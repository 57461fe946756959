import { RateLimitError } from '../ground/errors.ts';
import { WaitingRoom } from '../ground/waiting-room.ts';

/** As many as a prompt may have files. */
const OF_MEMBER_MAX = 10;
const MAX = 100;
/** Beyond them members who have no upload may begin one: a few who have ten each do not keep everybody out. */
const FIRST_MAX = 200;
const RETRY_SECONDS = 5;
/** Files of a member that are read, or wait for it, behind whatever is read of others. */
const READ_OF_MEMBER_MAX = 2;

/** An upload's place among others. */
export interface UploadPlace {
  /** The member's turns to have files read, each of 1: many slow files of one keep nobody else from theirs. */
  reading: WaitingRoom;
  /** To be called when the upload has ended. */
  leave(): void;
}

/** Counts the uploads that this process receives and reads. */
export class UploadRoom {
  readonly #ofMembers = new Map<string, { count: number; reading: WaitingRoom }>();
  #count = 0;

  /** @throws RateLimitError if there are too many */
  take(memberId: string): UploadPlace {
    const ofMember = this.#ofMembers.get(memberId) ?? { count: 0, reading: new WaitingRoom(READ_OF_MEMBER_MAX) };
    if (ofMember.count >= OF_MEMBER_MAX) {
      throw new RateLimitError(RETRY_SECONDS, `You may upload ${OF_MEMBER_MAX} files at once. Wait until one is done.`);
    }
    if (this.#count >= (ofMember.count === 0 ? FIRST_MAX : MAX)) {
      throw new RateLimitError(
        RETRY_SECONDS,
        'Too many files are being uploaded. Try again in a few seconds.',
        'SERVER_BUSY',
      );
    }
    this.#ofMembers.set(memberId, ofMember);
    ofMember.count += 1;
    this.#count += 1;
    return {
      reading: ofMember.reading,
      leave: () => {
        ofMember.count -= 1;
        if (ofMember.count === 0) this.#ofMembers.delete(memberId);
        this.#count -= 1;
      },
    };
  }
}
