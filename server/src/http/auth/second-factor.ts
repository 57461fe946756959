import type { BetterAuthPlugin } from 'better-auth';
import { APIError, createAuthMiddleware, isAPIError } from 'better-auth/api';
import { symmetricDecrypt } from 'better-auth/crypto';
import { twoFactor } from 'better-auth/plugins/two-factor';
import { RateLimiterRes } from 'rate-limiter-flexible';
import type { Accounts, NotedAction } from './accounts.ts';
import { addressHeader, userHeader } from './inner-headers.ts';
import { digest, type LimiterMaker, look, refusingTooMany } from './limiters.ts';

const totpPath = '/two-factor/verify-totp';
const backupCodePath = '/two-factor/verify-backup-code';

/** The paths at which a code is typed, while signing in or to switch the second factor on. */
const asking: readonly string[] = [totpPath, backupCodePath];

/** The acts that are entries of the audit log once they have succeeded, beside the ones at `asking`. */
const noted: Readonly<Record<string, NotedAction>> = {
  '/two-factor/disable': 'disableTwoFactor',
  '/two-factor/generate-backup-codes': 'newBackupCodes',
};

/** The codes by which better-auth refuses a code that is wrong. */
const refusals = ['INVALID_CODE', 'INVALID_BACKUP_CODE'];

/**
 * Two-factor sign-in: whoever signs in with the password of an account that has it is asked for a code of an app (TOTP, 30
 * seconds), or for one of ten backup codes. Accounts of other sign-in services are asked there, and API keys never.
 */
export function secondFactor(options: { accounts: Accounts; createLimiter: LimiterMaker }): BetterAuthPlugin[] {
  return [twoFactor({ issuer: 'Polylogue', schema: { user: userColumns, twoFactor: twoFactorTable } }), codes(options)];
}

const userColumns = { fields: { twoFactorEnabled: 'two_factor_enabled' } };

const twoFactorTable = {
  modelName: 'two_factor',
  fields: {
    userId: 'user_id',
    backupCodes: 'backup_codes',
    failedVerificationCount: 'failed_verification_count',
    lockedUntil: 'locked_until',
  },
};

/**
 * Lets each code through once, slows down whoever tries codes, and records in the audit log what happens. better-auth
 * itself locks an account for a quarter of an hour after ten wrong codes in a row.
 */
function codes({ accounts, createLimiter }: { accounts: Accounts; createLimiter: LimiterMaker }): BetterAuthPlugin {
  // A code is accepted for at most 90 seconds.
  const used = createLimiter({ keyPrefix: 'totp', points: 1, duration: 120 });
  const tries = createLimiter({ keyPrefix: 'code', points: 20, duration: 300 });

  const before = createAuthMiddleware(async (ctx) => {
    if (ctx.body?.trustDevice) {
      throw new APIError('BAD_REQUEST', {
        code: 'TRUST_DEVICE_NOT_OFFERED',
        message: 'The second factor is asked for at every sign-in.',
      });
    }
    const userId = await userOf(ctx);
    if (userId === null) return;
    if (!(await isReadable(ctx, userId))) {
      throw new APIError('UNAUTHORIZED', {
        code: 'SECOND_FACTOR_UNREADABLE',
        message:
          'This server cannot read your second factor: its secret is another one now. Ask an admin to remove it.',
      });
    }
    await refusingTooMany('codes', async () => {
      await look(tries, userId);
      await tries.consume(userId);
    });
    if (ctx.path !== totpPath) return;
    // Counted in advance, so that of two requests with the same code only one gets in.
    await used.consume(digest(`${userId} ${ctx.body?.code}`)).catch((refusal: unknown) => {
      if (!(refusal instanceof RateLimiterRes)) throw refusal;
      throw new APIError('UNAUTHORIZED', {
        code: 'CODE_USED',
        message: 'This code was typed before. Wait for the next one.',
      });
    });
  });

  const after = createAuthMiddleware(async (ctx) => {
    const userId = await userOf(ctx);
    const action = actionOf(ctx);
    if (action === null || userId === null) return;
    if (action !== 'codeRefused' && asking.includes(ctx.path)) await tries.delete(userId);
    await accounts.noteAct({ action, of: { userId }, address: ctx.headers?.get(addressHeader) ?? '' });
  });

  const matches = ({ path }: { path?: string }) => path !== undefined && (asking.includes(path) || path in noted);
  return {
    id: 'codes',
    hooks: {
      before: [{ matcher: ({ path }) => asking.includes(path ?? ''), handler: before }],
      after: [{ matcher: matches, handler: after }],
    },
  };
}

type Context = Parameters<Parameters<typeof createAuthMiddleware>[0]>[0];

/** Whether the secret of this server is the one with which the member's second factor was encrypted. */
async function isReadable({ context }: Context, userId: string): Promise<boolean> {
  const where = [{ field: 'userId', value: userId }];
  const factor = await context.adapter.findOne<{ secret: string }>({ model: 'twoFactor', where });
  if (!factor) return true;
  return symmetricDecrypt({ key: context.secretConfig, data: factor.secret }).then(
    () => true,
    () => false,
  );
}

function actionOf(ctx: Context): NotedAction | null {
  const { returned, newSession } = ctx.context;
  if (isAPIError(returned)) {
    return asking.includes(ctx.path) && refusals.includes(String(returned.body?.code)) ? 'codeRefused' : null;
  }
  if (ctx.path === backupCodePath) return 'useBackupCode';
  // A code that is typed in a session makes a new session if it switches the second factor on.
  if (ctx.path === totpPath) return newSession && ctx.headers?.has(userHeader) ? 'enableTwoFactor' : null;
  return noted[ctx.path] ?? null;
}

/** The member who is signed in, has just signed in, or has given the password and is asked for a code. */
export async function userOf(ctx: Context): Promise<string | null> {
  const known = ctx.headers?.get(userHeader) ?? ctx.context.newSession?.user.id;
  if (known) return known;
  const cookie = ctx.context.createAuthCookie('two_factor');
  const challenge = await ctx.getSignedCookie(cookie.name, ctx.context.secret);
  const asked = challenge ? await ctx.context.internalAdapter.findVerificationValue(challenge) : null;
  return asked?.value ?? null;
}
