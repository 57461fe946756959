import { createAccountStore } from '../../src/database/accounts.ts';
import { createLimiterMaker } from '../../src/database/attempt-count.ts';
import { createInvitationLinks } from '../../src/domain/people/invitation-links.ts';
import { createSignUp } from '../../src/domain/people/sign-up.ts';
import type { AuthOptions } from '../../src/http/auth/options.ts';
import { createOriginPolicy } from '../../src/http/security.ts';
import { testLog as log, type TestDatabase } from './describe-databases.ts';

interface TestAuthOptions {
  publicUrl: string;
  allowedOrigins?: string[];
  secret?: string;
  onSessionEnd?: (userId: string) => void;
  passwords?: NonNullable<AuthOptions['passwords']>;
}

/** The options of a server on which everybody may sign up. */
export function authOptions(
  { db }: Pick<TestDatabase, 'db'>,
  {
    publicUrl,
    allowedOrigins = [],
    secret = 'a secret of more than thirty-two characters',
    onSessionEnd = () => {},
    passwords,
  }: TestAuthOptions,
): AuthOptions {
  return {
    database: { db, type: 'postgres' },
    accounts: createAccountStore(db),
    signUp: createSignUp({
      db,
      rule: () => ({ kind: 'OPEN' }),
      refreshRule: async () => {},
      links: createInvitationLinks({ secret, publicUrl }),
    }),
    createLimiter: createLimiterMaker(db, log),
    secret,
    origins: createOriginPolicy({ publicUrl, allowedOrigins }),
    deleteAccount: async () => {},
    onSessionEnd,
    trustedProxies: 0,
    ...(passwords && { passwords }),
    log,
  };
}
