import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A proxy between a server and its Postgres. */
export interface PostgresProxy {
  url: string;
  close(): Promise<void>;
}

/** Behaves like a pooler in transaction mode: a `listen` succeeds, and no notification ever comes. */
export async function startDeafProxy(databaseUrl: string): Promise<PostgresProxy> {
  const target = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname);
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket.setNoDelay(true));
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
    client.on('data', (data) => upstream.write(withoutListen(data)));
    upstream.pipe(client);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(databaseUrl);
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Replaces `listen` by another statement of the same length. */
function withoutListen(data: Buffer): Buffer {
  const listen = 'listen "polylogue"';
  const at = data.indexOf(listen);
  return at < 0
    ? data
    : Buffer.concat([
        data.subarray(0, at),
        Buffer.from('select 1'.padEnd(listen.length)),
        data.subarray(at + listen.length),
      ]);
}
