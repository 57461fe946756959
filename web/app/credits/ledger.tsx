import { ChevronRight } from 'lucide-react';
import { useState } from 'react';
import type { AccountQuery, LedgerEntryFragment } from '../graphql/generated/graphql.ts';
import { classes } from '../ui/classes.ts';
import { formatCount, plural } from '../ui/figures.ts';
import { Pages } from '../ui/pages.tsx';
import { ProviderMark } from '../ui/provider-mark.tsx';
import { type Column, Table } from '../ui/table.tsx';
import { Time } from '../ui/time.tsx';
import { Receipt } from './receipt.tsx';

type Entries = NonNullable<AccountQuery['viewer']>['credits']['entries'];

/** The entries of the ledger, newest first, each charge with its receipt. The address says which page of them is shown. */
export function Ledger({ entries }: { entries: Entries }) {
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const toggle = (id: string) =>
    setOpen((shown) => (shown.has(id) ? new Set([...shown].filter((other) => other !== id)) : new Set(shown).add(id)));
  const columns: Column<LedgerEntryFragment>[] = [
    { id: 'when', head: 'When', cell: ({ createdAt }) => <Time at={createdAt} /> },
    {
      id: 'what',
      head: 'What',
      cell: (entry) => <What entry={entry} open={open.has(entry.id)} onToggle={() => toggle(entry.id)} />,
    },
    { id: 'amount', head: 'Amount', numeric: true, cell: (entry) => <Amount entry={entry} /> },
    {
      id: 'balance',
      head: 'Balance after',
      numeric: true,
      cell: ({ balanceAfter }) => formatCount(balanceAfter),
      className: 'max-md:hidden',
    },
  ];
  return (
    <section aria-labelledby="ledger" className="flex flex-col gap-4">
      <div>
        <h2 id="ledger" className="text-lg font-semibold">
          Ledger
        </h2>
        <p className="figures text-sm text-muted-foreground">
          {plural(entries.totalCount, 'entry', 'entries')}. Entries are never changed, and add up to your balance.
        </p>
      </div>
      {entries.edges.length > 0 ? (
        <Table
          label="Ledger"
          columns={columns}
          rows={entries.edges.map(({ node }) => node)}
          keyOf={({ id }) => id}
          detail={({ id, receipt, response, note, balanceAfter }) =>
            receipt && open.has(id) ? <Receipt receipt={receipt} entry={{ response, note, balanceAfter }} /> : null
          }
        />
      ) : (
        <p className="text-sm text-muted-foreground">There are no older entries.</p>
      )}
      <Pages label="Pages of the ledger" pageInfo={entries.pageInfo} first="Newest" next="Older" />
    </section>
  );
}

function What({ entry, open, onToggle }: { entry: LedgerEntryFragment; open: boolean; onToggle: () => void }) {
  const { kind, note, receipt } = entry;
  if (kind !== 'CHARGE' || !receipt) {
    return (
      <span className="flex flex-wrap items-baseline gap-x-2 pl-6 max-md:pl-0">
        {kind === 'CHARGE' ? 'Charge' : kind === 'GRANT' ? 'Grant' : 'Adjustment'}
        <span className="text-muted-foreground wrap-anywhere">{note}</span>
      </span>
    );
  }
  return (
    <button
      type="button"
      aria-expanded={open}
      onClick={onToggle}
      className="flex max-w-full items-center gap-2 rounded-sm text-left hover:text-primary"
    >
      <ChevronRight
        aria-hidden="true"
        className={classes('size-4 shrink-0 text-muted-foreground transition-transform', open && 'rotate-90')}
      />
      <span className="whitespace-nowrap">{note ?? 'Charge'}</span>
      <ProviderMark providerId={receipt.model.provider.id} />
      <span className="min-w-0 truncate text-muted-foreground">
        {receipt.model.name}
        {receipt.estimated ? ' · estimated' : ''}
      </span>
    </button>
  );
}

/** The amount with its sign: the minus is as wide as the plus. On a phone the balance stands below. */
function Amount({ entry: { amount, balanceAfter } }: { entry: LedgerEntryFragment }) {
  return (
    <>
      <span className={amount < 0 ? '' : 'text-success'}>
        {amount < 0 ? '−' : '+'}
        {formatCount(Math.abs(amount))}
      </span>
      <span className="block text-xs text-muted-foreground md:hidden">{formatCount(balanceAfter)}</span>
    </>
  );
}
