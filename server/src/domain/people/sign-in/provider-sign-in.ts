import type { Transaction } from 'kysely';
import type { Logger } from 'pino';
import { v7 as newId } from 'uuid';
import { deleteHalfMadeUsers, deleteSessions } from '../../../database/accounts.ts';
import type { Database } from '../../../database/database.ts';
import {
  confirmAddress,
  deleteWaysIn,
  findIdentitiesOf,
  findIdentity,
  type IdentityRow,
  insertIdentity,
  isAddressConfirmed,
  isHalfMade,
  setGranted,
} from '../../../database/people/identities.ts';
import { deleteTwoFactor } from '../../../database/people/two-factor.ts';
import { deleteApiKeys } from '../../../database/programs/api-keys.ts';
import {
  findUserByEmail,
  findUsers,
  insertUser,
  isShutDoor,
  lockAdmins,
  lockUser,
  type UserRow,
} from '../../../database/users.ts';
import { SignInRefusedError } from '../../ground/errors.ts';
import { toName } from '../../ground/names.ts';
import { accountTopic, memberTopic } from '../../ground/notifications.ts';
import { type Administration, audit, changeRole, changeTier, isLastAdmin } from '../administration.ts';
import { isGuest } from '../guests.ts';
import type { Entrance, SignUp } from '../sign-up.ts';
import { type Grants, grant, teamsOf, wantedBy } from './group-mapping.ts';
import { applyTeams } from './provider-teams.ts';
import type { SignInProvider } from './sign-in-providers.ts';

/** A person, as a provider says who they are. */
export interface ProviderIdentity {
  issuer: string;
  /** The provider's own id of the person, which never changes. */
  subject: string;
  /** Lower case. */
  email: string;
  /** Whether the provider says that the address is the person's. */
  emailVerified: boolean;
  name: string;
  groups: readonly string[];
}

export interface ProviderSignInOptions extends Pick<Administration, 'db' | 'catalogue' | 'notifications'> {
  signUp: SignUp;
  log: Logger;
}

/** How a person came. */
export interface Arrival {
  /** The secret of an invitation; null: none. */
  invitation: string | null;
  /** The member whom the browser is signed in as; null: nobody. */
  signedInAs: string | null;
}

/**
 * Finds the member whom a provider has identified, or makes one, and gives them what the provider's groups mean here.
 *
 * @throws SignInRefusedError if the member is suspended, or if the address is a member's and the provider has not
 * verified it
 * @throws SignUpRefusedError if the provider does not admit everybody, and the rule for sign-ups does not either
 */
export async function signInByProvider(
  options: ProviderSignInOptions,
  provider: SignInProvider,
  identity: ProviderIdentity,
  arrival: Arrival,
): Promise<UserRow> {
  const user = (await findKnown(options, identity)) ?? (await linkOrMake(options, provider, identity, arrival));
  if (user.suspended) throw suspended();
  return applyGroups(options, provider, identity, user);
}

async function findKnown({ db }: ProviderSignInOptions, identity: ProviderIdentity): Promise<UserRow | undefined> {
  const known = await findIdentity(db, identity);
  return known && (await findUsers(db, [known.userId]))[0];
}

async function linkOrMake(
  options: ProviderSignInOptions,
  provider: SignInProvider,
  identity: ProviderIdentity,
  arrival: Arrival,
): Promise<UserRow> {
  const { db } = options;
  await deleteHalfMadeUsers(db, { email: identity.email, invitationId: null });
  const member = await findUserByEmail(db, identity.email);
  const user = member
    ? await link(options, provider, identity, { member, arrival })
    : await make(options, provider, identity, arrival);
  // Nothing came of it if the same person has signed in elsewhere in this moment.
  const found = user ?? (await findKnown(options, identity));
  if (!found) throw notLinked(provider);
  return found;
}

/**
 * Lets the identity sign in as the member whose address the provider has verified. Whoever made that account may not
 * have been the address's owner: unless the address is confirmed, or the browser is signed in as the member, all that
 * they could still come in with is taken away.
 */
