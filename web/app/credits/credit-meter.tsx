import type { ReactNode } from 'react';
import { createContext, useContext } from 'react';
import { useSubscription } from 'urql';
import { type CreditAccountFieldsFragment, CreditsChangedDocument } from '../graphql/generated/graphql.ts';
import { formatCount, formatShort } from '../ui/figures.ts';
import { Tooltip } from '../ui/tooltip.tsx';

const AccountContext = createContext<CreditAccountFieldsFragment | null>(null);

/** Follows the person's credit account, from as it was loaded. */
export function CreditsProvider({ loaded, children }: { loaded: CreditAccountFieldsFragment; children: ReactNode }) {
  const [{ data }] = useSubscription({ query: CreditsChangedDocument });
  return <AccountContext.Provider value={data?.creditsChanged ?? loaded}>{children}</AccountContext.Provider>;
}

export function useCredits(): CreditAccountFieldsFragment {
  const account = useContext(AccountContext);
  if (!account) throw new Error('useCredits needs a CreditsProvider above it');
  return account;
}

const bars = [0, 1, 2, 3, 4];

/** What is left, against what a month brings: ▮▮▮▮▯ 812k credits. */
export function CreditMeter({ monthlyCredits }: { monthlyCredits: number }) {
  const { available, held } = useCredits();
  const full = monthlyCredits > 0 ? Math.ceil((Math.min(available, monthlyCredits) / monthlyCredits) * bars.length) : 0;
  const exact = `${formatCount(available)} credits available${held > 0 ? `, ${formatCount(held)} held for answers in progress` : ''}`;
  return (
    <Tooltip text={exact}>
      <button
        type="button"
        aria-label={exact}
        className="figures flex cursor-default! items-center gap-2 rounded-sm px-1 text-sm text-muted-foreground"
      >
        <span className="flex gap-0.5" aria-hidden="true">
          {bars.map((bar) => (
            <span
              key={bar}
              className={bar < full ? 'h-3 w-1.5 rounded-[1px] bg-primary' : 'h-3 w-1.5 rounded-[1px] bg-input'}
            />
          ))}
        </span>
        <span>
          <span className="text-foreground">{formatShort(available)}</span>
          <span className="max-md:hidden"> credits</span>
        </span>
      </button>
    </Tooltip>
  );
}
