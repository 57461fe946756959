import { pages as texts } from 'texts:admin';
import type { LoaderFunctionArgs, MetaFunction } from '@remix-run/node';
import { useLoaderData, useSearchParams } from '@remix-run/react';
import { ToolsPage } from '../admin/tools/tools-page.tsx';
import { tabTitle } from '../frame/pages.ts';
import { AdminToolsDocument } from '../graphql/generated/graphql.ts';
import { query } from '../graphql/query.server.ts';

export const meta: MetaFunction = () => [{ title: tabTitle(texts.tools) }];

export async function loader(args: LoaderFunctionArgs) {
  return query(args, AdminToolsDocument, {});
}

export default function Tools() {
  const { admin, tiers, teams } = useLoaderData<typeof loader>();
  const [search] = useSearchParams();
  return (
    <ToolsPage
      admin={admin}
      tiers={tiers}
      teams={teams}
      signedIn={search.get('signedIn')}
      failure={search.get('signIn')}
    />
  );
}