async function link(
  { db, notifications }: ProviderSignInOptions,
  provider: SignInProvider,
  identity: ProviderIdentity,
  { member, arrival }: { member: UserRow; arrival: Arrival },
): Promise<UserRow | null> {
  if (!provider.links || !identity.emailVerified || isGuest(member)) throw notLinked(provider);
  const linked = await db.transaction().execute(async (trx) => {
    const user = await lockUser(trx, member.id);
    if (!user || user.email !== identity.email) return null;
    if (user.suspended) return user;
    if (await isHalfMade(trx, user.id)) throw notLinked(provider);
    const isOwners = arrival.signedInAs === user.id || (await isAddressConfirmed(trx, user.id));
    if (!isOwners) await shutOut(trx, user.id);
    if (!(await insertIdentity(trx, { ...identity, id: newId(), userId: user.id }))) return null;
    await confirmAddress(trx, user.id);
    const note = `${provider.name}${isOwners ? '' : '; the address was not confirmed: password, sessions and API keys ended'}`;
    await audit(trx, user, 'linkProvider', user.email, note);
    // Shutting out has counted.
    return (await findUsers(trx, [user.id]))[0] ?? null;
  });
  if (linked) notifications.publish([memberTopic(linked.id)]);
  return linked;
}

async function shutOut(trx: Transaction<Database>, userId: string): Promise<void> {
  await deleteWaysIn(trx, userId);
  await deleteTwoFactor(trx, userId);
  await deleteSessions(trx, userId);
  await deleteApiKeys(trx, userId);
}

/** @returns null if the address or the identity was taken in this moment */
async function make(
  { db, signUp }: ProviderSignInOptions,
  provider: SignInProvider,
  identity: ProviderIdentity,
  { invitation }: Arrival,
): Promise<UserRow | null> {
  const { email, emailVerified } = identity;
  const { admittedAs, invitationId } = await entranceOf(signUp, provider, identity, invitation);
  const id = newId();
  const name = toName(identity.name.slice(0, 200)) || (email.split('@')[0] as string);
  const user = { id, email, name, email_verified: emailVerified, admitted_as: admittedAs, invitation_id: invitationId };
  try {
    return await db.transaction().execute(async (trx) => {
      const made = await insertUser(trx, user);
      if (!made) return null;
      if (!(await insertIdentity(trx, { ...identity, id: newId(), userId: id }))) throw new IdentityTakenError();
      await audit(trx, made, 'signUpWithProvider', email, provider.name);
      return made;
    });
  } catch (error) {
    if (error instanceof IdentityTakenError) return null;
    // Somebody else came in by the same way a moment before, and it is closed now.
    if (isShutDoor(error)) await signUp.requireOpen({ email, invitation });
    throw error;
  }
}

class IdentityTakenError extends Error {}

async function entranceOf(
  signUp: SignUp,
  provider: SignInProvider,
  { email, emailVerified }: ProviderIdentity,
  invitation: string | null,
): Promise<Entrance> {
  // An address that the provider has not verified admits nobody by its domain.
  const request = { email: emailVerified ? email : '', invitation };
  if (!provider.admitsAll) {
    await signUp.requireOpen(request);
    return signUp.entranceOf(request);
  }
  if (invitation !== null && signUp.rule.kind !== 'CLOSED') {
    // An invitation brings its plan. One that is used up closes no door here.
    const isUsable = await signUp.requireOpen(request).then(
      () => true,
      () => false,
    );
    if (isUsable) return signUp.entranceOf(request);
  }
  return { admittedAs: 'PROVIDER', invitationId: null };
}

function notLinked({ name }: SignInProvider): SignInRefusedError {
  return new SignInRefusedError('ACCOUNT_NOT_LINKED', `${name} cannot open the account with this address.`);
}

/**
 * Gives what the groups give, and takes back what they gave before. The audit log has each change.
 *
 * @returns the user as they are then
 */
