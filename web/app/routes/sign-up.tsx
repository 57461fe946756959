import type { MetaFunction } from '@remix-run/node';
import { AuthForm } from '../account/auth-form.tsx';

export const meta: MetaFunction = () => [{ title: 'Create an account · Polylogue' }];

export default function SignUp() {
  return <AuthForm key="sign-up" kind="sign-up" />;
}
