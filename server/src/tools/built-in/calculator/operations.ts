import { CalculationError } from './calculation-error.ts';
import {
  add,
  divide,
  exactRoot,
  type Fraction,
  fitsPower,
  floor,
  multiply,
  power,
  subtract,
  type Work,
} from './fraction.ts';
import { about, isExact, Real, toReal, type Value } from './values.ts';

type Exactly = (a: Fraction, b: Fraction, work: Work) => Fraction;

const exactly: Readonly<Record<'+' | '-' | '*' | '/', Exactly>> = {
  '+': add,
  '-': subtract,
  '*': multiply,
  '/': divide,
};

/** @throws CalculationError */
export function operate(sign: '+' | '-' | '*' | '/', a: Value, b: Value, work: Work): Value {
  if (isExact(a) && isExact(b)) return exactly[sign](a, b, work);
  work.spend(20);
  const [x, y] = [toReal(a), toReal(b)];
  if (sign === '+') return about(x.plus(y));
  if (sign === '-') return about(x.minus(y));
  if (sign === '*') return about(x.times(y));
  if (y.isZero()) throw new CalculationError('Nothing can be divided by zero.');
  return about(x.div(y));
}

/** What is left of a division; it has the sign of the divisor. @throws CalculationError */
export function remainder(a: Value, b: Value, work: Work): Value {
  if (isExact(a) && isExact(b)) return subtract(a, multiply(b, floor(divide(a, b, work)), work), work);
  const [x, y] = [toReal(a), toReal(b)];
  if (y.isZero()) throw new CalculationError('Nothing can be divided by zero.');
  return about(x.minus(y.times(x.div(y).floor())));
}

/** @throws CalculationError */
export function raise(base: Value, exponent: Value, work: Work): Value {
  work.spend(20);
  if (isExact(base) && isExact(exponent)) {
    const exact = raiseExactly(base, exponent);
    if (exact) return exact;
  }
  work.spend(500);
  const [x, y] = [toReal(base), toReal(exponent)];
  if (x.isZero() && y.isNegative()) throw new CalculationError('Nothing can be divided by zero.');
  if (x.isNegative() && !y.isInteger()) {
    throw new CalculationError('A negative number has no real power with this exponent.');
  }
  return about(Real.pow(x, y));
}

/** Null: the power has no exact value, or one with too many digits. */
function raiseExactly(base: Fraction, exponent: Fraction): Fraction | null {
  const size = exponent.n < 0n ? -exponent.n : exponent.n;
  if (!fitsPower(base.n, size) || !fitsPower(base.d, size)) return null;
  if (exponent.d === 1n) return power(base, exponent.n);
  if (base.n < 0n) return null;
  const root = exactRoot(base, exponent.d);
  return root && power(root, exponent.n);
}
