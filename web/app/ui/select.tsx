import { ChevronDown } from 'lucide-react';
import type { SelectHTMLAttributes } from 'react';
import { classes } from './classes.ts';

/** The browser's own select, which every phone and every screen reader knows. */
export function Select({ className, ...props }: SelectHTMLAttributes<HTMLSelectElement>) {
  return (
    <span className="relative inline-flex items-center">
      <select
        className={classes(
          'h-8 in-[.touch]:max-md:h-[44px] cursor-pointer appearance-none rounded-md border border-input bg-card pe-7 ps-2.5 text-sm transition-colors hover:bg-hover disabled:cursor-not-allowed disabled:opacity-50',
          className,
        )}
        {...props}
      />
      <ChevronDown className="pointer-events-none absolute end-2 size-3.5 text-muted-foreground" aria-hidden="true" />
    </span>
  );
}
