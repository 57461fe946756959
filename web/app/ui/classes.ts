import { type ClassValue, clsx } from 'clsx';
import { mergedClasses } from './looks/merged-classes.ts';

/** What has been joined: few hundred combinations come again and again. */
const known = new Map<string, string>();
const knownMax = 1000;

/** Joins class names; of two Tailwind classes for the same property the later one wins. */
export function classes(...values: ClassValue[]): string {
  const names = clsx(values);
  let merged = known.get(names);
  if (merged === undefined) {
    if (known.size >= knownMax) known.clear();
    merged = mergedClasses(names);
    known.set(names, merged);
  }
  return merged;
}
