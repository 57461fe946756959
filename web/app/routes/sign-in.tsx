import type { MetaFunction } from '@remix-run/node';
import { AuthForm } from '../account/auth-form.tsx';

export const meta: MetaFunction = () => [{ title: 'Sign in · Polylogue' }];

export default function SignIn() {
  return <AuthForm key="sign-in" kind="sign-in" />;
}
