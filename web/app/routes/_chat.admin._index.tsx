import { pages as texts } from 'texts:admin';
import type { LoaderFunctionArgs, MetaFunction } from '@remix-run/node';
import { useLoaderData } from '@remix-run/react';
import { ShareRuleChoice } from '../admin/share-rule-choice.tsx';
import { Warnings } from '../admin/warnings.tsx';
import { tabTitle } from '../frame/pages.ts';
import { AdminUsageDocument, AdminWarningsDocument, type UsageGroup } from '../graphql/generated/graphql.ts';
import { query } from '../graphql/query.server.ts';
import { dayOf, isBackwards, readGroup, readRange, toMoments } from '../usage/range.ts';
import { UsageReport } from '../usage/usage-report.tsx';
import { UsageTotals } from '../usage/usage-totals.tsx';
import { useFrame } from './_chat.tsx';

export const meta: MetaFunction = () => [{ title: tabTitle(texts.admin) }];

const groups: UsageGroup[] = ['DAY', 'PROVIDER', 'MODEL', 'USER', 'KEY', 'PAYER'];

export async function loader(args: LoaderFunctionArgs) {
  const search = new URL(args.request.url).searchParams;
  const today = dayOf(Date.now());
  const range = readRange(search, today);
  const groupBy = readGroup(search, groups);
  const asked = isBackwards(range) ? { from: null, to: null } : toMoments(range);
  // The query is sent for a backwards range too: by its reply the API says who may see the page.
  const [{ admin }, house] = await Promise.all([
    query(args, AdminUsageDocument, { ...asked, groupBy }),
    query(args, AdminWarningsDocument, {}),
  ]);
  const { warnings, shareRule } = house.admin;
  return { warnings, shareRule, report: isBackwards(range) ? null : admin.usage, range, groupBy, today };
}

export default function Overview() {
  const { viewer } = useFrame();
  const { warnings, shareRule, report, range, groupBy, today } = useLoaderData<typeof loader>();
  return (
    <>
      <Warnings warnings={warnings} mayChange={viewer.role === 'ADMIN'} />
      <UsageReport
        report={report}
        range={range}
        group={groupBy}
        groups={groups}
        today={today}
        csvPath="/export/admin/usage.csv"
      >
        {report ? <UsageTotals total={report.total} /> : null}
      </UsageReport>
      <ShareRuleChoice rule={shareRule} mayChange={viewer.role === 'ADMIN'} />
    </>
  );
}
