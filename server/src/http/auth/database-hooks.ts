import type { AuthContext, BetterAuthOptions } from 'better-auth';
import { APIError } from 'better-auth/api';
import type { OneTimeLinks } from '../../domain/people/sign-in/one-time-links.ts';
import type { SignUp } from '../../domain/people/sign-up.ts';
import type { Accounts } from './accounts.ts';
import { credentialsChangedError, notedEpoch } from './credentials-epoch.ts';
import { epochHeader, revokeKeysHeader, userHeader } from './inner-headers.ts';
import type { MailsToOne } from './mailed-links.ts';
import { entranceOf } from './sign-up-door.ts';
import { emailFault, storable } from './user-fields.ts';

interface DatabaseHooksOptions {
  accounts: Accounts;
  signUp: SignUp;
  links?: OneTimeLinks | undefined;
  mails: MailsToOne;
  onSessionEnd(userId: string): void;
}

/** What happens beside better-auth's own writing of users, passwords and sessions. */
export function databaseHooksOf(options: DatabaseHooksOptions): NonNullable<BetterAuthOptions['databaseHooks']> {
  const { accounts, signUp, links, mails, onSessionEnd } = options;
  return {
    user: {
      create: {
        async before(user, ctx) {
          const fault = emailFault(user.email);
          if (fault) throw new APIError('BAD_REQUEST', fault);
          const confirmationDue = links?.sendsMail ?? false;
          const entrance = entranceOf(signUp, { body: ctx?.body });
          return { data: { ...user, ...storable(user), image: null, ...entrance, confirmationDue } };
        },
        // This mail counts, as the one to a member does: else what is left would tell who is one. It is always sent.
        after: async (user) => links?.mailConfirmation(user, () => mails.tryTake(user.email)),
      },
      update: { before: async (user) => ({ data: { ...user, ...storable(user), image: null } }) },
    },
    account: {
      update: {
        // Writes the change and all that follows from it in one transaction. `false`: better-auth then writes nothing.
        async before({ password }, ctx) {
          if (ctx?.path !== '/change-password' || typeof password !== 'string') return;
          const userId = ctx.headers?.get(userHeader) ?? '';
          const revokeApiKeys = ctx.headers?.has(revokeKeysHeader) ?? false;
          const noted = notedEpoch(ctx.headers);
          const change = { userId, hash: password, revokeApiKeys };
          const epoch = noted === null ? null : await accounts.changePassword({ ...change, credentialsEpoch: noted });
          if (epoch === null) throw credentialsChangedError();
          ctx.headers?.set(epochHeader, String(epoch));
          if (revokeApiKeys) onSessionEnd(userId);
          return false;
        },
      },
    },
    session: {
      create: {
        async before({ userId }, ctx) {
          await requireAdmitted(accounts, userId);
          if (links?.sendsMail && (await accounts.isConfirmationDue(userId))) throw unconfirmedError();
          const epoch = notedEpoch(ctx?.headers);
          if (epoch !== (await accounts.findCredentialsEpoch({ userId }))) throw credentialsChangedError();
          return { data: { credentialsEpoch: epoch } };
        },
        after: (session) => accounts.deleteExpiredSessions(session.userId),
      },
      delete: { after: async (session) => onSessionEnd(session.userId) },
    },
  };
}

async function requireAdmitted(accounts: Accounts, userId: string): Promise<void> {
  if (await accounts.isUserSuspended(userId)) throw suspendedError();
}

/**
 * Has better-auth say why the database refuses a session: its user was shut out after the hook above has looked. Else that
 * would be answered as a fault of this server.
 */
export function explainRefusedSessions(adapter: Pick<InternalAdapter, 'createSession'>, accounts: Accounts): void {
  const { createSession } = adapter;
  adapter.createSession = async (userId, ...rest) => {
    try {
      return await createSession(userId, ...rest);
    } catch (error) {
      if (!accounts.isRefusedSession(error)) throw error;
      await requireAdmitted(accounts, userId);
      throw credentialsChangedError();
    }
  };
}

type InternalAdapter = AuthContext['internalAdapter'];

function suspendedError(): APIError {
  return new APIError('FORBIDDEN', { code: 'ACCOUNT_SUSPENDED', message: 'This account is suspended.' });
}

function unconfirmedError(): APIError {
  return new APIError('FORBIDDEN', {
    code: 'EMAIL_NOT_VERIFIED',
    message: 'Confirm your e-mail address first: open the link in the mail that was sent to it.',
  });
}
