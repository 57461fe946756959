/** What better-auth says of a request that failed. */
export interface AuthError {
  code?: string | undefined;
  message?: string | undefined;
  status: number;
}

const sentences: Record<string, string> = {
  INVALID_PASSWORD: 'This is not your password.',
  INVALID_CODE: 'This code is wrong or too old. Type the one that your app shows now.',
  CODE_USED: 'This code was typed before. Wait for the next one.',
  INVALID_BACKUP_CODE: 'This is none of your unused backup codes.',
  ACCOUNT_TEMPORARILY_LOCKED: 'Too many wrong codes. Try again in a quarter of an hour.',
  TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE: 'Too many wrong codes. Enter your password again.',
  INVALID_TWO_FACTOR_COOKIE: 'This took too long. Enter your password again.',
};

/** The sentence that tells a member why a request failed. */
export function refusalOf({ code, message, status }: AuthError): string {
  const known = code ? sentences[code] : undefined;
  if (known) return known;
  if (status === 401) return 'You are signed out. Sign in again.';
  return message || 'The server could not be reached. Try again.';
}
