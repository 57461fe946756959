/** Lowest first. */
export const tierIds = ['FREE', 'PRO', 'ENTERPRISE'] as const;
export type TierId = (typeof tierIds)[number];

/** Whether a member of tier `id` has at least what `minimum` names. */
export function tierIncludes(id: TierId, minimum: TierId): boolean {
  return tierIds.indexOf(id) >= tierIds.indexOf(minimum);
}
