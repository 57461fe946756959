import type { Viewer } from '../../domain/people/members.ts';

/** What is asked of the database beside what better-auth does for itself (database/accounts.ts). */
export interface Accounts {
  findUserBySession(token: string): Promise<SessionUser | null>;
  findUserByApiKey(hash: string): Promise<SessionUser | null>;
  isUserSuspended(userId: string): Promise<boolean>;
  deleteExpiredSessions(userId: string): Promise<void>;
  /** Those that are in the way of one who signs up with this address or by this invitation. */
  deleteHalfMadeUsers(like: { email: string; invitationId: string | null }): Promise<void>;
  /** With its entry in the audit log, in one transaction. `hash`: as better-auth makes it. */
  changePassword(change: { userId: string; hash: string; revokeApiKeys: boolean }): Promise<void>;
  /**
   * For the audit log, which counts what happens more than once in a quarter of an hour. Of an account that does not
   * exist nothing is kept: some type their password where their address belongs.
   */
  noteAct(act: {
    action: 'signInFailed' | 'passwordRefused' | 'endSessions';
    of: { email: string } | { userId: string };
    /** From where it was asked for; empty: not known. */
    address: string;
  }): Promise<void>;
}

export interface SessionUser extends Viewer {
  /** The session of a browser; null for an API key. */
  sessionId: string | null;
}
