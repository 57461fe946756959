import { Decimal } from 'decimal.js';
import { CalculationError } from './calculation-error.ts';
import { type Fraction, toDecimalDigits } from './fraction.ts';

/** A number as it was calculated: exactly, or to `PRECISION` digits. */
export type Value = Fraction | { readonly about: Decimal };

/** Significant digits with which is calculated what has no exact value. */
const PRECISION = 45;
/** Significant digits that are shown of it. */
const SHOWN = 25;

/** Numbers with many digits, whose settings are nobody else's. */
export const Real = Decimal.clone({ precision: PRECISION, defaults: true, toExpNeg: -30, toExpPos: 30 });

export function isExact(value: Value): value is Fraction {
  return 'n' in value;
}

export function toReal(value: Value): Decimal {
  return isExact(value) ? new Real(value.n.toString()).div(value.d.toString()) : value.about;
}

/** @throws CalculationError if there is no such number */
export function about(real: Decimal): Value {
  if (real.isNaN()) throw new CalculationError('This has no value among the real numbers.');
  if (!real.isFinite()) throw new CalculationError('The result is too large.');
  return { about: real };
}

/** For models: exact digits, a fraction with its digits, or digits that begin with ≈. */
export function written(value: Value): string {
  if (!isExact(value)) return `≈ ${shown(value.about)}`;
  return toDecimalDigits(value) ?? `${value.n}/${value.d} ≈ ${shown(toReal(value))}`;
}

function shown(real: Decimal): string {
  return real.toSignificantDigits(SHOWN).toString();
}
