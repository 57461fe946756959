import { wayBack } from '../way-back.ts';

/** The address to go to after the password: the page that asks for the second factor, or where the member wanted to go. */
export function wayOn(answer: object, to: string | null): string {
  if (!('twoFactorRedirect' in answer)) return wayBack(to, location.origin);
  return `/sign-in/code${to === null ? '' : `?${new URLSearchParams({ to })}`}`;
}
