import { secondFactor as texts } from 'texts:sign-in';
import type { MetaFunction } from '@remix-run/node';
import { Link, useSearchParams } from '@remix-run/react';
import { AuthPage } from '../account/auth-page.tsx';
import { CodeForm } from '../account/security/code-form.tsx';
import { wayBack } from '../account/way-back.ts';
import { tagged } from '../languages/sentence.tsx';
import { basePath } from '../ui/browser/base-path.ts';

export const meta: MetaFunction = () => [{ title: `${texts.signIn} · Polylogue` }];

/** The second step of signing in. A cookie knows who has given the password. */
export default function SignInCode() {
  const [search] = useSearchParams();
  return (
    <AuthPage title={texts.oneMoreStep} text={texts.asked}>
      <CodeForm onSignedIn={() => location.assign(basePath() + wayBack(search.get('to'), location.origin))} />
      <p className="text-sm text-muted-foreground">
        {tagged(texts.lost, {
          link: (children) => (
            <Link
              to={{ pathname: '/sign-in', search: search.toString() }}
              className="font-medium text-primary underline underline-offset-3"
            >
              {children}
            </Link>
          ),
        })}
      </p>
    </AuthPage>
  );
}
