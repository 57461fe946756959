import { Outlet, useRouteError } from '@remix-run/react';
import { AdminNav } from '../admin/admin-nav.tsx';
import { Forbidden } from '../admin/forbidden.tsx';
import { Page } from '../frame/page.tsx';
import { TopBar } from '../frame/top-bar.tsx';
import { statusOf, Trouble } from '../frame/trouble.tsx';
import { useFrame } from './_chat.tsx';

/** What the admin's pages have in common. Whether somebody may see them the API says, to each page's loader. */
export default function Admin() {
  return (
    <Page title="Admin" width="wide" nav={<AdminNav />}>
      <Outlet context={useFrame()} />
    </Page>
  );
}

export function ErrorBoundary() {
  const error = useRouteError();
  const status = statusOf(error);
  return (
    <>
      <TopBar title="Admin" />
      {status === 403 ? <Forbidden /> : <Trouble status={status} />}
    </>
  );
}
