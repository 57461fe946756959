import { APIError, isAPIError } from 'better-auth/api';
import { SignUpRefusedError } from '../../domain/ground/errors.ts';
import type { Entrance, SignUp, SignUpRequest } from '../../domain/people/sign-up.ts';
import type { Accounts } from './accounts.ts';
import type { Hook, HookContext } from './hooks.ts';
import { blockOf, type LimiterMaker, look, refusingTooMany } from './limiters.ts';

const path = '/sign-up/email';

/**
 * Lets those sign up who may, and slows down whoever makes many accounts or guesses invitations: one address may make 100
 * accounts in an hour, and try 20 invalid invitations in five minutes.
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
      // Counted in advance, so that many at once are not all let through.
      await refusingTooMany('new accounts from this address', () => newAccounts.consume(block).then(() => {}));
    },
    async after(ctx) {
      const { returned } = ctx.context;
      if (ctx.path !== path || !isAPIError(returned)) return;
      await newAccounts.reward(blockOf(ctx));
      // The insert was refused: somebody else came in by the same door a moment before, and it is shut now. The answer keeps
      // the endpoint's status, 422.
      if (returned.body?.code === 'FAILED_TO_CREATE_USER') {
        await signUp.requireOpen(requestOf(ctx)).catch((error) => {
          throw toApiError(error);
        });
      }
    },
  };
}

/** Fields for the insert of the user: the door that let the request in. */
export function entranceOf(signUp: SignUp, ctx: Pick<HookContext, 'body'>): Entrance {
  try {
    return signUp.entranceOf(requestOf(ctx));
  } catch (error) {
    throw toApiError(error);
  }
}

function requestOf({ body }: Pick<HookContext, 'body'>): SignUpRequest {
  // A value that is no text counts as an invalid invitation, and as an invalid address.
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
