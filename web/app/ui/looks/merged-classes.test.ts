import { expect, test } from 'vitest';
import { mergedClasses } from './merged-classes.ts';

test.each([
  ['h-10 w-full px-3 h-8 w-72', 'px-3 h-8 w-72'],
  ['h-9 px-4 text-sm size-7', 'px-4 text-sm size-7'],
  ['size-8 h-6', 'size-8 h-6'],
  ['p-4 px-2 p-0', 'p-0'],
  ['px-4 text-sm text-muted-foreground px-2 text-xs text-primary', 'px-2 text-xs text-primary'],
  ['shrink-0 flex font-medium flex-1', 'flex font-medium flex-1'],
  ['border border-input bg-card border-primary bg-primary-soft', 'border border-primary bg-primary-soft'],
  ['max-h-[85dvh] w-[min(480px,calc(100vw-32px))] max-h-[90vh]', 'w-[min(480px,calc(100vw-32px))] max-h-[90vh]'],
])('of %o the later classes for one property stay: %o', (given, kept) => {
  expect(mergedClasses(given)).toBe(kept);
});

test('a class for another state stays', () => {
  const both = 'h-9 in-[.touch]:max-md:h-[44px] hover:bg-hover [&_svg]:size-4 size-7 bg-card';
  expect(mergedClasses(both)).toBe('in-[.touch]:max-md:h-[44px] hover:bg-hover [&_svg]:size-4 size-7 bg-card');
  expect(mergedClasses('[&_svg]:size-4 [&_svg]:size-3.5')).toBe('[&_svg]:size-3.5');
  expect(mergedClasses('text-left text-sm text-wrap text-primary')).toBe('text-left text-sm text-wrap text-primary');
});
