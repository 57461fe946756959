import { signIn as texts } from 'texts:sign-in';
import type { DoorQuery } from '../graphql/generated/graphql.ts';

/** The server's rule for signing up, and whether the next account is its first. */
export type Door = DoorQuery['server'];

/** Whether a visitor may try to sign up. */
export function isOpen({ signUp, firstAccount }: Door, invited: boolean): boolean {
  if (signUp === 'CLOSED') return false;
  return signUp !== 'INVITE' || firstAccount || invited;
}

/** The sentence below the heading of the page to sign up. */
export function describeDoor({ signUp, firstAccount }: Door, invited: boolean): string {
  if (signUp === 'CLOSED') return texts.closed;
  if (invited) return texts.invited;
  if (firstAccount) return texts.firstAccount;
  if (signUp === 'INVITE') return texts.needsInvitation;
  if (signUp === 'DOMAINS') return texts.organisationOnly;
  return texts.askSeveral;
}
