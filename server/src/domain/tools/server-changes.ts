import { v7 as newId } from 'uuid';
import { deleteToolServer, setSignedIn, setToolServer, type ToolServerRow } from '../../database/tools/tool-servers.ts';
import type { ToolServerAuth } from '../../database/tools/tool-settings.ts';
import { InvalidInputError, NotFoundError } from '../ground/errors.ts';
import { toName } from '../ground/names.ts';
import { type Actor, audit } from '../people/administration.ts';
import type { HouseTools, StoredTools, ToolServerEntry } from './house-tools.ts';
import { closeAccess, noAccess, openAccess, type StoredAccess } from './stored-servers.ts';

export type { ToolServerAuth } from '../../database/tools/tool-settings.ts';

/** A server of tools as an admin enters it. Null: the stored one stays, where there is one. */
export interface ToolServerInput {
  /** Null: a new one. */
  id: string | null;
  name: string | null;
  url: string | null;
  auth: ToolServerAuth | null;
  /** Empty: none. */
  token: string | null;
  /** A value of null is the stored one of this name. */
  headers: readonly { name: string; value: string | null }[] | null;
  /** The client that was registered by hand. Empty: none. */
  clientId: string | null;
  clientSecret: string | null;
  /** Empty: what the server asks for. */
  scope: string | null;
  enabled: boolean | null;
}

const SERVERS_MAX = 100;
const NAME_LENGTH_MAX = 60;
const TEXT_LENGTH_MAX = 2000;
const TOKEN_LENGTH_MAX = 8192;
const HEADERS_MAX = 20;
/** Those that carry the protocol. */
const ownHeaders = /^(?:host|content-.*|accept|connection|transfer-encoding|mcp-.*|last-event-id|cookie)$/i;

/**
 * Adds a server whose tools models may call, or changes one. Its tools are listed within seconds on all replicas, and are
 * off until somebody has read and accepted them.
 *
 * @returns its id
 * @throws InvalidInputError, NotFoundError
 */
export async function setServer(tools: HouseTools, actor: Actor, input: ToolServerInput): Promise<string> {
  return tools.change(async (trx, stored) => {
    const before = input.id === null ? null : requireRow(tools, stored, input.id);
    if (!before && stored.servers.length >= SERVERS_MAX) {
      throw new InvalidInputError('name', `At most ${SERVERS_MAX} servers can be added. Remove one first.`);
    }
    const id = before?.id ?? newId();
    const name = nameOf(input, before, tools);
    const { url, query } = addressOf(input, before);
    const auth = input.auth ?? before?.auth ?? 'NONE';
    const isMoved = before !== null && before.url !== url;
    const known = before && openAccess(before, tools.seal);
    requireEnteredAnew(input, before, { isMoved, isUnreadable: known === null && before !== null });
    const access = accessOf(input, isMoved ? null : known, query);
    const client = optional('clientId', input.clientId, before?.client_id ?? null, 500);
    const server = { id, url };
    await setToolServer(trx, {
      id,
      name,
      url,
      auth,
      sealed: closeAccess(access, server, tools.seal),
      token_ending: endingOf(access.token),
      header_names: Object.keys(access.headers),
      has_query: access.query !== null,
      client_id: client,
      scope: optional('scope', input.scope, before?.scope ?? null, 1000),
      enabled: input.enabled ?? before?.enabled ?? true,
      // What another address gave is no business of this one.
      ...(isMoved || auth !== 'OAUTH' || client !== (before?.client_id ?? null)
        ? { sealed_grant: null, signed_in_at: null }
        : {}),
    } as Parameters<typeof setToolServer>[1]);
    await audit(trx, actor, before ? 'changeToolServer' : 'addToolServer', name, noteOf(input, { url, auth, access }));
    return id;
  });
}

/** Takes a server away, with all that was decided about its tools. Calls under way are broken off. @throws NotFoundError */
export async function removeServer(tools: HouseTools, actor: Actor, id: string): Promise<void> {
  await tools.change(async (trx, stored) => {
    const { name } = requireRow(tools, stored, id);
    await deleteToolServer(trx, id);
    await audit(trx, actor, 'removeToolServer', name, null);
  });
}

/** Forgets what signing in has given. @throws NotFoundError */
export async function signOutOfServer(tools: HouseTools, actor: Actor, id: string): Promise<void> {
  await tools.change(async (trx, stored) => {
    const { name } = requireRow(tools, stored, id);
    await setSignedIn(trx, id, false);
    await audit(trx, actor, 'signOutOfToolServer', name, null);
  });
}

/** @throws NotFoundError */
export function requireServer(tools: HouseTools, id: string): ToolServerEntry {
  const server = tools.servers.find((one) => one.id === id);
  if (!server) throw new NotFoundError('server of tools');
  return server;
}

/** @throws NotFoundError; InvalidInputError for one of the operator's file */
function requireRow(tools: HouseTools, { servers }: StoredTools, id: string): ToolServerRow {
  const row = servers.find((one) => one.id === id);
  if (row) return row;
  if (!tools.servers.some((one) => one.id === id && one.row === null)) throw new NotFoundError('server of tools');
  throw new InvalidInputError('id', 'This server is in the operator’s file, MCP_SERVERS_FILE, and is changed there.');
}

