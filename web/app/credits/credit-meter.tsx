import { credits as texts } from 'texts:chat';
import { Link, useRevalidator } from '@remix-run/react';
import { createContext, type ReactNode, useContext, useEffect, useState } from 'react';
import { useClient } from 'urql';
import { Worth } from '../frame/credit-figures.tsx';
import { usePayers } from '../frame/payers.tsx';
import { toAddressId } from '../graphql/address-id.ts';
import type { CreditAccountFieldsFragment } from '../graphql/generated/graphql.ts';
import { sentence } from '../languages/sentence.tsx';
import { classes } from '../ui/classes.ts';
import { formatCount, formatShort } from '../ui/figures.ts';
import { renewalDay } from '../ui/time.tsx';
import { Tooltip } from '../ui/tooltip.tsx';
import { followAccount } from './account-stream.ts';

const AccountContext = createContext<CreditAccountFieldsFragment | null>(null);
/** The account of the team that pays for the next prompt; null: none does. */
const TeamAccountContext = createContext<CreditAccountFieldsFragment | null>(null);

/** Provides the member's credit account: as it was loaded, then as it changes. */
export function CreditsProvider({ loaded, children }: { loaded: CreditAccountFieldsFragment; children: ReactNode }) {
  const client = useClient();
  const { revalidate } = useRevalidator();
  const [account, setAccount] = useState<CreditAccountFieldsFragment | null>(null);
  // When the session ends, the page loads its data again, and its loader leads to the sign-in.
  useEffect(() => followAccount(client, { onAccount: setAccount, onEnd: revalidate }), [client, revalidate]);
  return (
    <AccountContext.Provider value={account ?? loaded}>
      <TeamAccountContext.Provider value={useTeamAccount()}>{children}</TeamAccountContext.Provider>
    </AccountContext.Provider>
  );
}

function useTeamAccount(): CreditAccountFieldsFragment | null {
  const client = useClient();
  const { shown, refresh } = usePayers();
  const [told, setTold] = useState<{ teamId: string; account: CreditAccountFieldsFragment } | null>(null);
  const teamId = shown?.id;
  useEffect(() => {
    if (teamId === undefined) return;
    const onAccount = (account: CreditAccountFieldsFragment) => setTold({ teamId, account });
    return followAccount(client, { payerId: teamId, onAccount, onEnd: refresh });
  }, [client, teamId, refresh]);
  return shown && told?.teamId === shown.id ? told.account : (shown?.credits ?? null);
}

export function useCredits(): CreditAccountFieldsFragment {
  const account = useContext(AccountContext);
  if (!account) throw new Error('useCredits needs a CreditsProvider above it');
  return account;
}

const bars = [0, 1, 2, 3, 4];

/** How far a month's credits still reach: `low` from a fifth on, `empty` from a twentieth. */
function levelOf(available: number, most: number): 'enough' | 'low' | 'empty' {
  if (available > most / 5) return 'enough';
  return available > most / 20 ? 'low' : 'empty';
}

/** What is left out where the meter has little room. */
const parts = {
  b: (children: ReactNode) => <span>{children}</span>,
  unit: (children: ReactNode) => <span className="max-md:hidden">{children}</span>,
  when: (children: ReactNode) => <span className="max-lg:hidden">{children}</span>,
};

function strong(children: ReactNode): ReactNode {
  return <span className="text-foreground">{children}</span>;
}

const levelTones = { enough: '', low: 'text-warning', empty: 'text-destructive' };
const levelBars = { enough: 'bg-primary', low: 'bg-warning', empty: 'bg-destructive' };

/**
 * The available credits of whoever pays, compared to those of a month: ▮▮▮▮▯ 812k credits. The meter links to the payer's
 * page.
 */
export function CreditMeter({ monthlyCredits }: { monthlyCredits: number }) {
  const { shown: team } = usePayers();
  const own = useCredits();
  const { balance, available, held, renewsAt } = useContext(TeamAccountContext) ?? own;
  const most = team ? Math.min(team.monthlyCredits, team.memberMonthlyCredits ?? team.monthlyCredits) : monthlyCredits;
  const full = most > 0 ? Math.ceil((Math.min(available, most) / most) * bars.length) : 0;
  const level = levelOf(available, most);
  const renewal = renewalDay(renewsAt);
  const exact = texts.meter({
    payer: team ? 'team' : 'own',
    team: team?.name ?? '',
    available,
    held: Math.max(0, held),
    low: level === 'enough' ? 'no' : 'yes',
    day: renewal,
  });
  const lines = (
    <span className="grid grid-cols-[auto_auto] gap-x-4 text-end">
      {team ? <span className="col-span-2 truncate text-start font-medium">{team.name}</span> : null}
      <span className="text-start">{texts.balance}</span> <span>{formatCount(balance)}</span>
      <span className="text-start">{texts.held}</span> <span>{formatCount(held)}</span>
      <span className="text-start font-medium">{texts.available}</span>{' '}
      <span className="font-medium">
        {formatCount(available)}
        <Worth credits={available} />
      </span>
      <span className="text-start">{texts.renews}</span> <span>{renewal}</span>
    </span>
  );
  return (
    <Tooltip text={lines}>
      <Link
        to={team ? `/teams/${toAddressId(team.id)}` : '/usage'}
        aria-label={exact}
        data-available={available}
        data-level={level}
        className={classes(
          'figures flex h-8 max-md:h-[44px] items-center gap-2 rounded-md px-2 text-sm text-muted-foreground hover:bg-hover',
          levelTones[level],
        )}
      >
        <span className="flex gap-0.5" aria-hidden="true">
          {bars.map((bar) => (
            <span
              key={bar}
              className={classes('h-3 w-1.5 rounded-[1px]', bar < full ? levelBars[level] : 'bg-input')}
            />
          ))}
        </span>
        {level === 'enough' ? null : <span aria-hidden="true">⚠</span>}
        <span>
          {team ? (
            <bdi className="me-1.5 max-w-32 truncate align-bottom max-md:hidden md:inline-block">{team.name}</bdi>
          ) : null}
          {level === 'enough'
            ? sentence(texts.credits, { available: formatShort(available) }, { ...parts, b: strong })
            : sentence(texts.creditsRenew, { available: formatShort(available), day: renewal }, parts)}
        </span>
      </Link>
    </Tooltip>
  );
}
