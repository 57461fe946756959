import type { MetaFunction } from '@remix-run/node';
import { Page } from '../frame/page.tsx';
import { PageTabs } from '../frame/page-tabs.tsx';
import { settingsPages, tabTitle } from '../frame/pages.ts';
import { TakeAlong } from '../keeping/take-along.tsx';

export const meta: MetaFunction = () => [{ title: tabTitle('Take along') }];

export default function TakeAlongPage() {
  return (
    <Page title="Settings" width="normal" nav={<PageTabs label="Settings" pages={settingsPages} />}>
      <TakeAlong />
    </Page>
  );
}
