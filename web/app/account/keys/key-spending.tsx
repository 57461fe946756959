import { classes } from '../../ui/classes.ts';
import { formatCount, formatShort } from '../../ui/figures.ts';

interface KeySpendingProps {
  /** The credits that were charged this month. */
  spent: number;
  /** The credits that may be spent in a month; null: no limit. */
  limit: number | null;
  className?: string;
}

/** What a key has spent this month, beside its limit. */
export function KeySpending({ spent, limit, className }: KeySpendingProps) {
  return (
    <div className={classes('figures flex min-w-0 flex-col gap-1 text-xs', className)}>
      <p className="text-muted-foreground" title={exactly(spent, limit)}>
        <span className="text-sm text-foreground">{formatShort(spent)}</span>
        {limit === null ? ' credits this month' : ` of ${formatShort(limit)} credits this month`}
      </p>
      {limit === null ? <p className="text-muted-foreground">No limit of its own</p> : <Level {...{ spent, limit }} />}
      {limit !== null && spent >= limit ? <p className="text-warning">■ The limit is reached.</p> : null}
    </div>
  );
}

function exactly(spent: number, limit: number | null): string {
  return limit === null ? formatCount(spent) : `${formatCount(spent)} of ${formatCount(limit)}`;
}

/** It is an SVG since the page's Content-Security-Policy refuses style attributes. */
function Level({ spent, limit }: { spent: number; limit: number }) {
  const share = limit > 0 ? Math.min(1, spent / limit) : 1;
  return (
    <svg width="100%" height="6" aria-hidden="true" focusable="false" className="rounded-full">
      <rect width="100%" height="6" className="fill-input" />
      <rect width={`${share * 100}%`} height="6" className={share < 1 ? 'fill-primary' : 'fill-warning'} />
    </svg>
  );
}
