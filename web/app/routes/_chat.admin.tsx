import { Outlet, useRouteError } from '@remix-run/react';
import { AdminNav } from '../admin/admin-nav.tsx';
import { Forbidden } from '../admin/forbidden.tsx';
import { CreditMeter } from '../credits/credit-meter.tsx';
import { TopBar } from '../frame/top-bar.tsx';
import { statusOf, Trouble } from '../frame/trouble.tsx';
import { useFrame } from './_chat.tsx';

/** What the admin's pages have in common. Whether somebody may see them the API says, to each page's loader. */
export default function Admin() {
  const frame = useFrame();
  return (
    <>
      <TopBar title="Admin" onSidebar={frame.openSidebar} onPalette={frame.openPalette}>
        <CreditMeter monthlyCredits={frame.viewer.tier.monthlyCredits} />
      </TopBar>
      <AdminNav />
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a log of lines alone must be scrolled by the keyboard too */}
      <main tabIndex={0} className="min-h-0 flex-1 overflow-y-auto">
        <div className="mx-auto flex max-w-[1200px] flex-col gap-10 px-6 py-6 max-md:px-4">
          <Outlet context={frame} />
        </div>
      </main>
    </>
  );
}

export function ErrorBoundary() {
  const error = useRouteError();
  const { viewer, openSidebar, openPalette } = useFrame();
  const status = statusOf(error);
  return (
    <>
      <TopBar title="Admin" onSidebar={openSidebar} onPalette={openPalette}>
        <CreditMeter monthlyCredits={viewer.tier.monthlyCredits} />
      </TopBar>
      {status === 403 ? <Forbidden /> : <Trouble status={status} />}
    </>
  );
}
