import { direction, figuresLocale } from './locale.ts';

const conjunction = new Intl.ListFormat(figuresLocale, { type: 'conjunction' });
const unit = new Intl.ListFormat(figuresLocale, { type: 'unit' });

/** The names as a list in a sentence: `A, B, and C`. */
export function inSentence(names: readonly string[]): string {
  return conjunction.format(direction === 'rtl' ? names.map(apart) : names);
}

/** A name whose direction does not change the order of what stands around it. */
function apart(name: string): string {
  return `\u2068${name}\u2069`;
}

/** The texts one after the other, without an "and": `A is One, B is Two`. */
export function inRow(texts: readonly string[]): string {
  return unit.format(texts);
}
