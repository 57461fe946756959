import type { ReceiptFieldsFragment } from '../graphql/generated/graphql.ts';
import { figuresLocale } from '../languages/locale.ts';

const grouped = new Intl.NumberFormat(figuresLocale);
const point = grouped.formatToParts(0.5).find(({ type }) => type === 'decimal')?.value ?? '.';

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
  const whole = grouped.format(amount / 1_000_000n);
  return decimals === 0 ? whole : `${whole}${point}${fraction(amount).slice(0, decimals)}`;
}

function fraction(amount: bigint): string {
  return (amount % 1_000_000n).toString().padStart(6, '0');
}
