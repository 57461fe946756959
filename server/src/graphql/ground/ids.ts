import { decodeGlobalID } from '@pothos/plugin-relay';
import { GraphQLError } from 'graphql';
import { NotFoundError } from '../../domain/ground/errors.ts';

const localIds: Record<string, RegExp> = {
  Conversation: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  Turn: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  Response: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  Invitation: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  CreditEntry: /^[1-9][0-9]{0,14}$/,
  AuditEntry: /^[1-9][0-9]{0,14}$/,
  User: /^[\w-]{1,64}$/,
  Viewer: /^[\w-]{1,64}$/,
  ApiKey: /^[\w-]{1,64}$/,
};

/** Whether `id` has the form of a database id of this type. */
export function isLocalId(typename: string, id: string): boolean {
  return localIds[typename]?.test(id) ?? false;
}

/** Decodes a global id for `node`. @throws GraphQLError BAD_USER_INPUT if it is not an id of this server */
export function decodeId(globalId: string): { typename: string; id: string } {
  const decoded = parse(globalId);
  if (decoded) return decoded;
  throw new GraphQLError('This is not an id of this server.', { extensions: { code: 'BAD_USER_INPUT' } });
}

/**
 * The database id in a global one. An id that is malformed, or of another type, names nothing that exists.
 *
 * @throws NotFoundError
 */
export function localId(typename: string, globalId: string): string {
  const decoded = parse(globalId);
  if (decoded?.typename === typename) return decoded.id;
  throw new NotFoundError(typename === 'ApiKey' ? 'API key' : typename.toLowerCase());
}

function parse(globalId: string): { typename: string; id: string } | null {
  try {
    const { typename, id } = decodeGlobalID(globalId);
    return isLocalId(typename, id) ? { typename, id } : null;
  } catch {
    return null;
  }
}
