import { Link, useLocation } from '@remix-run/react';
import { useSyncExternalStore } from 'react';
import { forgetFirstSteps, hasFirstSteps, watchFirstSteps } from '../frame/first-steps-due.ts';
import { Button } from '../ui/button.tsx';

/** Leads who made the first account to what a new server needs, until they have been there or do not want to. */
export function FirstStepsNotice() {
  const isDue = useSyncExternalStore(watchFirstSteps, hasFirstSteps, () => false);
  const { pathname } = useLocation();
  if (!isDue || pathname === '/admin/start') return null;
  return (
    <aside
      aria-label="First steps"
      className="flex items-center gap-3 border-b bg-primary-soft px-6 py-1.5 text-sm max-md:px-3 print:hidden"
    >
      <p className="min-w-0 flex-1">
        You are the admin of this server.{' '}
        <Link to="/admin/start" className="font-medium text-primary underline underline-offset-3">
          Set it up in three steps
        </Link>
      </p>
      <Button size="small" variant="ghost" onClick={forgetFirstSteps}>
        Dismiss
      </Button>
    </aside>
  );
}
