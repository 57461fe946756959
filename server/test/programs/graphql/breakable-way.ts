import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A way to a server on which a test does what networks do. */
export interface BreakableWay {
  /** Leads to the server. */
  url: string;
  /** Breaks all connections; new ones may be opened. */
  breakAll(): void;
  /** Loses what the server sends, until the next `breakAll`. */
  loseAnswers(): void;
  close(): Promise<void>;
}

export async function openBreakableWay(to: string): Promise<BreakableWay> {
  const target = new URL(to);
  const clients = new Set<Socket>();
  let isLost = false;
  const proxy = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname);
    clients.add(client.setNoDelay(true));
    const end = () => {
      clients.delete(client);
      client.destroy();
      upstream.destroy();
    };
    for (const socket of [client, upstream.setNoDelay(true)]) socket.on('error', end).on('close', end);
    client.pipe(upstream);
    upstream.on('data', (piece) => isLost || client.write(piece));
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const breakAll = () => {
    isLost = false;
    for (const client of clients) client.destroy();
  };
  return {
    url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    breakAll,
    loseAnswers() {
      isLost = true;
    },
    async close() {
      breakAll();
      proxy.close();
      await once(proxy, 'close');
    },
  };
}
