import type { Contender, ContenderName } from './contenders.ts';

/** Figures of one round by name; ratios are computed within it. */
export type Figures = Record<string, number>;

export async function perContender(
  bench: { contenders: readonly Contender[] },
  work: (contender: Contender) => Promise<Figures>,
): Promise<Figures> {
  const figures: Figures = {};
  for (const contender of bench.contenders) {
    for (const [name, value] of Object.entries(await work(contender))) figures[`${contender.name}.${name}`] = value;
  }
  return figures;
}

/** Adds `a / b` where both were measured. */
export function ratio(figures: Figures, a: string, b: string): void {
  const [dividend, divisor] = [figures[a], figures[b]];
  if (dividend !== undefined && divisor) figures[`${a} / ${b}`] = dividend / divisor;
}

export function withRatios(figures: Figures, name: string, references: readonly ContenderName[]): Figures {
  for (const key of Object.keys(figures)) {
    const [contender = '', figure] = key.split('.');
    if (figure !== name) continue;
    for (const reference of references) {
      if (contender !== reference) ratio(figures, key, `${reference}.${name}`);
    }
  }
  return figures;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2;
}
