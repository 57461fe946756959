import { APIError } from 'better-auth/api';

const nameLengthMax = 200;

/** A name that Postgres takes and a list can show. */
export function storable(user: { name?: string; email?: string }): { name?: string } {
  if (user.name === undefined) return {};
  const name = user.name.replace(/[\p{Control}\p{Surrogate}]+/gu, ' ').trim();
  if (name.length > nameLengthMax) {
    throw new APIError('BAD_REQUEST', { code: 'NAME_TOO_LONG', message: `Use at most ${nameLengthMax} characters.` });
  }
  return { name: name || (user.email?.split('@')[0] ?? 'Nameless') };
}
