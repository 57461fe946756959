import type { TierId } from './catalogue.ts';

export { countUsers, findUserPage, findUsers, type UserRow } from '../database/users.ts';

/** Who is asking. */
export interface Member {
  id: string;
  email: string;
  name: string;
  role: 'USER' | 'ADMIN';
  tier: TierId;
}
