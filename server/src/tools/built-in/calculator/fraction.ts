import { CalculationError } from './calculation-error.ts';

/** An exact number, in lowest terms; `d` is positive. */
export interface Fraction {
  readonly n: bigint;
  readonly d: bigint;
}

/** Decimal digits of a numerator or denominator. */
export const DIGITS_MAX = 2_000;
const BITS_MAX = Math.ceil(DIGITS_MAX * Math.log2(10));
/** Bits of numbers whose common divisors are looked for, in one calculation; looking takes about 0.3 µs for each. */
const WORK_MAX = 200_000;
const ROOT_MAX = 100n;

/** What one calculation may still take. */
export class Work {
  #left = WORK_MAX;

  /** @throws CalculationError */
  spend(bits: number): void {
    this.#left -= bits + 1;
    if (this.#left < 0) throw new CalculationError('This takes too long to work out exactly.');
  }
}

export function whole(n: bigint): Fraction {
  return { n: bounded(n), d: 1n };
}

/** @param d not 0 */
export function fraction(n: bigint, d: bigint, work: Work): Fraction {
  if (d === 1n) return whole(n);
  bounded(n);
  bounded(d);
  work.spend(Math.min(bitsOf(n), bitsOf(d)));
  const divisor = commonDivisor(n, d) * (d < 0n ? -1n : 1n);
  return { n: n / divisor, d: d / divisor };
}

export function add(a: Fraction, b: Fraction, work: Work): Fraction {
  return fraction(a.n * b.d + b.n * a.d, a.d * b.d, work);
}

export function subtract(a: Fraction, b: Fraction, work: Work): Fraction {
  return add(a, negate(b), work);
}

export function multiply(a: Fraction, b: Fraction, work: Work): Fraction {
  return fraction(a.n * b.n, a.d * b.d, work);
}

/** @throws CalculationError */
export function divide(a: Fraction, b: Fraction, work: Work): Fraction {
  if (b.n === 0n) throw new CalculationError('Nothing can be divided by zero.');
  return fraction(a.n * b.d, a.d * b.n, work);
}

export function negate({ n, d }: Fraction): Fraction {
  return { n: -n, d };
}

/** Towards negative infinity. */
export function floor({ n, d }: Fraction): Fraction {
  const towardsZero = n / d;
  return { n: n < 0n && towardsZero * d !== n ? towardsZero - 1n : towardsZero, d: 1n };
}

/** A power with a whole exponent. @throws CalculationError where it is too long, or zero is to be divided by */
export function power({ n, d }: Fraction, exponent: bigint): Fraction {
  const isNegative = exponent < 0n;
  const size = isNegative ? -exponent : exponent;
  if (isNegative && n === 0n) throw new CalculationError('Nothing can be divided by zero.');
  if (!fitsPower(n, size) || !fitsPower(d, size)) throw tooLong();
  const [raisedN, raisedD] = [n ** size, d ** size];
  if (!isNegative) return { n: raisedN, d: raisedD };
  return raisedN < 0n ? { n: -raisedD, d: -raisedN } : { n: raisedD, d: raisedN };
}

/** Whether such a power has few enough digits. */
export function fitsPower(base: bigint, exponent: bigint): boolean {
  const size = base < 0n ? -base : base;
  return size <= 1n || BigInt(bitsOf(size)) * exponent <= BigInt(BITS_MAX);
}

/** The root if it is exact, else null. @param value not negative where the degree is even */
export function exactRoot(value: Fraction, degree: bigint): Fraction | null {
  if (degree < 1n || degree > ROOT_MAX) return null;
  const n = wholeRoot(value.n < 0n ? -value.n : value.n, degree);
  const d = wholeRoot(value.d, degree);
  return n === null || d === null ? null : { n: value.n < 0n ? -n : n, d };
}

function wholeRoot(value: bigint, degree: bigint): bigint | null {
  if (value <= 1n) return value;
  // Newton's method from above, which ends at the root rounded down.
  let guess = 1n << (BigInt(bitsOf(value)) / degree + 1n);
  for (;;) {
    const next = ((degree - 1n) * guess + value / guess ** (degree - 1n)) / degree;
    if (next >= guess) break;
    guess = next;
  }
  return guess ** degree === value ? guess : null;
}

export function commonDivisor(a: bigint, b: bigint): bigint {
  let [x, y] = [a < 0n ? -a : a, b < 0n ? -b : b];
  while (y !== 0n) [x, y] = [y, x % y];
  return x;
}

export function bitsOf(value: bigint): number {
  return (value < 0n ? -value : value).toString(16).length * 4;
}

function bounded(value: bigint): bigint {
  if (bitsOf(value) > BITS_MAX + 4) throw tooLong();
  return value;
}

export function tooLong(): CalculationError {
  return new CalculationError(`The exact result has more than ${DIGITS_MAX.toLocaleString('en')} digits.`);
}

/** In decimal digits if these end, such as `0.125`; null if they do not, as those of 1/3. */
export function toDecimalDigits({ n, d }: Fraction): string | null {
  let [rest, twos, fives] = [d, 0, 0];
  while (rest % 2n === 0n) {
    rest /= 2n;
    twos += 1;
  }
  while (rest % 5n === 0n) {
    rest /= 5n;
    fives += 1;
  }
  const places = Math.max(twos, fives);
  if (rest !== 1n || places > DIGITS_MAX) return null;
  const digits = (((n < 0n ? -n : n) * 10n ** BigInt(places)) / d).toString().padStart(places + 1, '0');
  const sign = n < 0n ? '-' : '';
  return places === 0 ? `${sign}${digits}` : `${sign}${digits.slice(0, -places)}.${digits.slice(-places)}`;
}
