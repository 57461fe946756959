import type { Viewer } from '../../domain/people/members.ts';

/** The statements of accounts beside better-auth's own (database/accounts.ts). */
export interface Accounts {
  findUserBySession(token: string): Promise<SessionUser | null>;
  findUserByApiKey(hash: string): Promise<SessionUser | null>;
  isUserSuspended(userId: string): Promise<boolean>;
  /** Whether the user must confirm the address before signing in, on a server that sends mail. */
  isConfirmationDue(userId: string): Promise<boolean>;
  deleteExpiredSessions(userId: string): Promise<void>;
  /** Deletes what killed sign-ups left that would stand in the way of one with this address or by this invitation. */
  deleteHalfMadeUsers(like: { email: string; invitationId: string | null }): Promise<void>;
  /** Sets the password and writes the audit entry in one transaction. `hash`: as better-auth makes it. */
  changePassword(change: { userId: string; hash: string; revokeApiKeys: boolean }): Promise<void>;
  /**
   * Writes a failed sign-in into the audit log, which counts repetitions within a quarter of an hour. Nothing is kept of an
   * account that does not exist: some people type their password where their address belongs.
   */
  noteAct(act: {
    action: NotedAction;
    of: { email: string } | { userId: string };
    /** The address that the request came from; empty: not known. */
    address: string;
  }): Promise<void>;
}

export type SessionUser = Viewer;

/** Acts that better-auth does or refuses by itself. */
export type NotedAction =
  | 'signInFailed'
  | 'passwordRefused'
  | 'endSessions'
  | 'codeRefused'
  | 'useBackupCode'
  | 'enableTwoFactor'
  | 'disableTwoFactor'
  | 'newBackupCodes';
