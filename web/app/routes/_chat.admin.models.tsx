import { pages as texts } from 'texts:admin';
import type { LoaderFunctionArgs, MetaFunction } from '@remix-run/node';
import { type ShouldRevalidateFunctionArgs, useLoaderData } from '@remix-run/react';
import { Models } from '../admin/catalogue/models.tsx';
import { Providers } from '../admin/catalogue/providers.tsx';
import { tabTitle } from '../frame/pages.ts';
import { AdminModelsDocument } from '../graphql/generated/graphql.ts';
import { query } from '../graphql/query.server.ts';
import { useFrame } from './_chat.tsx';

export const meta: MetaFunction = () => [{ title: tabTitle(texts.models) }];

export async function loader(args: LoaderFunctionArgs) {
  const { models, providers, tiers } = await query(args, AdminModelsDocument, {});
  return { models, providers, tiers };
}

// A change of the search or the sort loads nothing: the page does both itself.
export function shouldRevalidate({ currentUrl, nextUrl, defaultShouldRevalidate }: ShouldRevalidateFunctionArgs) {
  return defaultShouldRevalidate && (currentUrl.href === nextUrl.href || currentUrl.pathname !== nextUrl.pathname);
}

export default function ModelsPage() {
  const { viewer } = useFrame();
  const { models, providers, tiers } = useLoaderData<typeof loader>();
  return (
    <>
      <Providers providers={providers} />
      <Models models={models} tiers={tiers} mayChange={viewer.role === 'ADMIN'} />
    </>
  );
}
