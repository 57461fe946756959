import type { BetterAuthOptions } from 'better-auth';
import { createAuthMiddleware } from 'better-auth/api';

/** A request to better-auth, as a hook sees it. */
export interface HookContext {
  /** The path below /api/auth. */
  path: string;
  headers?: Headers | undefined;
  /** The body as it was sent. */
  body?: Record<string, unknown> | undefined;
  context: {
    /** After the endpoint: its answer, or the APIError that it threw. */
    returned?: unknown;
  };
}

export interface Hook {
  /** Throws an APIError to refuse the request; the endpoint does not run then. */
  before?(ctx: HookContext): Promise<void>;
  /** Throws an APIError to answer with it in place of the endpoint's answer. */
  after?(ctx: HookContext): Promise<void>;
}

/** Joins all hooks into one: better-auth takes one hook before its endpoints and one after them. */
export function hooksOf(hooks: readonly Hook[]): NonNullable<BetterAuthOptions['hooks']> {
  return {
    before: createAuthMiddleware(async (ctx) => {
      for (const hook of hooks) await hook.before?.(ctx as HookContext);
    }),
    after: createAuthMiddleware(async (ctx) => {
      for (const hook of hooks) await hook.after?.(ctx as HookContext);
    }),
  };
}
