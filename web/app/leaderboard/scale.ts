/** A scale of a picture: from the values to a part of its length, in percent. */
export interface Scale {
  at(value: number): number;
  ticks: number[];
}

/** From the lowest to the highest value, with some round values at most a tenth beyond them. */
export function linearScale(values: readonly number[], ticksMax: number): Scale {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  // Values that differ in their last digits only are one: a step between them is too small to be added to them.
  const isOne = high - low <= 1e-9 * Math.max(Math.abs(low), Math.abs(high));
  const step = roundStep((isOne ? 1 : high - low) / ticksMax);
  const begin = Math.floor(low / step) * step;
  const end = Math.max(Math.ceil(high / step) * step, begin + step);
  const count = Math.round((end - begin) / step);
  return {
    at: (value) => ((value - begin) / (end - begin)) * 100,
    ticks: Array.from({ length: count + 1 }, (_, index) => begin + index * step),
  };
}

/** The next step of 1, 2 or 5 and zeros that is not smaller. */
function roundStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return ([1, 2, 5].find((digit) => digit * power >= least) ?? 10) * power;
}

/** The same for values whose ratios matter, such as prices: none may be 0. Its ticks are 1, 2 and 5 with zeros. */
export function ratioScale(values: readonly number[]): Scale {
  const [low, high] = [Math.log(Math.min(...values) / 1.3), Math.log(Math.max(...values) * 1.3)];
  const firstPower = Math.floor(low / Math.LN10);
  const powers = Array.from({ length: Math.ceil(high / Math.LN10) - firstPower + 1 }, (_, index) => firstPower + index);
  const round = powers.flatMap((power) => [1, 2, 5].map((digit) => digit * 10 ** power));
  const within = round.filter((value) => Math.log(value) >= low && Math.log(value) <= high);
  return {
    at: (value) => ((Math.log(value) - low) / (high - low)) * 100,
    ticks: within.length > 7 ? within.filter((value) => /^1|^0[.]0*1/.test(`${value}`)) : within,
  };
}
