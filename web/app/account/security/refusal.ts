import { connection } from 'texts:everywhere';
import { secondFactor as texts } from 'texts:sign-in';

/** What better-auth says of a request that failed. */
export interface AuthError {
  code?: string | undefined;
  message?: string | undefined;
  status: number;
}

const sentences: Record<string, string> = {
  INVALID_PASSWORD: texts.wrongPassword,
  INVALID_CODE: texts.wrongCode,
  CODE_USED: texts.codeUsed,
  INVALID_BACKUP_CODE: texts.wrongBackupCode,
  ACCOUNT_TEMPORARILY_LOCKED: texts.locked,
  TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE: texts.passwordAgain,
  INVALID_TWO_FACTOR_COOKIE: texts.tookTooLong,
};

/** The sentence that tells a member why a request failed. */
export function refusalOf({ code, message, status }: AuthError): string {
  const known = code ? sentences[code] : undefined;
  if (known) return known;
  if (status === 401) return texts.signedOut;
  return message || connection.unreached;
}
