import type { Kysely } from 'kysely';
import { v7 as newId } from 'uuid';
import type { Database } from '../../database/database.ts';
import {
  countUsableInvitations,
  findInvitations as findInvitationRows,
  findInvitationsById,
  type InvitationRow,
  insertInvitation,
  setInvitationRevoked,
} from '../../database/invitations.ts';
import { ForbiddenError, InvalidInputError, NotFoundError } from '../ground/errors.ts';
import type { TierId } from '../ground/tiers.ts';
import { type Actor, audit } from './administration.ts';
import type { SignUpRule } from './sign-up-rule.ts';
import { requireTeamInUse } from './teams.ts';

export { findInvitationsById, type InvitationRow } from '../../database/invitations.ts';

export interface NewInvitation {
  /** The plan of accounts made with it; absent: FREE. */
  tier?: TierId | null;
  /** The team that new members join. Absent: none. */
  teamId?: string | null;
  /** How many accounts it may make; null: any number. */
  usesMax: number | null;
  /** Absent: never. */
  expiresAt?: Date | null;
}

export type InvitationStatus = 'USABLE' | 'USED_UP' | 'EXPIRED' | 'REVOKED';

const USES_MAX = 100_000;

/**
 * How many invitations may be usable at once. The list shows all usable ones and the newest of the rest, at most as
 * many.
 */
export const INVITATIONS_MAX = 500;

/** Makes an invitation, and writes that to the audit log in the same transaction. */
export async function createInvitation(
  { db, signUp }: { db: Kysely<Database>; signUp: SignUpRule },
  actor: Actor,
  { tier, teamId, usesMax, expiresAt }: NewInvitation,
): Promise<InvitationRow> {
  if (signUp.kind === 'CLOSED')
    throw new ForbiddenError('Sign-up is closed on this server (SIGN_UP=closed), even with an invitation.');
  if (usesMax !== null && (usesMax < 1 || usesMax > USES_MAX)) {
    throw new InvalidInputError('usesMax', `An invitation is for 1 to ${USES_MAX.toLocaleString('en')} accounts.`);
  }
  if (expiresAt && expiresAt.getTime() <= Date.now()) {
    throw new InvalidInputError('expiresAt', 'An invitation cannot expire in the past.');
  }
  return db.transaction().execute(async (trx) => {
    if ((await countUsableInvitations(trx)) >= INVITATIONS_MAX) {
      throw new InvalidInputError(
        'usesMax',
        `There are ${INVITATIONS_MAX} open invitations, which is the most. Revoke one first.`,
      );
    }
    const team = teamId == null ? null : await requireTeamInUse(trx, teamId);
    const invitation = await insertInvitation(trx, {
      id: newId(),
      created_by: actor === 'operator' ? null : actor.id,
      tier: tier ?? 'FREE',
      team_id: team?.id ?? null,
      uses_max: usesMax,
      expires_at: expiresAt ?? null,
    });
    const note = `${describe(invitation)}${team ? `, team ${team.name}` : ''}`;
    await audit(trx, actor, 'createInvitation', named(invitation.id), note);
    return invitation;
  });
}

/** The end of the id is enough to tell invitations apart. */
function named(id: string): string {
  return `invitation ${id.slice(-12)}`;
}

function describe({ tier, uses_max, expires_at }: InvitationRow): string {
  const uses = uses_max === null ? 'any number of accounts' : `${uses_max} account${uses_max === 1 ? '' : 's'}`;
  return `plan ${tier}, ${uses}, ${expires_at ? `until ${expires_at.toISOString().slice(0, 16)}Z` : 'without end'}`;
}

/**
 * Revokes an invitation: it makes no more accounts, and those that it made stay. Does nothing if it is revoked already.
 */
export async function revokeInvitation({ db }: { db: Kysely<Database> }, actor: Actor, id: string): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const revoked = await setInvitationRevoked(trx, id);
    if (revoked) return audit(trx, actor, 'revokeInvitation', named(id), describe(revoked));
    if ((await findInvitationsById(trx, [id])).length === 0) throw new NotFoundError('invitation');
  });
}

/** Usable invitations come first, then the others; the newest first among each. */
export function findInvitations(db: Kysely<Database>): Promise<InvitationRow[]> {
  return findInvitationRows(db, INVITATIONS_MAX);
}

export function statusOf({ revoked_at, expires_at, uses, uses_max }: InvitationRow): InvitationStatus {
  if (revoked_at) return 'REVOKED';
  if (uses_max !== null && uses >= uses_max) return 'USED_UP';
  return expires_at && expires_at.getTime() <= Date.now() ? 'EXPIRED' : 'USABLE';
}
