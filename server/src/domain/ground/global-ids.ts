/*
 * An id that clients see names its type as well, so that one of a turn is never taken for one of a conversation. All
 * protocols give the same ids.
 */

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const localIds = {
  Conversation: uuid,
  Turn: uuid,
  Response: uuid,
  Invitation: uuid,
  Team: uuid,
  Verdict: uuid,
  BudgetAlert: uuid,
  Folder: uuid,
  Preset: uuid,
  PromptSet: uuid,
  SetPrompt: uuid,
  Evaluation: uuid,
  File: uuid,
  EvaluationPair: uuid,
  Share: uuid,
  CreditEntry: /^[1-9][0-9]{0,14}$/,
  AuditEntry: /^[1-9][0-9]{0,14}$/,
  User: /^[\w-]{1,64}$/,
  Viewer: /^[\w-]{1,64}$/,
  ApiKey: /^[\w-]{1,64}$/,
  Session: /^[\w-]{1,64}$/,
};

export type IdType = keyof typeof localIds;

export interface GlobalId {
  typename: IdType;
  /** The database's. */
  id: string;
}

/** Whether `id` has the form of a database id of this type. */
export function isLocalId(typename: string, id: string): boolean {
  return Object.hasOwn(localIds, typename) && localIds[typename as IdType].test(id);
}

export function encodeGlobalId(typename: string, id: string | number | bigint): string {
  return Buffer.from(`${typename}:${id}`).toString('base64');
}

/** Null: it is no id of this server. */
export function parseGlobalId(globalId: string): GlobalId | null {
  if (!/^[\d+/A-Za-z]+={0,2}$/.test(globalId) || globalId.length % 4 !== 0) return null;
  const [typename = '', id = '', ...rest] = Buffer.from(globalId, 'base64').toString().split(':');
  return rest.length === 0 && isLocalId(typename, id) ? { typename: typename as IdType, id } : null;
}
