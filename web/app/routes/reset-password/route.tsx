import { passwordReset as texts } from 'texts:sign-in';
import type { MetaFunction } from '@remix-run/node';
import { NewPassword } from '../../account/new-password.tsx';

export const meta: MetaFunction = () => [{ title: `${texts.setNew} · Polylogue` }];

export default function ResetPassword() {
  return <NewPassword />;
}
