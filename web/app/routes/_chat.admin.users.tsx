import { pages as texts } from 'texts:admin';
import type { LoaderFunctionArgs, MetaFunction } from '@remix-run/node';
import { useLoaderData } from '@remix-run/react';
import { Users } from '../admin/users.tsx';
import { tabTitle } from '../frame/pages.ts';
import { AdminUsersDocument } from '../graphql/generated/graphql.ts';
import { query } from '../graphql/query.server.ts';
import { useFrame } from './_chat.tsx';

export const meta: MetaFunction = () => [{ title: tabTitle(texts.members) }];

const usersAtOnce = 50;

export async function loader(args: LoaderFunctionArgs) {
  const search = new URL(args.request.url).searchParams;
  const { admin, tiers } = await query(args, AdminUsersDocument, {
    first: usersAtOnce,
    after: search.get('after'),
    search: search.get('search'),
  });
  return { users: admin.users, tiers };
}

export default function Members() {
  const { viewer } = useFrame();
  const { users, tiers } = useLoaderData<typeof loader>();
  return <Users users={users} tiers={tiers} viewer={viewer} />;
}
