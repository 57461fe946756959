import type { BetterAuthOptions } from 'better-auth';
import { APIError, isAPIError } from 'better-auth/api';
import type { Logger } from 'pino';
import { v7 as uuidv7 } from 'uuid';
import type { OneTimeLinks } from '../../domain/people/sign-in/one-time-links.ts';
import { isShutDoor, type SignUp } from '../../domain/people/sign-up.ts';
import type { OriginPolicy } from '../security.ts';
import { accountDeletion, type DeleteAccount } from './account-deletion.ts';
import type { Accounts } from './accounts.ts';
import { accountColumns, sessionColumns, userColumns, verificationColumns } from './columns.ts';
import { emailFault } from './email.ts';
import { hooksOf } from './hooks.ts';
import { addressHeader, revokeKeysHeader, userHeader } from './inner-headers.ts';
import type { LimiterMaker } from './limiters.ts';
import { mailedLinks } from './mailed-links.ts';
import type { OidcOptions } from './oidc/oidc.ts';
import { providerSession } from './oidc/provider-session.ts';
import { passwordBrake } from './password-brake.ts';
import { secondFactor } from './second-factor.ts';
import { securityLog } from './security-log.ts';
import { entranceOf, signUpDoor } from './sign-up-door.ts';
import { storable } from './user-name.ts';

export interface AuthOptions {
  /** One database in two forms: `{ db, type: 'postgres' }` for better-auth, createAccountStore(db) for us. */
  database: BetterAuthOptions['database'];
  accounts: Accounts;
  /** Who may make an account. */
  signUp: SignUp;
  createLimiter: LimiterMaker;
  /** The providers to sign in with; absent: none. */
  oidc?: Pick<OidcOptions, 'providers' | 'fetch' | 'admit'>;
  /** The links that are sent by mail or handed over; absent: there are none. */
  links?: OneTimeLinks;
  /** Whether people may sign in with a password. Default: they may. */
  passwordSignIn?: boolean;
  /** At least 32 characters; see loadAuthSecret. */
  secret: string;
  origins: OriginPolicy;
  deleteAccount: DeleteAccount;
  /** Called when a session or a key of the user ended before its time, for whatever reason. */
  onSessionEnd(userId: string): void;
  /** How passwords are hashed; default: by scrypt, as better-auth does. */
  passwords?: NonNullable<BetterAuthOptions['emailAndPassword']>['password'];
  /** How many proxies in front add to X-Forwarded-For; 0: the header is a claim, and ignored. */
  trustedProxies: number;
  log: Logger;
}

const sessionSeconds = 30 * 24 * 60 * 60;

/** Cookies are the server's alone, also if it is below a path of its host. */
function cookiesAt({ publicUrl, basePath }: AuthOptions['origins']) {
  return {
    useSecureCookies: publicUrl.protocol === 'https:',
    defaultCookieAttributes: { path: basePath || '/' },
  };
}

