import { refusals as texts } from 'texts:sign-in';
import { language } from '../languages/locale.ts';
import type { Door } from './door.ts';

/**
 * The sentence for a sign-in with another service that came to nothing, which the server names in the address of the page
 * to sign in. Anybody may have written that address, so only what is known here is shown. Null: nothing was refused.
 */
export function describeRefusal(search: URLSearchParams, { signInWith }: Pick<Door, 'signInWith'>): string | null {
  const code = search.get('error');
  if (code === null) return null;
  const service = { name: signInWith.find(({ id }) => id === search.get('with'))?.name ?? 'unnamed' };
  return sentences[code]?.(service) ?? texts.failed(service);
}

const sentences: Record<string, (service: { name: string }) => string> = {
  PROVIDER_UNREACHABLE: texts.unreachable,
  SIGN_IN_CANCELLED: texts.cancelled,
  SIGN_IN_ELSEWHERE: () => texts.elsewhere,
  CODE_REFUSED: texts.codeRefused,
  ANSWER_INVALID: texts.answerInvalid,
  NO_EMAIL: texts.noEmail,
  ACCOUNT_NOT_LINKED: texts.notLinked,
  CREDENTIALS_CHANGED: () => texts.credentialsChanged,
  ACCOUNT_SUSPENDED: () => texts.suspended,
  TOO_MANY_ATTEMPTS: () => texts.tooMany,
  SIGN_UP_CLOSED: () => texts.closed,
  INVITATION_NEEDED: () => texts.invitationNeeded,
  INVITATION_INVALID: () => texts.invitationInvalid,
  DOMAIN_NOT_ADMITTED: () => texts.notAdmitted,
};

/**
 * The sentence for a refusal of /api/auth. Its own is in English; readers of other languages have that of the catalogue for
 * the refusal's code, if there is one. Undefined: nothing is said of why.
 */
export function authWords({ code, message }: { code?: string | undefined; message?: string | undefined }) {
  if (language === 'en' && message) return message;
  return (code === undefined ? undefined : refused[code]) ?? (message || undefined);
}

const refused: Readonly<Record<string, string>> = {
  TOO_MANY_ATTEMPTS: texts.tooManyTries,
  EMAIL_NOT_VERIFIED: texts.confirmFirst,
  LINK_INVALID: texts.linkInvalid,
  NO_MAIL: texts.noMail,
  INVALID_PASSWORD: texts.wrongPassword,
  CREDENTIALS_CHANGED: texts.credentialsChanged,
  ACCOUNT_SUSPENDED: texts.suspended,
  SIGN_UP_CLOSED: texts.closed,
  INVITATION_NEEDED: texts.invitationNeeded,
  INVITATION_INVALID: texts.invitationInvalid,
};
