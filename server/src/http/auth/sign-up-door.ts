import { APIError, isAPIError } from 'better-auth/api';
import { SignUpRefusedError } from '../../domain/ground/errors.ts';
import type { Entrance, SignUp, SignUpRequest } from '../../domain/people/sign-up.ts';
import type { Accounts } from './accounts.ts';
import type { Hook, HookContext } from './hooks.ts';
import { blockOf, type LimiterMaker, look, refusingTooMany } from './limiters.ts';

const path = '/sign-up/email';

/**
 * Lets those sign up who may, and slows down who would make many accounts or guess invitations: from one address 100 new
 * accounts in an hour, and in five minutes 20 invitations that are none.
 */
export function signUpDoor({
  signUp,
  accounts,
  createLimiter,
}: {
  signUp: SignUp;
  accounts: Pick<Accounts, 'deleteHalfMadeUsers'>;
  createLimiter: LimiterMaker;
}): Hook {
  const newAccounts = createLimiter({ keyPrefix: 'sign-up', points: 100, duration: 3600 });
  const wrongInvitations = createLimiter({ keyPrefix: 'invitation', points: 20, duration: 300 });

  async function requireOpen(request: SignUpRequest): Promise<void> {
    const { invitationId } = signUp.entranceOf(request);
    await accounts.deleteHalfMadeUsers({ email: request.email, invitationId });
    await signUp.requireOpen(request);
  }

  return {
    async before(ctx) {
      if (ctx.path !== path) return;
      const request = requestOf(ctx);
      const block = blockOf(ctx);
      if (request.invitation !== null) {
        await refusingTooMany('invitations that are not valid', () => look(wrongInvitations, block));
      }
      try {
        await requireOpen(request);
      } catch (error) {
        if (isInvalidInvitation(error)) {
          await refusingTooMany('invitations that are not valid', () => wrongInvitations.consume(block).then(() => {}));
        }
        throw toApiError(error);
      }
      // Taken off in advance, so that many at once are not all let through.
      await refusingTooMany('new accounts from this address', () => newAccounts.consume(block).then(() => {}));
    },
    async after(ctx) {
      const { returned } = ctx.context;
      if (ctx.path !== path || !isAPIError(returned)) return;
      await newAccounts.reward(blockOf(ctx));
      // The insert was refused: somebody else was let in by the same door a moment before, and it is shut now. The
      // answer's status stays the endpoint's own, 422.
      if (returned.body?.code === 'FAILED_TO_CREATE_USER') {
        await signUp.requireOpen(requestOf(ctx)).catch((error) => {
          throw toApiError(error);
        });
      }
    },
  };
}

/** For the insert of a user by whom the request was let in. */
export function entranceOf(signUp: SignUp, ctx: Pick<HookContext, 'body'>): Entrance {
  try {
    return signUp.entranceOf(requestOf(ctx));
  } catch (error) {
    throw toApiError(error);
  }
}

function requestOf({ body }: Pick<HookContext, 'body'>): SignUpRequest {
  // Whatever was sent in the place of a text is an invitation that is none, and an address that is none.
  const { email, invitation } = body ?? {};
  return {
    email: typeof email === 'string' ? email.toLowerCase() : '',
    invitation: invitation == null || invitation === '' ? null : typeof invitation === 'string' ? invitation : '?',
  };
}

function isInvalidInvitation(error: unknown): boolean {
  return error instanceof SignUpRefusedError && error.code === 'INVITATION_INVALID';
}

function toApiError(error: unknown): unknown {
  if (!(error instanceof SignUpRefusedError)) return error;
  return new APIError('FORBIDDEN', { code: error.code, message: error.message });
}
