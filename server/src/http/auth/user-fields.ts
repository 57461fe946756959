import { APIError } from 'better-auth/api';
import { toName } from '../../domain/ground/names.ts';

/** The longest address in an envelope, without the angle brackets (RFC 5321, 4.5.3.1.3). */
const EMAIL_LENGTH_MAX = 254;

/** A sentence for people; null: the address is not too long. */
export function emailFault(email: unknown): { code: string; message: string } | null {
  if (typeof email !== 'string' || email.length <= EMAIL_LENGTH_MAX) return null;
  return { code: 'EMAIL_TOO_LONG', message: `An e-mail address has at most ${EMAIL_LENGTH_MAX} characters.` };
}

const nameLengthMax = 200;

/** Makes a name that Postgres can store and a list can show. */
export function storable(user: { name?: string; email?: string }): { name?: string } {
  if (user.name === undefined) return {};
  const name = toName(user.name);
  if (name.length > nameLengthMax) {
    throw new APIError('BAD_REQUEST', { code: 'NAME_TOO_LONG', message: `Use at most ${nameLengthMax} characters.` });
  }
  return { name: name || (user.email?.split('@')[0] ?? 'Nameless') };
}
