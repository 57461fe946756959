/** Of an address in an envelope, the angle brackets left out (RFC 5321, 4.5.3.1.3). */
const EMAIL_LENGTH_MAX = 254;

/** For people; null: the address is not too long to be one. */
export function emailFault(email: unknown): { code: string; message: string } | null {
  if (typeof email !== 'string' || email.length <= EMAIL_LENGTH_MAX) return null;
  return { code: 'EMAIL_TOO_LONG', message: `An e-mail address has at most ${EMAIL_LENGTH_MAX} characters.` };
}
