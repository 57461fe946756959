import { ui as texts } from 'texts:everywhere';
import { figuresLocale, language } from '../languages/locale.ts';

const grouped = new Intl.NumberFormat(figuresLocale);
const compact = new Intl.NumberFormat(figuresLocale, { notation: 'compact', maximumSignificantDigits: 3 });
const oneDecimal = new Intl.NumberFormat(figuresLocale, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const percent = new Intl.NumberFormat(figuresLocale, { style: 'percent' });

/** The number as the page's locale writes it: `3,310`. */
export function formatCount(value: number): string {
  return grouped.format(value);
}

/** The number in full up to 9,999, else by at most three figures: `12.4k`, `812k`, `1.25M`. It is rounded down, never up. */
export function formatShort(value: number): string {
  const size = Math.abs(value);
  if (size < 10_000) return formatCount(value);
  const unit = 10 ** (Math.floor(Math.log10(size)) - 2);
  const written = compact.format(Math.trunc(value / unit) * unit);
  return language === 'en' ? written.replace('K', 'k') : written;
}

/** The amount of USD to the cent from a dollar on, below with two figures that tell: `$12.40`, `$0.0033`. Rounded up. */
export function formatUsd(usd: number): string {
  const size = Math.abs(usd);
  const digits = size >= 1 || size === 0 ? 2 : Math.min(8, Math.max(2, 1 - Math.floor(Math.log10(size))));
  // Without the small part, 0.07 times 100 is rounded up to 8.
  const rounded = Math.ceil(size * 10 ** digits - 1e-6) / 10 ** digits;
  const whole = new Intl.NumberFormat(figuresLocale, {
    style: 'currency',
    currency: 'USD',
    currencyDisplay: 'narrowSymbol',
    minimumFractionDigits: size === 0 ? 0 : 2,
    maximumFractionDigits: size === 0 ? 0 : digits,
  });
  // A zero from below would be written with a sign.
  return `${usd < 0 ? '−' : ''}${whole.format(size === 0 ? 0 : rounded)}`;
}

/** The number with so many decimals: `0.85`. */
export function formatDecimal(value: number, decimals: number): string {
  const digits = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
  return new Intl.NumberFormat(figuresLocale, digits).format(value);
}

/** The share as `12%`; 1 is all. */
export function formatPercent(share: number): string {
  return percent.format(share);
}

const groups = new Set(
  grouped.formatToParts(1_234_567).flatMap(({ type, value }) => (type === 'group' ? [value] : [])),
);

/** Reads a whole number as the page's locale writes it, such as `50,000` or `-2000`; null if `typed` is none. */
export function toCount(typed: string): number | null {
  const plain = [...typed.trim().replace(/^−/, '-').replace(/^\+/, '')]
    .filter((character) => !groups.has(character) && !/[\s_]/.test(character))
    .join('');
  const count = Number(plain);
  return /^-?\d+$/.test(plain) && Number.isSafeInteger(count) ? count : null;
}

/** Milliseconds as seconds with one decimal: `0.4 s`. */
export function formatSeconds(durationMs: number): string {
  return texts.seconds({ value: oneDecimal.format(durationMs / 1000) });
}

/** Whole tokens per second; null if the time is too short to tell. */
export function tokenRate(tokens: number, durationMs: number): number | null {
  return durationMs < 250 || tokens === 0 ? null : Math.round(tokens / (durationMs / 1000));
}
