import type { Decimal } from 'decimal.js';
import { CalculationError } from './calculation-error.ts';
import {
  add,
  commonDivisor,
  divide,
  exactRoot,
  type Fraction,
  floor,
  multiply,
  negate,
  power,
  tooLong,
  type Work,
  whole,
} from './fraction.ts';
import { raise, remainder } from './operations.ts';
import { about, isExact, Real, toReal, type Value } from './values.ts';

/** Calculates a function of as many values as `arity` says: at least, and at most. */
export interface CalculatorFunction {
  arity: readonly [least: number, most: number];
  of(values: readonly Value[], work: Work): Value;
}

export const MANY = 1_000;

export const pi = Real.acos(-1);
export const constants: Readonly<Record<string, () => Value>> = {
  pi: () => ({ about: pi }),
  e: () => ({ about: Real.exp(1) }),
  tau: () => ({ about: pi.times(2) }),
};

const unary = (of: (value: Value, work: Work) => Value): CalculatorFunction => ({
  arity: [1, 1],
  of: ([value], work) => of(value as Value, work),
});
const binary = (of: (first: Value, second: Value, work: Work) => Value): CalculatorFunction => ({
  arity: [2, 2],
  of: ([first, second], work) => of(first as Value, second as Value, work),
});
const ofMany = (of: CalculatorFunction['of']): CalculatorFunction => ({ arity: [1, MANY], of });
/** A function that has no exact value but at zero. */
const real = (of: (x: Decimal) => Decimal, atZero?: bigint): CalculatorFunction =>
  unary((value) =>
    isExact(value) && value.n === 0n && atZero !== undefined ? whole(atZero) : about(of(toReal(value))),
  );
/** Of an angle in radians. Values that are zero but for the digits of π are zero. */
const ofAngle = (of: (x: Decimal) => Decimal, atZero: bigint): CalculatorFunction =>
  real((x) => {
    if (x.abs().gt(1e15)) throw new CalculationError('An angle is at most 1e15.');
    return of(x).toDecimalPlaces(35);
  }, atZero);

export const functions: Readonly<Record<string, CalculatorFunction>> = {
  abs: unary((x) => (isExact(x) ? { n: x.n < 0n ? -x.n : x.n, d: x.d } : about(x.about.abs()))),
  sign: unary((x) => whole(BigInt(toReal(x).cmp(0)))),
  sqrt: unary((x) => root(x, 2n)),
  cbrt: unary((x) => root(x, 3n)),
  root: binary((x, degree) => root(x, wholeOf(degree, 'root'))),
  pow: binary(raise),
  exp: real(Real.exp.bind(Real), 1n),
  ln: real(logarithm),
  log2: unary((x, work) => logarithmTo(x, whole(2n), work)),
  log10: unary((x, work) => logarithmTo(x, whole(10n), work)),
  log: { arity: [1, 2], of: ([x, base = whole(10n)], work) => logarithmTo(x as Value, base, work) },
  sin: ofAngle(Real.sin.bind(Real), 0n),
  cos: ofAngle(Real.cos.bind(Real), 1n),
  tan: ofAngle((x) => {
    if (Real.cos(x).abs().lt('1e-35')) throw new CalculationError('The tangent has no value there.');
    return Real.tan(x);
  }, 0n),
  asin: real(Real.asin.bind(Real), 0n),
  acos: real(Real.acos.bind(Real)),
  atan: real(Real.atan.bind(Real), 0n),
  atan2: binary((y, x) => about(Real.atan2(toReal(y), toReal(x)))),
  sinh: real((x) => (isSmall(x) ? x.sinh() : Real.exp(x).minus(Real.exp(x.neg())).div(2)), 0n),
  cosh: real((x) => Real.exp(x).plus(Real.exp(x.neg())).div(2), 1n),
  tanh: real(hyperbolicTangent, 0n),
  /** From degrees to radians, and back. */
  rad: unary((x) => about(toReal(x).times(pi).div(180))),
  deg: unary((x) => about(toReal(x).times(180).div(pi))),
  floor: unary(rounded),
  ceil: unary((x) => negated(rounded(negated(x)))),
  trunc: unary((x) => (toReal(x).isNegative() ? negated(rounded(negated(x))) : rounded(x))),
  round: { arity: [1, 2], of: ([x, places = whole(0n)], work) => round(x as Value, places, work) },
  mod: binary(remainder),
  gcd: ofMany((values, work) =>
    values.map((value) => integerOf(value, 'gcd')).reduce((a, b) => divisor(a, b, work), whole(0n)),
  ),
  lcm: ofMany((values, work) => values.map((value) => integerOf(value, 'lcm')).reduce((a, b) => multiple(a, b, work))),
  fact: unary(factorial),
  ncr: binary((n, k, work) => choices(n, k, { ordered: false }, work)),
  npr: binary((n, k, work) => choices(n, k, { ordered: true }, work)),
  min: ofMany((values) => values.reduce((a, b) => (toReal(b).lt(toReal(a)) ? b : a))),
  max: ofMany((values) => values.reduce((a, b) => (toReal(b).gt(toReal(a)) ? b : a))),
  sum: ofMany(sum),
  mean: ofMany((values, work) => {
    const all = sum(values, work);
    const count = whole(BigInt(values.length));
    return isExact(all) ? divide(all, count, work) : about(all.about.div(values.length));
  }),
};