function nameOf({ name: given }: ToolServerInput, before: ToolServerRow | null, tools: HouseTools): string {
  const name = given === null ? (before?.name ?? '') : toName(given);
  if (name === '' || name.length > NAME_LENGTH_MAX) {
    throw new InvalidInputError('name', `Give the server a name of 1 to ${NAME_LENGTH_MAX} characters.`);
  }
  const isTaken = tools.servers.some((one) => one.id !== before?.id && one.name.toLowerCase() === name.toLowerCase());
  if (isTaken) throw new InvalidInputError('name', `There is a server with the name ${name}.`);
  return name;
}

/** The address without its query, and the query. @throws InvalidInputError */
function addressOf({ url: given }: ToolServerInput, before: ToolServerRow | null) {
  if (given === null && before) return { url: before.url, query: undefined };
  const text = given ?? '';
  const refuse = (message: string) => new InvalidInputError('url', message);
  if (text.length > TEXT_LENGTH_MAX) throw refuse('This address is too long.');
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
    throw refuse('The address begins with http:// or https://.');
  }
  const url = new URL(text);
  if (url.username + url.password !== '') {
    throw refuse('The address must hold no user name and no password. Enter a token or a header in their place.');
  }
  url.hash = '';
  const query = url.search === '' ? null : url.search;
  url.search = '';
  return { url: url.href, query };
}

/**
 * Requires that secrets are entered anew if the address changes: they were stored for another one, and whoever has an
 * admin's session for a moment must not be able to send them to an address of theirs.
 *
 * @throws InvalidInputError
 */
function requireEnteredAnew(
  input: ToolServerInput,
  before: ToolServerRow | null,
  { isMoved, isUnreadable }: { isMoved: boolean; isUnreadable: boolean },
): void {
  if (!before || (!isMoved && !isUnreadable)) return;
  const keepsToken = input.token === null && (before.token_ending !== null || before.auth === 'BEARER');
  const keepsHeaders = before.header_names.length > 0 && (input.headers?.some(({ value }) => value === null) ?? true);
  const keepsSecret = input.clientSecret === null && before.client_id !== null;
  if (!keepsToken && !keepsHeaders && !keepsSecret && !(isUnreadable && input.url === null && before.has_query)) return;
  throw new InvalidInputError(
    'token',
    isUnreadable
      ? 'What was stored cannot be read, as AUTH_SECRET has changed since. Enter the address, the token and the headers anew.'
      : 'Enter the token and the headers anew: they were stored for another address, and are sent to no other.',
  );
}

function accessOf(input: ToolServerInput, before: StoredAccess | null, query: string | null | undefined): StoredAccess {
  const known = before ?? noAccess;
  const token = input.token === null ? known.token : input.token.trim() || null;
  if (token !== null && (token.length > TOKEN_LENGTH_MAX || !/^[!-~]*$/.test(token))) {
    throw new InvalidInputError('token', 'A token is one word of ASCII, without spaces.');
  }
  return {
    query: query === undefined ? known.query : query,
    token,
    headers: headersOf(input.headers, known.headers),
    clientSecret: optional('clientSecret', input.clientSecret, known.clientSecret, TEXT_LENGTH_MAX),
  };
}

/** @throws InvalidInputError */
function headersOf(
  given: ToolServerInput['headers'],
  before: Readonly<Record<string, string>>,
): Record<string, string> {
  if (given === null) return { ...before };
  const refuse = (message: string) => new InvalidInputError('headers', message);
  if (given.length > HEADERS_MAX) throw refuse(`Enter at most ${HEADERS_MAX} of them.`);
  const names = new Set(given.map(({ name }) => name.toLowerCase()));
  if (names.size < given.length) throw refuse('Each name can be entered once.');
  const values = given.map(({ name, value }): [string, string] => {
    const kept = value ?? (Object.hasOwn(before, name) ? before[name] : undefined);
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,200}$/.test(name)) throw refuse('This is no name of a header.');
    if (ownHeaders.test(name)) throw refuse(`${name} cannot be set: this server sets this header itself.`);
    if (kept === undefined) throw refuse(`${name} needs a value.`);
    if (kept.length > TOKEN_LENGTH_MAX || !/^[\t -~]*$/.test(kept))
      throw refuse(`The value of ${name} is no line of ASCII.`);
    return [name, kept];
  });
  return Object.fromEntries(values);
}

/** Null stays as it was, an empty text is none. @throws InvalidInputError */
function optional(field: string, given: string | null, before: string | null, lengthMax: number): string | null {
  if (given === null) return before;
  const text = given.trim();
  if (text.length > lengthMax || !/^[ -~]*$/.test(text)) {
    throw new InvalidInputError(field, `This is one line of ASCII of at most ${lengthMax} characters.`);
  }
  return text === '' ? null : text;
}

const ENDING_LENGTH = 4;

/** The last characters of a token, if it has far more. */
function endingOf(token: string | null): string | null {
  return token !== null && token.length >= 5 * ENDING_LENGTH ? token.slice(-ENDING_LENGTH) : null;
}

/** What changed, without any secret. */
function noteOf(
  { token, headers, clientId, enabled }: ToolServerInput,
  { url, auth, access }: { url: string; auth: ToolServerAuth; access: StoredAccess },
): string {
  const ending = endingOf(access.token);
  const parts = [
    url,
    auth,
    token !== null && (access.token === null ? 'no token' : `new token${ending ? ` …${ending}` : ''}`),
    headers !== null && headers.length > 0 && `headers ${headers.map(({ name }) => name).join(', ')}`,
    clientId !== null && clientId !== '' && `client ${clientId}`,
    enabled !== null && (enabled ? 'on' : 'off'),
  ];
  return parts
    .filter((part) => part !== false)
    .join('; ')
    .slice(0, 500);
}
