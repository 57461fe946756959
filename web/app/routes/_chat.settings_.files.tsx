import { settings as texts } from 'texts:account';
import type { LoaderFunctionArgs, MetaFunction } from '@remix-run/node';
import { useLoaderData } from '@remix-run/react';
import { KeptFiles } from '../conversation/files/kept-files.tsx';
import { Page } from '../frame/page.tsx';
import { PageTabs } from '../frame/page-tabs.tsx';
import { settingsPages, tabTitle } from '../frame/pages.ts';
import { nodesOf } from '../graphql/connection.ts';
import { FilesDocument } from '../graphql/generated/graphql.ts';
import { query } from '../graphql/query.server.ts';
import { Pages } from '../ui/pages.tsx';

export const meta: MetaFunction = () => [{ title: tabTitle(texts.files) }];

export async function loader(args: LoaderFunctionArgs) {
  const after = new URL(args.request.url).searchParams.get('after');
  const { viewer } = await query(args, FilesDocument, { after });
  return {
    after,
    usage: viewer?.fileUsage ?? { bytes: 0, bytesMax: 0 },
    files: viewer ? nodesOf(viewer.files) : [],
    pageInfo: viewer?.files.pageInfo ?? { hasNextPage: false, endCursor: null },
  };
}

export default function Files() {
  const { after, usage, files, pageInfo } = useLoaderData<typeof loader>();
  return (
    <Page title={texts.settings} width="normal" nav={<PageTabs label={texts.settings} pages={settingsPages} />}>
      <KeptFiles key={after} files={files} usage={usage} />
      <Pages label={texts.pagesOfFiles} pageInfo={pageInfo} first={texts.newest} next={texts.older} />
    </Page>
  );
}
