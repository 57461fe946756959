import { firstStepsNotice as texts } from 'texts:chat';
import { Link, useLocation } from '@remix-run/react';
import { useSyncExternalStore } from 'react';
import { forgetFirstSteps, hasFirstSteps, watchFirstSteps } from '../frame/first-steps-due.ts';
import { tagged } from '../languages/sentence.tsx';
import { Button } from '../ui/button.tsx';

/** Leads who made the first account to what a new server needs, until they have been there or do not want to. */
export function FirstStepsNotice() {
  const isDue = useSyncExternalStore(watchFirstSteps, hasFirstSteps, () => false);
  const { pathname } = useLocation();
  if (!isDue || pathname === '/admin/start') return null;
  return (
    <aside
      aria-label={texts.firstSteps}
      className="flex items-center gap-3 border-b bg-primary-soft px-6 py-1.5 text-sm max-md:px-3 print:hidden"
    >
      <p className="min-w-0 flex-1">
        {tagged(texts.youAreAdmin, {
          link: (children) => (
            <Link to="/admin/start" className="font-medium text-primary underline underline-offset-3">
              {children}
            </Link>
          ),
        })}
      </p>
      <Button size="small" variant="ghost" onClick={forgetFirstSteps}>
        {texts.dismiss}
      </Button>
    </aside>
  );
}
