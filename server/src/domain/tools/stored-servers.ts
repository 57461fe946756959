import type { Kysely } from 'kysely';
import type { Database } from '../../database/database.ts';
import {
  claimRenewal,
  findSealedGrant,
  setRenewedGrant,
  setSealedGrant,
  type ToolServerRow,
} from '../../database/tools/tool-servers.ts';
import type { GrantStore, RemoteToolServer, ToolGrant } from '../../ports/tool-server.ts';
import type { Seal } from '../ground/secrets/seal.ts';

/** What a server is asked with, and nobody may read in the database. */
export interface StoredAccess {
  /** Begins with a question mark; null: none. */
  query: string | null;
  token: string | null;
  headers: Readonly<Record<string, string>>;
  clientSecret: string | null;
}

export const noAccess: StoredAccess = { query: null, token: null, headers: {}, clientSecret: null };

type Placed = Pick<ToolServerRow, 'id' | 'url'>;

/** Whoever can write to the database must not have a secret sent to an address of theirs. */
const accessOf = ({ id, url }: Placed) => JSON.stringify(['tool server', id, url]);
const grantOf = ({ id, url }: Placed) => JSON.stringify(['grant of a tool server', id, url]);

export function closeAccess(access: StoredAccess, server: Placed, seal: Seal): string | null {
  const isEmpty = access.query === null && access.token === null && access.clientSecret === null;
  if (isEmpty && Object.keys(access.headers).length === 0) return null;
  return seal.close(JSON.stringify(access), accessOf(server));
}

/** Null: it was encrypted with another secret. */
export function openAccess(server: Placed & Pick<ToolServerRow, 'sealed'>, seal: Seal): StoredAccess | null {
  if (server.sealed === null) return noAccess;
  const text = seal.open(server.sealed, accessOf(server));
  return text === null ? null : (JSON.parse(text) as StoredAccess);
}

export interface AddressOptions {
  db: Kysely<Database>;
  seal: Seal;
  mayBePrivate: boolean;
}

/** How a server that an admin added is asked. Null: what it is asked with cannot be read. */
export function addressOf(row: ToolServerRow, { db, seal, mayBePrivate }: AddressOptions): RemoteToolServer | null {
  const access = openAccess(row, seal);
  if (access === null) return null;
  const isBearer = row.auth === 'BEARER' && access.token !== null;
  const client = row.client_id === null ? null : { id: row.client_id, secret: access.clientSecret };
  return {
    kind: 'remote',
    url: row.url + (access.query ?? ''),
    headers: { ...access.headers, ...(isBearer && { authorization: `Bearer ${access.token}` }) },
    mayBePrivate,
    signIn: row.auth === 'OAUTH' ? { client, scope: row.scope, grants: grantStore(row, { db, seal }) } : null,
  };
}

function grantStore(server: Placed, { db, seal }: Pick<AddressOptions, 'db' | 'seal'>): GrantStore {
  const sealed = (grant: ToolGrant) => ({ ...server, sealed: seal.close(JSON.stringify(grant), grantOf(server)) });
  return {
    async read() {
      const stored = await findSealedGrant(db, server.id);
      const text = stored === null ? null : seal.open(stored, grantOf(server));
      return text === null ? null : (JSON.parse(text) as ToolGrant);
    },
    write: (grant) => setSealedGrant(db, sealed(grant)),
    writeRenewed: (grant) => setRenewedGrant(db, sealed(grant)),
    claimRenewal: () => claimRenewal(db, server.id),
  };
}
