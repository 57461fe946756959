import type { MetaFunction } from '@remix-run/node';
import { Link, useSearchParams } from '@remix-run/react';
import { CodeForm } from '../account/security/code-form.tsx';
import { wayBack } from '../account/way-back.ts';

export const meta: MetaFunction = () => [{ title: 'Sign in · Polylogue' }];

/** The second step of signing in. A cookie knows who has given the password. */
export default function SignInCode() {
  const [search] = useSearchParams();
  return (
    <main className="flex min-h-full items-center justify-center p-6">
      <div className="flex w-full max-w-90 flex-col gap-6">
        <div className="flex items-center gap-2 text-lg font-semibold">
          <img src="/favicon.svg" alt="" width={28} height={28} />
          Polylogue
        </div>
        <div>
          <h1 className="text-xl font-semibold">One more step</h1>
          <p className="mt-1 text-muted-foreground">Your account asks for a second factor.</p>
        </div>
        <CodeForm onSignedIn={() => location.assign(wayBack(search.get('to'), location.origin))} />
        <p className="text-sm text-muted-foreground">
          Phone and backup codes lost? An admin can remove the second factor.{' '}
          <Link
            to={{ pathname: '/sign-in', search: search.toString() }}
            className="font-medium text-primary underline underline-offset-3"
          >
            Enter the password again
          </Link>
        </p>
      </div>
    </main>
  );
}
