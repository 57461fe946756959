import { Outlet, useRouteError } from '@remix-run/react';
import { AdminNav } from '../admin/admin-nav.tsx';
import { Forbidden } from '../admin/forbidden.tsx';
import { Page } from '../frame/page.tsx';
import { TopBar } from '../frame/top-bar.tsx';
import { statusOf, Trouble } from '../frame/trouble.tsx';
import { useFrame } from './_chat.tsx';

/** The frame of the admin pages. The API decides in each page's loader who may see it. */
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