/** better-auth's options. The test of migration 0000_auth compares the schema with them. */
export function betterAuthOptions(options: AuthOptions) {
  const { database, accounts, signUp, createLimiter, secret, origins, onSessionEnd, passwords, log } = options;
  return {
    appName: 'Polylogue',
    baseURL: origins.publicUrl.origin,
    basePath: '/api/auth',
    secret,
    // Without it better-auth would prefer BETTER_AUTH_SECRETS, with which `findSessionToken` reads no cookie.
    secrets: [{ version: 1, value: secret }],
    database,
    emailAndPassword: {
      enabled: options.passwordSignIn ?? true,
      ...askingByMail(options),
      ...(passwords && { password: passwords }),
    },
    session: { ...sessionColumns, expiresIn: sessionSeconds, updateAge: 24 * 60 * 60 },
    user: {
      ...userColumns,
      additionalFields: {
        role: { type: 'string', input: false, defaultValue: 'USER' },
        tier: { type: 'string', input: false, defaultValue: 'FREE' },
        suspended: { type: 'boolean', input: false, defaultValue: false },
        admittedAs: { type: 'string', input: false, returned: false, defaultValue: 'OPEN', fieldName: 'admitted_as' },
        confirmationDue: {
          type: 'boolean',
          input: false,
          returned: false,
          defaultValue: false,
          fieldName: 'confirmation_due',
        },
        invitationId: { type: 'string', input: false, returned: false, required: false, fieldName: 'invitation_id' },
      },
    },
    account: accountColumns,
    verification: verificationColumns,
    plugins: [
      securityLog(accounts),
      ...secondFactor({ accounts, createLimiter }),
      accountDeletion(options),
      providerSession,
      ...(options.links ? [mailedLinks(options.links, createLimiter)] : []),
    ],
    trustedOrigins: (request) => {
      const origin = request?.headers.get('origin') ?? request?.headers.get('referer')?.split('/', 3).join('/');
      return origin && origins.allows(origin, request?.headers.get('host') ?? undefined) ? [origin] : [];
    },
    hooks: hooksOf([signUpDoor({ signUp, accounts, createLimiter }), passwordBrake(createLimiter)]),
    databaseHooks: {
      user: {
        create: {
          async before(user, ctx) {
            const fault = emailFault(user.email);
            if (fault) throw new APIError('BAD_REQUEST', fault);
            const confirmationDue = options.links?.sendsMail ?? false;
            const entrance = entranceOf(signUp, { body: ctx?.body });
            return { data: { ...user, ...storable(user), image: null, ...entrance, confirmationDue } };
          },
          after: async (user) => options.links?.mailConfirmation(user),
        },
        update: { before: async (user) => ({ data: { ...user, ...storable(user), image: null } }) },
      },
      account: {
        update: {
          // Writes the change and all that follows from it in one transaction; better-auth then writes the same hash once more.
          async before({ password }, ctx) {
            if (ctx?.path !== '/change-password' || typeof password !== 'string') return;
            const userId = ctx.headers?.get(userHeader) ?? '';
            const revokeApiKeys = ctx.headers?.has(revokeKeysHeader) ?? false;
            await accounts.changePassword({ userId, hash: password, revokeApiKeys });
            if (revokeApiKeys) onSessionEnd(userId);
          },
        },
      },
      session: {
        create: {
          async before(session) {
            if (await accounts.isUserSuspended(session.userId)) throw suspendedError();
            if (options.links?.sendsMail && (await accounts.isConfirmationDue(session.userId)))
              throw unconfirmedError();
          },
          after: (session) => accounts.deleteExpiredSessions(session.userId),
        },
        delete: { after: async (session) => onSessionEnd(session.userId) },
      },
    },
    // Passwords have a brake of their own; every other costly endpoint asks for a session first.
    rateLimit: { enabled: false },
    advanced: {
      cookiePrefix: 'polylogue',
      ...cookiesAt(origins),
      database: { generateId: () => uuidv7() },
      ipAddress: { ipAddressHeaders: [addressHeader] },
      // Set explicitly, because better-auth skips both checks if NODE_ENV is "test".
      disableOriginCheck: false,
      disableCSRFCheck: false,
    },
    telemetry: { enabled: false },
    onAPIError: {
      // A refusal is the client's business, and has been answered.
      onError: (error) => {
        if (!isAPIError(error)) log.error({ err: error }, 'auth: a request failed');
      },
    },
    logger: {
      level: 'warn',
      disableColors: true,
      // Warnings are wrong passwords and the like, a member's business; errors without an Error object are refusals.
      log: (level, message, ...rest) => {
        const err = rest.find((value) => value instanceof Error);
        // A sign-up that lost a race is told so; it is no fault.
        if (level !== 'error' || isShutDoor(err)) log.debug(`auth: ${message}`);
        else if (err) log.error({ err }, `auth: ${message}`);
        else log.warn(`auth: ${message}`);
      },
    },
  } satisfies BetterAuthOptions;
}

function suspendedError(): APIError {
  return new APIError('FORBIDDEN', { code: 'ACCOUNT_SUSPENDED', message: 'This account is suspended.' });
}

function unconfirmedError(): APIError {
  return new APIError('FORBIDDEN', {
    code: 'EMAIL_NOT_VERIFIED',
    message: 'Confirm your e-mail address first: open the link in the mail that was sent to it.',
  });
}

/**
 * Where mail is sent, nobody is signed in by signing up, and the answer does not tell whether the address is a member's:
 * its owner gets a mail instead.
 */
function askingByMail({
  links,
}: Pick<AuthOptions, 'links'>): Partial<NonNullable<BetterAuthOptions['emailAndPassword']>> {
  if (!links?.sendsMail) return {};
  return { autoSignIn: false, onExistingUserSignUp: async ({ user }) => links.mailAlreadyMember(user.email) };
}
