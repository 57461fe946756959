import { APIError } from 'better-auth/api';
import { toName } from '../../domain/ground/names.ts';

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
