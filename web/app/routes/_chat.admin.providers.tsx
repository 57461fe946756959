import { pages as texts } from 'texts:admin';
import type { LoaderFunctionArgs, MetaFunction } from '@remix-run/node';
import { useLoaderData } from '@remix-run/react';
import { ProviderList } from '../admin/catalogue/provider-list.tsx';
import { tabTitle } from '../frame/pages.ts';
import { AdminProvidersDocument } from '../graphql/generated/graphql.ts';
import { query } from '../graphql/query.server.ts';

export const meta: MetaFunction = () => [{ title: tabTitle(texts.providers) }];

export async function loader(args: LoaderFunctionArgs) {
  return query(args, AdminProvidersDocument, {});
}

export default function ProvidersPage() {
  const { admin, providers, tiers } = useLoaderData<typeof loader>();
  return <ProviderList admin={admin} providers={providers} tiers={tiers} />;
}
