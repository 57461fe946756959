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
  if (signUp === 'CLOSED') return 'Sign-up is closed on this server. Its operator creates the accounts.';
  if (invited) return 'You are invited to this server.';
  if (firstAccount) return 'The first account on a new server becomes its admin.';
  if (signUp === 'INVITE') return 'You need an invitation to sign up. Ask an admin for a link.';
  if (signUp === 'DOMAINS') return 'Sign up with an e-mail address of this organisation, or with an invitation.';
  return 'Ask several models at once, and watch them answer side by side.';
}
