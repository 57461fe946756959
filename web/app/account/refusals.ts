import type { Door } from './door.ts';

/**
 * The sentence for a sign-in with another service that came to nothing, which the server names in the address of the page
 * to sign in. Anybody may have written that address, so only what is known here is shown. Null: nothing was refused.
 */
export function describeRefusal(search: URLSearchParams, { signInWith }: Pick<Door, 'signInWith'>): string | null {
  const code = search.get('error');
  if (code === null) return null;
  const name = signInWith.find(({ id }) => id === search.get('with'))?.name ?? 'the other service';
  return sentences[code]?.(name) ?? `Signing in with ${name} failed. Try again.`;
}

const sentences: Record<string, (name: string) => string> = {
  PROVIDER_UNREACHABLE: (name) => `${capitalized(name)} cannot be reached at the moment. Try again in a minute.`,
  SIGN_IN_CANCELLED: (name) => `You turned back at ${name}. Nothing has happened.`,
  SIGN_IN_ELSEWHERE: () =>
    'This sign-in did not begin in this browser, or took longer than ten minutes. Start again here.',
  CODE_REFUSED: (name) => `${capitalized(name)} says that this sign-in is too old, or was used already. Start again.`,
  ANSWER_INVALID: (name) => `The answer of ${name} could not be trusted, so nobody was signed in. Start again.`,
  NO_EMAIL: (name) => `${capitalized(name)} does not say what your e-mail address is. Ask the operator of this server.`,
  ACCOUNT_NOT_LINKED: (name) =>
    `There is an account with your e-mail address, and ${name} does not vouch for the address. Sign in as you did before.`,
  CREDENTIALS_CHANGED: () => 'The ways to sign in with your account were changed in this moment. Sign in again.',
  ACCOUNT_SUSPENDED: () => 'This account is suspended. Ask an admin.',
  TOO_MANY_ATTEMPTS: () => 'Too many sign-ins failed from your network. Try again in five minutes.',
  SIGN_UP_CLOSED: () => 'You have no account here, and sign-up is closed. Ask the operator of this server.',
  INVITATION_NEEDED: () => 'You have no account here yet. You need an invitation: ask an admin for a link.',
  INVITATION_INVALID: () => 'This invitation is not valid: it was used, revoked, or has expired. Ask for a new one.',
  DOMAIN_NOT_ADMITTED: () => 'You have no account here yet. Use your organisation’s address, or an invitation link.',
};

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
