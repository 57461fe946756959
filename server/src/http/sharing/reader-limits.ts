import { type RateLimiterAbstract, RateLimiterMemory } from 'rate-limiter-flexible';
import type { ReaderLimits } from '../../domain/sharing/reader-limits.ts';
import { addressBlock } from '../address-block.ts';
import { waitOf } from '../exports/download.ts';

/** Times that one address may read shares and their files in a minute. Each process counts for itself. */
const READS_PER_MINUTE = 600;
/** Verdicts that one address may give in an hour, on all shares together. */
const VERDICTS_PER_HOUR = 60;

/** What people without an account may do with shares, by their address. */
export function createReaderLimits(
  createLimiter: (options: { keyPrefix: string; points: number; duration: number }) => RateLimiterAbstract,
): ReaderLimits {
  const reads = new RateLimiterMemory({ keyPrefix: 'share-reads', points: READS_PER_MINUTE, duration: 60 });
  const verdicts = createLimiter({ keyPrefix: 'share-verdicts', points: VERDICTS_PER_HOUR, duration: 3600 });
  return {
    blockOf: addressBlock,
    waitToRead: (block) => waitOf(reads, block),
    waitToJudge: (block) => waitOf(verdicts, block),
  };
}
