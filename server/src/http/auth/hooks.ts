import { createAuthMiddleware } from 'better-auth/api';

/** What a hook sees of a request to better-auth. */
export interface HookContext {
  /** Below /api/auth. */
  path: string;
  headers?: Headers | undefined;
  /** As it was sent. */
  body?: Record<string, unknown> | undefined;
  context: {
    /** Behind the endpoint: what it answers, or the APIError that it threw. */
    returned?: unknown;
  };
}

export interface Hook {
  /** Throws an APIError to refuse the request; then nothing runs behind it. */
  before?(ctx: HookContext): Promise<void>;
  /** Throws an APIError to answer with that in place of what the endpoint returned. */
  after?(ctx: HookContext): Promise<void>;
}

/** better-auth takes one hook before its endpoints and one behind them. */
export function hooksOf(hooks: readonly Hook[]) {
  return {
    before: createAuthMiddleware(async (ctx) => {
      for (const hook of hooks) await hook.before?.(ctx as HookContext);
    }),
    after: createAuthMiddleware(async (ctx) => {
      for (const hook of hooks) await hook.after?.(ctx as HookContext);
    }),
  };
}
