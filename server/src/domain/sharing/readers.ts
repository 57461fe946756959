import { createHmac, hkdfSync, randomBytes } from 'node:crypto';
import type { Member } from '../people/members.ts';

/** Who reads a share. */
export interface ShareReader {
  /** Null: signed out. */
  member: Pick<Member, 'id' | 'email'> | null;
  /** What their browser was given to be told apart by; null: it has none yet, or is no browser. */
  token: string | null;
  /** The block of their address; null: it is not known. */
  address: string | null;
}

/** The cookie that has the token. */
export const READER_COOKIE = 'polylogue_reader';

const cookiePattern = new RegExp(`(?:^|;\\s*)${READER_COOKIE}=([\\w-]{22})(?:;|$)`);

/** The token in the header of a request's cookies; null: there is none. */
export function tokenIn(cookies: string | null | undefined): string | null {
  return cookiePattern.exec(cookies ?? '')?.[1] ?? null;
}

/** Tells the readers of shares apart, and gives each an order of their own, without storing who they are. */
export class ShareReaders {
  readonly #key: Buffer;

  /** `secret`: the one that signs sessions. */
  constructor(secret: string) {
    this.#key = Buffer.from(hkdfSync('sha256', secret, 'polylogue', 'readers of shares', 32));
  }

  newToken(): string {
    return randomBytes(16).toString('base64url');
  }

  /** What stands for a token or an address in the verdicts of a share: of another share it is something else. */
  hashOf(shareId: string, kind: 'token' | 'address', word: string): string {
    return this.#digest([shareId, kind, word]).slice(0, 32);
  }

  /** The lanes in the order in which this reader is shown them, which stays the same. */
  orderOf(
    shareId: string,
    { member, token }: Pick<ShareReader, 'member' | 'token'>,
    lanes: readonly number[],
  ): number[] {
    const who = member ? `member ${member.id}` : `token ${token ?? ''}`;
    const places = new Map(lanes.map((lane) => [lane, this.#digest([shareId, 'order', who, String(lane)])]));
    const placeOf = (lane: number) => places.get(lane) ?? '';
    return [...lanes].sort((a, b) => (placeOf(a) < placeOf(b) ? -1 : 1));
  }

  #digest(words: readonly string[]): string {
    return createHmac('sha256', this.#key).update(JSON.stringify(words)).digest('hex');
  }
}
