import type { Estimate } from './uncertainty.ts';

/** Points of a rating for one of a strength on the scale of logits: 400 points are odds of 10 to 1. */
const POINTS = 400 * Math.log10(Math.E);
const MIDDLE = 1000;

/** The rating of a strength above the mean of all. */
export function ratingOf({ value, low, high }: Estimate): Estimate {
  return { value: MIDDLE + POINTS * value, low: MIDDLE + POINTS * low, high: MIDDLE + POINTS * high };
}

/** How likely the one wins whose strength is so much above the other's. */
export function chanceOf({ value, low, high }: Estimate): Estimate {
  return { value: logistic(value), low: logistic(low), high: logistic(high) };
}

function logistic(difference: number): number {
  return 1 / (1 + Math.exp(-difference));
}

/** Of a chance as people say it: "A beats B in 62 of 100, 48 to 75". */
export function sayChance(one: string, other: string, { value, low, high }: Estimate): string {
  const said = `${one} beats ${other} in ${ofHundred(value)} of 100, ${ofHundred(low)} to ${ofHundred(high)}`;
  return low <= 0.5 && high >= 0.5 ? `${said}: cannot tell yet` : said;
}

function ofHundred(chance: number): number {
  return Math.round(chance * 100);
}
