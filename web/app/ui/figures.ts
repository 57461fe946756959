/** The format of all numbers: one locale, so that the server's page and the browser's agree. */
const grouped = new Intl.NumberFormat('en-US');

/** The number as `3,310`. */
export function formatCount(value: number): string {
  return grouped.format(value);
}

/** The number in full up to 9,999, else by at most three figures: `12.4k`, `812k`, `1.25M`. It is rounded down, never up. */
export function formatShort(value: number): string {
  const size = Math.abs(value);
  if (size < 10_000) return formatCount(value);
  const [unit, suffix] =
    size < 1_000_000 ? [1_000, 'k'] : size < 1_000_000_000 ? [1_000_000, 'M'] : [1_000_000_000, 'B'];
  const digits = size / unit < 10 ? 2 : size / unit < 100 ? 1 : 0;
  const scaled = Math.trunc((value / unit) * 10 ** digits) / 10 ** digits;
  return `${scaled}${suffix}`;
}

/** The amount of USD to the cent from a dollar on, below with two figures that tell: `$12.40`, `$0.0033`. Rounded up. */
export function formatUsd(usd: number): string {
  const size = Math.abs(usd);
  if (size === 0) return '$0';
  const digits = size >= 1 ? 2 : Math.min(8, Math.max(2, 1 - Math.floor(Math.log10(size))));
  // Without the small part, 0.07 times 100 is rounded up to 8.
  const rounded = Math.ceil(size * 10 ** digits - 1e-6) / 10 ** digits;
  const whole = new Intl.NumberFormat('en-US', { minimumFractionDigits: 2, maximumFractionDigits: digits });
  return `${usd < 0 ? '−' : ''}$${whole.format(rounded)}`;
}

/** Reads a whole number such as `50,000` or `-2000`; null if `typed` is none. */
export function toCount(typed: string): number | null {
  const plain = typed
    .trim()
    .replace(/^−/, '-')
    .replace(/^\+/, '')
    .replaceAll(/[\s,_]/g, '');
  const count = Number(plain);
  return /^-?\d+$/.test(plain) && Number.isSafeInteger(count) ? count : null;
}

/** Milliseconds as seconds with one decimal: `0.4 s`. */
export function formatSeconds(durationMs: number): string {
  return `${(durationMs / 1000).toFixed(1)} s`;
}

/** Whole tokens per second; null if the time is too short to tell. */
export function tokenRate(tokens: number, durationMs: number): number | null {
  return durationMs < 250 || tokens === 0 ? null : Math.round(tokens / (durationMs / 1000));
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}
