import { pages as texts } from 'texts:admin';
import type { LoaderFunctionArgs, MetaFunction } from '@remix-run/node';
import { useLoaderData } from '@remix-run/react';
import { ShownMoney } from '../admin/house/shown-money.tsx';
import { TitleModel } from '../admin/house/title-model.tsx';
import { tabTitle } from '../frame/pages.ts';
import { HouseSettingsDocument } from '../graphql/generated/graphql.ts';
import { query } from '../graphql/query.server.ts';

export const meta: MetaFunction = () => [{ title: tabTitle(texts.serverSettings) }];

export async function loader(args: LoaderFunctionArgs) {
  const { viewer, server, admin, models } = await query(args, HouseSettingsDocument, {});
  // not read by people: the page's error boundary has its own words.
  if (viewer?.role !== 'ADMIN') throw new Response('Admins only', { status: 403 });
  return { server, titleModel: admin.titleModel ?? null, models };
}

/** What admins decide about the server as a whole, a section each. */
export default function HouseSettings() {
  const { server, titleModel, models } = useLoaderData<typeof loader>();
  return (
    <div className="flex w-full max-w-[720px] flex-col gap-8">
      <ShownMoney shown={server.creditsPerUsd != null} />
      <TitleModel chosen={titleModel} models={models} />
    </div>
  );
}
