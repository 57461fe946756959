import { RateLimitError } from '../ground/errors.ts';
import type { ShareReader } from './readers.ts';

/** What people without an account may do with shares, counted by their address. */
export interface ReaderLimits {
  /** What an address is counted by. */
  blockOf(address: string): string;
  /** Counts an act of an address. @returns for how many ms there may be no further one, 0 if there may be this one */
  waitToRead(block: string): Promise<number>;
  waitToJudge(block: string): Promise<number>;
}

/** Counts an act of a reader who is signed out. @throws RateLimitError */
export async function requireFewActs(
  limits: ReaderLimits,
  { member, address }: ShareReader,
  act: 'waitToRead' | 'waitToJudge',
): Promise<void> {
  if (member || address === null) return;
  const waitMs = await limits[act](address);
  if (waitMs > 0) throw new RateLimitError(Math.ceil(waitMs / 1000), 'That was often. Wait a moment.');
}
