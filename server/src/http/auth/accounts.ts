import type { Viewer } from '../../domain/people/members.ts';

/** The statements of accounts beside better-auth's own (database/accounts.ts). */
export interface Accounts {
  findUserBySession(token: string): Promise<SessionUser | null>;
  findUserByApiKey(hash: string): Promise<SessionUser | null>;
  isUserSuspended(userId: string): Promise<boolean>;
  /** Whether the user must confirm the address before signing in, on a server that sends mail. */
  isConfirmationDue(userId: string): Promise<boolean>;
  /** How often the user's ways to sign in were taken away or changed; null: there is no such user. */
  findCredentialsEpoch(of: { email: string } | { userId: string }): Promise<number | null>;
  /** Whether an error is the database's refusal of a session, for one of the reasons above. */
  isRefusedSession(error: unknown): boolean;
  deleteExpiredSessions(userId: string): Promise<void>;
  /** Deletes what killed sign-ups left that would stand in the way of one with this address or by this invitation. */
  deleteHalfMadeUsers(like: { email: string; invitationId: string | null }): Promise<void>;
  /**
   * Sets the password and writes the audit entry in one transaction. `hash`: as better-auth makes it. Returns the user's next
   * count; null: nothing was changed, as the count is not what it was.
   */
  changePassword(change: {
    userId: string;
    hash: string;
    revokeApiKeys: boolean;
    credentialsEpoch: number;
  }): Promise<number | null>;
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
