import { Link } from '@remix-run/react';
import { classes } from './classes.ts';

interface Segment {
  label: string;
  to: string;
  current: boolean;
}

/** Links to views of the same thing, each with an address of its own. One of them is shown. */
export function Segments({ label, segments }: { label: string; segments: readonly Segment[] }) {
  return (
    <nav aria-label={label} className="flex w-fit max-w-full overflow-x-auto rounded-md border bg-muted p-0.5">
      {segments.map(({ label, to, current }) => (
        <Link
          key={label}
          to={to}
          replace
          preventScrollReset
          aria-current={current ? 'true' : undefined}
          className={classes(
            'rounded-sm px-3 py-1 text-sm in-[.touch]:max-md:inline-flex in-[.touch]:max-md:min-h-[44px] in-[.touch]:max-md:items-center whitespace-nowrap -outline-offset-2',
            current ? 'bg-card font-medium' : 'text-muted-foreground hover:text-foreground',
          )}
        >
          {label}
        </Link>
      ))}
    </nav>
  );
}
