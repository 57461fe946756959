import { addressConfirmation as texts } from 'texts:sign-in';
import type { MetaFunction } from '@remix-run/node';
import { AddressConfirmation } from '../../account/address-confirmation.tsx';

export const meta: MetaFunction = () => [{ title: `${texts.confirmYour} · Polylogue` }];

export default function ConfirmEmail() {
  return <AddressConfirmation />;
}
