import type { Kysely, Transaction } from 'kysely';
import type { Logger } from 'pino';
import type { Database } from '../../database/database.ts';
import { findToolServers, type ToolServerRow } from '../../database/tools/tool-servers.ts';
import {
  deleteToolSettings,
  findToolSettings,
  findToolVersion,
  lockToolVersion,
  raiseToolVersion,
  setSeenDescriptions,
  type ToolSettingRow,
} from '../../database/tools/tool-settings.ts';
import type { BuiltInTool } from '../../ports/built-in-tool.ts';
import type { ToolServerAddress, ToolServerHealth, ToolServers } from '../../ports/tool-server.ts';
import { type Notifications, toolsTopic } from '../ground/notifications.ts';
import type { Seal } from '../ground/secrets/seal.ts';
import { descriptionOf, isSame } from './descriptions.ts';
import { type LinkedServer, ServerLinks } from './server-links.ts';
import { addressOf } from './stored-servers.ts';
import type { Asking, OfferedTool, ToolBox } from './tool-box.ts';
import { prefixOf, type ToolEntry, toolEntries } from './tool-entries.ts';

export interface HouseToolsOptions {
  db: Kysely<Database>;
  seal: Seal;
  /** Whether other processes may change what is stored. */
  shared: boolean;
  log: Logger;
  /** Those that this house has itself; all are off until an admin switches them on. */
  builtIn: readonly BuiltInTool[];
  /** Names of tools that others bring: no server's tool is known by one of them. Default: none. */
  takenNames?: readonly string[];
  /** The servers of the operator's file. */
  fileServers: readonly { name: string; address: ToolServerAddress }[];
  /** Whether servers that admins add may be at addresses that are not of the public internet. */
  mayBePrivate: boolean;
  /** Loads what speaks with servers; asked when there is one. */
  openServers: () => Promise<ToolServers>;
}

/** A server of tools as admins see it. */
export interface ToolServerEntry {
  /** The name, for one of the operator's file. */
  id: string;
  name: string;
  address: ToolServerAddress | null;
  /** Null: it is of the operator's file. */
  row: ToolServerRow | null;
  enabled: boolean;
}

/** What is stored of tools. */
export interface StoredTools {
  servers: readonly ToolServerRow[];
  settings: readonly ToolSettingRow[];
}

/** See OfferKeeper. */
const POLL_MS = 1000;
const PROVEN_POLL_MS = 10_000;
/** How long is waited before what a server lists is written again, if it could not be. */
const SAVING_MS = 5000;

/** The tools of this house as admins want them, whichever process they told, and the connections to their servers. */
export class HouseTools implements ToolBox {
  readonly #options: HouseToolsOptions;
  readonly #links: ServerLinks;
  #stored: StoredTools = { servers: [], settings: [] };
  #version = -1;
  #servers: readonly ToolServerEntry[] = [];
  #entries: ReadonlyMap<string, ToolEntry> = new Map();
  #lookedAt = performance.now();
  #notifications: Notifications | null = null;
  #unsubscribe: () => void = () => {};
  #timer: NodeJS.Timeout | undefined;
  #refreshing: Promise<void> = Promise.resolve();
  #saving: Promise<void> = Promise.resolve();
  #savingAgain: NodeJS.Timeout | undefined;
  #isClosed = false;

  /** Reads what is stored, and begins to connect. */
  static async open(options: HouseToolsOptions): Promise<HouseTools> {
    const tools = new HouseTools(options);
    await tools.refresh();
    return tools;
  }

  private constructor(options: HouseToolsOptions) {
    this.#options = options;
    const { openServers: open, log } = options;
    this.#links = new ServerLinks({ open, log, onChange: (serverId) => this.#onChange(serverId) });
  }

  get db(): Kysely<Database> {
    return this.#options.db;
  }

  get seal(): Seal {
    return this.#options.seal;
  }

