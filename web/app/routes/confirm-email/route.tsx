import type { MetaFunction } from '@remix-run/node';
import { AddressConfirmation } from '../../account/address-confirmation.tsx';

export const meta: MetaFunction = () => [{ title: 'Confirm your address · Polylogue' }];

export default function ConfirmEmail() {
  return <AddressConfirmation />;
}
