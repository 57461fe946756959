import { settings as texts } from 'texts:account';
import type { MetaFunction } from '@remix-run/node';
import { Page } from '../frame/page.tsx';
import { PageTabs } from '../frame/page-tabs.tsx';
import { settingsPages, tabTitle } from '../frame/pages.ts';
import { TakeAlong } from '../keeping/take-along.tsx';

export const meta: MetaFunction = () => [{ title: tabTitle(texts.takeAlong) }];

export default function TakeAlongPage() {
  return (
    <Page title={texts.settings} width="normal" nav={<PageTabs label={texts.settings} pages={settingsPages} />}>
      <TakeAlong />
    </Page>
  );
}
