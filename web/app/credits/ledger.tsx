import { ledger as texts } from 'texts:account';
import { ChevronRight } from 'lucide-react';
import { useState } from 'react';
import type { AccountQuery, LedgerEntryFragment } from '../graphql/generated/graphql.ts';
import { classes } from '../ui/classes.ts';
import { formatCount } from '../ui/figures.ts';
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
    { id: 'when', head: texts.when, cell: ({ createdAt }) => <Time at={createdAt} /> },
    {
      id: 'what',
      head: texts.what,
      cell: (entry) => <What entry={entry} open={open.has(entry.id)} onToggle={() => toggle(entry.id)} />,
    },
    { id: 'amount', head: texts.amount, numeric: true, cell: (entry) => <Amount entry={entry} /> },
    {
      id: 'balance',
      head: texts.balanceAfter,
      numeric: true,
      cell: ({ balanceAfter }) => formatCount(balanceAfter),
      className: 'max-md:hidden',
    },
  ];
  return (
    <section aria-labelledby="ledger" className="flex flex-col gap-4">
      <div>
        <h2 id="ledger" className="text-lg font-semibold">
          {texts.ledger}
        </h2>
        <p className="figures text-sm text-muted-foreground">{texts.entries({ entries: entries.totalCount })}</p>
      </div>
      {entries.edges.length > 0 ? (
        <Table
          label={texts.ledger}
          columns={columns}
          rows={entries.edges.map(({ node }) => node)}
          keyOf={({ id }) => id}
          detail={({ id, receipt, response, note, balanceAfter }) =>
            receipt && open.has(id) ? <Receipt receipt={receipt} entry={{ response, note, balanceAfter }} /> : null
          }
        />
      ) : (
        <p className="text-sm text-muted-foreground">{texts.noOlder}</p>
      )}
      <Pages label={texts.pages} pageInfo={entries.pageInfo} first={texts.newest} next={texts.older} />
    </section>
  );
}

function What({ entry, open, onToggle }: { entry: LedgerEntryFragment; open: boolean; onToggle: () => void }) {
  const { kind, note, receipt } = entry;
  if (kind !== 'CHARGE' || !receipt) {
    return (
      <span className="flex flex-wrap items-baseline gap-x-2 ps-6 max-md:ps-0">
        {kind === 'CHARGE' ? texts.charge : kind === 'GRANT' ? texts.grant : texts.adjustment}
        <span className="text-muted-foreground wrap-anywhere">{note}</span>
      </span>
    );
  }
  return (
    <button
      type="button"
      aria-expanded={open}
      onClick={onToggle}
      className="flex max-w-full items-center gap-2 rounded-sm text-start hover:text-primary"
    >
      <ChevronRight
        aria-hidden="true"
        className={classes(
          'size-4 shrink-0 text-muted-foreground transition-transform rtl:-scale-x-100',
          open && 'rotate-90 rtl:-rotate-90',
        )}
      />
      <span className="whitespace-nowrap">{note ?? texts.charge}</span>
      <ProviderMark providerId={receipt.model.provider.id} />
      <span className="min-w-0 truncate text-muted-foreground">
        {receipt.estimated ? texts.estimated({ model: receipt.model.name }) : receipt.model.name}
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
