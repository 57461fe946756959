import { board as texts } from 'texts:leaderboard';
import { type LoaderFunctionArgs, type MetaFunction, redirect } from '@remix-run/node';
import { type ShouldRevalidateFunctionArgs, useLoaderData, useRouteError } from '@remix-run/react';
import { Page } from '../frame/page.tsx';
import { tabTitle } from '../frame/pages.ts';
import { usePayers } from '../frame/payers.tsx';
import { TopBar } from '../frame/top-bar.tsx';
import { statusOf, Trouble } from '../frame/trouble.tsx';
import { LeaderboardDocument } from '../graphql/generated/graphql.ts';
import { query, signInPath } from '../graphql/query.server.ts';
import { isBackwards, momentsOf, readView } from '../leaderboard/board-view.ts';
import { Filters } from '../leaderboard/filters.tsx';
import { Leaderboard } from '../leaderboard/leaderboard.tsx';
import { differBySortOnly } from '../ui/table.tsx';

export const meta: MetaFunction = () => [{ title: tabTitle(texts.title) }];

export async function loader(args: LoaderFunctionArgs) {
  const view = readView(new URL(args.request.url).searchParams);
  const backwards = isBackwards(view);
  const moments = backwards ? { from: null, to: null } : momentsOf(view);
  const { topic, teamId, source, blindOnly } = view;
  const asked = { ...moments, topic, teamId, source, blindOnly };
  const { viewer, verdictTopics, leaderboard } = await query(args, LeaderboardDocument, asked);
  if (!viewer) throw redirect(signInPath(args));
  const today = new Date().toISOString().slice(0, 10);
  return { view, topics: verdictTopics, board: backwards ? null : leaderboard, today };
}

export function shouldRevalidate({ currentUrl, nextUrl, defaultShouldRevalidate }: ShouldRevalidateFunctionArgs) {
  return defaultShouldRevalidate && !differBySortOnly(currentUrl, nextUrl);
}

export default function LeaderboardPage() {
  const { view, topics, board, today } = useLoaderData<typeof loader>();
  const { teams } = usePayers();
  return (
    <Page title={texts.title} width="wide">
      <Filters view={view} topics={topics} teams={teams} today={today} />
      <Leaderboard board={board} view={view} />
    </Page>
  );
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
