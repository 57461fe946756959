import type { Logger } from 'pino';
import { type ToolRequest, type ToolResult, ToolUnavailable } from '../../ports/tool.ts';
import type {
  ListedTool,
  ToolServerAddress,
  ToolServerConnection,
  ToolServerHealth,
  ToolServers,
} from '../../ports/tool-server.ts';

export interface LinkedServer {
  id: string;
  /** Null: it cannot be asked; `problem` says why. */
  address: ToolServerAddress | null;
  problem: string | null;
  /** What its address was made of: another key is another connection. */
  key: string;
}

export interface ServerLinksOptions {
  /** Loads the adapter; asked once, when there is a server. */
  open: () => Promise<ToolServers>;
  /** Called when a server's health or tools have changed; must not throw. */
  onChange: (serverId: string) => void;
  log: Logger;
}

interface Link {
  key: string;
  /** Null: the adapter is being loaded, or the server cannot be asked. */
  connection: ToolServerConnection | null;
  problem: string | null;
  isOver: boolean;
}

/** The connections of this process to all servers of tools. */
export class ServerLinks {
  readonly #options: ServerLinksOptions;
  readonly #links = new Map<string, Link>();
  readonly #ending = new Set<Promise<void>>();
  #servers: Promise<ToolServers> | null = null;

  constructor(options: ServerLinksOptions) {
    this.#options = options;
  }

  /** The adapter, which the first one to ask loads. */
  servers(): Promise<ToolServers> {
    this.#servers ??= this.#options.open();
    return this.#servers;
  }

  /** Connects these servers and no others; one whose key is as before stays as it is. */
  set(servers: readonly LinkedServer[]): void {
    const wanted = new Map(servers.map((server) => [server.id, server]));
    for (const [id, link] of this.#links) if (wanted.get(id)?.key !== link.key) this.#end(id, link);
    for (const server of servers) if (!this.#links.has(server.id)) this.#begin(server);
  }

  healthOf(serverId: string): ToolServerHealth {
    const link = this.#links.get(serverId);
    if (link?.connection) return link.connection.health;
    const problem = link?.problem ?? null;
    return { status: problem === null ? 'CONNECTING' : 'DOWN', problem, checkedAt: null };
  }

  /** As the server listed them to this process. Null: it has not yet. */
  toolsOf(serverId: string): readonly ListedTool[] | null {
    return this.#links.get(serverId)?.connection?.tools ?? null;
  }

  /** See `ToolServerConnection.call`. */
  async call(
    { serverId, name }: { serverId: string; name: string },
    request: ToolRequest,
    isExpected: (tool: ListedTool) => boolean,
  ): Promise<ToolResult> {
    const link = this.#links.get(serverId);
    if (link && !link.connection) await this.servers().catch(() => {});
    if (!link?.connection) throw new ToolUnavailable('The tool’s server is not there.');
    return link.connection.call(name, request, isExpected);
  }

  async reconnect(serverId: string): Promise<void> {
    await this.#links.get(serverId)?.connection?.reconnect();
  }

  async close(): Promise<void> {
    for (const [id, link] of this.#links) this.#end(id, link);
    await Promise.all(this.#ending);
  }

  #begin({ id, key, address, problem }: LinkedServer): void {
    const link: Link = { key, connection: null, problem, isOver: false };
    this.#links.set(id, link);
    if (address === null) return;
    const beginning = this.servers()
      .then((servers) => {
        if (link.isOver) return;
        link.connection = servers.connect(address, () => {
          if (!link.isOver) this.#options.onChange(id);
        });
      })
      .catch((error) => {
        link.problem = 'This server cannot speak with servers of tools.';
        this.#options.log.error({ err: error }, 'Servers of tools cannot be connected.');
      });
    this.#own(beginning);
  }

  #end(id: string, link: Link): void {
    link.isOver = true;
    this.#links.delete(id);
    if (link.connection) this.#own(link.connection.close());
  }

  #own(work: Promise<void>): void {
    const owned = work.catch(() => {}).finally(() => this.#ending.delete(owned));
    this.#ending.add(owned);
  }
}
