import type { TierId } from './catalogue.ts';

/** Who is asking. */
export interface Member {
  id: string;
  email: string;
  name: string;
  role: 'USER' | 'ADMIN';
  tier: TierId;
}
