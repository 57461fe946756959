import { pages as texts } from 'texts:admin';
import type { LoaderFunctionArgs, MetaFunction } from '@remix-run/node';
import { useLoaderData } from '@remix-run/react';
import { TeamList } from '../admin/teams/team-list.tsx';
import { tabTitle } from '../frame/pages.ts';
import { AdminTeamsDocument } from '../graphql/generated/graphql.ts';
import { query } from '../graphql/query.server.ts';
import { useFrame } from './_chat.tsx';

export const meta: MetaFunction = () => [{ title: tabTitle(texts.teams) }];

export async function loader(args: LoaderFunctionArgs) {
  const { teams } = await query(args, AdminTeamsDocument, {});
  return { teams };
}

export default function Teams() {
  const { teams } = useLoaderData<typeof loader>();
  const { viewer, models } = useFrame();
  return <TeamList teams={teams} models={models} editable={viewer.role === 'ADMIN'} />;
}
