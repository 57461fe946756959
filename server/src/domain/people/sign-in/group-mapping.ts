import type { Role } from '../../../database/auth-tables.ts';
import { type TierId, tierIds } from '../../ground/tiers.ts';

/** What the groups of a sign-in provider mean here. */
export interface GroupMapping {
  /** The claim that lists a member's groups; dots lead into objects, as in `realm_access.roles`. */
  claim: string;
  adminGroups: readonly string[];
  auditorGroups: readonly string[];
  /** By group. */
  tierGroups: ReadonlyMap<string, TierId>;
  /** The team of each group, by name; `ALL`: each group is the team of its name. */
  teamGroups: ReadonlyMap<string, string> | 'ALL';
}

/** What a provider gave a member, and what the member had before. */
export interface Given<Value> {
  value: Value;
  before: Value;
}

/** Everything that a provider gave a member; kept with the member's identity at that provider. */
export interface Grants {
  role?: Given<Role> | undefined;
  tier?: Given<TierId> | undefined;
  /** Ids of teams. */
  teams?: readonly string[] | undefined;
}

/** Reads the groups from a provider's claims: a list of texts, or one text. Anything else means no groups. */
export function groupsOf(claims: Readonly<Record<string, unknown>>, claim: string): string[] {
  const value = claims[claim] ?? claim.split('.').reduce<unknown>(fieldOf, claims);
  const list = Array.isArray(value) ? value : [value];
  return list.filter((group): group is string => typeof group === 'string' && group !== '');
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;
}

/** What the groups give; null: nothing. Of several plans the highest counts, and an admin is no auditor. */
export function wantedBy(mapping: GroupMapping, groups: readonly string[]): { role: Role | null; tier: TierId | null } {
  const tiers = new Set(groups.map((group) => mapping.tierGroups.get(group)));
  const isOf = (list: readonly string[]) => groups.some((group) => list.includes(group));
  return {
    role: isOf(mapping.adminGroups) ? 'ADMIN' : isOf(mapping.auditorGroups) ? 'AUDITOR' : null,
    tier: tierIds.filter((tier) => tiers.has(tier)).at(-1) ?? null,
  };
}

/** The names of the teams that the groups lead to, at most 100. */
export function teamsOf({ teamGroups }: GroupMapping, groups: readonly string[]): string[] {
  const names = groups.map((group) => (teamGroups === 'ALL' ? group : teamGroups.get(group)));
  return [...new Set(names.filter((name) => name !== undefined))].slice(0, TEAMS_MAX);
}

const TEAMS_MAX = 100;

/**
 * What a member should have now, and what the provider has given them then. A provider takes back only what it gave:
 * what an admin has set since, or had set before, stays.
 *
 * @param others what other providers have given the member
 */
export function grant<Value>(
  current: Value,
  { wanted, given, others = [] }: { wanted: Value | null; given?: Given<Value> | undefined; others?: Given<Value>[] },
): { value: Value; given: Given<Value> | undefined } {
  // The provider from which the member has what they have; none: an admin has set it.
  const source = [given, ...others].find((gift) => gift?.value === current);
  if (wanted === null) {
    const isTakenBack = source === given && !others.some(({ value }) => value === current);
    return { value: given && isTakenBack ? (others.at(-1)?.value ?? given.before) : current, given: undefined };
  }
  const isOverruled = given?.value === wanted && source === undefined;
  if (isOverruled) return { value: current, given };
  return { value: wanted, given: { value: wanted, before: source ? source.before : current } };
}
