import { figuresLocale } from '../languages/locale.ts';

const usd = new Intl.NumberFormat(figuresLocale, {
  style: 'currency',
  currency: 'USD',
  currencyDisplay: 'narrowSymbol',
  minimumFractionDigits: 4,
  maximumFractionDigits: 4,
});

/** The amount as `$1.2345`, since answers cost fractions of a cent. An amount too small for that is not shown as nothing. */
export function formatUsd(value: number): string {
  return value > 0 && value < 0.0001 ? `<${usd.format(0.0001)}` : usd.format(value);
}
