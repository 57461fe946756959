import { pages as texts } from 'texts:admin';
import { Outlet, useRouteError } from '@remix-run/react';
import { Forbidden } from '../admin/forbidden.tsx';
import { Page } from '../frame/page.tsx';
import { PageTabs } from '../frame/page-tabs.tsx';
import { adminPagesFor } from '../frame/pages.ts';
import { TopBar } from '../frame/top-bar.tsx';
import { statusOf, Trouble } from '../frame/trouble.tsx';
import { useFrame } from './_chat.tsx';

/** The frame of the admin pages. The API decides in each page's loader who may see it. */
export default function Admin() {
  const frame = useFrame();
  const pages = adminPagesFor(frame.viewer.role);
  return (
    <Page title={texts.admin} width="wide" nav={<PageTabs label={texts.admin} pages={pages} />}>
      <Outlet context={frame} />
    </Page>
  );
}

export function ErrorBoundary() {
  const error = useRouteError();
  const status = statusOf(error);
  return (
    <>
      <TopBar title={texts.admin} />
      {status === 403 ? <Forbidden /> : <Trouble status={status} />}
    </>
  );
}