function sum(values: readonly Value[], work: Work): Value {
  return values.reduce((a, b) => (isExact(a) && isExact(b) ? add(a, b, work) : about(Real.add(toReal(a), toReal(b)))));
}

function negated(value: Value): Value {
  return isExact(value) ? negate(value) : about(value.about.neg());
}

/** Rounded down. */
function rounded(value: Value): Value {
  return isExact(value) ? floor(value) : about(value.about.floor());
}

/** Half goes away from zero. */
function round(value: Value, places: Value, work: Work): Value {
  const count = wholeOf(places, 'round');
  if (count < -2_000n || count > 2_000n) throw new CalculationError('Numbers are rounded to at most 2,000 places.');
  if (!isExact(value)) return about(value.about.toDecimalPlaces(Math.max(0, Number(count))));
  const unit = power(whole(10n), -count);
  const size = { n: value.n < 0n ? -value.n : value.n, d: value.d };
  const units = floor(add(divide(size, unit, work), { n: 1n, d: 2n }, work));
  const near = multiply(units, unit, work);
  return value.n < 0n ? negate(near) : near;
}

function root(value: Value, degree: bigint): Value {
  if (degree < 1n || degree > 1_000n) throw new CalculationError('The degree of a root is from 1 to 1,000.');
  const isNegative = toReal(value).isNegative();
  if (isNegative && degree % 2n === 0n)
    throw new CalculationError('A negative number has no real root of this degree.');
  const exact = isExact(value) ? exactRoot(value, degree) : null;
  if (exact) return exact;
  const size = toReal(value).abs();
  const found = degree === 2n ? size.sqrt() : degree === 3n ? size.cbrt() : size.pow(new Real(1).div(String(degree)));
  return about(isNegative ? found.neg() : found);
}

/** Whether a series of the library ends soon: those of hyperbolic functions take as many terms as the value is large. */
function isSmall(x: Decimal): boolean {
  return x.abs().lt(1);
}

function hyperbolicTangent(x: Decimal): Decimal {
  if (isSmall(x)) return x.tanh();
  const power = Real.exp(x.abs().times(-2));
  const size = new Real(1).minus(power).div(power.plus(1));
  return x.isNegative() ? size.neg() : size;
}

function logarithm(x: Decimal): Decimal {
  if (x.lte(0)) throw new CalculationError('Only positive numbers have a logarithm.');
  return x.ln();
}

function logarithmTo(value: Value, base: Value, work: Work): Value {
  if (toReal(base).lte(0) || toReal(base).eq(1))
    throw new CalculationError('The base of a logarithm is positive, and not 1.');
  const found = logarithm(toReal(value)).div(logarithm(toReal(base)));
  const near = found.round();
  if (isExact(value) && isExact(base) && near.abs().lt(20_000)) {
    work.spend(100);
    const exponent = BigInt(near.toFixed(0));
    const raised = raise(base, whole(exponent), work);
    if (isExact(raised) && raised.n === value.n && raised.d === value.d) return whole(exponent);
  }
  return about(found);
}

export function factorial(value: Value, work: Work): Value {
  const n = wholeOf(value, 'factorial');
  if (n < 0n) throw new CalculationError('A negative number has no factorial.');
  return { n: product(1n, n, work), d: 1n };
}

function choices(first: Value, second: Value, { ordered }: { ordered: boolean }, work: Work): Value {
  const [n, k] = [wholeOf(first, 'ncr'), wholeOf(second, 'ncr')];
  if (n < 0n || k < 0n) throw new CalculationError('Choices are made among no negative number of things.');
  if (k > n) return whole(0n);
  const taken = !ordered && k > n - k ? n - k : k;
  const orders = product(n - taken + 1n, n, work);
  return whole(ordered ? orders : orders / product(1n, taken, work));
}

function product(from: bigint, to: bigint, work: Work): bigint {
  if (to - from > 1_500n) throw tooLong();
  let all = 1n;
  for (let factor = from; factor <= to; factor += 1n) {
    work.spend(8);
    all = whole(all * factor).n;
  }
  return all;
}

function divisor(a: Fraction, b: Fraction, work: Work): Fraction {
  work.spend(Math.min(a.n.toString(16).length, b.n.toString(16).length) * 4);
  return whole(commonDivisor(a.n, b.n));
}

function multiple(a: Fraction, b: Fraction, work: Work): Fraction {
  const common = divisor(a, b, work);
  if (common.n === 0n) return whole(0n);
  const { n } = multiply(a, { n: b.n / common.n, d: 1n }, work);
  return whole(n < 0n ? -n : n);
}

/** @throws CalculationError */
function wholeOf(value: Value, what: string): bigint {
  return integerOf(value, what).n;
}

function integerOf(value: Value, what: string): Fraction {
  if (!isExact(value) || value.d !== 1n) throw new CalculationError(`${what} takes whole numbers only.`);
  return value;
}
