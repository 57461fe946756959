import { GraphQLError } from 'graphql';
import { NotFoundError } from '../../domain/ground/errors.ts';
import { type GlobalId, type IdType, parseGlobalId } from '../../domain/ground/global-ids.ts';

/** Decodes a global id for `node`. @throws GraphQLError BAD_USER_INPUT if it is not an id of this server */
export function decodeId(globalId: string): GlobalId {
  const decoded = parseGlobalId(globalId);
  if (decoded) return decoded;
  throw new GraphQLError('This is not an id of this server.', { extensions: { code: 'BAD_USER_INPUT' } });
}

/**
 * The database id in a global one. An id that is malformed, or of another type, names nothing that exists.
 *
 * @throws NotFoundError
 */
export function localId(typename: IdType, globalId: string): string {
  const decoded = parseGlobalId(globalId);
  if (decoded?.typename === typename) return decoded.id;
  throw new NotFoundError(typename === 'ApiKey' ? 'API key' : typename.toLowerCase());
}
