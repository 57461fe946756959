import type { TierId } from '../../database/auth-tables.ts';

export type { TierId } from '../../database/auth-tables.ts';

/** Lowest first. */
export const tierIds = ['FREE', 'PRO', 'ENTERPRISE'] as const satisfies TierId[];

/** Whether a member of tier `id` has at least what `minimum` names. */
export function tierIncludes(id: TierId, minimum: TierId): boolean {
  return tierIds.indexOf(id) >= tierIds.indexOf(minimum);
}
