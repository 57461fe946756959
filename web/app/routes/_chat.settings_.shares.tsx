import { settings as texts } from 'texts:account';
import type { LoaderFunctionArgs, MetaFunction } from '@remix-run/node';
import { useLoaderData } from '@remix-run/react';
import { ShareList } from '../account/shares/share-list.tsx';
import { Page } from '../frame/page.tsx';
import { PageTabs } from '../frame/page-tabs.tsx';
import { settingsPages, tabTitle } from '../frame/pages.ts';
import { nodesOf } from '../graphql/connection.ts';
import { SharesDocument } from '../graphql/generated/graphql.ts';
import { query } from '../graphql/query.server.ts';
import { Pages } from '../ui/pages.tsx';

export const meta: MetaFunction = () => [{ title: tabTitle(texts.shares) }];

export async function loader(args: LoaderFunctionArgs) {
  const after = new URL(args.request.url).searchParams.get('after');
  const { viewer } = await query(args, SharesDocument, { after });
  return {
    shares: viewer ? nodesOf(viewer.shares) : [],
    pageInfo: viewer?.shares.pageInfo ?? { hasNextPage: false, endCursor: null },
    now: Date.now(),
  };
}

export default function Shares() {
  const { shares, pageInfo, now } = useLoaderData<typeof loader>();
  return (
    <Page title={texts.settings} width="normal" nav={<PageTabs label={texts.settings} pages={settingsPages} />}>
      <ShareList shares={shares} now={now} />
      <Pages label={texts.pagesOfShares} pageInfo={pageInfo} first={texts.newest} next={texts.older} />
    </Page>
  );
}
