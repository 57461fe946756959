import { usage as texts } from 'texts:account';
import { type LoaderFunctionArgs, type MetaFunction, redirect } from '@remix-run/node';
import { type ShouldRevalidateFunctionArgs, useLoaderData, useRevalidator, useRouteError } from '@remix-run/react';
import { useEffect, useRef } from 'react';
import { Account } from '../credits/account.tsx';
import { useCredits } from '../credits/credit-meter.tsx';
import { Ledger } from '../credits/ledger.tsx';
import { Plans } from '../credits/plans.tsx';
import { Teams } from '../credits/teams.tsx';
import { Page } from '../frame/page.tsx';
import { tabTitle } from '../frame/pages.ts';
import { TopBar } from '../frame/top-bar.tsx';
import { statusOf, Trouble } from '../frame/trouble.tsx';
import { AccountDocument, MemberUsageDocument, type UsageGroup } from '../graphql/generated/graphql.ts';
import { query, signInPath } from '../graphql/query.server.ts';
import { differBySortOnly } from '../ui/table.tsx';
import { dayOf, isBackwards, readGroup, readRange, toMoments } from '../usage/range.ts';
import { UsageReport } from '../usage/usage-report.tsx';

export const meta: MetaFunction = () => [{ title: tabTitle(texts.title) }];

const entriesAtOnce = 20;
const groups: UsageGroup[] = ['DAY', 'MODEL', 'PROVIDER', 'KEY', 'PAYER'];

export async function loader(args: LoaderFunctionArgs) {
  const search = new URL(args.request.url).searchParams;
  const today = dayOf(Date.now());
  const range = readRange(search, today);
  const groupBy = readGroup(search, groups);
  const backwards = isBackwards(range);
  const [account, usage] = await Promise.all([
    query(args, AccountDocument, { first: entriesAtOnce, after: search.get('after') }),
    backwards ? null : query(args, MemberUsageDocument, { ...toMoments(range), groupBy }),
  ]);
  if (!account.viewer) throw redirect(signInPath(args));
  return { viewer: account.viewer, tiers: account.tiers, report: usage?.viewer?.usage ?? null, range, groupBy, today };
}

export function shouldRevalidate({ currentUrl, nextUrl, defaultShouldRevalidate }: ShouldRevalidateFunctionArgs) {
  return defaultShouldRevalidate && !differBySortOnly(currentUrl, nextUrl);
}

export default function Usage() {
  const { viewer, tiers, report, range, groupBy, today } = useLoaderData<typeof loader>();
  const plan = tiers.find(({ id }) => id === viewer.tier.id);
  useFreshLedger(viewer.credits.balance);
  return (
    <Page title={texts.title} width="normal">
      <Account monthlyCredits={plan?.monthlyCredits ?? 0} />
      <Teams />
      <Plans plans={tiers} current={viewer.tier.id} changeable={viewer.planChanges} />
      <section aria-labelledby="used" className="flex flex-col gap-4">
        <h2 id="used" className="text-lg font-semibold">
          {texts.used}
        </h2>
        <UsageReport
          report={report}
          range={range}
          group={groupBy}
          groups={groups}
          today={today}
          csvPath="/export/usage.csv"
        />
      </section>
      <Ledger entries={viewer.credits.entries} />
    </Page>
  );
}

/** Loads the ledger again when the account's balance changes. */
function useFreshLedger(loadedBalance: number): void {
  const { balance } = useCredits();
  const { revalidate } = useRevalidator();
  const loaded = useRef(loadedBalance);
  loaded.current = loadedBalance;
  useEffect(() => {
    if (balance !== loaded.current) revalidate();
  }, [balance, revalidate]);
}

export function ErrorBoundary() {
  const error = useRouteError();
  return (
    <>
      <TopBar title={texts.title} />
      <Trouble status={statusOf(error)} />
    </>
  );
}