  /** All servers, those of the operator's file first. */
  get servers(): readonly ToolServerEntry[] {
    return this.#servers;
  }

  /** All tools, the built-in ones first. */
  get entries(): ReadonlyMap<string, ToolEntry> {
    return this.#entries;
  }

  /** The adapter, for signing in. */
  adapter(): Promise<ToolServers> {
    return this.#links.servers();
  }

  healthOf(server: ToolServerEntry): ToolServerHealth {
    return this.#links.healthOf(server.id);
  }

  offeredTo(asking: Asking): ReadonlyMap<string, OfferedTool> {
    const offered = new Map<string, OfferedTool>();
    for (const entry of this.#entries.values()) {
      const tool = this.#inForce(entry);
      if (!tool || !isFor(entry, asking)) continue;
      const status = entry.serverId === null ? 'UP' : this.#links.healthOf(entry.serverId).status;
      if (status === 'UP' || status === 'CONNECTING') offered.set(entry.id, tool);
    }
    return offered;
  }

  get(id: string, asking?: Asking): OfferedTool | undefined {
    const entry = this.#entries.get(id);
    if (!entry || (asking && !isFor(entry, asking))) return undefined;
    return this.#inForce(entry) ?? undefined;
  }

  /** Follows other processes' changes from now on. */
  follow(notifications: Notifications): void {
    this.#notifications = notifications;
    if (!this.#options.shared) return;
    this.#unsubscribe = notifications.subscribe(toolsTopic, (elsewhere) => {
      if (elsewhere) void this.#refreshOrWait();
    });
    this.#timer = setInterval(() => {
      const patienceMs = notifications.proven ? PROVEN_POLL_MS : POLL_MS;
      if (performance.now() - this.#lookedAt >= patienceMs) void this.#refreshOrWait();
    }, POLL_MS);
  }

  /** Puts in place what is stored now. Rejects if the database is away. */
  refresh(): Promise<void> {
    const refreshed = this.#refreshing.then(() => this.#load());
    this.#refreshing = refreshed.catch(() => {});
    return refreshed;
  }

  /**
   * Makes a change of what is stored: nobody else makes one meanwhile, and it is in place here when this resolves.
   *
   * @param make is given what is stored; throws to change nothing
   */
  async change<Made>(make: (trx: Transaction<Database>, stored: StoredTools) => Promise<Made>): Promise<Made> {
    const made = await this.#options.db.transaction().execute(async (trx) => {
      await lockToolVersion(trx);
      const result = await make(trx, await readStored(trx));
      await raiseToolVersion(trx);
      return result;
    });
    this.#notifications?.publish([toolsTopic]);
    await this.refresh();
    return made;
  }

  /** Connects a server anew. Resolves when the outcome is known. */
  async reconnect({ id }: ToolServerEntry): Promise<void> {
    await this.#links.reconnect(id);
    await this.#saving;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#timer);
    clearTimeout(this.#savingAgain);
    this.#unsubscribe();
    await this.#refreshing;
    await this.#links.close();
    await this.#saving;
  }

  #inForce({ serverId, setting, state, offered }: ToolEntry): OfferedTool | null {
    const isThere = serverId === null || this.#servers.some(({ id, enabled }) => enabled && id === serverId);
    return isThere && setting.enabled && (state === 'ACCEPTED' || state === 'BUILT_IN') ? offered : null;
  }

  async #refreshOrWait(): Promise<void> {
    await this.refresh().catch((error) => {
      this.#options.log.warn({ err: error }, 'Changes of the tools could not be read; the next look is soon.');
    });
  }

  async #load(): Promise<void> {
    const { db, fileServers } = this.#options;
    this.#lookedAt = performance.now();
    const version = await findToolVersion(db);
    if (version === this.#version || this.#isClosed) return;
    this.#stored = await readStored(db);
    this.#version = version;
    const own = fileServers.map(({ name, address }) => ({ id: name, name, address, row: null, enabled: true }));
    const added = this.#stored.servers.map((row) => {
      const { id, name, enabled } = row;
      return { id, name, address: addressOf(row, this.#options), row, enabled };
    });
    this.#servers = [...own, ...added];
    this.#links.set(this.#servers.filter(({ enabled }) => enabled).map(linkOf));
    this.#build();
  }

  #build(): void {
    const { builtIn, takenNames = [] } = this.#options;
    this.#entries = toolEntries(builtIn, this.#servers, this.#stored.settings, this.#links, takenNames);
  }

  #onChange(serverId: string): void {
    const before = this.#entries;
    this.#build();
    for (const { id, state } of this.#entries.values()) {
      if (state !== 'CHANGED' || before.get(id)?.state !== 'ACCEPTED') continue;
      this.#options.log.warn(
        { tool: id },
        'The description of a tool has changed: it is off until an admin accepts it.',
      );
    }
    this.#save(serverId);
  }

  /** Writes how the server describes its tools now, so that admins see it while the server is away. */
  #save(serverId: string): void {
    const { log } = this.#options;
    const saved = this.#saving
      .then(() => this.#write(serverId))
      .catch((error) => {
        log.warn({ err: error }, 'What a server of tools lists could not be written; it is tried again.');
        if (this.#isClosed) return;
        clearTimeout(this.#savingAgain);
        this.#savingAgain = setTimeout(() => this.#save(serverId), SAVING_MS);
      });
    this.#saving = saved;
  }

  async #write(serverId: string): Promise<void> {
    const listed = this.#links.toolsOf(serverId);
    const server = this.#servers.find(({ id }) => id === serverId);
    if (!listed || !server || this.#isClosed) return;
    const prefix = prefixOf(serverId);
    const now = new Map(listed.map((tool) => [prefix + tool.name, descriptionOf(tool)]));
    const differing = (settings: readonly ToolSettingRow[]) => {
      const own = settings.filter(({ tool_id }) => tool_id.startsWith(prefix));
      const known = new Map(own.map((row) => [row.tool_id, row.seen]));
      return [...new Set([...known.keys(), ...now.keys()])]
        .filter((id) => !isSame(known.get(id) ?? null, now.get(id) ?? null))
        .map((toolId) => ({ toolId, description: now.get(toolId) ?? null }));
    };
    if (differing(this.#stored.settings).length === 0) return;
    await this.change(async (trx, { servers, settings }) => {
      if (server.row && !servers.some(({ id }) => id === serverId)) return;
      const changed = differing(settings);
      const accepted = new Set(settings.filter((row) => row.accepted !== null).map((row) => row.tool_id));
      // A server that invents names must not fill the table with them.
      const isGone = ({ toolId, description }: (typeof changed)[number]) =>
        description === null && !accepted.has(toolId);
      await deleteToolSettings(
        trx,
        changed.filter(isGone).map(({ toolId }) => toolId),
      );
      await setSeenDescriptions(
        trx,
        server.row ? serverId : null,
        changed.filter((one) => !isGone(one)),
      );
    });
  }
}

/** Whether an admin lets members of this plan and these teams use the tool. */
function isFor({ setting: { tiers, team_ids: teams } }: ToolEntry, { tier, teamIds }: Asking): boolean {
  if (tiers !== null && !tiers.some((one) => one === tier)) return false;
  return teams === null || teams.some((id) => teamIds.includes(id));
}

async function readStored(db: Kysely<Database>): Promise<StoredTools> {
  return { servers: await findToolServers(db), settings: await findToolSettings(db) };
}

function linkOf({ id, address, row }: ToolServerEntry): LinkedServer {
  const key = row ? JSON.stringify([row.updated_at.getTime(), row.signed_in_at?.getTime()]) : '';
  const unreadable = 'What it is asked with cannot be read, as AUTH_SECRET has changed since. Enter it anew.';
  return { id, address, problem: address === null ? unreadable : null, key };
}
