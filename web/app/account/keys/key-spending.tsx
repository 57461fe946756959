import { keys as texts } from 'texts:account';
import type { ReactNode } from 'react';
import { sentence } from '../../languages/sentence.tsx';
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
        {limit === null
          ? sentence(texts.spent, { spent: formatShort(spent) }, { b: strong })
          : sentence(texts.spentOf, { spent: formatShort(spent), limit: formatShort(limit) }, { b: strong })}
      </p>
      {limit === null ? <p className="text-muted-foreground">{texts.noOwnLimit}</p> : <Level {...{ spent, limit }} />}
      {limit !== null && spent >= limit ? <p className="text-warning">{texts.limitReached}</p> : null}
    </div>
  );
}

function strong(children: ReactNode): ReactNode {
  return <span className="text-sm text-foreground">{children}</span>;
}

function exactly(spent: number, limit: number | null): string {
  return limit === null ? formatCount(spent) : texts.exactlyOf({ spent, limit });
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
