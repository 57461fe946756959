import type { ReceiptFieldsFragment } from '../graphql/generated/graphql.ts';

type Bucket = ReceiptFieldsFragment['buckets'][number];

/** Tokens times their price, exactly, in millionths of a credit. */
export function millionthsOf({ tokens, price }: Pick<Bucket, 'tokens' | 'price'>): bigint {
  return BigInt(tokens) * BigInt(price);
}

/** The sum of a receipt's lines and of the request's own price, in millionths of a credit. */
export function sumOf({ buckets, requestPrice }: Pick<ReceiptFieldsFragment, 'buckets' | 'requestPrice'>): bigint {
  return buckets.reduce((sum, bucket) => sum + millionthsOf(bucket), BigInt(requestPrice) * 1_000_000n);
}

export function roundedUp(millionths: bigint): number {
  return Number((millionths + 999_999n) / 1_000_000n);
}

/** How many decimals these amounts need to be aligned one below the other. */
export function decimalsOf(amounts: readonly bigint[]): number {
  return Math.max(0, ...amounts.map((amount) => fraction(amount).replace(/0+$/, '').length));
}

/** The amount in credits, such as 1,234.56. */
export function formatMillionths(amount: bigint, decimals: number): string {
  const whole = (amount / 1_000_000n).toLocaleString('en-US');
  return decimals === 0 ? whole : `${whole}.${fraction(amount).slice(0, decimals)}`;
}

function fraction(amount: bigint): string {
  return (amount % 1_000_000n).toString().padStart(6, '0');
}
