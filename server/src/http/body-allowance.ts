/**
 * What the bodies may have together that this process is being sent at one time, beyond what each may have of anybody.
 * A process has one for all of its doors.
 */
export class BodyAllowance {
  readonly #bytesMax: number;
  readonly #bytesOfMemberMax: number;
  #bytes = 0;
  /** By the member's id. */
  readonly #ofMembers = new Map<string, number>();

  constructor({ bytesMax = 256 * MEBIBYTE, bytesOfMemberMax = 64 * MEBIBYTE } = {}) {
    this.#bytesMax = bytesMax;
    this.#bytesOfMemberMax = bytesOfMemberMax;
  }

  /** @returns false, and takes nothing, if that is more than the member or the process has left */
  take(memberId: string, bytes: number): boolean {
    const ofMember = (this.#ofMembers.get(memberId) ?? 0) + bytes;
    if (ofMember > this.#bytesOfMemberMax || this.#bytes + bytes > this.#bytesMax) return false;
    this.#ofMembers.set(memberId, ofMember);
    this.#bytes += bytes;
    return true;
  }

  giveBack(memberId: string, bytes: number): void {
    const ofMember = (this.#ofMembers.get(memberId) ?? 0) - bytes;
    if (ofMember > 0) this.#ofMembers.set(memberId, ofMember);
    else this.#ofMembers.delete(memberId);
    this.#bytes -= bytes;
  }
}

const MEBIBYTE = 1024 * 1024;

/** When a client may send a body again that found no room. */
export const BODY_RETRY_SECONDS = 5;
export const NO_BODY_ROOM = 'Too many large requests are on their way. Send this one again in a few seconds.';
