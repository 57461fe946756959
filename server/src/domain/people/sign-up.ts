import type { Kysely } from 'kysely';
import type { Admission } from '../../database/auth-tables.ts';
import type { Database } from '../../database/database.ts';
import { isInvitationUsable } from '../../database/invitations.ts';
import { hasAccounts, hasUsers } from '../../database/users.ts';
import { SignUpRefusedError } from '../ground/errors.ts';
import type { InvitationLinks } from './invitation-links.ts';
import { isOfDomains, type SignUpRule } from './sign-up-rule.ts';

export type { Admission } from '../../database/auth-tables.ts';
export { isShutDoor } from '../../database/users.ts';

/** A request for an account. */
export interface SignUpRequest {
  email: string;
  /** The secret of an invitation's link; null: none. */
  invitation: string | null;
}

/** The way by which an account is admitted. */
export interface Entrance {
  admittedAs: Admission;
  invitationId: string | null;
}

/** Decides who may make an account. */
export interface SignUp {
  /** The rule now: it may become stricter when answers begin to cost money. */
  readonly rule: SignUpRule;
  /**
   * The values to insert the account with. The insert itself checks that the way in is open at that moment, so that
   * many who sign up at once do not get past it.
   *
   * @throws SignUpRefusedError if no way in can be open
   */
  entranceOf(request: SignUpRequest): Entrance;
  /**
   * Checks that the way in is open now.
   *
   * @throws SignUpRefusedError if it is not
   */
  requireOpen(request: SignUpRequest): Promise<void>;
  /** Whether there is no account yet: the next one to sign up becomes the admin. */
  isFirst(): Promise<boolean>;
}

export function createSignUp({
  db,
  rule: ruleNow,
  refreshRule,
  links,
}: {
  db: Kysely<Database>;
  rule: () => SignUpRule;
  /** Reads what the rule depends on, in case another process has changed it. */
  refreshRule: () => Promise<void>;
  links: InvitationLinks;
}): SignUp {
  function entranceOf({ email, invitation }: SignUpRequest): Entrance {
    const rule = ruleNow();
    if (rule.kind === 'CLOSED') {
      throw new SignUpRefusedError(
        'SIGN_UP_CLOSED',
        'Sign-up is closed on this server. Its operator creates the accounts.',
      );
    }
    if (invitation !== null) {
      const invitationId = links.idOf(invitation);
      if (invitationId === null) throw invalidInvitation();
      return { admittedAs: 'INVITATION', invitationId };
    }
    if (rule.kind === 'OPEN') return { admittedAs: 'OPEN', invitationId: null };
    if (rule.kind === 'DOMAINS' && isOfDomains(email, rule.domains)) {
      return { admittedAs: 'DOMAIN', invitationId: null };
    }
    return { admittedAs: 'FIRST', invitationId: null };
  }

  return {
    get rule() {
      return ruleNow();
    },
    entranceOf,
    async requireOpen(request) {
      await refreshRule();
      const { admittedAs, invitationId } = entranceOf(request);
      if (invitationId !== null && !(await isInvitationUsable(db, invitationId))) throw invalidInvitation();
      if (admittedAs === 'FIRST' && (await hasUsers(db))) throw shut(ruleNow());
    },
    isFirst: async () => !(await hasAccounts(db)),
  };
}

function invalidInvitation(): SignUpRefusedError {
  return new SignUpRefusedError(
    'INVITATION_INVALID',
    'This invitation is not valid: it was used, revoked, or has expired. Ask for a new one.',
  );
}

function shut({ kind }: SignUpRule): SignUpRefusedError {
  return kind === 'DOMAINS'
    ? new SignUpRefusedError(
        'DOMAIN_NOT_ADMITTED',
        'Sign up with your organisation’s e-mail address, or with an invitation from an admin.',
      )
    : new SignUpRefusedError('INVITATION_NEEDED', 'You need an invitation to sign up. Ask an admin for a link.');
}
