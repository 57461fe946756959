import type { BetterAuthOptions } from 'better-auth';
import { isAPIError } from 'better-auth/api';
import type { Logger } from 'pino';
import { v7 as uuidv7 } from 'uuid';
import type { OneTimeLinks } from '../../domain/people/sign-in/one-time-links.ts';
import { isShutDoor, type SignUp } from '../../domain/people/sign-up.ts';
import type { OriginPolicy } from '../security.ts';
import { accountDeletion, type DeleteAccount } from './account-deletion.ts';
import type { Accounts } from './accounts.ts';
import { accountColumns, sessionColumns, userColumns, verificationColumns } from './columns.ts';
import { credentialsEpoch } from './credentials-epoch.ts';
import { databaseHooksOf } from './database-hooks.ts';
import { hooksOf } from './hooks.ts';
import { addressHeader } from './inner-headers.ts';
import type { LimiterMaker } from './limiters.ts';
import { MailsToOne, mailedLinks } from './mailed-links.ts';
import type { OidcOptions } from './oidc/oidc.ts';
import { providerSession } from './oidc/provider-session.ts';
import { passwordBrake } from './password-brake.ts';
import { secondFactor } from './second-factor.ts';
import { securityLog } from './security-log.ts';
import { signUpDoor } from './sign-up-door.ts';

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
  const { database, accounts, signUp, createLimiter, secret, origins, passwords, log } = options;
  const mails = new MailsToOne(createLimiter);
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
      ...askingByMail(options, mails),
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
      credentialsEpoch(accounts),
      securityLog(accounts),
      ...secondFactor({ accounts, createLimiter }),
      accountDeletion(options),
      providerSession,
      ...(options.links ? [mailedLinks(options.links, mails, createLimiter)] : []),
    ],
    trustedOrigins: (request) => {
      const origin = request?.headers.get('origin') ?? request?.headers.get('referer')?.split('/', 3).join('/');
      return origin && origins.allows(origin, request?.headers.get('host') ?? undefined) ? [origin] : [];
    },
    hooks: hooksOf([signUpDoor({ signUp, accounts, createLimiter }), passwordBrake(createLimiter)]),
    databaseHooks: databaseHooksOf({ ...options, mails }),
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

/**
 * Where mail is sent, nobody is signed in by signing up, and the answer does not tell whether the address is a member's:
 * its owner gets a mail instead, unless strangers have sent them many already.
 */
function askingByMail(
  { links }: Pick<AuthOptions, 'links'>,
  mails: MailsToOne,
): Partial<NonNullable<BetterAuthOptions['emailAndPassword']>> {
  if (!links?.sendsMail) return {};
  return {
    autoSignIn: false,
    onExistingUserSignUp: async ({ user: { email } }) => links.mailAlreadyMember(email, () => mails.tryTake(email)),
  };
}
