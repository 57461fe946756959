/** What is asked of the database beside what better-auth does for itself (database/accounts.ts). */
export interface Accounts {
  findUserBySession(token: string): Promise<SessionUser | null>;
  findUserByApiKey(hash: string): Promise<SessionUser | null>;
  isUserSuspended(userId: string): Promise<boolean>;
  deleteExpiredSessions(userId: string): Promise<void>;
  /** Those that are in the way of one who signs up with this address or by this invitation. */
  deleteHalfMadeUsers(like: { email: string; invitationId: string | null }): Promise<void>;
}

export interface SessionUser {
  id: string;
  email: string;
  name: string;
  role: 'USER' | 'ADMIN';
  tier: 'FREE' | 'PRO' | 'ENTERPRISE';
  /** The session of a browser; null for an API key. */
  sessionId: string | null;
}
