import { pages as pageTexts, teams as texts } from 'texts:admin';
import { type LoaderFunctionArgs, type MetaFunction, redirect } from '@remix-run/node';
import { useLoaderData, useRouteError } from '@remix-run/react';
import { TeamFigures } from '../admin/teams/team-figures.tsx';
import { TeamMembers } from '../admin/teams/team-members.tsx';
import { TeamSettings } from '../admin/teams/team-settings.tsx';
import { Page } from '../frame/page.tsx';
import { tabTitle } from '../frame/pages.ts';
import { TopBar } from '../frame/top-bar.tsx';
import { statusOf, Trouble } from '../frame/trouble.tsx';
import { fromAddressId } from '../graphql/address-id.ts';
import { TeamPageDocument, TeamUsageDocument, type UsageGroup } from '../graphql/generated/graphql.ts';
import { query, signInPath } from '../graphql/query.server.ts';
import { dayOf, isBackwards, readGroup, readRange, toMoments } from '../usage/range.ts';
import { UsageReport } from '../usage/usage-report.tsx';
import { useFrame } from './_chat.tsx';

// A team's own page: its members see what is left, its owners and admins who spent it, and admins its settings.

export const meta: MetaFunction<typeof loader> = ({ data }) => [{ title: tabTitle(data?.team.name ?? pageTexts.team) }];

const groups: UsageGroup[] = ['DAY', 'USER', 'MODEL', 'PROVIDER'];

export async function loader(args: LoaderFunctionArgs) {
  const id = fromAddressId('Team', args.params.id ?? '');
  const { viewer, node: team } = await query(args, TeamPageDocument, { id });
  if (!viewer) throw redirect(signInPath(args));
  // not read by people: the page's error boundary has its own words.
  if (team?.__typename !== 'Team') throw new Response('No such team', { status: 404 });
  const search = new URL(args.request.url).searchParams;
  const today = dayOf(Date.now());
  const range = readRange(search, today);
  const groupBy = readGroup(search, groups);
  const oversees = team.viewerOwns || viewer.role !== 'USER';
  const usage =
    oversees && !isBackwards(range) ? await query(args, TeamUsageDocument, { id, ...toMoments(range), groupBy }) : null;
  const report = usage?.node && 'usage' in usage.node ? usage.node.usage : null;
  return { team, role: viewer.role, oversees, report, range, groupBy, today };
}

export default function TeamPage() {
  const { team, role, oversees, report, range, groupBy, today } = useLoaderData<typeof loader>();
  const { models } = useFrame();
  return (
    <Page title={team.name} width="normal">
      <TeamFigures team={team} />
      <TeamMembers team={team} editable={team.viewerOwns || role === 'ADMIN'} />
      {oversees ? (
        <section aria-labelledby="used" className="flex flex-col gap-4">
          <div>
            <h2 id="used" className="text-lg font-semibold">
              {texts.used}
            </h2>
            <p className="text-sm text-muted-foreground">{texts.usedNote}</p>
          </div>
          <UsageReport
            report={report}
            range={range}
            group={groupBy}
            groups={groups}
            today={today}
            csvPath={`/export/teams/${encodeURIComponent(team.id)}/usage.csv`}
          />
        </section>
      ) : null}
      {role === 'ADMIN' ? <TeamSettings key={team.id} team={team} models={models} /> : null}
    </Page>
  );
}

export function ErrorBoundary() {
  const error = useRouteError();
  return (
    <>
      <TopBar title={pageTexts.team} />
      <Trouble status={statusOf(error)} />
    </>
  );
}