async function applyGroups(
  options: ProviderSignInOptions,
  provider: SignInProvider,
  identity: ProviderIdentity,
  found: UserRow,
): Promise<UserRow> {
  const { db, catalogue, notifications, log } = options;
  const topics: string[] = [];
  const user = await db.transaction().execute(async (trx) => {
    // Admins are always locked before a member.
    if (found.role === 'ADMIN') await lockAdmins(trx);
    const before = await lockUser(trx, found.id);
    const identities = await findIdentitiesOf(trx, found.id);
    const own = identities.find(({ issuer, subject }) => issuer === identity.issuer && subject === identity.subject);
    // Somebody has shut out whoever signs in like this, a moment ago.
    if (!before || !own) throw notLinked(provider);
    if (before.suspended) throw suspended();
    const { tier, role } = granted(provider, identity, { before, own, identities });
    const note = `, by the groups of ${provider.name}`;
    let after = before;
    if (tier.value !== before.tier) {
      const changed = await changeTier(trx, catalogue, before, { before, tier: tier.value, note });
      after = changed.user;
      topics.push(accountTopic(changed.accountId));
    }
    if (role.value !== before.role && before.role === 'ADMIN' && (await isLastAdmin(trx, before))) {
      // The last admin stays one, and loses the role at the first sign-in after there is another.
      log.warn({ provider: provider.id }, 'auth: no group makes this member an admin any more, but nobody else is one');
      role.given = ((own.granted ?? {}) as Grants).role;
    } else if (role.value !== before.role) {
      after = await changeRole(trx, before, { before, role: role.value, note });
      topics.push(memberTopic(before.id));
    }
    await remember(trx, own, { role: role.given, tier: tier.given });
    return after;
  });
  if (topics.length > 0) notifications.publish(topics);
  await applyTeamGroups(options, provider, identity, user);
  return user;
}

/** Teams have transactions of their own, each of which locks a team's account. */
async function applyTeamGroups(
  options: ProviderSignInOptions,
  provider: SignInProvider,
  identity: ProviderIdentity,
  user: UserRow,
): Promise<void> {
  const known = await findIdentity(options.db, identity);
  if (!known) return;
  const given = ((known.granted ?? {}) as Grants).teams ?? [];
  const names = teamsOf(provider.groups, identity.groups);
  if (names.length === 0 && given.length === 0) return;
  const teams = await applyTeams(options, user, { names, given });
  await options.db.transaction().execute(async (trx) => {
    await lockUser(trx, user.id);
    const own = await findIdentity(trx, identity);
    if (own) await remember(trx, own, { teams: teams.length > 0 ? teams : undefined });
  });
}

function granted(
  provider: SignInProvider,
  { groups }: ProviderIdentity,
  { before, own, identities }: { before: UserRow; own: IdentityRow; identities: readonly IdentityRow[] },
) {
  const given = (own.granted ?? {}) as Grants;
  const others = identities.filter(({ id }) => id !== own.id).map((other) => (other.granted ?? {}) as Grants);
  const wanted = wantedBy(provider.groups, groups);
  const [tiers, roles] = [others.flatMap(({ tier }) => tier ?? []), others.flatMap(({ role }) => role ?? [])];
  return {
    tier: grant(before.tier, { wanted: wanted.tier, given: given.tier, others: tiers }),
    role: grant(before.role, { wanted: wanted.role, given: given.role, others: roles }),
  };
}

/** Keeps what the provider has given by now; what is not named stays. */
async function remember(trx: Transaction<Database>, { id, granted }: IdentityRow, changes: Grants): Promise<void> {
  const { role, tier, teams } = { ...(granted as Grants | null), ...changes };
  const after = role || tier || teams ? { role, tier, teams } : null;
  if (JSON.stringify(granted) !== JSON.stringify(after)) await setGranted(trx, id, after);
}

function suspended(): SignInRefusedError {
  return new SignInRefusedError('ACCOUNT_SUSPENDED', 'This account is suspended.');
}
