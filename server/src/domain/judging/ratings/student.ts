/**
 * The quantile of Student's t: the value that a variable with so many degrees of freedom stays below with the probability.
 *
 * @param probability from 0.5 to below 1
 * @param degrees at least 1; Infinity is the normal distribution
 */
export function studentQuantile(probability: number, degrees: number): number {
  // From here on the normal distribution differs by less than a millionth.
  const limited = Math.min(degrees, 1e7);
  let low = 0;
  let high = 2;
  while (studentProbability(high, limited) < probability) {
    low = high;
    high *= 2;
  }
  for (let halvings = 0; halvings < 60; halvings++) {
    const middle = (low + high) / 2;
    if (studentProbability(middle, limited) < probability) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** The probability that a variable stays below a value that is not negative. */
function studentProbability(value: number, degrees: number): number {
  return 1 - incompleteBeta(degrees / (degrees + value * value), degrees / 2, 0.5) / 2;
}

/** The regularized incomplete beta function, by its continued fraction. */
function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0 || x >= 1) return x <= 0 ? 0 : 1;
  // The fraction converges quickly on one side of its mean only.
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a);
  const front = a * Math.log(x) + b * Math.log1p(-x) - logBeta(a, b);
  return (Math.exp(front) / a) * betaFraction(x, a, b);
}

const TERMS_MAX = 500;
const SMALLEST = 1e-300;

/** Lentz's method. */
function betaFraction(x: number, a: number, b: number): number {
  const away = (value: number) => (Math.abs(value) < SMALLEST ? SMALLEST : value);
  let c = 1;
  let d = 1 / away(1 - ((a + b) * x) / (a + 1));
  let fraction = d;
  for (let term = 1; term <= TERMS_MAX; term++) {
    const even = (term * (b - term) * x) / ((a + 2 * term - 1) * (a + 2 * term));
    d = 1 / away(1 + even * d);
    c = away(1 + even / c);
    fraction *= d * c;
    const odd = (-(a + term) * (a + b + term) * x) / ((a + 2 * term) * (a + 2 * term + 1));
    d = 1 / away(1 + odd * d);
    c = away(1 + odd / c);
    fraction *= d * c;
    if (Math.abs(d * c - 1) < 1e-15) break;
  }
  return fraction;
}

function logBeta(a: number, b: number): number {
  return logGamma(a) + logGamma(b) - logGamma(a + b);
}

/** Stirling's series, after moving the argument to where it is exact. */
function logGamma(argument: number): number {
  let shift = 0;
  let x = argument;
  while (x < 15) {
    shift -= Math.log(x);
    x += 1;
  }
  const series = 1 / (12 * x) - 1 / (360 * x ** 3) + 1 / (1260 * x ** 5) - 1 / (1680 * x ** 7);
  return shift + (x - 0.5) * Math.log(x) - x + Math.log(2 * Math.PI) / 2 + series;
}
