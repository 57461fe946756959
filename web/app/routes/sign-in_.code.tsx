import type { MetaFunction } from '@remix-run/node';
import { Link, useSearchParams } from '@remix-run/react';
import { AuthPage } from '../account/auth-page.tsx';
import { CodeForm } from '../account/security/code-form.tsx';
import { wayBack } from '../account/way-back.ts';
import { basePath } from '../ui/browser/base-path.ts';

export const meta: MetaFunction = () => [{ title: 'Sign in · Polylogue' }];

/** The second step of signing in. A cookie knows who has given the password. */
export default function SignInCode() {
  const [search] = useSearchParams();
  return (
    <AuthPage title="One more step" text="Your account asks for a second factor.">
      <CodeForm onSignedIn={() => location.assign(basePath() + wayBack(search.get('to'), location.origin))} />
      <p className="text-sm text-muted-foreground">
        Phone and backup codes lost? An admin can remove the second factor.{' '}
        <Link
          to={{ pathname: '/sign-in', search: search.toString() }}
          className="font-medium text-primary underline underline-offset-3"
        >
          Enter the password again
        </Link>
      </p>
    </AuthPage>
  );
}
