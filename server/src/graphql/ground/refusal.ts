import type { AuthFailure } from '@pothos/plugin-scope-auth';
import { GraphQLError } from 'graphql';
import { hasScope, type Viewer } from '../../domain/people/members.ts';

/**
 * The error for a viewer who may not do something. It says to sign in, that only an admin may, or which scope the API
 * key lacks.
 */
export function refusal(viewer: Viewer | null, failure: AuthFailure): GraphQLError {
  if (!viewer) return new GraphQLError('Sign in first.', { extensions: { code: 'UNAUTHENTICATED' } });
  const scopes = missingScopes(failure);
  const isKeyAtFault = scopes.length > 0 || (viewer.role !== 'USER' && !hasScope(viewer, 'ADMIN'));
  const message = isKeyAtFault
    ? `This needs an API key with the scope ${scopes.join(' or ') || 'ADMIN'}.`
    : 'Only an admin may do this.';
  return new GraphQLError(message, { extensions: { code: 'FORBIDDEN' } });
}

function missingScopes(failure: AuthFailure): unknown[] {
  if ('failures' in failure) return failure.failures.flatMap(missingScopes);
  return 'parameter' in failure && failure.scope === 'key' ? [failure.parameter].flat() : [];
}
