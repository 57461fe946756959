import type { MetaFunction } from '@remix-run/node';
import { NewPassword } from '../../account/new-password.tsx';

export const meta: MetaFunction = () => [{ title: 'Set a new password · Polylogue' }];

export default function ResetPassword() {
  return <NewPassword />;
}
