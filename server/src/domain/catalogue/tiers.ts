import type { Catalogue, Tier, TierId } from './catalogue.ts';

/** The tier that a member is on. */
export function tierOf(catalogue: Catalogue, { tier }: { tier: TierId }): Tier {
  const found = catalogue.tiers.get(tier);
  // config.ts gives every catalogue all tiers.
  if (!found) throw new Error(`The catalogue has no tier ${tier}.`);
  return found;
}
